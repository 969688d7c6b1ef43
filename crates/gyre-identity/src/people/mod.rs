//! All people of a workspace: applies events, and keeps what follows from them.
//!
//! Applying is here; links, deletions, what is kept and what is read are in the files beside.

mod erasing;
mod keeping;
mod linking;
mod preview;
mod reading;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use gyre_model::event::{PropOp, PropOpKind};
use gyre_model::people::NodeKind;
use gyre_model::selector::is_active_event;
use gyre_model::{Event, EventKind};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use crate::delta::PeopleDelta;
use crate::evidence::Stretch;
use crate::fold::{Facts, Fold};
use crate::forest::Forest;
use crate::link::{Erasure, Link, LinkRule, LogRecord, Refusal, Void, Warning};
use crate::map::PeopleMap;
use crate::paged::Paged;
use crate::profile::{StoredOp, insert_op};
use crate::rules::IdentityRules;
use crate::{NO_NODE, NOBODY};

pub use erasing::SUPPRESSION_MS;
pub use keeping::PeopleBytes;
pub use preview::{MergePreview, MergeSide};

/// Identifiers of one person after which further links are refused: a kiosk or a broken integration, not a person.
pub const NODES_PER_PERSON_MAX: usize = 500;
/// Name of the dialect of our own events: what they ask for was asked by somebody who may.
const INTERNAL: &str = "internal";
/// Name of the dialect whose merges do not tell users from devices.
const MIXPANEL: &str = "mixpanel";
/// Events by which a client says that whoever used the device is gone.
pub const RESET_EVENTS: &[&str] = &["$reset", "$logout"];

/// Nodes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The user's node, else the device's.
    pub node: u32,
    /// The device's node, or [`NO_NODE`].
    pub device: u32,
}

/// An identifier of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// What it is.
    pub kind: NodeKind,
    /// Verbatim.
    pub value: String,
}

/// When a person was active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// First event, milliseconds UTC; `i64::MAX` without one.
    pub first: i64,
    /// Last event, milliseconds UTC; `i64::MIN` without one.
    pub last: i64,
    /// Number of events.
    pub events: u64,
}

impl Activity {
    const NONE: Self = Self {
        first: i64::MAX,
        last: i64::MIN,
        events: 0,
    };

    fn join(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
            events: self.events + other.events,
        }
    }
}

/// A link between device and user that was taken back, with what it stood on.
#[derive(Clone, Debug)]
struct VoidedPair {
    link: Link,
    stretches: Vec<Stretch>,
}

/// Where a change comes from.
#[derive(Clone, Copy, Debug)]
struct Cause<'a> {
    event: &'a Event,
    rule: LinkRule,
    actor: &'a str,
}

impl Cause<'_> {
    fn time(&self) -> i64 {
        self.event.time.ms()
    }

    fn event_id(&self) -> String {
        self.event.insert_id.clone().unwrap_or_default()
    }

    fn reason(&self) -> String {
        text_of(self.event, "reason").unwrap_or_default().to_owned()
    }
}

fn text_of<'a>(event: &'a Event, key: &str) -> Option<&'a str> {
    event.properties.get(key).and_then(Value::as_str)
}

/// All people of a workspace. One writer; readers pin a [`PeopleMap`].
#[derive(Debug, Default)]
pub struct People {
    facts: Facts,
    users: Arc<Forest>,
    groups: Arc<Forest>,
    rules: IdentityRules,
    map: PeopleMap,
    /// Links that somebody asked for, by place in the log; those of evidence follow from [`Facts`].
    links: BTreeMap<u64, Link>,
    voided: Vec<VoidedPair>,
    refusals: Vec<Refusal>,
    refused: FxHashSet<(u32, u32, Warning)>,
    erasures: Vec<Erasure>,
    suppressed: FxHashMap<u32, i64>,
    link_seq: u64,
    ops: FxHashMap<u32, Vec<StoredOp>>,
    op_seq: u64,
    keys: FxHashMap<Arc<str>, u64>,
    activity: Paged<Activity>,
    delta: PeopleDelta,
    touched: FxHashSet<u32>,
}

impl People {
    /// Applies one event of no particular dialect: new identifiers, evidence, property operations, activity.
    ///
    /// Returns `None` for an event that is nobody's, or asks to delete somebody.
    pub fn apply(&mut self, event: &Event) -> (Option<Resolved>, Option<Warning>) {
        self.apply_from(event, "")
    }

    /// Applies one event that `dialect` read: requests about identity mean what they mean there, and on whose word
    /// they are is kept.
    pub fn apply_from(
        &mut self,
        event: &Event,
        dialect: &str,
    ) -> (Option<Resolved>, Option<Warning>) {
        let is_internal = dialect == INTERNAL;
        let told = text_of(event, "actor").filter(|_| is_internal);
        let cause = Cause {
            event,
            rule: LinkRule::Evidence,
            actor: told.unwrap_or(dialect),
        };
        match event.kind {
            EventKind::Delete => {
                self.delete(&cause, is_internal);
                return (None, None);
            }
            EventKind::Unmerge => return self.unmerge(&cause, is_internal),
            _ => (),
        }
        if self.is_suppressed(event) {
            return (None, Some(Warning::Suppressed));
        }
        let (user_id, previous_id) = self.sides(event, dialect);
        let mut warning = None;
        let mut open = |id: Option<&'_ str>| {
            let is_blocked = id.is_some_and(|it| self.rules.is_blocked(it));
            if is_blocked {
                warning = Some(Warning::BlockedIdentifier);
            }
            !is_blocked
        };
        let device_id = event.device_id.as_deref();
        let (has_user, has_device) = (open(user_id), open(device_id));
        let has_previous = open(previous_id);
        let user_id = user_id.filter(|_| has_user);
        let device_id = device_id.filter(|_| has_device);
        let previous_id = previous_id.filter(|_| has_previous);

        let user = user_id.map(|it| self.intern(NodeKind::User, it));
        let device = device_id.map(|it| self.intern(NodeKind::Device, it));
        if event.context.get("is_bot") == Some(&Value::Bool(true)) {
            warning = warning.or((user.is_some() && device.is_some()).then_some(Warning::Bot));
        } else {
            let linked = self.link_by(&cause, user, device, previous_id);
            warning = warning.or(linked);
        }
        let node = user.or(device);
        let node = node.or_else(|| self.nobody_in_particular(warning));
        let Some(node) = node else {
            return (None, warning);
        };
        for op in &event.user_ops {
            self.store_op(node, event.time.ms(), op);
        }
        if is_active_event(&event.name) {
            self.touch(node, event.time.ms());
        }
        let device = device.unwrap_or(NO_NODE);
        (Some(Resolved { node, device }), warning)
    }

    /// A node of its own for an event whose only identifiers are blocked.
    fn nobody_in_particular(&mut self, warning: Option<Warning>) -> Option<u32> {
        if warning != Some(Warning::BlockedIdentifier) {
            return None;
        }
        let value = format!("blocked:{}", self.facts.nodes.len());
        Some(self.intern(NodeKind::Device, &value))
    }

    /// What an event says of who belongs together.
    fn link_by(
        &mut self,
        cause: &Cause<'_>,
        user: Option<u32>,
        device: Option<u32>,
        previous_id: Option<&str>,
    ) -> Option<Warning> {
        let event = cause.event;
        let mut warning = None;
        if let (Some(user), Some(device)) = (user, device) {
            warning = self.see(device, user, cause);
        }
        if let Some(device) = device
            && user.is_none()
            && RESET_EVENTS.contains(&event.name.as_str())
        {
            self.reset(device, event.time.ms());
        }
        let Some(previous_id) = previous_id else {
            return warning;
        };
        let linked = match event.kind {
            EventKind::Alias => self.alias(cause, user, device, previous_id),
            EventKind::Merge => self.merge(cause, user, device, previous_id),
            _ => None,
        };
        warning.or(linked)
    }

    /// The known person's identifier of an event, and the other one of an alias or of a merge of Mixpanel's, which
    /// does not tell users from devices.
    ///
    /// Libraries disagree which of an alias's two comes first, so what is known of them decides: a user before an
    /// identifier never seen, and that before a device. Where it does not, the event is taken at its word.
    fn sides<'a>(&self, event: &'a Event, dialect: &str) -> (Option<&'a str>, Option<&'a str>) {
        let sides = (event.user_id.as_deref(), event.previous_id.as_deref());
        let is_vague = event.kind == EventKind::Alias
            || (event.kind == EventKind::Merge && dialect == MIXPANEL);
        let (true, (Some(user), Some(previous))) = (is_vague, sides) else {
            return sides;
        };
        let nodes = &self.facts.nodes;
        let rank = |id: &str| match nodes.find(NodeKind::User, id) {
            Some(_) => 2,
            None => i32::from(nodes.find(NodeKind::Device, id).is_none()),
        };
        if rank(previous) > rank(user) {
            return (Some(previous), Some(user));
        }
        sides
    }

    fn intern(&mut self, kind: NodeKind, value: &str) -> u32 {
        let (node, is_new) = self.facts.nodes.intern(kind, value);
        if is_new {
            self.delta.nodes.push((kind, value.to_owned()));
            self.make_room(node);
        }
        node
    }

    /// Whatever is kept of every node begins for a new one.
    fn make_room(&mut self, node: u32) {
        self.map.push(node);
        self.facts.evidence.push();
        self.activity.push(Activity::NONE);
    }

    fn store_op(&mut self, node: u32, time: i64, op: &PropOp) {
        let stored = StoredOp {
            time,
            seq: self.op_seq,
            op: op.op,
            key: Arc::from(op.key.as_str()),
            value: op.value.clone(),
        };
        debug_assert!(
            op.op != PropOpKind::ClearAll || op.key.is_empty(),
            "clears everything"
        );
        let kept = stored.clone();
        let kind = self.facts.nodes.kind(node).unwrap_or(NodeKind::User);
        if !insert_op(self.ops.entry(node).or_default(), stored, kind) {
            return;
        }
        *self.keys.entry(Arc::clone(&kept.key)).or_default() += 1;
        self.op_seq += 1;
        self.stamp_map();
        self.delta.ops.push((node, kept));
    }

    fn touch(&mut self, node: u32, time: i64) {
        let Some(it) = self.activity.get_mut(node) else {
            return;
        };
        *it = it.join(Activity {
            first: time,
            last: time,
            events: 1,
        });
        self.touched.insert(node);
    }

    fn stamp_map(&mut self) {
        self.map.set_seqs(self.op_seq, self.link_seq);
    }

    fn next_seq(&mut self) -> u64 {
        let seq = self.link_seq;
        self.link_seq += 1;
        self.stamp_map();
        seq
    }

    fn fold(&self) -> Fold<'_> {
        Fold {
            facts: &self.facts,
            users: &self.users,
            groups: &self.groups,
            past: None,
        }
    }

    /// Puts a device, everyone it belongs to, and other people whose nodes changed, where they belong now.
    fn refresh(&mut self, device: Option<u32>, roots: &[u32]) {
        let fold = Fold {
            facts: &self.facts,
            users: &self.users,
            groups: &self.groups,
            past: None,
        };
        self.map.set_forests(&self.users, &self.groups);
        if let Some(device) = device {
            fold.put_around(&mut self.map, device);
        }
        for root in roots {
            fold.put_person(&mut self.map, *root);
        }
    }

    /// The map of this moment.
    pub fn map(&self) -> PeopleMap {
        self.map.clone()
    }

    /// What the workspace decided.
    pub fn rules(&self) -> &IdentityRules {
        &self.rules
    }

    /// Applies other rules: whose devices are is decided anew, links that were refused stay refused.
    pub fn set_rules(&mut self, rules: IdentityRules) {
        let is_other = self.facts.rule != rules.device;
        self.facts.rule = rules.device;
        self.map.set_profile_rule(rules.profile);
        self.rules = rules;
        if is_other {
            let map = self.fold().whole(&self.users, &self.groups);
            self.map = map;
            self.map.set_profile_rule(self.rules.profile);
            self.stamp_map();
        }
    }

    /// Whether what is asked for is about nobody that is known.
    fn is_suppressed(&self, event: &Event) -> bool {
        if self.suppressed.is_empty() {
            return false;
        }
        let is_blocked = |kind: NodeKind, id: Option<&str>| {
            let node = id.and_then(|it| self.facts.nodes.newest(kind, it));
            let until = node.and_then(|it| self.suppressed.get(&it));
            until.is_some_and(|it| event.received_at.ms() < *it)
        };
        is_blocked(NodeKind::User, event.user_id.as_deref())
            || is_blocked(NodeKind::Device, event.device_id.as_deref())
    }

    fn record(&mut self, row: LogRecord) {
        self.delta.log.push(row);
    }

    fn void(&mut self, cause: &Cause<'_>) -> Void {
        Void {
            seq: self.next_seq(),
            time: cause.event.received_at.ms(),
            actor: cause.actor.to_owned(),
        }
    }

    /// Person of a node now, unless they were deleted.
    fn person_now(&self, node: u32) -> Option<u32> {
        Some(self.map.person(node, i64::MAX)).filter(|it| *it != NOBODY)
    }
}
