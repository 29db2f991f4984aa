//! YAML and JSON texts as trees whose every node knows where it stood.
//!
//! Scalars follow the rules of `kubectl` (YAML 1.1 as its Go library resolves it): an unquoted
//! `yes` is a boolean, `1.10` a number, `010` an octal number.

mod build;
mod cut;
mod de;
mod events;
mod json;
mod node;
mod scalar;
mod split;

pub(crate) use build::{NUL, Piece, SyntaxError, documents};
pub(crate) use cut::{ListText, cut_list};
pub(crate) use de::{NodeError, from_node};
pub(crate) use events::{Entered, Events, Unusual};
pub(crate) use json::{Text, from_json};
pub(crate) use node::{Entry, Node, Value};
pub(crate) use scalar::{Scalar, resolve_plain};
pub(crate) use split::{Chunk, split_documents};
