//! What questions see of a workspace: the newest snapshot, and recent ones that cells refer to.

use std::collections::VecDeque;
use std::sync::Arc;

use gyre_identity::{People, PeopleMap};
use gyre_lake::LakeView;
use gyre_query::Snapshot;
use parking_lot::{Mutex, RwLock};

/// Older snapshots kept for the cells of answers that people still look at.
const PINNED_MAX: usize = 64;

/// One workspace as questions see it.
#[derive(Debug)]
pub(crate) struct WorkspaceHandle {
    pub(crate) people: Arc<RwLock<People>>,
    newest: RwLock<Snapshot>,
    pinned: Mutex<VecDeque<Snapshot>>,
}

impl Default for WorkspaceHandle {
    fn default() -> Self {
        Self::new(People::default(), LakeView::default(), 0)
    }
}

impl WorkspaceHandle {
    pub(crate) fn new(people: People, lake: LakeView, version: u64) -> Self {
        let map = people.map();
        let people = Arc::new(RwLock::new(people));
        let newest = Snapshot {
            version,
            lake,
            map,
            people: Arc::clone(&people),
        };
        Self {
            people,
            newest: RwLock::new(newest),
            pinned: Mutex::default(),
        }
    }

    /// Publishes a new version.
    pub(crate) fn publish(&self, lake: LakeView, map: PeopleMap) {
        let mut newest = self.newest.write();
        newest.version += 1;
        newest.lake = lake;
        newest.map = map;
    }

    pub(crate) fn newest(&self) -> Snapshot {
        self.newest.read().clone()
    }

    /// Keeps a snapshot for a while: an answer was given from it.
    pub(crate) fn pin(&self, snapshot: &Snapshot) {
        let mut pinned = self.pinned.lock();
        if pinned.iter().any(|it| it.version == snapshot.version) {
            return;
        }
        pinned.push_back(snapshot.clone());
        if pinned.len() > PINNED_MAX {
            pinned.pop_front();
        }
    }

    /// The snapshot of a version if it is kept, else the newest.
    pub(crate) fn pinned(&self, version: u64) -> Snapshot {
        let found = self
            .pinned
            .lock()
            .iter()
            .find(|it| it.version == version)
            .cloned();
        found.unwrap_or_else(|| self.newest())
    }
}
