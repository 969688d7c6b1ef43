//! Random worlds and what happened in them as a plain list: the ground that slow reference counts stand on.

use gyre_base::calendar::{CivilDate, Interval, unit_start};
use gyre_base::{Timestamp, WeekStart, Zone};
use gyre_model::selector::is_active_event;
use gyre_model::{Event, EventKind};
use proptest::prelude::*;
use serde_json::json;

use crate::world::{Asker, World};

pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 24 * HOUR;
/// The clocks of New York go forward on 8 March 2026.
pub(crate) const ZONE: &str = "America/New_York";
/// 2026-03-04T00:00 in New York.
pub(crate) const START: i64 = 1_772_600_400_000;
pub(crate) const RANGE: (&str, &str) = ("2026-03-06", "2026-03-11");

/// One event to be: who, name, hours, milliseconds beside the hour, value, counter, session.
pub(crate) type Draft = (u8, u8, u16, i64, u8, i64, u8);

/// Drafts of at most `most` events: ties and edges of days are frequent, two weeks are covered.
pub(crate) fn drafts(most: usize) -> impl Strategy<Value = Vec<Draft>> {
    let hours = prop_oneof![0..330_u16, (0..14_u16).prop_map(|it| it * 24)];
    let beside = prop_oneof![Just(0_i64), Just(-1), Just(1), Just(1_800_000), 0..HOUR];
    let one = (
        any::<u8>(),
        any::<u8>(),
        hours,
        beside,
        any::<u8>(),
        0..3_i64,
        any::<u8>(),
    );
    prop::collection::vec(one, 1..most)
}

/// What happened: one event and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) person: u32,
    pub(crate) device: u32,
    pub(crate) event: Event,
}

impl Fact {
    pub(crate) fn time(&self) -> i64 {
        self.event.time.ms()
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.event.name == name
    }

    pub(crate) fn is_active(&self) -> bool {
        is_active_event(&self.event.name)
    }

    /// A property's number.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.event.properties.get(name)?.as_f64()
    }
}

/// A world that can be asked, and its facts in the total order up to the instant of asking.
pub(crate) struct Known {
    pub(crate) asker: Asker,
    pub(crate) facts: Vec<Fact>,
    pub(crate) people: Vec<u32>,
    zone: Zone,
}

impl Known {
    /// Builds a world: people of several buckets, shared devices, late events, files and memory.
    pub(crate) fn new(drafts: &[Draft], as_of: &str) -> Self {
        let mut world = World::new(ZONE);
        for i in 0..3 {
            world.add(&format!("@d{i}"), "start", START + 60 * HOUR, json!({}));
        }
        world.fill(4_100);
        for (i, (who, name, hours, beside, value, seq, session)) in drafts.iter().enumerate() {
            let time = START + i64::from(*hours) * HOUR + beside;
            let name = ["A", "B", "C", "message.email.sent"][usize::from(name % 16)
                .saturating_sub(12)
                .max(usize::from(name % 3))];
            let mut event = Event::new(EventKind::Track, name, Timestamp(time));
            let (user, device) = [
                (Some("u0"), None),
                (Some("u0"), Some("d0")),
                (None, Some("d0")),
                (Some("u1"), Some("d1")),
                (None, Some("d1")),
                (None, Some("d2")),
                (Some("u1"), Some("d0")),
                (Some("u2"), Some("d3")),
            ][usize::from(who % 8)];
            event.user_id = user.map(str::to_owned);
            event.device_id = device.map(str::to_owned);
            event.client_seq = *seq;
            event.received_at = Timestamp(time + i64::from(value % 3) * DAY);
            event.insert_id = Some(format!("i{i:04}"));
            event.session_id = match session % 8 {
                0 => Some(-1),
                1 => Some(1),
                2 => Some(2),
                _ => None,
            };
            let properties = match value % 5 {
                0 => json!({}),
                1 => json!({"v": ["x", "y"], "n": 3}),
                2 => json!({"v": "x", "n": 2}),
                3 => json!({"v": "z", "n": 0.5}),
                _ => json!({"v": 7}),
            };
            event.properties = properties.as_object().cloned().unwrap();
            world.apply(&event);
            if i % 7 == 6 {
                world.flush();
            }
        }
        let asker = world.ask(as_of);
        let map = &asker.ctx.snapshot.map;
        let mut facts: Vec<Fact> = asker
            .applied
            .iter()
            .filter(|(_, _, event)| event.time <= asker.ctx.as_of)
            .map(|(node, device, event)| Fact {
                person: map.person(*node, event.time.ms()),
                device: *device,
                event: event.clone(),
            })
            .collect();
        facts.sort_by_key(|it| {
            let event = &it.event;
            let order = (event.time, event.client_seq, event.received_at);
            (order, event.insert_id.clone())
        });
        let mut people: Vec<u32> = facts.iter().map(|it| it.person).collect();
        people.sort_unstable();
        people.dedup();
        Self {
            asker,
            facts,
            people,
            zone: Zone::parse(ZONE).unwrap(),
        }
    }

    /// Facts of one person, in the total order.
    pub(crate) fn of(&self, person: u32) -> Vec<&Fact> {
        self.facts.iter().filter(|it| it.person == person).collect()
    }

    /// Local date.
    pub(crate) fn date(&self, time: i64) -> CivilDate {
        self.zone.date(Timestamp(time))
    }

    /// Number of the calendar unit, counted from an arbitrary one.
    pub(crate) fn unit(&self, time: i64, interval: Interval) -> i64 {
        self.unit_of(self.date(time), interval)
    }

    /// Number of a date's calendar unit.
    #[expect(clippy::unused_self, reason = "called like the one above")]
    pub(crate) fn unit_of(&self, date: CivilDate, interval: Interval) -> i64 {
        let start = unit_start(date, interval, WeekStart::Monday);
        let days = i64::from(start.since(date0()).unwrap().get_days());
        match interval {
            Interval::Week => days.div_euclid(7),
            Interval::Month => i64::from(start.year()) * 12 + i64::from(start.month()),
            _ => days,
        }
    }

    /// Whether an event lies in the range that the questions cover.
    pub(crate) fn is_in_range(&self, time: i64) -> bool {
        let (from, to) = days();
        (from..=to).contains(&self.date(time))
    }
}

fn date0() -> CivilDate {
    "2020-01-06".parse().unwrap() // a Monday
}

/// First and last day of [`RANGE`].
pub(crate) fn days() -> (CivilDate, CivilDate) {
    (RANGE.0.parse().unwrap(), RANGE.1.parse().unwrap())
}
