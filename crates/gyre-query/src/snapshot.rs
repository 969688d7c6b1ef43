//! One version of a workspace's data, pinned for as long as a query runs.

use std::fmt;
use std::sync::Arc;

use gyre_identity::{People, PeopleMap};
use gyre_lake::LakeView;
use parking_lot::RwLock;

use crate::Merges;

/// Segments and people of one moment.
#[derive(Clone)]
pub struct Snapshot {
    /// Number of this version; grows with every change.
    pub version: u64,
    /// Segments, recent rows included.
    pub lake: LakeView,
    /// Node to person.
    pub map: PeopleMap,
    /// Properties; readers see only operations before `map.op_seq()`.
    pub people: Arc<RwLock<People>>,
    /// Names that count as another's.
    pub merges: Arc<Merges>,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    /// The same events, and people as they were before the row `people_version` of the link log.
    #[must_use]
    pub fn with_people_of(mut self, people_version: u64) -> Self {
        if people_version < self.map.link_seq() {
            self.map = self.people.read().map_as_of(people_version);
        }
        self
    }

    /// Every event name.
    pub fn event_names(&self) -> impl Iterator<Item = (u32, &str)> {
        self.lake.names.iter()
    }
}
