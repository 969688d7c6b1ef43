//! What is known of people, seen through a version of the map.

use gyre_model::people::NodeKind;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};
use std::sync::Arc;

use super::{Activity, Identifier, People};
use crate::NOBODY;
use crate::evidence::Stretch;
use crate::fold::{Fold, Past};
use crate::forest::Layer;
use crate::link::{Link, LinkId, LinkRule, LinkView};
use crate::map::PeopleMap;
use crate::node::Nodes;
use crate::profile::{StoredOp, fold};
use crate::rules::ProfileRule;

/// Most rows of the link log that are told of one person.
const LINKS_MAX: usize = 2_000;

impl People {
    /// The identifiers.
    pub fn nodes(&self) -> &Nodes {
        &self.facts.nodes
    }

    /// Person with this user id or, failing that, on this device now.
    pub fn find(&self, id: &str) -> Option<u32> {
        let nodes = &self.facts.nodes;
        let node = nodes
            .find(NodeKind::User, id)
            .or_else(|| nodes.find(NodeKind::Device, id))?;
        self.person_now(node)
    }

    /// The user id of a person, if they are known by one.
    pub fn external_id(&self, person: u32) -> Option<String> {
        match self.facts.nodes.get(person) {
            Some((NodeKind::User, value)) => Some(value.into_owned()),
            _ => None,
        }
    }

    /// Nodes whose events may belong to a person: their own and their devices'.
    pub fn nodes_of(&self, map: &PeopleMap, person: u32) -> Vec<u32> {
        let mut nodes = Vec::new();
        for member in map.users().members(person) {
            nodes.push(member.node);
            nodes.extend(self.devices_in(map, member.node));
        }
        nodes.extend(map.groups().members(person).map(|it| it.node));
        nodes.sort_unstable();
        nodes.dedup();
        // the person's own node first
        nodes.sort_by_key(|it| *it != person);
        nodes
    }

    /// Devices that a user was seen on, with those that are the same.
    fn devices_in(&self, map: &PeopleMap, user: u32) -> Vec<u32> {
        let groups = map.groups();
        let devices = self.facts.devices(user);
        let mut same: Vec<u32> = devices
            .flat_map(|it| groups.members(groups.root(it)))
            .map(|it| it.node)
            .collect();
        same.sort_unstable();
        same.dedup();
        same
    }

    /// Identifiers of a person.
    pub fn identifiers(&self, map: &PeopleMap, person: u32) -> Vec<Identifier> {
        self.nodes_of(map, person)
            .into_iter()
            .filter_map(|node| self.facts.nodes.get(node))
            .map(|(kind, value)| Identifier {
                kind,
                value: value.into_owned(),
            })
            .collect()
    }

    /// When a person was active. Events of a shared device count for everyone who used it.
    pub fn activity(&self, map: &PeopleMap, person: u32) -> Activity {
        self.nodes_of(map, person)
            .into_iter()
            .filter_map(|node| self.activity.get(node).copied())
            .fold(Activity::NONE, Activity::join)
    }

    /// Operations of a person that belong to the version: those that fill in, such as of devices before the person
    /// was known, then those that are the person's own, each in order.
    ///
    /// What only shows one user with another has no say in their properties.
    pub fn ops_of(&self, map: &PeopleMap, person: u32) -> (Vec<&StoredOp>, Vec<&StoredOp>) {
        let visible = |node: u32| {
            let kept = self.ops.get(&node).into_iter().flatten();
            kept.filter(move |it| it.seq < map.op_seq())
        };
        let mut beneath: Vec<&StoredOp> = Vec::new();
        let mut own: Vec<&StoredOp> = Vec::new();
        for member in map.users().members(person) {
            match member.layer {
                Layer::Hidden => continue,
                Layer::Beneath => beneath.extend(visible(member.node)),
                Layer::Joined if self.facts.nodes.kind(member.node) == Some(NodeKind::User) => {
                    own.extend(visible(member.node));
                }
                Layer::Joined => {} // a device, which is read below
            }
            for device in self.devices_in(map, member.node) {
                let is_theirs = |it: &&StoredOp| map.is_of(device, it.time, member.node, person);
                beneath.extend(visible(device).filter(is_theirs));
            }
        }
        if self.facts.nodes.kind(person) == Some(NodeKind::Device) {
            for member in map.groups().members(person) {
                let is_theirs = |it: &&StoredOp| map.person(member.node, it.time) == person;
                own.extend(visible(member.node).filter(is_theirs));
            }
        }
        if map.profile_rule() == ProfileRule::LatestWins {
            own.append(&mut beneath);
        }
        beneath.sort_by_key(|it| (it.time, it.seq));
        own.sort_by_key(|it| (it.time, it.seq));
        (beneath, own)
    }

    /// Properties of a person as they stand in the version.
    pub fn properties(&self, map: &PeopleMap, person: u32) -> Map<String, Value> {
        let (beneath, own) = self.ops_of(map, person);
        let mut properties = Map::new();
        fold(&mut properties, beneath);
        fold(&mut properties, own);
        properties
    }

    /// People who have any property operation, in order.
    pub fn people_with_properties(&self, map: &PeopleMap) -> Vec<u32> {
        let mut people: Vec<u32> = Vec::with_capacity(self.ops.len());
        for node in self.ops.keys() {
            if map.is_shared(*node) {
                let users = self.fold().users_of(*node);
                people.extend(users.into_iter().map(|it| map.person(it, i64::MAX)));
                people.extend(Some(*node).filter(|it| map.persons().contains(*it)));
            } else {
                people.push(map.person(*node, i64::MAX));
            }
        }
        people.retain(|it| *it != NOBODY);
        people.sort_unstable();
        people.dedup();
        people
    }

    /// Names of all profile properties with the number of operations on each.
    pub fn property_keys(&self) -> impl Iterator<Item = (&str, u64)> {
        self.keys.iter().map(|(key, count)| (&**key, *count))
    }

    /// The map as it was before the row `link_seq` of the link log, made anew. Who was deleted since stays deleted.
    ///
    /// Of a device that two users share, what was seen of both later counts as well, if both were linked by then.
    pub fn map_as_of(&self, link_seq: u64) -> PeopleMap {
        let (users, groups) = self.forests_as_of(link_seq);
        let (users, groups) = (Arc::new(users), Arc::new(groups));
        let mut past = Past::default();
        for (user, owned) in &self.facts.devices_of {
            let later = owned.iter().filter(|it| u64::from(it.seq) >= link_seq);
            past.unlinked.extend(later.map(|it| (it.device, *user)));
        }
        let mut restored: FxHashMap<u32, Vec<Stretch>> = FxHashMap::default();
        for it in &self.voided {
            let was_void = it.link.void.as_ref().is_none_or(|it| it.seq < link_seq);
            if it.link.seq < link_seq && !was_void {
                let stretches = restored.entry(it.link.from).or_default();
                stretches.extend_from_slice(&it.stretches);
            }
        }
        past.restored = restored;
        let fold = Fold {
            facts: &self.facts,
            users: &users,
            groups: &groups,
            past: Some(&past),
        };
        let mut map = fold.whole(&users, &groups);
        map.set_profile_rule(self.rules.profile);
        map.set_seqs(self.op_seq, link_seq.min(self.link_seq));
        map
    }

    /// Place of the next row of the link log.
    pub fn link_seq(&self) -> u64 {
        self.link_seq
    }

    /// The link that the event with this sender's id made, if it made one.
    pub fn link_by_event(&self, event: &str) -> Option<LinkId> {
        let mut newest = self.links.values().rev();
        let found = newest.find(|it| it.event == event)?;
        Some(super::linking::id_of(found))
    }

    /// Why a link was not made that the event with this sender's id asked for.
    pub fn refusal_by_event(&self, event: &str) -> Option<crate::Warning> {
        let mut newest = self.refusals.iter().rev();
        newest.find(|it| it.event == event).map(|it| it.why)
    }

    /// Whether a link can be taken back.
    pub fn can_undo(&self, id: LinkId) -> bool {
        self.undoable(id).is_some()
    }

    /// Why a person's identifiers are linked, and why others are not: oldest first, at most 2,000 rows.
    pub fn links_of(&self, map: &PeopleMap, person: u32) -> Vec<LinkView> {
        let nodes: FxHashSet<u32> = self.nodes_of(map, person).into_iter().collect();
        let touches = |from: u32, into: u32| nodes.contains(&from) || nodes.contains(&into);
        let mut links: Vec<LinkView> = Vec::new();
        for user in &nodes {
            for owned in self.facts.devices_of.get(user).into_iter().flatten() {
                if !self.links.contains_key(&u64::from(owned.seq)) {
                    let first = self.facts.evidence.first(owned.device, *user);
                    links.push(self.view(&Link {
                        seq: u64::from(owned.seq),
                        time: first.unwrap_or_default(),
                        event: String::new(),
                        from: owned.device,
                        into: *user,
                        rule: LinkRule::Evidence,
                        actor: String::new(),
                        reason: String::new(),
                        void: None,
                    }));
                }
            }
        }
        let asked_for = self.links.values();
        let taken_back = self.voided.iter().map(|it| &it.link);
        let told = asked_for.chain(taken_back);
        links.extend(
            told.filter(|it| touches(it.from, it.into))
                .map(|it| self.view(it)),
        );
        for it in self.refusals.iter().filter(|it| touches(it.from, it.into)) {
            links.push(LinkView {
                id: None,
                time: it.time,
                event: it.event.clone(),
                from: self.named_node(it.from),
                into: self.named_node(it.into),
                rule: None,
                refused: Some(it.why),
                actor: it.actor.clone(),
                reason: String::new(),
                void: None,
            });
        }
        links.sort_by_key(|it| (it.time, it.id.map(|it| it.seq)));
        links.truncate(LINKS_MAX);
        links
    }

    fn view(&self, link: &Link) -> LinkView {
        LinkView {
            id: Some(super::linking::id_of(link)),
            time: link.time,
            event: link.event.clone(),
            from: self.named_node(link.from),
            into: self.named_node(link.into),
            rule: Some(link.rule),
            refused: None,
            actor: link.actor.clone(),
            reason: link.reason.clone(),
            void: link.void.clone(),
        }
    }

    fn named_node(&self, node: u32) -> (NodeKind, String) {
        // what a deleted person was called is told to nobody
        let found = self.facts.nodes.get(node).filter(|_| !self.is_erased(node));
        let kind = self.facts.nodes.kind(node).unwrap_or(NodeKind::Device);
        found.map_or((kind, String::new()), |it| (it.0, it.1.into_owned()))
    }
}
