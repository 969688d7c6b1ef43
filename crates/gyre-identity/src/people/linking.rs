//! Links: evidence of one event, aliases, merges, and taking them back; with the guards of collect.md 3.2.

use std::sync::Arc;

use gyre_base::DAY_MS;
use gyre_model::people::NodeKind;

use super::{
    Cause, MIXPANEL, NODES_PER_PERSON_MAX, People, RESET_EVENTS, Resolved, VoidedPair, Warning,
    text_of,
};
use crate::NO_NODE;
use crate::fold::Owned;
use crate::forest::{Edge, Forest};
use crate::link::{Link, LinkId, LinkRule, LogRecord, Refusal};

/// Most refused links that are kept for the asking; each is kept once.
const REFUSALS_MAX: usize = 10_000;
const WEEK_MS: i64 = 7 * DAY_MS;

/// What a link is between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undoable {
    /// A device and a user.
    Pair,
    /// Two users, or two devices.
    Edge,
}

impl People {
    /// A user was seen on a device.
    pub(super) fn see(&mut self, device: u32, user: u32, cause: &Cause<'_>) -> Option<Warning> {
        let is_new = !self.facts.evidence.has(device, user);
        if is_new {
            if let Some(why) = self.why_not(device, user, cause) {
                return Some(self.refuse(device, user, why, cause));
            }
            if cause.rule != LinkRule::Evidence {
                // its place in the log is the one that the evidence takes
                let link = link_of(self.link_seq, device, user, cause);
                self.links.insert(self.link_seq, link.clone());
                self.record(LogRecord::Link(link));
            }
        }
        if self.add_evidence(device, cause.time(), user) {
            self.record(LogRecord::Evidence(device, cause.time(), user));
        }
        None
    }

    /// Adds evidence and follows it; true if it says anything new.
    pub(super) fn add_evidence(&mut self, device: u32, time: i64, user: u32) -> bool {
        let is_new = !self.facts.evidence.has(device, user);
        if !self.facts.evidence.add(device, time, user) {
            return false;
        }
        if is_new {
            let seq = self.next_seq() as u32;
            let owned = self.facts.devices_of.entry(user).or_default();
            owned.reserve_exact(1);
            owned.push(Owned { device, seq });
        }
        if is_new || self.map.is_shared(device) {
            self.refresh(Some(device), &[]);
        }
        true
    }

    /// Whoever used the device is gone.
    pub(super) fn reset(&mut self, device: u32, time: i64) {
        debug_assert!(!RESET_EVENTS.is_empty(), "somebody said so");
        if self.add_reset(device, time) {
            self.record(LogRecord::Reset(device, time));
        }
    }

    pub(super) fn add_reset(&mut self, device: u32, time: i64) -> bool {
        let is_added = self.facts.evidence.add(device, time, NO_NODE);
        if is_added {
            self.refresh(Some(device), &[]);
        }
        is_added
    }

    /// Whether a device may become a user's.
    fn why_not(&self, device: u32, user: u32, cause: &Cause<'_>) -> Option<Warning> {
        let person = self.users.root(user);
        let group = self.groups.root(device);
        let more = self.groups.members(group).count();
        if self.size(person) + more > NODES_PER_PERSON_MAX {
            return Some(Warning::TooManyDevices);
        }
        let limit = self.rules.devices_per_week? as usize;
        let near = |it: &u32| {
            let first = self.facts.evidence.first(*it, user);
            first.is_some_and(|it| it.abs_diff(cause.time()) < WEEK_MS as u64)
        };
        let is_over = self.facts.devices(user).filter(near).count() >= limit;
        is_over.then_some(Warning::TooManyDevicesInAWeek)
    }

    /// Identifiers of a person, or of a device that is nobody's.
    fn size(&self, root: u32) -> usize {
        let users = self.users.members(root);
        let users: usize = users
            .map(|it| 1 + self.facts.devices_of.get(&it.node).map_or(0, Vec::len))
            .sum();
        users.max(self.groups.members(root).count())
    }

    fn refuse(&mut self, from: u32, into: u32, why: Warning, cause: &Cause<'_>) -> Warning {
        let is_kept =
            self.refusals.len() < REFUSALS_MAX && !self.refused.contains(&(from, into, why));
        if is_kept {
            let refusal = Refusal {
                time: cause.time(),
                event: cause.event_id(),
                from,
                into,
                why,
                actor: cause.actor.to_owned(),
            };
            self.keep_refusal(refusal.clone());
            self.record(LogRecord::Refused(refusal));
        }
        why
    }

    pub(super) fn keep_refusal(&mut self, it: Refusal) {
        self.refused.insert((it.from, it.into, it.why));
        self.refusals.push(it);
    }

    /// An alias call: evidence like any other, which never joins two known users.
    pub(super) fn alias(
        &mut self,
        cause: &Cause<'_>,
        user: Option<u32>,
        device: Option<u32>,
        previous_id: &str,
    ) -> Option<Warning> {
        let cause = Cause {
            rule: LinkRule::Alias,
            ..*cause
        };
        let known = self.facts.nodes.find(NodeKind::User, previous_id);
        match (user, known) {
            (Some(user), Some(other)) => {
                // an alias of oneself is no-op; two known users are joined only by an explicit merge
                let is_one = self.users.root(user) == self.users.root(other);
                (!is_one).then(|| self.refuse(other, user, Warning::AliasOfTwoUsers, &cause))
            }
            (Some(user), None) => {
                let device = self.intern(NodeKind::Device, previous_id);
                self.see(device, user, &cause)
            }
            (None, Some(user)) => self.see(device?, user, &cause),
            (None, None) => {
                let previous = self.intern(NodeKind::Device, previous_id);
                self.join(previous, device?, &cause)
            }
        }
    }

    /// A request that two people be one.
    pub(super) fn merge(
        &mut self,
        cause: &Cause<'_>,
        user: Option<u32>,
        device: Option<u32>,
        previous_id: &str,
    ) -> Option<Warning> {
        let event = cause.event;
        let is_view_only = event
            .properties
            .get("view_only")
            .is_some_and(|it| it == true);
        let fills = cause.actor == "braze" || text_of(event, "mode") == Some("fill_missing");
        let rule = if is_view_only {
            LinkRule::ViewOnly
        } else if fills {
            LinkRule::MergeFill
        } else {
            LinkRule::Merge
        };
        let cause = Cause { rule, ..*cause };
        let nodes = &self.facts.nodes;
        let told = match text_of(event, "previous_kind") {
            Some("device_id") => Some(NodeKind::Device),
            Some("user_id") => Some(NodeKind::User),
            _ => None,
        };
        let is_known = |kind: &NodeKind| nodes.find(*kind, previous_id).is_some();
        // of somebody never seen it is only known that they are of a kind with the other
        let alike = if user.is_some() && cause.actor != MIXPANEL {
            NodeKind::User
        } else {
            NodeKind::Device
        };
        let kinds = [NodeKind::User, NodeKind::Device];
        let kind = told.or_else(|| kinds.into_iter().find(is_known));
        let kind = kind.unwrap_or(alike);
        let previous = self.intern(kind, previous_id);
        let into = user.or(device)?;
        self.join(previous, into, &cause)
    }

    /// Joins two nodes, each with all that are one with it, whatever they are.
    pub(super) fn join(&mut self, from: u32, into: u32, cause: &Cause<'_>) -> Option<Warning> {
        let is_user = |it: u32| self.facts.nodes.kind(it) == Some(NodeKind::User);
        match (is_user(from), is_user(into)) {
            // into the identified one, whichever way round it was asked for
            (false, true) => return self.see(from, into, cause),
            (true, false) => return self.see(into, from, cause),
            _ => (),
        }
        let is_users = is_user(from);
        let forest = if is_users { &self.users } else { &self.groups };
        let (from_root, into_root) = (forest.root(from), forest.root(into));
        if from_root == into_root {
            return None; // joined already, perhaps by way of others
        }
        if self.size(from_root) + self.size(into_root) > NODES_PER_PERSON_MAX {
            return Some(self.refuse(from, into, Warning::TooManyDevices, cause));
        }
        // of two devices the one that came first
        let is_turned = !is_users && from_root < into_root;
        let (from, into) = if is_turned {
            (into, from)
        } else {
            (from, into)
        };
        let seq = self.next_seq();
        let link = link_of(seq, from, into, cause);
        self.add_link(link.clone());
        self.record(LogRecord::Link(link));
        None
    }

    /// Adds a link between two of a kind and follows it.
    pub(super) fn add_link(&mut self, link: Link) {
        let edge = edge_of(&link);
        let is_users = self.facts.nodes.kind(link.from) == Some(NodeKind::User);
        let forest = if is_users {
            &mut self.users
        } else {
            &mut self.groups
        };
        Arc::make_mut(forest).link(&edge);
        self.links.insert(link.seq, link);
        if is_users {
            let root = self.users.root(edge.into);
            self.refresh(None, &[root]);
        } else {
            self.refresh(Some(edge.into), &[]);
        }
    }

    /// Takes a request to undo apart: one link by its id, or all that only showed one user with another.
    pub(super) fn unmerge(
        &mut self,
        cause: &Cause<'_>,
        is_internal: bool,
    ) -> (Option<Resolved>, Option<Warning>) {
        let event = cause.event;
        if let Some(id) = text_of(event, "link").filter(|_| is_internal) {
            if let Some(id) = LinkId::parse(id) {
                self.undo(id, cause);
            }
            return (None, None);
        }
        let user_of = |id: Option<&str>| {
            let found = id.and_then(|it| self.facts.nodes.find(NodeKind::User, it));
            id.map(|_| found)
        };
        // of somebody who is not known there is nothing to undo
        let Some(Some(source)) = user_of(event.user_id.as_deref()) else {
            return (None, None);
        };
        let global = user_of(event.previous_id.as_deref());
        let is_meant = |it: &&Link| {
            it.rule == LinkRule::ViewOnly
                && it.void.is_none()
                && it.from == source
                && global.is_none_or(|into| into == Some(it.into))
        };
        let links: Vec<LinkId> = self.links.values().filter(is_meant).map(id_of).collect();
        for id in links {
            self.undo(id, cause);
        }
        let resolved = Resolved {
            node: source,
            device: NO_NODE,
        };
        (Some(resolved), None)
    }

    /// Takes a link back, as if what made it had not been.
    fn undo(&mut self, id: LinkId, cause: &Cause<'_>) {
        let pair = match self.undoable(id) {
            Some(Undoable::Pair) => Some((id.from, id.into)),
            Some(Undoable::Edge) => None,
            None => return, // taken back before
        };
        let void = self.void(cause);
        let row = LogRecord::Void {
            link: id.seq,
            pair,
            void,
        };
        self.apply_void(&row);
        self.record(row);
    }

    /// What a link is between, if there is such a link that was not taken back.
    pub(super) fn undoable(&self, id: LinkId) -> Option<Undoable> {
        let owned = self.facts.devices_of.get(&id.into);
        let is_pair = owned.is_some_and(|it| {
            let seq = id.seq as u32;
            it.iter().any(|it| it.device == id.from && it.seq == seq)
        });
        if is_pair {
            return Some(Undoable::Pair);
        }
        let link = self.links.get(&id.seq)?;
        let is_it = link.void.is_none() && (link.from, link.into) == (id.from, id.into);
        let is_edge = self.facts.nodes.kind(id.from) == self.facts.nodes.kind(id.into);
        (is_it && is_edge).then_some(Undoable::Edge)
    }

    pub(super) fn apply_void(&mut self, row: &LogRecord) {
        let LogRecord::Void { link, pair, void } = row else {
            return;
        };
        if let Some((device, user)) = *pair {
            let before = self.facts.evidence.first(device, user);
            let stretches = self.facts.evidence.remove(device, user);
            if let Some(owned) = self.facts.devices_of.get_mut(&user) {
                owned.retain(|it| it.device != device);
            }
            let kept = self.links.remove(link).unwrap_or(Link {
                seq: *link,
                time: before.unwrap_or_default(),
                event: String::new(),
                from: device,
                into: user,
                rule: LinkRule::Evidence,
                actor: String::new(),
                reason: String::new(),
                void: None,
            });
            let void = Some(void.clone());
            let link = Link { void, ..kept };
            self.voided.push(VoidedPair { link, stretches });
            let root = self.users.root(user);
            self.refresh(Some(device), &[root]);
            return;
        }
        let Some(kept) = self.links.get_mut(link) else {
            return;
        };
        kept.void = Some(void.clone());
        let (from, into) = (kept.from, kept.into);
        let is_users = self.facts.nodes.kind(from) == Some(NodeKind::User);
        let forest = if is_users { &self.users } else { &self.groups };
        let root = forest.root(into);
        let members: Vec<u32> = forest.members(root).map(|it| it.node).collect();
        let edges: Vec<Edge> = self
            .links
            .values()
            .filter(|it| {
                it.void.is_none() && members.contains(&it.from) && members.contains(&it.into)
            })
            .map(edge_of)
            .collect();
        let forest = if is_users {
            &mut self.users
        } else {
            &mut self.groups
        };
        Arc::make_mut(forest).refold(root, edges.iter());
        if is_users {
            let mut roots: Vec<u32> = members.iter().map(|it| self.users.root(*it)).collect();
            roots.sort_unstable();
            roots.dedup();
            self.refresh(None, &roots);
        } else {
            let people: Vec<u32> = members
                .iter()
                .flat_map(|it| self.fold().users_of(*it))
                .map(|it| self.users.root(it))
                .collect();
            for member in members {
                self.refresh(Some(member), &people);
            }
        }
    }

    /// Users and devices joined by the links of the log before `seq`.
    pub(super) fn forests_as_of(&self, seq: u64) -> (Forest, Forest) {
        let (mut users, mut groups) = (Forest::default(), Forest::default());
        let was = |it: &&Link| it.seq < seq && it.void.as_ref().is_none_or(|it| it.seq >= seq);
        for link in self.links.values().filter(was) {
            let kind = |it: u32| self.facts.nodes.kind(it);
            match (kind(link.from), kind(link.into)) {
                (Some(NodeKind::User), Some(NodeKind::User)) => users.link(&edge_of(link)),
                (Some(NodeKind::Device), Some(NodeKind::Device)) => groups.link(&edge_of(link)),
                _ => false, // evidence, which is kept by device
            };
        }
        (users, groups)
    }
}

/// The row that a cause makes.
fn link_of(seq: u64, from: u32, into: u32, cause: &Cause<'_>) -> Link {
    Link {
        seq,
        time: cause.time(),
        event: cause.event_id(),
        from,
        into,
        rule: cause.rule,
        actor: cause.actor.to_owned(),
        reason: cause.reason(),
        void: None,
    }
}

pub(super) fn edge_of(link: &Link) -> Edge {
    Edge {
        seq: link.seq,
        from: link.from,
        into: link.into,
        layer: link.rule.layer(),
    }
}

pub(super) fn id_of(link: &Link) -> LinkId {
    LinkId {
        seq: link.seq,
        from: link.from,
        into: link.into,
    }
}
