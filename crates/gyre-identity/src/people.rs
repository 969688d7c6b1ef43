//! All people of a workspace: applies events, answers who is who.

use std::sync::Arc;

use gyre_model::event::{PropOp, PropOpKind};
use gyre_model::people::NodeKind;
use gyre_model::selector::is_active_event;
use gyre_model::{Event, EventKind};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};

use crate::delta::PeopleDelta;
use crate::device::DeviceRuns;
use crate::map::PeopleMap;
use crate::node::Nodes;
use crate::profile::{StoredOp, fold};
use crate::{BUCKET_BITS, NO_NODE};

/// Devices of one person after which further links are refused: a kiosk or a broken integration, not a person.
pub(crate) const DEVICES_PER_PERSON_MAX: usize = 500;

/// Nodes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The user's node, else the device's.
    pub node: u32,
    /// The device's node, or [`NO_NODE`].
    pub device: u32,
}

/// Something about an event that its sender should know; the event is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// An alias call names two known users; only an explicit merge joins those.
    AliasOfTwoUsers,
    /// The person has too many devices to take another.
    TooManyDevices,
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

/// All people of a workspace. One writer; readers pin a [`PeopleMap`].
#[derive(Debug, Default)]
pub struct People {
    nodes: Nodes,
    devices: FxHashMap<u32, DeviceRuns>,
    devices_of: FxHashMap<u32, Vec<u32>>,
    map: PeopleMap,
    ops: FxHashMap<u32, Vec<StoredOp>>,
    op_seq: u64,
    keys: FxHashMap<Arc<str>, u64>,
    activity: Vec<Activity>,
    delta: PeopleDelta,
    touched: FxHashSet<u32>,
}

impl People {
    /// Applies one event: new identifiers, evidence, property operations, activity.
    ///
    /// Returns `None` for an event that names neither a user nor a device, or asks to delete somebody unknown.
    pub fn apply(&mut self, event: &Event) -> (Option<Resolved>, Option<Warning>) {
        if event.kind == EventKind::Delete && !self.knows(event) {
            // a request to delete somebody who is not there makes nobody
            return (None, None);
        }
        let (user_id, previous_id) = self.sides(event);
        let user = user_id.map(|it| self.intern(NodeKind::User, it));
        let device = event
            .device_id
            .as_deref()
            .map(|it| self.intern(NodeKind::Device, it));
        let mut warning = None;
        if let (Some(user), Some(device)) = (user, device) {
            warning = self.link(device, event.time.ms(), user);
        }
        if event.kind == EventKind::Alias
            && let (Some(user), Some(previous)) = (user, previous_id)
        {
            warning = self.alias(user, previous, event).or(warning);
        }
        let Some(node) = user.or(device) else {
            return (None, warning);
        };
        for op in &event.user_ops {
            self.store_op(node, event.time.ms(), op);
        }
        if is_active_event(&event.name) {
            self.touch(node, event.time.ms());
        }
        (
            Some(Resolved {
                node,
                device: device.unwrap_or(NO_NODE),
            }),
            warning,
        )
    }

    /// Whether an identifier of the event is known.
    fn knows(&self, event: &Event) -> bool {
        let known = |kind: NodeKind, id: Option<&str>| id.and_then(|it| self.nodes.find(kind, it));
        known(NodeKind::User, event.user_id.as_deref()).is_some()
            || known(NodeKind::Device, event.device_id.as_deref()).is_some()
    }

    /// The known person's identifier of an event, and the other one of an alias.
    ///
    /// Libraries disagree which of an alias's two comes first, so what is known of them decides: a user before an
    /// identifier never seen, and that before a device. Where it does not, the event is taken at its word.
    fn sides<'a>(&self, event: &'a Event) -> (Option<&'a str>, Option<&'a str>) {
        let sides = (event.user_id.as_deref(), event.previous_id.as_deref());
        let (EventKind::Alias, (Some(user), Some(previous))) = (event.kind, sides) else {
            return sides;
        };
        let rank = |id: &str| match self.nodes.find(NodeKind::User, id) {
            Some(_) => 2,
            None => i32::from(self.nodes.find(NodeKind::Device, id).is_none()),
        };
        if rank(previous) > rank(user) {
            return (Some(previous), Some(user));
        }
        sides
    }

    fn alias(&mut self, user: u32, previous: &str, event: &Event) -> Option<Warning> {
        if let Some(other) = self.nodes.find(NodeKind::User, previous) {
            // an alias of oneself is no-op; two known users are joined only by an explicit merge
            return (other != user).then_some(Warning::AliasOfTwoUsers);
        }
        let device = self.intern(NodeKind::Device, previous);
        self.link(device, event.time.ms(), user)
    }

    fn intern(&mut self, kind: NodeKind, value: &str) -> u32 {
        let (node, is_new) = self.nodes.intern(kind, value);
        if is_new {
            self.delta.nodes.push((kind, value.to_owned()));
            self.map.push(node);
            self.activity.push(Activity::NONE);
        }
        node
    }

    fn link(&mut self, device: u32, time: i64, user: u32) -> Option<Warning> {
        let runs = self.devices.entry(device).or_default();
        let is_new_user = !runs.users().any(|it| it == user);
        if is_new_user {
            let owned = self.devices_of.entry(user).or_default();
            if owned.len() >= DEVICES_PER_PERSON_MAX {
                return Some(Warning::TooManyDevices);
            }
            owned.push(device);
        }
        if !runs.add(time, user) {
            return None;
        }
        self.delta.links.push((device, time, user));
        match runs.only_user() {
            Some(user) => self.map.set_user(device, user),
            None => self.map.set_shared(device, runs.clone()),
        }
        if device >> BUCKET_BITS != user >> BUCKET_BITS {
            let devices = self.devices_of.get(&user).map_or(&[][..], Vec::as_slice);
            self.map.set_multi(user, devices);
        }
        None
    }

    fn store_op(&mut self, node: u32, time: i64, op: &PropOp) {
        let ops = self.ops.entry(node).or_default();
        let latest = ops
            .iter()
            .rev()
            .find(|it| *it.key == *op.key || it.op == PropOpKind::ClearAll);
        let is_written = latest.is_some_and(|it| match (op.op, it.op) {
            // an identical value is no write
            (PropOpKind::Set, PropOpKind::Set) => it.value == op.value && it.time <= time,
            // nor is the first value of what has one: browsers repeat dozens at every sign-in
            (PropOpKind::SetOnce, PropOpKind::Set | PropOpKind::SetOnce) => it.time <= time,
            _ => false,
        });
        if is_written {
            return;
        }
        let key: Arc<str> = Arc::from(op.key.as_str());
        *self.keys.entry(Arc::clone(&key)).or_default() += 1;
        let stored = StoredOp {
            time,
            seq: self.op_seq,
            op: op.op,
            key,
            value: op.value.clone(),
        };
        self.op_seq += 1;
        self.map.set_op_seq(self.op_seq);
        let at = ops.partition_point(|it| (it.time, it.seq) < (stored.time, stored.seq));
        ops.insert(at, stored.clone());
        self.delta.ops.push((node, stored));
    }

    fn touch(&mut self, node: u32, time: i64) {
        let it = &mut self.activity[node as usize];
        *it = it.join(Activity {
            first: time,
            last: time,
            events: 1,
        });
        self.touched.insert(node);
    }

    /// The map of this moment.
    pub fn map(&self) -> PeopleMap {
        self.map.clone()
    }

    /// What changed since the last call.
    pub fn take_delta(&mut self) -> PeopleDelta {
        let mut delta = std::mem::take(&mut self.delta);
        let mut touched: Vec<u32> = self.touched.drain().collect();
        touched.sort_unstable();
        delta.activity = touched
            .into_iter()
            .map(|node| {
                let it = self.activity[node as usize];
                (node, it.first, it.last, it.events)
            })
            .collect();
        delta
    }

    /// Puts a delta back that could not be committed.
    pub fn restore_delta(&mut self, mut delta: PeopleDelta) {
        for (node, ..) in delta.activity.drain(..) {
            self.touched.insert(node);
        }
        let newer = std::mem::replace(&mut self.delta, delta);
        self.delta.nodes.extend(newer.nodes);
        self.delta.links.extend(newer.links);
        self.delta.ops.extend(newer.ops);
    }

    /// Applies a committed delta at start.
    pub fn load(&mut self, delta: PeopleDelta) {
        for (kind, value) in delta.nodes {
            self.intern(kind, &value);
        }
        for (device, time, user) in delta.links {
            self.link(device, time, user);
        }
        for (node, op) in delta.ops {
            *self.keys.entry(Arc::clone(&op.key)).or_default() += 1;
            self.op_seq = self.op_seq.max(op.seq + 1);
            let ops = self.ops.entry(node).or_default();
            let at = ops.partition_point(|it| (it.time, it.seq) < (op.time, op.seq));
            ops.insert(at, op);
        }
        self.map.set_op_seq(self.op_seq);
        for (node, first, last, events) in delta.activity {
            self.activity[node as usize] = Activity {
                first,
                last,
                events,
            };
        }
        self.delta = PeopleDelta::default();
    }

    /// The identifiers.
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Person with this user id or, failing that, on this device now.
    pub fn find(&self, id: &str) -> Option<u32> {
        if let Some(user) = self.nodes.find(NodeKind::User, id) {
            return Some(user);
        }
        let device = self.nodes.find(NodeKind::Device, id)?;
        Some(self.map.person(device, i64::MAX))
    }

    /// The user id of a person, if they are known by one.
    pub fn external_id(&self, person: u32) -> Option<&str> {
        match self.nodes.get(person) {
            Some((NodeKind::User, value)) => Some(value),
            _ => None,
        }
    }

    /// Nodes whose events may belong to a person: their own and their devices'.
    pub fn nodes_of(&self, person: u32) -> Vec<u32> {
        let mut nodes = vec![person];
        nodes.extend(self.devices_of.get(&person).into_iter().flatten());
        nodes
    }

    /// Identifiers of a person.
    pub fn identifiers(&self, person: u32) -> Vec<Identifier> {
        self.nodes_of(person)
            .into_iter()
            .filter_map(|node| self.nodes.get(node))
            .map(|(kind, value)| Identifier {
                kind,
                value: value.to_owned(),
            })
            .collect()
    }

    /// When a person was active. Events of a shared device count for everyone who used it.
    pub fn activity(&self, person: u32) -> Activity {
        self.nodes_of(person)
            .into_iter()
            .map(|node| self.activity[node as usize])
            .fold(Activity::NONE, Activity::join)
    }

    /// Operations of a person before `op_seq`: those of devices, then the person's own, each in order.
    pub fn ops_of(&self, person: u32, op_seq: u64) -> (Vec<&StoredOp>, Vec<&StoredOp>) {
        let visible = |node: u32| {
            self.ops
                .get(&node)
                .into_iter()
                .flatten()
                .filter(move |it| it.seq < op_seq)
        };
        let mut device_ops: Vec<&StoredOp> = Vec::new();
        for device in self.devices_of.get(&person).into_iter().flatten() {
            device_ops
                .extend(visible(*device).filter(|it| self.map.person(*device, it.time) == person));
        }
        device_ops.sort_by_key(|it| (it.time, it.seq));
        (device_ops, visible(person).collect())
    }

    /// Properties of a person as they stand after every operation before `op_seq`.
    pub fn properties(&self, person: u32, op_seq: u64) -> Map<String, Value> {
        let (device_ops, user_ops) = self.ops_of(person, op_seq);
        let mut properties = Map::new();
        fold(&mut properties, device_ops);
        fold(&mut properties, user_ops);
        properties
    }

    /// People who have any property operation, in no order.
    pub fn people_with_properties(&self) -> Vec<u32> {
        let mut people: Vec<u32> = Vec::with_capacity(self.ops.len());
        for node in self.ops.keys() {
            match self.devices.get(node) {
                Some(runs) => people.extend(runs.users()),
                None => people.push(*node),
            }
        }
        people.sort_unstable();
        people.dedup();
        people
    }

    /// Names of all profile properties with the number of operations on each.
    pub fn property_keys(&self) -> impl Iterator<Item = (&str, u64)> {
        self.keys.iter().map(|(key, count)| (&**key, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyre_base::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

    fn event(time: i64, device: Option<&str>, user: Option<&str>) -> Event {
        let mut event = Event::new(EventKind::Track, "view", Timestamp(time));
        event.device_id = device.map(str::to_owned);
        event.user_id = user.map(str::to_owned);
        event
    }

    /// Names each event's person: the user id, or the device's.
    fn owners(events: &[Event]) -> Vec<String> {
        let mut people = People::default();
        let rows: Vec<(u32, i64)> = events
            .iter()
            .map(|it| (people.apply(it).0.unwrap().node, it.time.ms()))
            .collect();
        let map = people.map();
        rows.into_iter()
            .map(|(node, time)| {
                people
                    .nodes()
                    .get(map.person(node, time))
                    .unwrap()
                    .1
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn a_a_sign_up_claims_what_came_before_on_every_device() {
        let events = [
            event(1, Some("d1"), None),
            event(2, Some("d1"), Some("U1")),
            event(3, Some("d2"), None),
            event(4, Some("d2"), Some("U1")),
        ];
        assert_eq!(owners(&events), ["U1", "U1", "U1", "U1"]);
    }

    #[test]
    fn b_two_people_on_one_tablet_stay_two() {
        let events = [
            event(1, Some("d1"), None),
            event(2, Some("d1"), Some("U1")),
            event(3, Some("d1"), None),
            event(4, Some("d1"), Some("U2")),
            event(5, Some("d1"), Some("U2")),
        ];
        assert_eq!(owners(&events), ["U1", "U1", "U1", "U2", "U2"]);
    }

    #[test]
    fn d_an_alias_of_two_known_users_is_refused_with_a_warning() {
        let mut people = People::default();
        people.apply(&event(1, None, Some("U1")));
        people.apply(&event(2, None, Some("U2")));
        let mut alias = event(3, None, Some("U2"));
        alias.kind = EventKind::Alias;
        alias.previous_id = Some("U1".into());
        assert_eq!(people.apply(&alias).1, Some(Warning::AliasOfTwoUsers));
        alias.previous_id = Some("U2".into());
        assert_eq!(people.apply(&alias).1, None, "an alias of oneself");
        assert_eq!(people.map().persons().len(), 2);
    }

    #[test]
    fn a_request_to_delete_makes_nobody() {
        let mut people = People::default();
        let mut delete = event(1, Some("d1"), None);
        delete.kind = EventKind::Delete;
        delete.name = "$delete".into();
        assert_eq!(people.apply(&delete), (None, None));
        assert!(people.nodes().find(NodeKind::Device, "d1").is_none());
        people.apply(&event(2, Some("d1"), None));
        let (found, _) = people.apply(&delete);
        let person = found.expect("somebody known").node;
        assert_eq!(people.activity(person).events, 1, "no act of theirs");
    }

    #[test]
    fn a_repeated_first_value_is_no_write_and_an_earlier_one_wins() {
        let mut people = People::default();
        for (time, value) in [(5, "b"), (6, "c"), (7, "b"), (3, "a")] {
            let mut it = event(time, None, Some("U1"));
            it.user_ops = vec![PropOp {
                op: PropOpKind::SetOnce,
                key: "first".into(),
                value: json!(value),
            }];
            people.apply(&it);
        }
        let person = people.find("U1").unwrap();
        assert_eq!(people.ops_of(person, u64::MAX).1.len(), 2, "of 5 and of 3");
        assert_eq!(people.properties(person, u64::MAX)["first"], json!("a"));
    }

    fn alias(time: i64, user: &str, previous: &str) -> Event {
        let mut alias = event(time, None, Some(user));
        alias.kind = EventKind::Alias;
        alias.previous_id = Some(previous.into());
        alias
    }

    #[test]
    fn e_an_alias_links_the_device_whichever_of_the_two_comes_first() {
        for (user, previous) in [("U1", "d1"), ("d1", "U1")] {
            let mut people = People::default();
            people.apply(&event(1, Some("d1"), None));
            people.apply(&event(2, None, Some("U1")));
            assert_eq!(people.apply(&alias(3, user, previous)).1, None);
            assert_eq!(people.map().persons().len(), 1, "{user} and {previous}");
            assert_eq!(people.find("d1"), people.find("U1"));

            // nothing is known of the person yet
            let mut people = People::default();
            people.apply(&event(1, Some("d1"), None));
            people.apply(&alias(2, user, previous));
            people.apply(&event(3, None, Some("U1")));
            assert_eq!(people.map().persons().len(), 1, "{user} and {previous}");
            assert_eq!(people.find("d1"), people.find("U1"));
        }
    }

    #[test]
    fn people_are_the_same_after_a_restart() {
        let mut people = People::default();
        let mut deltas = Vec::new();
        for (i, user) in [None, Some("U1"), None, Some("U2"), None]
            .into_iter()
            .enumerate()
        {
            let mut it = event(i as i64, Some("d1"), user);
            it.user_ops = vec![PropOp {
                op: PropOpKind::Add,
                key: "n".into(),
                value: json!(1),
            }];
            people.apply(&it);
            deltas.push(serde_json::to_string(&people.take_delta()).unwrap());
        }
        let mut loaded = People::default();
        for delta in &deltas {
            loaded.load(serde_json::from_str(delta).unwrap());
        }
        for id in ["U1", "U2"] {
            let person = people.find(id).unwrap();
            assert_eq!(loaded.find(id), Some(person));
            assert_eq!(
                loaded.properties(person, u64::MAX),
                people.properties(person, u64::MAX)
            );
            assert_eq!(loaded.activity(person), people.activity(person));
        }
        assert_eq!(loaded.map().persons(), people.map().persons());
    }

    #[test]
    fn a_version_does_not_see_later_operations() {
        let mut people = People::default();
        let mut it = event(1, None, Some("U1"));
        it.user_ops = vec![PropOp {
            op: PropOpKind::Set,
            key: "plan".into(),
            value: json!("free"),
        }];
        people.apply(&it);
        let pinned = people.map();
        it.user_ops[0].value = json!("pro");
        people.apply(&it);
        let person = people.find("U1").unwrap();
        assert_eq!(
            people.properties(person, pinned.op_seq())["plan"],
            json!("free")
        );
        assert_eq!(
            people.properties(person, people.map().op_seq())["plan"],
            json!("pro")
        );
    }

    #[test]
    fn people_in_several_buckets_are_marked_with_all_their_devices() {
        let mut people = People::default();
        people.apply(&event(1, Some("d1"), Some("U1")));
        for i in 0..5_000 {
            people.apply(&event(1, None, Some(&format!("x{i}"))));
        }
        assert!(!people.map().has_multi());
        people.apply(&event(2, Some("d2"), Some("U1")));
        let map = people.map();
        let user = people.find("U1").unwrap();
        assert!(map.has_multi() && map.is_multi(user));
        for device in ["d1", "d2"] {
            let node = people.nodes().find(NodeKind::Device, device).unwrap();
            assert_eq!(
                map.flagged_person(node, 1),
                user | crate::MULTI_FLAG,
                "{device}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_order_of_arrival_gives_the_same_people(
            seed in prop::collection::vec((0..3_usize, 0..3_usize), 1..10), order in any::<u64>(),
        ) {
            let devices = [None, Some("d1"), Some("d2")];
            let users = [None, Some("U1"), Some("U2")];
            let events: Vec<Event> = seed
                .iter()
                .enumerate()
                .filter(|(_, (device, user))| *device > 0 || *user > 0)
                .map(|(i, (device, user))| event(i as i64, devices[*device], users[*user]))
                .collect();
            let expected = owners(&events);
            let mut places: Vec<usize> = (0..events.len()).collect();
            let mut state = order;
            for i in (1..places.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                places.swap(i, (state >> 33) as usize % (i + 1));
            }
            let shuffled: Vec<Event> = places.iter().map(|it| events[*it].clone()).collect();
            let got = owners(&shuffled);
            for (place, owner) in places.iter().zip(got) {
                prop_assert_eq!(&owner, &expected[*place]);
            }
        }
    }
}
