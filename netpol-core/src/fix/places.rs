//! Places in policies that were changed, and behind them in the same file, as they are once all changes are made.

use super::PolicyEdit;
use super::policies::{Policies, PolicyText};
use crate::query::{Change, DirectionAnswer, OriginRef, Reason};
use crate::source::{Place, Span};

/// A policy whose text is another, in its file.
struct Changed<'p> {
    edit: &'p PolicyEdit,
    policy: &'p PolicyText,
    /// What it takes instead of its text, if it is changed in place.
    text: Option<&'p str>,
}

/// How far something is moved, in bytes and lines.
#[derive(Clone, Copy, Default)]
struct Shift {
    bytes: i64,
    lines: i64,
}

/// Turns the places of what decides afterwards, which are those in the texts that were read, into those in the
/// files as they will be. What is not changed in place has none.
pub(super) fn settle(changes: &mut [Change], policies: &Policies, edits: &[PolicyEdit]) {
    let changed: Vec<Changed<'_>> = edits
        .iter()
        .filter_map(|edit| {
            let policy = policies.get(&edit.namespace, &edit.name).filter(|_| !edit.is_new)?;
            Some(Changed { edit, policy, text: edit.in_place.as_ref().map(|edit| edit.text.as_str()) })
        })
        .collect();
    let after = changes.iter_mut().filter_map(|change| change.witness.as_mut()?.after.as_mut());
    for DirectionAnswer { reasons, near_misses, .. } in
        after.flat_map(|decision| [&mut decision.egress, &mut decision.ingress])
    {
        let origins = reasons.iter_mut().chain(near_misses).filter_map(|reason: &mut Reason| reason.origin.as_mut());
        origins.for_each(|origin| settle_origin(origin, &changed));
    }
}

fn settle_origin(origin: &mut OriginRef, changed: &[Changed<'_>]) {
    let OriginRef { policy, place, port, .. } = origin;
    let is_own = |of: &&Changed<'_>| {
        let edit = of.edit;
        policy.kind == "NetworkPolicy"
            && policy.namespace.as_deref() == Some(&*edit.namespace)
            && *policy.name == edit.name
    };
    let own = changed.iter().find(is_own);
    let keep = place.as_mut().is_some_and(|place| settle_place(place, own, changed));
    let keep_port = port.as_mut().is_some_and(|port| settle_place(&mut port.place, own, changed));
    if !keep {
        *place = None;
    }
    if !keep_port {
        *port = None;
    }
}

/// `false`: there is none.
fn settle_place(place: &mut Place, own: Option<&Changed<'_>>, changed: &[Changed<'_>]) -> bool {
    let start = match own {
        Some(own) if own.text.is_none() => return false,
        Some(own) => {
            place.span = own.policy.in_file(place.span);
            own.policy.range.start
        }
        None => place.span.start as usize,
    };
    let before = changed.iter().filter(|of| of.policy.file == place.file && of.policy.range.end <= start);
    let shift = before.fold(Shift::default(), |all, of| {
        let Some(text) = of.text else { return all };
        let lines = |text: &str| i64::try_from(text.matches('\n').count()).unwrap_or_default();
        let length = |length: usize| i64::try_from(length).unwrap_or_default();
        Shift {
            bytes: all.bytes + length(text.len()) - length(of.policy.range.len()),
            lines: all.lines + lines(text) - lines(of.policy.text()),
        }
    });
    let moved = |number: u32, by: i64| u32::try_from(i64::from(number) + by).unwrap_or(number);
    let Span { start, end, line, column } = place.span;
    place.span =
        Span { start: moved(start, shift.bytes), end: moved(end, shift.bytes), line: moved(line, shift.lines), column };
    true
}
