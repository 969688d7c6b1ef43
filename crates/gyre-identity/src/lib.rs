//! Who is who: identifiers become nodes, nodes become people, and people have properties over time.
//!
//! An identifier is interned once as a dense number, its **node**. An event keeps the user's node if it names
//! a user, else the device's. A **person** is a root node: the user's own, or a device that no user was seen
//! on. Which user a device belongs to is decided by event time, so any order of arrival gives the same
//! people; users are joined by explicit links alone, each a row of the **link log** that can be taken back. Events are
//! never rewritten: queries go through the published [`PeopleMap`].
//!
//! Not here: files, SQL, clocks. [`People`] changes by [`People::apply_from`] and remembers what changed as a
//! [`PeopleDelta`], which the caller commits together with the log position.

mod apply;
mod delta;
mod device;
mod evidence;
mod fold;
mod forest;
mod link;
mod map;
mod node;
mod paged;
mod people;
mod profile;
mod rules;

pub use delta::PeopleDelta;
pub use link::{Erasure, Link, LinkId, LinkRule, LinkView, LogRecord, Refusal, Void, Warning};
pub use map::{MULTI_FLAG, PeopleMap};
pub use node::Nodes;
pub use people::{
    Activity, Identifier, MergePreview, MergeSide, NODES_PER_PERSON_MAX, People, PeopleBytes,
    RESET_EVENTS, Resolved, SUPPRESSION_MS,
};
pub use profile::{StoredOp, fold, values_over_time};
pub use rules::{
    BLOCKED_PATTERN_BYTES_MAX, BLOCKED_PATTERNS_MAX, DeviceRule, IdentityRules, ProfileRule,
};

/// Stands for "no node".
pub const NO_NODE: u32 = u32::MAX;
/// Stands for the person of a node that was deleted: nobody.
pub const NOBODY: u32 = MULTI_FLAG - 1;
/// Most nodes of one workspace: two bits of a map entry are flags, and one number is nobody's.
pub const NODES_MAX: u32 = NOBODY;
/// Binary logarithm of the nodes per bucket; the event store uses the same buckets.
pub const BUCKET_BITS: u32 = 12;
