//! People through whole histories. Helpers here; the cases are beside, by subject.

mod erasing;
mod examples;
mod linking;
mod memory;
mod profiles;
mod worlds;

use gyre_base::Timestamp;
use gyre_model::event::{PropOp, PropOpKind};
use gyre_model::people::NodeKind;
use gyre_model::{Event, EventKind};
use serde_json::{Value, json};

use super::{People, PeopleDelta};
use crate::NOBODY;
use crate::link::LinkId;

pub(super) fn event(time: i64, device: Option<&str>, user: Option<&str>) -> Event {
    let mut event = Event::new(EventKind::Track, "view", Timestamp(time));
    event.device_id = device.map(str::to_owned);
    event.user_id = user.map(str::to_owned);
    event
}

pub(super) fn alias(time: i64, user: &str, previous: &str) -> Event {
    let mut alias = event(time, None, Some(user));
    alias.kind = EventKind::Alias;
    alias.name = "$alias".into();
    alias.previous_id = Some(previous.into());
    alias
}

/// `previous` is to be a part of `user`.
pub(super) fn merge(time: i64, user: &str, previous: &str) -> Event {
    let mut merge = alias(time, user, previous);
    merge.kind = EventKind::Merge;
    merge.name = "$merge".into();
    merge
}

pub(super) fn undo(time: i64, link: LinkId) -> Event {
    let mut undo = event(time, None, None);
    undo.kind = EventKind::Unmerge;
    undo.name = "$unmerge".into();
    undo.properties
        .insert("link".into(), json!(link.to_string()));
    undo
}

pub(super) fn delete(time: i64, user: &str) -> Event {
    let mut delete = event(time, None, Some(user));
    delete.kind = EventKind::Delete;
    delete.name = "$delete".into();
    delete
}

pub(super) fn with_op(mut event: Event, op: PropOpKind, key: &str, value: Value) -> Event {
    event.user_ops.push(PropOp {
        op,
        key: key.into(),
        value,
    });
    event
}

/// Events and the nodes they were stored under.
#[derive(Default)]
pub(super) struct World {
    pub(super) people: People,
    pub(super) rows: Vec<(u32, i64)>,
}

impl World {
    pub(super) fn of(events: &[Event]) -> Self {
        let mut world = Self::default();
        for it in events {
            world.put(it);
        }
        world
    }

    pub(super) fn put(&mut self, event: &Event) {
        self.put_from(event, "");
    }

    pub(super) fn put_from(&mut self, event: &Event, dialect: &str) {
        let (resolved, _) = self.people.apply_from(event, dialect);
        let is_act = event.kind == EventKind::Track;
        self.rows.extend(
            resolved
                .filter(|_| is_act)
                .map(|it| (it.node, event.time.ms())),
        );
    }

    /// Names each row's person: the user id, or the device's; `-` for nobody.
    pub(super) fn owners(&self) -> Vec<String> {
        let map = self.people.map();
        let name = |it: u32| match self.people.nodes().get(it) {
            _ if it == NOBODY => "-".to_owned(),
            Some((_, name)) => name.into_owned(),
            None => "?".to_owned(),
        };
        let rows = self.rows.iter();
        rows.map(|(node, time)| name(map.person(*node, *time)))
            .collect()
    }

    /// Everyone, by user id or device.
    pub(super) fn everyone(&self) -> Vec<String> {
        let map = self.people.map();
        let name = |it: u32| self.people.nodes().get(it).unwrap().1.into_owned();
        let mut names: Vec<String> = map.persons().iter().map(name).collect();
        names.sort();
        names
    }

    pub(super) fn person(&self, id: &str) -> u32 {
        self.people.find(id).unwrap()
    }

    pub(super) fn properties(&self, id: &str) -> Value {
        Value::Object(self.people.properties(&self.people.map(), self.person(id)))
    }
}

/// What a restart makes of deltas that were written as JSON.
pub(super) fn reloaded(deltas: &[String]) -> People {
    let mut loaded = People::default();
    for delta in deltas {
        loaded.load(serde_json::from_str(delta).unwrap());
    }
    loaded
}

pub(super) fn json_of(delta: &PeopleDelta) -> String {
    serde_json::to_string(delta).unwrap()
}

/// Whether two maps say the same of every node at every time that matters.
#[track_caller]
pub(super) fn assert_same_map(left: &crate::PeopleMap, right: &crate::PeopleMap, nodes: u32) {
    assert_eq!(left.persons(), right.persons());
    for node in 0..nodes {
        for time in -1..40 {
            let (a, b) = (
                left.flagged_person(node, time),
                right.flagged_person(node, time),
            );
            assert_eq!(a, b, "node {node} at {time}");
        }
    }
}

pub(super) fn known(people: &People, kind: NodeKind, id: &str) -> bool {
    people.nodes().find(kind, id).is_some()
}
