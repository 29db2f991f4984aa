//! `netpol diff OLD NEW`, and `netpol diff -f LIVE --apply CHANGES`

use crate::args::{Args, DiffArgs, ReportOutput};
use crate::commands::check::{prepare, snapshot};
use crate::exit::{Exit, Failure};
use crate::input;
use crate::render::{self, stream};
use netpol_core::{Snapshot, object_kind};

pub(crate) fn run(args: &Args, diff: &DiffArgs) -> Result<Exit, Failure> {
    let changes = !(diff.apply.is_empty() && diff.delete.is_empty());
    let (before, after) = match (&diff.old, &diff.new) {
        (Some(old), Some(new)) if !changes && args.input.files.is_empty() && args.input.kustomize.is_empty() => {
            let read = |path: &std::path::PathBuf| -> Result<Snapshot, Failure> {
                let inputs = input::load_paths(std::slice::from_ref(path), args.input.only_manifests)?;
                Ok(snapshot(args, inputs)?.0)
            };
            (read(old)?, read(new)?)
        }
        (None, None) if changes => {
            let (before, _) = snapshot(args, input::load(&args.input)?)?;
            let mut after = before.clone();
            if !diff.apply.is_empty() {
                after.apply(snapshot(args, input::load_paths(&diff.apply, args.input.only_manifests)?)?.0);
            }
            for wanted in &diff.delete {
                delete(&mut after, wanted, &args.input.namespace)?;
            }
            (before, after)
        }
        _ => return Err(Failure::Other("diff compares OLD with NEW, or -f with --apply or --delete".to_owned())),
    };
    let (before, after) = (prepare(args, before)?, prepare(args, after)?);
    let answer = before.diff(&after).map_err(Failure::Query)?;
    let lang = args.lang();
    let text = match diff.output {
        ReportOutput::Text => render::diff::text(&answer, lang),
        ReportOutput::Markdown => render::diff::markdown(&answer, lang),
        ReportOutput::Csv => render::diff::table(&answer, lang).csv()?,
        ReportOutput::Json => render::json(&answer)?,
        ReportOutput::Yaml => render::yaml(&answer)?,
    };
    stream::print(args.color, &text)?;
    Ok(if answer.same { Exit::Met } else { Exit::NotMet })
}

/// Takes `KIND/NAME` or `KIND/NS/NAME` out.
fn delete(snapshot: &mut Snapshot, wanted: &str, default: &str) -> Result<(), Failure> {
    let accepted = "use KIND/NAME or KIND/NAMESPACE/NAME, such as netpol/shop/web";
    let parts: Vec<&str> = wanted.split('/').collect();
    let (kind, namespace, name) = match parts.as_slice() {
        [kind, name] => (*kind, None, *name),
        [kind, namespace, name] => (*kind, Some(*namespace), *name),
        _ => return Err(Failure::Other(format!("--delete `{wanted}`: {accepted}"))),
    };
    let Some(kind) = object_kind(kind) else {
        return Err(Failure::Other(format!("--delete `{wanted}`: unknown kind `{kind}`; {accepted}")));
    };
    // Kinds without a namespace ignore it.
    let found = snapshot.delete(kind, namespace.unwrap_or(default), name) || snapshot.delete(kind, "", name);
    if found {
        Ok(())
    } else {
        Err(Failure::Other(format!("--delete `{wanted}`: there is no such {kind} in the input")))
    }
}
