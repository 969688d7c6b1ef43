//! What questions see of a workspace: the newest snapshot, and recent ones that cells refer to.

use std::collections::VecDeque;
use std::sync::Arc;

use gyre_collect::Ledger;
use gyre_identity::{People, PeopleMap};
use gyre_lake::LakeView;
use gyre_query::Snapshot;
use parking_lot::{Mutex, RwLock};
use rustc_hash::FxHashSet;

use super::live::LiveTail;
use super::rules::Rules;
use super::tallies::Tallies;

/// Older snapshots kept for the cells of answers that people still look at.
const PINNED_MAX: usize = 64;
/// Memory that kept snapshots may hold beyond the newest. Recent rows are merged again and again, so each older
/// snapshot may hold a copy of its own: two flushes' worth of rows is enough for many small ones or two large ones.
const PINNED_BYTES_MAX: usize = 512 << 20;

/// One workspace as questions see it.
#[derive(Debug)]
pub(crate) struct WorkspaceHandle {
    pub(crate) people: Arc<RwLock<People>>,
    pub(crate) live: LiveTail,
    /// What was learnt of the events; the indexer changes it, and commits it with the position.
    pub(crate) ledger: Mutex<Ledger>,
    rules: RwLock<Arc<Rules>>,
    pub(crate) tallies: Tallies,
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
            merges: Arc::default(),
        };
        Self {
            people,
            live: LiveTail::default(),
            ledger: Mutex::default(),
            rules: RwLock::default(),
            tallies: Tallies::default(),
            newest: RwLock::new(newest),
            pinned: Mutex::default(),
        }
    }

    /// Publishes the people as they are now, with the events that were published last.
    pub(crate) fn republish(&self) {
        let mut newest = self.newest.write();
        newest.version += 1;
        newest.map = self.people.read().map();
    }

    /// Publishes a new version.
    pub(crate) fn publish(&self, lake: LakeView, map: PeopleMap) {
        let mut newest = self.newest.write();
        newest.version += 1;
        newest.lake = lake;
        newest.map = map;
    }

    pub(crate) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read())
    }

    /// Rules that hold from now on; what is merged counts in a version of its own.
    pub(crate) fn set_rules(&self, rules: Rules) {
        let mut newest = self.newest.write();
        if newest.merges != *rules.merges() {
            newest.version += 1;
            newest.merges = Arc::clone(rules.merges());
        }
        *self.rules.write() = Arc::new(rules);
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
        while pinned.len() > 1
            && (pinned.len() > PINNED_MAX || held_bytes(&pinned) > PINNED_BYTES_MAX)
        {
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

/// Memory that the snapshots' own rows take, each segment counted once.
fn held_bytes(snapshots: &VecDeque<Snapshot>) -> usize {
    let mut seen = FxHashSet::default();
    let segments = snapshots.iter().flat_map(|it| &it.lake.segments);
    segments
        .filter(|it| seen.insert(Arc::as_ptr(it)))
        .map(|it| it.memory_bytes())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyre_lake::{ColumnCache, ColumnNames, LakeStore, Row};
    use gyre_model::{Event, EventKind};

    #[test]
    fn kept_snapshots_are_bounded_and_found_by_version() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Arc::new(ColumnCache::new(1 << 20));
        let mut lake = LakeStore::open(folder.path(), &[], cache).unwrap();
        let handle = WorkspaceHandle::default();
        let event = Event::new(EventKind::Track, "view", gyre_base::Timestamp(1));
        for _ in 0..PINNED_MAX + 10 {
            lake.append(&[Row::new(event.clone(), 0, 0, &mut ColumnNames::default())]);
            handle.publish(lake.view(), PeopleMap::default());
            handle.pin(&handle.newest());
        }
        assert_eq!(handle.pinned.lock().len(), PINNED_MAX);
        let newest = handle.newest();
        let older = handle.pinned(newest.version - 5);
        assert_eq!(
            older.lake.rows(),
            newest.lake.rows() - 5,
            "what the answer was given from"
        );
        assert_eq!(
            handle.pinned(1).version,
            newest.version,
            "gone: asked of the newest"
        );
        // the same segments in two snapshots are held once
        let twice = VecDeque::from([newest.clone(), newest.clone()]);
        assert_eq!(held_bytes(&twice), held_bytes(&VecDeque::from([newest])));
    }
}
