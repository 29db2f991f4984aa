//! Questions and their answers, as plain data.

mod answer;
mod basis;
mod behind;
mod check;
mod diff;
mod direction;
mod dns;
mod egress;
mod entries;
mod fold;
mod groups;
mod hops;
mod ingress;
mod internet;
mod joint;
mod judge;
mod matrix;
mod metadata;
mod near;
mod nodes;
mod notes;
mod paths;
mod peer;
mod peers;
mod port;
mod probes;
mod resolve;
mod suggest;
mod summary;
mod survey;
mod units;
mod vocabulary;

pub use answer::{
    CheckAnswer, DirectionAnswer, Note, OriginRef, Part, Peer, PeerKind, PolicyRef, PortRef, Question, Reason,
    Relation, Verdict, Via,
};
pub use basis::Basis;
pub use diff::{Change, Decision, DiffAnswer, Witness};
pub use dns::DnsReach;
pub use egress::{
    ClusterRange, EgressAnswer, EgressOf, EgressQuery, MetadataReach, NameOpening, Range, RangeOpening, ReachedBy,
};
pub use entries::{EntryPoint, ObjectRef};
pub use groups::{
    All, GroupException, GroupRectangle, GroupSet, Judged, MatrixGroups, OutsideEgress, OutsideIngress, PodGroup,
};
pub use ingress::{IngressAnswer, IngressOf, IngressQuery, Source};
pub use matrix::{Connection, Grain, MAX_CONNECTIONS, MatrixAnswer, MatrixQuery};
pub use paths::{BlastRadius, PathAnswer, PathsAnswer, PathsQuery, PathsQuestion, Reached};
pub use peer::{LabelTerm, NamespaceExpr, PeerExpr, parse_peer, parse_resolution};
pub use port::{PortExpr, parse_port};
pub use resolve::{QueryError, QueryProblem};
pub use summary::{Counts, Finding, NamespaceSummary, Step, SummaryAnswer};
pub use survey::Opening;
pub use vocabulary::{MOST_LABEL_VALUES, Vocabulary};

pub(crate) use check::{check, parts_of};
pub(crate) use diff::{Asked, diff};
pub(crate) use egress::egress;
pub(crate) use groups::matrix_groups;
pub(crate) use ingress::ingress;
pub(crate) use judge::{JudgedPairs, Judging, PairEnd, alone, judge};
pub(crate) use matrix::{Most, matrix};
pub(crate) use metadata::{METADATA, NODE_LOCAL_DNS, dns_ports, metadata_port};
pub(crate) use paths::paths;
pub(crate) use resolve::Group;
pub(crate) use summary::summary;
pub(crate) use survey::Survey;
pub(crate) use units::{Outside, Unit};
pub(crate) use vocabulary::vocabulary;
