//! Questions and their answers, as plain data.

mod answer;
mod basis;
mod check;
mod diff;
mod direction;
mod fold;
mod hops;
mod joint;
mod matrix;
mod near;
mod notes;
mod paths;
mod peer;
mod peers;
mod port;
mod resolve;
mod suggest;
mod units;

pub use answer::{
    CheckAnswer, DirectionAnswer, Note, OriginRef, Part, Peer, PeerKind, PolicyRef, PortRef, Question, Reason,
    Relation, Verdict, Via,
};
pub use basis::Basis;
pub use diff::{Change, Decision, DiffAnswer, Witness};
pub use matrix::{Connection, Grain, MAX_CONNECTIONS, MatrixAnswer, MatrixQuery};
pub use paths::{BlastRadius, Hop, PathAnswer, PathsAnswer, PathsQuery, PathsQuestion, Reached};
pub use peer::{LabelTerm, NamespaceExpr, PeerExpr, parse_peer};
pub use port::{PortExpr, parse_port};
pub use resolve::{QueryError, QueryProblem};

pub(crate) use check::check;
pub(crate) use diff::diff;
pub(crate) use matrix::matrix;
pub(crate) use paths::paths;
pub(crate) use resolve::Group;
