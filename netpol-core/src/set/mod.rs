//! The algebra: sets of ports and addresses that are canonical, so that equality of values is
//! equality of sets.

mod address;
mod interval;
mod traffic;

pub use address::{AddressSet, Family};
pub use interval::{IntervalSet, Point};
pub use traffic::{Protocol, TrafficSet};
