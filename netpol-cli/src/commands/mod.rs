//! One file per subcommand.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod egress;
pub(crate) mod explain;
pub(crate) mod fix;
pub(crate) mod graph;
pub(crate) mod ingress;
pub(crate) mod lint;
pub(crate) mod man;
pub(crate) mod matrix;
pub(crate) mod paths;
pub(crate) mod playground;
pub(crate) mod profiles;
pub(crate) mod summary;
pub(crate) mod test;
