//! The answer of `explain`.
