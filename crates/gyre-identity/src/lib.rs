//! Who is who: identifiers become nodes, nodes become people, and people have properties over time.
//!
//! An identifier is interned once as a dense number, its **node**. An event keeps the user's node if it names
//! a user, else the device's. A **person** is a root node: the user's own, or a device that no user was seen
//! on. Which user a device belongs to is decided by event time, so any order of arrival gives the same
//! people. Events are never rewritten: queries go through the published [`PeopleMap`].
//!
//! Not here: files, SQL, clocks. [`People`] changes by [`People::apply`] and remembers what changed as a
//! [`PeopleDelta`], which the caller commits together with the log position.

mod apply;
mod delta;
mod device;
mod map;
mod node;
mod people;
mod profile;

pub use delta::PeopleDelta;
pub use device::DeviceRuns;
pub use map::{MULTI_FLAG, PeopleMap};
pub use node::Nodes;
pub use people::{Activity, Identifier, People, Resolved, Warning};
pub use profile::{StoredOp, fold, values_over_time};

/// Stands for "no node".
pub const NO_NODE: u32 = u32::MAX;
/// Most nodes of one workspace: two bits of a map entry are flags.
pub const NODES_MAX: u32 = 1 << 30;
/// Binary logarithm of the nodes per bucket; the event store uses the same buckets.
pub const BUCKET_BITS: u32 = 12;
