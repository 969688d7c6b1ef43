//! Deleting a person: nothing of theirs is read any more, at once.
//!
//! Their nodes become nobody's, their properties and activity are forgotten, and their identifiers are retired: who
//! comes with one again is somebody new, or for a time nobody at all. The events in files stay where they are until
//! whoever erases those has gone through [`People::erasures`].

use gyre_base::DAY_MS;
use gyre_model::Event;
use gyre_model::people::NodeKind;
use serde_json::Value;

use super::{Activity, Cause, People};
use crate::link::{Erasure, LogRecord};

/// How long identifiers are not taken back where that is asked for. Source: collect.md 3.3 H.
pub const SUPPRESSION_MS: i64 = 30 * DAY_MS;

impl People {
    /// Deletes who an event names; somebody unknown is nobody to delete.
    pub(super) fn delete(&mut self, cause: &Cause<'_>, is_internal: bool) {
        let event = cause.event;
        let Some(person) = self.named(event) else {
            return;
        };
        let now = event.received_at.ms();
        let wants = is_internal && event.properties.get("suppress") == Some(&Value::Bool(true));
        let (nodes, retired) = self.nodes_to_erase(person);
        let erasure = Erasure {
            time: now,
            nodes,
            retired,
            suppressed_until: wants.then_some(now.saturating_add(SUPPRESSION_MS)),
            actor: cause.actor.to_owned(),
        };
        self.erase(erasure.clone());
        self.record(LogRecord::Erased(erasure));
    }

    fn named(&self, event: &Event) -> Option<u32> {
        let nodes = &self.facts.nodes;
        let find = |kind: NodeKind, id: Option<&str>| id.and_then(|it| nodes.find(kind, it));
        let user = find(NodeKind::User, event.user_id.as_deref());
        let node = user.or_else(|| find(NodeKind::Device, event.device_id.as_deref()))?;
        self.person_now(node)
    }

    /// Nodes that are the person's alone, and devices that they share.
    fn nodes_to_erase(&self, person: u32) -> (Vec<u32>, Vec<u32>) {
        let fold = self.fold();
        let users: Vec<u32> = self.users.members(person).map(|it| it.node).collect();
        let owned = users.iter().flat_map(|it| self.facts.devices(*it));
        let same = owned.flat_map(|it| self.groups.members(self.groups.root(it)));
        let mut devices: Vec<u32> = same.map(|it| it.node).collect();
        if self.facts.nodes.kind(person) == Some(NodeKind::Device) {
            devices.extend(self.groups.members(person).map(|it| it.node));
        }
        devices.sort_unstable();
        devices.dedup();
        let is_theirs = |device: &u32| {
            let own_users = fold.users_of(*device);
            own_users
                .iter()
                .all(|it| users.contains(it) || *it == person)
        };
        let (alone, shared): (Vec<u32>, Vec<u32>) = devices.into_iter().partition(is_theirs);
        let is_user = |it: &u32| self.facts.nodes.kind(*it) == Some(NodeKind::User);
        let mut nodes: Vec<u32> = users.into_iter().filter(is_user).collect();
        nodes.extend(alone);
        (nodes, shared)
    }

    pub(super) fn erase(&mut self, erasure: Erasure) {
        debug_assert!(
            !erasure.nodes.is_empty() || !erasure.retired.is_empty(),
            "somebody is deleted"
        );
        for node in &erasure.nodes {
            self.facts.erased.insert(*node);
            self.facts.nodes.retire(*node);
            self.ops.remove(node);
            self.touched.remove(node);
            if let Some(it) = self.activity.get_mut(*node) {
                *it = Activity::NONE;
            }
            if let Some(until) = erasure.suppressed_until {
                self.suppressed.insert(*node, until);
            }
            self.map.set_nobody(*node);
        }
        for device in &erasure.retired {
            self.facts.nodes.retire(*device);
        }
        // what is not in a file yet need not get there
        let erased = &self.facts.erased;
        self.delta.ops.retain(|it| !erased.contains(it.0));
        self.erasures.push(erasure);
    }

    /// Everyone who was deleted, in order: what whoever rewrites files leaves out.
    pub fn erasures(&self) -> &[Erasure] {
        &self.erasures
    }

    /// Whether the events of a node are to be left out when a file is rewritten.
    pub fn is_erased(&self, node: u32) -> bool {
        self.facts.erased.contains(node)
    }
}
