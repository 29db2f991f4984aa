//! An order of functions in which they are packed well.
//!
//! The compiler writes generic code anew for every type, so that many functions are alike. gzip finds
//! what is alike only within 32 KiB, and the linker puts functions where they happen to stand. Here
//! each is followed by one that is like it, and like those that stand shortly before.

use std::cmp::Reverse;
use std::collections::VecDeque;

/// Likeness is counted in runs of so many bytes.
const RUN: usize = 5;

/// A run that is in more functions than that does not say which are alike.
const COMMON: usize = 400;

/// Functions with less in common than that are not alike, in millionths of what both have.
const LEAST: usize = 20_000;

/// Of those that are most like the last, so many are compared with all that stand shortly before.
const CANDIDATES: usize = 12;

/// What stands shortly before, in bytes.
const NEAR: usize = 28_000;

/// Begins with the longest; what is like none that is left is followed by the longest that is.
pub(crate) fn chain(bodies: &[&[u8]]) -> Vec<usize> {
    let (runs, functions) = runs(bodies);
    let mut longest: Vec<usize> = (0..bodies.len()).collect();
    longest.sort_by_key(|at| Reverse(bodies[*at].len()));
    let mut longest = longest.into_iter();
    let mut left = vec![true; bodies.len()];
    let mut common = vec![0_usize; bodies.len()];
    let mut near = Near { functions: VecDeque::new(), bytes: 0, runs: vec![0; functions.len()] };
    let mut order = Vec::with_capacity(bodies.len());
    while let Some(mut at) = longest.by_ref().find(|at| left[*at]) {
        loop {
            left[at] = false;
            order.push(at);
            near.push(at, bodies, &runs);
            let mut touched = Vec::new();
            for other in runs[at].iter().flat_map(|run| &functions[*run]).filter(|other| left[**other]) {
                if common[*other] == 0 {
                    touched.push(*other);
                }
                common[*other] += 1;
            }
            let mut alike: Vec<(usize, usize)> = Vec::new();
            for other in touched {
                let both = std::mem::take(&mut common[other]);
                let likeness = both * 1_000_000 / (runs[at].len() + runs[other].len() - both + RUN);
                alike.extend((likeness >= LEAST).then_some((likeness, other)));
            }
            alike.sort_by_key(|(likeness, other)| (Reverse(*likeness), *other));
            alike.truncate(CANDIDATES);
            let best = alike.into_iter().max_by_key(|(likeness, other)| {
                (likeness + near.known(&runs[*other]) * 500_000 / (runs[*other].len() + RUN), Reverse(*other))
            });
            match best {
                Some((_, next)) => at = next,
                None => break,
            }
        }
    }
    order
}

/// What stands shortly before.
struct Near {
    functions: VecDeque<usize>,
    bytes: usize,
    /// In how many of the functions each run is.
    runs: Vec<u32>,
}

impl Near {
    fn push(&mut self, at: usize, bodies: &[&[u8]], runs: &[Vec<usize>]) {
        self.functions.push_back(at);
        self.bytes += bodies[at].len();
        runs[at].iter().for_each(|run| self.runs[*run] += 1);
        while self.bytes > NEAR && self.functions.len() > 1 {
            let Some(gone) = self.functions.pop_front() else { break };
            self.bytes -= bodies[gone].len();
            runs[gone].iter().for_each(|run| self.runs[*run] -= 1);
        }
    }

    /// How many of the runs there are already.
    fn known(&self, runs: &[usize]) -> usize {
        runs.iter().filter(|run| self.runs[**run] > 0).count()
    }
}

/// The runs of each function, each once, as numbers; and for each run the functions that have it,
/// unless it is too common.
fn runs(bodies: &[&[u8]]) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut places: Vec<(&[u8], usize)> =
        bodies.iter().enumerate().flat_map(|(at, body)| body.windows(RUN).map(move |run| (run, at))).collect();
    places.sort_unstable();
    places.dedup();
    let (mut runs, mut functions) = (vec![Vec::new(); bodies.len()], Vec::new());
    for group in places.chunk_by(|a, b| a.0 == b.0) {
        group.iter().for_each(|(_, at)| runs[*at].push(functions.len()));
        let tells = (2..=COMMON).contains(&group.len());
        functions.push(if tells { group.iter().map(|(_, at)| *at).collect() } else { Vec::new() });
    }
    (runs, functions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_stands_together() {
        let bodies: Vec<Vec<u8>> = vec![vec![1; 40], (0..30).collect(), vec![1; 39], (1..30).collect(), vec![9]];
        let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
        assert_eq!(chain(&bodies), [0, 2, 1, 3, 4]);
    }
}
