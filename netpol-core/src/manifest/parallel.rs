//! Work cut into pieces: on all cores with the feature `parallel`, else one piece after the other.
//! The results come in the order of the pieces, so that their number shows in nothing.

/// How to cut texts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pieces {
    /// No piece is meant to be smaller than this, in bytes.
    pub(super) least: usize,
    /// At most so many; `None` asks how many threads there are.
    pub(super) most: Option<usize>,
}

impl Default for Pieces {
    fn default() -> Self {
        Self { least: 64 << 10, most: None }
    }
}

impl Pieces {
    /// Pieces per thread, so that the threads end at about the same time.
    const PER_THREAD: usize = 4;

    /// Into how many pieces to cut so many bytes.
    pub(super) fn count(self, bytes: usize) -> usize {
        let useful = bytes / self.least.max(1);
        // The threads are asked for, and so started, only where there is work for them.
        if useful < 2 { 1 } else { useful.min(self.most.unwrap_or_else(most)) }
    }
}

#[cfg(feature = "parallel")]
fn most() -> usize {
    match rayon::current_num_threads() {
        1 => 1,
        threads => threads * Pieces::PER_THREAD,
    }
}

#[cfg(not(feature = "parallel"))]
fn most() -> usize {
    1.min(Pieces::PER_THREAD)
}

/// Applies `f` to every piece.
#[cfg(feature = "parallel")]
pub(super) fn each<T: Send, R: Send>(pieces: Vec<T>, f: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    if pieces.len() < 2 {
        return pieces.into_iter().map(f).collect();
    }
    pieces.into_par_iter().map(f).collect()
}

/// Applies `f` to every piece.
#[cfg(not(feature = "parallel"))]
pub(super) fn each<T: Send, R: Send>(pieces: Vec<T>, f: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    pieces.into_iter().map(f).collect()
}
