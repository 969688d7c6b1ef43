//! From what is known of identifiers to the map: the one place that decides who a node is.
//!
//! Used both to follow one change and to make a whole map anew, as of now or as of an earlier row of the link log;
//! that both agree is what `refolding_the_log_gives_the_same_people` says.

use std::sync::Arc;

use gyre_model::people::NodeKind;
use roaring::RoaringBitmap;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::BUCKET_BITS;
use crate::device::Owners;
use crate::evidence::{EvidenceTable, Stretch};
use crate::forest::Forest;
use crate::map::{MULTI_FLAG, PeopleMap};
use crate::node::Nodes;
use crate::rules::DeviceRule;

/// A device that a user was seen on, and the place of that link in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) device: u32,
    pub(crate) seq: u32,
}

/// What is known of identifiers.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) nodes: Nodes,
    pub(crate) evidence: EvidenceTable,
    pub(crate) devices_of: FxHashMap<u32, Vec<Owned>>,
    pub(crate) erased: RoaringBitmap,
    pub(crate) rule: DeviceRule,
}

impl Facts {
    /// Devices that a user was seen on.
    pub(crate) fn devices(&self, user: u32) -> impl Iterator<Item = u32> + Clone {
        let owned = self.devices_of.get(&user).map_or(&[][..], Vec::as_slice);
        owned.iter().map(|it| it.device)
    }
}

/// Links between device and user that are looked at otherwise than they are now.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// (device, user) that were not linked yet.
    pub(crate) unlinked: FxHashSet<(u32, u32)>,
    /// Evidence by device that was taken back since.
    pub(crate) restored: FxHashMap<u32, Vec<Stretch>>,
}

/// Facts and the explicit links between them, at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Fold<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) users: &'a Forest,
    pub(crate) groups: &'a Forest,
    pub(crate) past: Option<&'a Past>,
}

fn buckets_differ(nodes: impl Iterator<Item = u32>) -> bool {
    let mut first = None;
    for bucket in nodes.map(|it| it >> BUCKET_BITS) {
        if *first.get_or_insert(bucket) != bucket {
            return true;
        }
    }
    false
}

impl<'a> Fold<'a> {
    /// Evidence of a device and of all that are the same device.
    fn stretches(self, root: u32) -> impl Iterator<Item = Stretch> + 'a {
        let members = self.groups.members(root);
        members.flat_map(move |member| {
            let device = member.node;
            let restored = self.past.and_then(|it| it.restored.get(&device));
            let kept = self.facts.evidence.get(device).iter().copied();
            let is_linked = move |it: &Stretch| {
                self.past
                    .is_none_or(|past| !past.unlinked.contains(&(device, it.user)))
            };
            kept.filter(is_linked)
                .chain(restored.into_iter().flatten().copied())
        })
    }

    /// Users who were ever seen on a device or on one that is the same.
    pub(crate) fn users_of(self, device: u32) -> Vec<u32> {
        let stretches = self.stretches(self.groups.root(device));
        let mut users: Vec<u32> = stretches.map(|it| it.user).collect();
        users.retain(|it| *it != crate::NO_NODE);
        users.sort_unstable();
        users.dedup();
        users
    }

    /// Puts a device, and those that are the same, where it belongs. The people it belongs to are put after it.
    pub(crate) fn put_device(self, map: &mut PeopleMap, device: u32) {
        let root = self.groups.root(device);
        let members = self.groups.members(root);
        let is_multi = buckets_differ(members.clone().map(|it| it.node));
        let own = root | if is_multi { MULTI_FLAG } else { 0 };
        let owners = Owners::of(self.stretches(root), self.facts.rule, own);
        let is_somebody = match &owners {
            Owners::Nobody => true,
            Owners::One(_) => false,
            Owners::Several(runs) => runs.has_own(),
        };
        for member in members {
            let node = member.node;
            if self.facts.erased.contains(node) {
                map.set_nobody(node);
                continue;
            }
            match &owners {
                Owners::Nobody => map.set_person(node, root, is_multi),
                Owners::One(user) => {
                    let person = self.users.root(*user);
                    map.set_person(node, person, map.is_multi(person));
                }
                Owners::Several(runs) => map.set_shared(node, runs.clone()),
            }
            map.set_known(node, node == root && is_somebody);
            map.set_multi(node, node == root && is_somebody && is_multi);
        }
    }

    /// Puts a person together: their users and the devices that are theirs alone.
    pub(crate) fn put_person(self, map: &mut PeopleMap, root: u32) {
        let members = self.users.members(root);
        let devices = members.clone().flat_map(|it| {
            let devices = self.facts.devices(it.node);
            let same = devices.flat_map(|it| self.groups.members(self.groups.root(it)));
            same.map(|it| it.node)
        });
        let users = members.clone().map(|it| it.node);
        let is_multi = buckets_differ(users.clone().chain(devices.clone()));
        for node in users {
            if self.facts.erased.contains(node) {
                map.set_nobody(node);
                continue;
            }
            map.set_person(node, root, is_multi);
            map.set_known(node, node == root);
            map.set_multi(node, node == root && is_multi);
        }
        if self.facts.erased.contains(root) {
            return;
        }
        for device in devices {
            // whose evidence is taken back as of an earlier moment may be somebody else's
            let is_theirs = map.person(device, 0) == root || self.past.is_none();
            if !map.is_shared(device) && !self.facts.erased.contains(device) && is_theirs {
                map.set_person(device, root, is_multi);
            }
        }
    }

    /// Puts a device and everyone it belongs to.
    pub(crate) fn put_around(self, map: &mut PeopleMap, device: u32) {
        self.put_device(map, device);
        let roots = self
            .users_of(device)
            .into_iter()
            .map(|it| self.users.root(it));
        for root in roots {
            self.put_person(map, root);
        }
    }

    /// The whole map from nothing.
    pub(crate) fn whole(self, users: &Arc<Forest>, groups: &Arc<Forest>) -> PeopleMap {
        let mut map = PeopleMap::default();
        map.set_forests(users, groups);
        let all = 0..self.facts.nodes.len() as u32;
        all.clone().for_each(|it| map.push(it));
        for node in all.clone() {
            if self.facts.nodes.kind(node) == Some(NodeKind::Device)
                && self.groups.root(node) == node
            {
                self.put_device(&mut map, node);
            }
        }
        for node in all {
            if self.facts.nodes.kind(node) == Some(NodeKind::User) && self.users.root(node) == node
            {
                self.put_person(&mut map, node);
            }
        }
        map
    }
}
