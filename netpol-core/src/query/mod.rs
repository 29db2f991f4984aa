//! Questions and their answers, as plain data.

mod answer;
mod basis;
mod check;
mod direction;
mod fold;
mod groups;
mod matrix;
mod near;
mod notes;
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
pub use groups::{
    All, GroupException, GroupRectangle, GroupSet, MatrixGroups, OutsideEgress, OutsideIngress, PodGroup,
};
pub use matrix::{Connection, Grain, MAX_CONNECTIONS, MatrixAnswer, MatrixQuery};
pub use peer::{LabelTerm, NamespaceExpr, PeerExpr, parse_peer};
pub use port::{PortExpr, parse_port};
pub use resolve::{QueryError, QueryProblem};

pub(crate) use check::check;
pub(crate) use groups::matrix_groups;
pub(crate) use matrix::matrix;
pub(crate) use resolve::Group;
