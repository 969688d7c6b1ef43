//! The published map from node to person: one version for all parts of a query.

use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::NOBODY;
use crate::device::DeviceRuns;
use crate::forest::Forest;
use crate::rules::ProfileRule;

const PAGE_BITS: u32 = 16;
const PAGE: usize = 1 << PAGE_BITS;
/// Set on the entry of a device that several users shared: the rest is its place in the table of runs.
const SHARED_FLAG: u32 = 1 << 31;
/// Set on a person whose nodes lie in more than one bucket.
pub const MULTI_FLAG: u32 = 1 << 30;
const PERSON_MASK: u32 = MULTI_FLAG - 1;
/// Entry of a node that is nobody's. No share of a query takes it, and those of most people need not ask.
const NOBODY_ENTRY: u32 = MULTI_FLAG | NOBODY;

/// Node to person, copy-on-write in pages of 65,536 entries. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct PeopleMap {
    pages: Vec<Arc<Vec<u32>>>,
    shared: Arc<Vec<Arc<DeviceRuns>>>,
    persons: Arc<RoaringBitmap>,
    multi: Arc<RoaringBitmap>,
    users: Arc<Forest>,
    groups: Arc<Forest>,
    profile: ProfileRule,
    op_seq: u64,
    link_seq: u64,
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
        runs.user_at(time)
            .map_or(runs.own(), |user| self.entry(user))
    }

    /// Person of an event's node at the event's time; [`NOBODY`] if they were deleted.
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
        !self.multi.is_empty()
    }

    /// Whether this person's nodes lie in several buckets.
    pub fn is_multi(&self, person: u32) -> bool {
        self.multi.contains(person)
    }

    /// Property operations with a smaller number belong to this version.
    pub fn op_seq(&self) -> u64 {
        self.op_seq
    }

    /// Rows of the link log with a smaller number belong to this version: the version of the people themselves.
    pub fn link_seq(&self) -> u64 {
        self.link_seq
    }

    /// Users who are one person by explicit links.
    pub(crate) fn users(&self) -> &Forest {
        &self.users
    }

    /// Devices that are one device under several names.
    pub(crate) fn groups(&self) -> &Forest {
        &self.groups
    }

    /// Whether an operation of a device at `time` is of `user`, who is `person` or a part of them.
    pub(crate) fn is_of(&self, device: u32, time: i64, user: u32, person: u32) -> bool {
        let entry = self.entry(device);
        if entry & SHARED_FLAG == 0 {
            return entry & PERSON_MASK == person;
        }
        let runs = &self.shared[(entry & !SHARED_FLAG) as usize];
        match runs.user_at(time) {
            Some(found) => found == user && self.entry(user) & PERSON_MASK == person,
            None => user == device && runs.own() & PERSON_MASK == person,
        }
    }

    pub(crate) fn is_shared(&self, node: u32) -> bool {
        self.entry(node) & SHARED_FLAG != 0
    }

    pub(crate) fn set_seqs(&mut self, op_seq: u64, link_seq: u64) {
        (self.op_seq, self.link_seq) = (op_seq, link_seq);
    }

    pub(crate) fn profile_rule(&self) -> ProfileRule {
        self.profile
    }

    pub(crate) fn set_profile_rule(&mut self, rule: ProfileRule) {
        self.profile = rule;
    }

    pub(crate) fn set_forests(&mut self, users: &Arc<Forest>, groups: &Arc<Forest>) {
        (self.users, self.groups) = (Arc::clone(users), Arc::clone(groups));
    }

    pub(crate) fn push(&mut self, node: u32) {
        debug_assert_ne!(node, NOBODY, "a node has a number");
        let page = (node >> PAGE_BITS) as usize;
        if page == self.pages.len() {
            let reserved = if page == 0 { 0 } else { PAGE };
            self.pages.push(Arc::new(Vec::with_capacity(reserved)));
        }
        Arc::make_mut(&mut self.pages[page]).push(node);
        Arc::make_mut(&mut self.persons).insert(node);
    }

    fn set_entry(&mut self, node: u32, entry: u32) {
        if self.entry(node) == entry {
            return; // a page that did not change is not copied
        }
        let page = (node >> PAGE_BITS) as usize;
        if let Some(page) = self.pages.get_mut(page)
            && let Some(kept) = Arc::make_mut(page).get_mut(node as usize & (PAGE - 1))
        {
            *kept = entry;
        }
    }

    /// Points a node at its person.
    pub(crate) fn set_person(&mut self, node: u32, person: u32, is_multi: bool) {
        let flag = if is_multi { MULTI_FLAG } else { 0 };
        self.set_entry(node, person | flag);
    }

    /// A node that was deleted.
    pub(crate) fn set_nobody(&mut self, node: u32) {
        self.set_entry(node, NOBODY_ENTRY);
        self.set_known(node, false);
        self.set_multi(node, false);
    }

    /// Whether a node is somebody, rather than a part of somebody else.
    pub(crate) fn set_known(&mut self, person: u32, is_known: bool) {
        if self.persons.contains(person) == is_known {
            return;
        }
        let persons = Arc::make_mut(&mut self.persons);
        if is_known {
            persons.insert(person);
        } else {
            persons.remove(person);
        }
    }

    /// Whether a person's nodes lie in several buckets.
    pub(crate) fn set_multi(&mut self, person: u32, is_multi: bool) {
        if self.multi.contains(person) == is_multi {
            return;
        }
        let multi = Arc::make_mut(&mut self.multi);
        if is_multi {
            multi.insert(person);
        } else {
            multi.remove(person);
        }
    }

    /// Stores the runs of a device that several users share.
    pub(crate) fn set_shared(&mut self, device: u32, runs: DeviceRuns) {
        let entry = self.entry(device);
        let shared = Arc::make_mut(&mut self.shared);
        if entry & SHARED_FLAG != 0 {
            shared[(entry & !SHARED_FLAG) as usize] = Arc::new(runs);
            return;
        }
        shared.push(Arc::new(runs));
        let place = shared.len() as u32 - 1;
        self.set_entry(device, SHARED_FLAG | place);
    }

    /// Bytes of memory held by this version alone, if no other shares its pages.
    pub(crate) fn bytes_held(&self) -> usize {
        let pages: usize = self.pages.iter().map(|it| it.capacity()).sum();
        pages * size_of::<u32>() + self.persons.serialized_size() + self.multi.serialized_size()
    }
}
