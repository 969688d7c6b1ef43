//! The published map from node to person: one version for all parts of a query.

use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::NO_NODE;
use crate::device::DeviceRuns;

const PAGE_BITS: u32 = 16;
const PAGE: usize = 1 << PAGE_BITS;
/// Set on the entry of a device that several users shared: the rest is its place in the table of runs.
const SHARED_FLAG: u32 = 1 << 31;
/// Set on a person whose nodes lie in more than one bucket.
pub const MULTI_FLAG: u32 = 1 << 30;
const PERSON_MASK: u32 = MULTI_FLAG - 1;

/// Node to person, copy-on-write in pages of 65,536 entries. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct PeopleMap {
    pages: Vec<Arc<Vec<u32>>>,
    shared: Arc<Vec<DeviceRuns>>,
    persons: Arc<RoaringBitmap>,
    multi_count: usize,
    op_seq: u64,
}

impl PeopleMap {
    /// Person of an event's node at the event's time, with [`MULTI_FLAG`] where it applies.
    #[inline]
    pub fn flagged_person(&self, node: u32, time: i64) -> u32 {
        let entry = self.entry(node);
        if entry & SHARED_FLAG == 0 {
            return entry;
        }
        let runs = &self.shared[(entry & !SHARED_FLAG) as usize];
        runs.user_at(time).map_or(node, |user| self.entry(user))
    }

    /// Person of an event's node at the event's time.
    #[inline]
    pub fn person(&self, node: u32, time: i64) -> u32 {
        self.flagged_person(node, time) & PERSON_MASK
    }

    fn entry(&self, node: u32) -> u32 {
        self.pages
            .get((node >> PAGE_BITS) as usize)
            .and_then(|page| page.get(node as usize & (PAGE - 1)))
            .copied()
            .unwrap_or(node)
    }

    /// Everyone known, people without events included.
    pub fn persons(&self) -> &Arc<RoaringBitmap> {
        &self.persons
    }

    /// Whether some people's nodes lie in several buckets.
    pub fn has_multi(&self) -> bool {
        self.multi_count > 0
    }

    /// Whether this person's nodes lie in several buckets.
    pub fn is_multi(&self, person: u32) -> bool {
        self.entry(person) & MULTI_FLAG != 0
    }

    /// Property operations with a smaller number belong to this version.
    pub fn op_seq(&self) -> u64 {
        self.op_seq
    }

    pub(crate) fn set_op_seq(&mut self, op_seq: u64) {
        self.op_seq = op_seq;
    }

    pub(crate) fn push(&mut self, node: u32) {
        debug_assert_ne!(node, NO_NODE, "a node has a number");
        let page = (node >> PAGE_BITS) as usize;
        if page == self.pages.len() {
            self.pages.push(Arc::new(Vec::with_capacity(PAGE)));
        }
        Arc::make_mut(&mut self.pages[page]).push(node);
        Arc::make_mut(&mut self.persons).insert(node);
    }

    fn set_entry(&mut self, node: u32, entry: u32) {
        let page = (node >> PAGE_BITS) as usize;
        Arc::make_mut(&mut self.pages[page])[node as usize & (PAGE - 1)] = entry;
    }

    /// Points a device at its only user.
    pub(crate) fn set_user(&mut self, device: u32, user: u32) {
        self.set_entry(device, self.entry(user));
        Arc::make_mut(&mut self.persons).remove(device);
    }

    /// Marks a person, and the devices that are theirs alone, as lying in several buckets.
    pub(crate) fn set_multi(&mut self, person: u32, devices: &[u32]) {
        if !self.is_multi(person) {
            self.multi_count += 1;
        }
        self.set_entry(person, person | MULTI_FLAG);
        for device in devices {
            if self.entry(*device) & SHARED_FLAG == 0 {
                self.set_entry(*device, person | MULTI_FLAG);
            }
        }
    }

    /// Stores the runs of a device that several users share.
    pub(crate) fn set_shared(&mut self, device: u32, runs: DeviceRuns) {
        let entry = self.entry(device);
        let shared = Arc::make_mut(&mut self.shared);
        if entry & SHARED_FLAG != 0 {
            shared[(entry & !SHARED_FLAG) as usize] = runs;
            return;
        }
        shared.push(runs);
        let place = shared.len() as u32 - 1;
        self.set_entry(device, SHARED_FLAG | place);
        Arc::make_mut(&mut self.persons).remove(device);
    }
}
