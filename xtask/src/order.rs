//! An order of functions in which they are packed well.
//!
//! The compiler writes generic code anew for every type, so that many functions are alike. gzip finds
//! what is alike only within 32 KiB, and the linker puts functions where they happen to stand. Here
//! each is followed by the one that is most like it.

use std::rc::Rc;

/// Likeness is counted in runs of so many bytes.
const RUN: usize = 4;

/// A run that is in more functions than that says nothing.
const COMMON: usize = 300;

/// Functions with less in common than that do not count as alike, in hundredths of what both have.
const LEAST: usize = 3;

/// Begins with the longest; then comes the one that is most like the last, or the longest that is left.
pub(crate) fn chain(bodies: &[&[u8]]) -> Vec<usize> {
    let runs: Vec<Vec<u32>> = bodies.iter().map(|body| runs(body)).collect();
    let shared = shared(&runs);
    let mut longest: Vec<usize> = (0..bodies.len()).collect();
    longest.sort_by_key(|at| std::cmp::Reverse(bodies[*at].len()));
    let mut longest = longest.into_iter();
    let mut left = vec![true; bodies.len()];
    let mut common = vec![0_usize; bodies.len()];
    let mut order = Vec::with_capacity(bodies.len());
    while let Some(mut at) = longest.by_ref().find(|at| left[*at]) {
        loop {
            left[at] = false;
            order.push(at);
            let mut touched = Vec::new();
            for other in shared[at].iter().flat_map(|run| run.iter().copied()).filter(|other| left[*other]) {
                if common[other] == 0 {
                    touched.push(other);
                }
                common[other] += 1;
            }
            touched.sort_unstable();
            let mut best = None;
            for other in touched {
                let both = std::mem::take(&mut common[other]);
                let all = runs[at].len() + runs[other].len() - both + RUN;
                // Fractions are compared by cross-multiplication.
                if both * 100 >= LEAST * all && best.is_none_or(|(_, b, a)| both * a > b * all) {
                    best = Some((other, both, all));
                }
            }
            match best {
                Some((next, ..)) => at = next,
                None => break,
            }
        }
    }
    order
}

/// The runs of a function, each once.
fn runs(body: &[u8]) -> Vec<u32> {
    let mut runs: Vec<u32> = body.windows(RUN).filter_map(|run| run.try_into().ok()).map(u32::from_le_bytes).collect();
    runs.sort_unstable();
    runs.dedup();
    runs
}

/// For each function, the functions that have each of its runs; without runs that say nothing.
fn shared(runs: &[Vec<u32>]) -> Vec<Vec<Rc<[usize]>>> {
    let mut places: Vec<(u32, usize)> = Vec::new();
    for (at, runs) in runs.iter().enumerate() {
        places.extend(runs.iter().map(|run| (*run, at)));
    }
    places.sort_unstable();
    let mut shared = vec![Vec::new(); runs.len()];
    for group in places.chunk_by(|a, b| a.0 == b.0).filter(|group| (2..=COMMON).contains(&group.len())) {
        let functions: Rc<[usize]> = group.iter().map(|(_, at)| *at).collect();
        for at in functions.iter() {
            shared[*at].push(functions.clone());
        }
    }
    shared
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
