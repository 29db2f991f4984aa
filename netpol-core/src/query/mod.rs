//! Questions and their answers, as plain data.

mod answer;
mod basis;
mod check;
mod direction;
mod fold;
mod near;
mod notes;
mod peer;
mod peers;
mod port;
mod resolve;
mod suggest;

pub use answer::{
    CheckAnswer, DirectionAnswer, Note, OriginRef, Part, Peer, PeerKind, PolicyRef, PortRef, Question, Reason,
    Relation, Verdict, Via,
};
pub use basis::Basis;
pub use peer::{LabelTerm, NamespaceExpr, PeerExpr, parse_peer};
pub use port::{PortExpr, parse_port};
pub use resolve::{QueryError, QueryProblem};

pub(crate) use check::check;
