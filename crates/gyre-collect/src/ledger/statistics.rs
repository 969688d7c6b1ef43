//! Which events and properties there are: types, first and last, how many different values, samples, daily volume.
//!
//! Each event costs one look-up and each property a comparison of names, since events of one sender have their
//! properties in one order. Samples are taken of every value at first and of every sixteenth later.

use std::cmp::Reverse;
use std::hash::Hasher;

use gyre_base::Timestamp;
use gyre_model::Event;
use gyre_model::plan::{PLAN_VERSION, VIOLATIONS};
use rustc_hash::{FxHashMap, FxHasher};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::days::Days;
use super::distinct::Distinct;
use super::{cut_value, day_of};

/// Most events: as many as Amplitude keeps instrumented.
const EVENTS_MAX: usize = 2_000;
/// Most properties of one event.
const PROPERTIES_MAX: usize = 2_000;
/// Most properties of all events together: with estimate and samples some 1 KB each, 20 MB a workspace.
const PAIRS_MAX: usize = 20_000;
/// Values kept as samples of each property.
const SAMPLES_MAX: usize = 8;
/// Values of a property of which each is a sample; later ones one in [`SAMPLE_EVERY`].
const SAMPLE_ALL: u64 = 64;
const SAMPLE_EVERY: u64 = 16;

/// Names of the types, in the order of their counts.
pub const TYPES: [&str; 7] = [
    "null", "boolean", "integer", "number", "string", "array", "object",
];

/// Statistics of one workspace's events.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Statistics {
    events: Vec<EventStatistics>,
    by_name: FxHashMap<Box<str>, usize>,
    pairs: usize,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Stored {
    events: Vec<EventStatistics>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct EventStatistics {
    name: Box<str>,
    count: u64,
    first: i64,
    last: i64,
    days: Days,
    properties: Vec<PropertyStatistics>,
    #[serde(skip)]
    by_name: FxHashMap<Box<str>, usize>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct PropertyStatistics {
    name: Box<str>,
    types: [u64; TYPES.len()],
    first: i64,
    last: i64,
    distinct: Distinct,
    samples: Vec<Sample>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sample {
    hash: u64,
    value: Value,
    count: u32,
}

/// What is known of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSummary {
    /// Verbatim.
    pub name: String,
    /// Events.
    pub count: u64,
    /// Earliest event time.
    pub first_seen: Timestamp,
    /// Latest event time.
    pub last_seen: Timestamp,
    /// Events on each of the last days, the oldest first.
    pub volume: Vec<u64>,
}

/// What is known of a property of an event, or of all events together.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertySummary {
    /// Verbatim.
    pub name: String,
    /// How often each of [`TYPES`] was seen.
    pub types: [u64; TYPES.len()],
    /// Events that could have had it.
    pub events: u64,
    /// Earliest event time.
    pub first_seen: Timestamp,
    /// Latest event time.
    pub last_seen: Timestamp,
    /// Estimate of different values; lists and objects are not counted.
    pub distinct: u64,
    /// Some values, the most frequent first.
    pub samples: Vec<Value>,
}

impl PropertySummary {
    /// Share of events that lack it or have null, 0 to 1.
    pub fn null_rate(&self) -> f64 {
        let present: u64 = self.types[1..].iter().sum();
        if self.events == 0 {
            return 0.0;
        }
        (1.0 - present as f64 / self.events as f64).clamp(0.0, 1.0)
    }
}

impl From<Stored> for Statistics {
    fn from(stored: Stored) -> Self {
        let mut it = Self {
            pairs: stored.events.iter().map(|it| it.properties.len()).sum(),
            events: stored.events,
            by_name: FxHashMap::default(),
        };
        for (i, event) in it.events.iter_mut().enumerate() {
            it.by_name.insert(event.name.clone(), i);
            let names = event.properties.iter().enumerate();
            event.by_name = names.map(|(i, it)| (it.name.clone(), i)).collect();
        }
        it
    }
}

impl From<Statistics> for Stored {
    fn from(it: Statistics) -> Self {
        Self { events: it.events }
    }
}

impl Statistics {
    /// Counts an event; false if there is no room for it or for some of its properties.
    pub fn take(&mut self, event: &Event) -> bool {
        let index = match self.by_name.get(event.name.as_str()) {
            Some(index) => *index,
            None if self.events.len() >= EVENTS_MAX => return false,
            None => self.push(&event.name, event.time.ms()),
        };
        self.events[index].take(event, &mut self.pairs)
    }

    fn push(&mut self, name: &str, time: i64) -> usize {
        let index = self.events.len();
        self.by_name.insert(name.into(), index);
        self.events.push(EventStatistics {
            name: name.into(),
            count: 0,
            first: time,
            last: time,
            days: Days::default(),
            properties: Vec::new(),
            by_name: FxHashMap::default(),
        });
        index
    }

    /// Every event, in order of first appearance; volumes end with the day of `now`.
    pub fn events(&self, now: Timestamp) -> Vec<EventSummary> {
        let summaries = self.events.iter().map(|it| EventSummary {
            name: it.name.to_string(),
            count: it.count,
            first_seen: Timestamp(it.first),
            last_seen: Timestamp(it.last),
            volume: it.days.until(day_of(now)),
        });
        summaries.collect()
    }

    /// Properties of an event, or of all events together without one.
    pub fn properties(&self, event: Option<&str>) -> Vec<PropertySummary> {
        let events: Vec<&EventStatistics> = match event {
            Some(name) => {
                let index = self.by_name.get(name);
                index.map(|it| &self.events[*it]).into_iter().collect()
            }
            None => self.events.iter().collect(),
        };
        let mut joined: Vec<(PropertyStatistics, u64)> = Vec::new();
        let mut places: FxHashMap<&str, usize> = FxHashMap::default();
        for event in events {
            for property in &event.properties {
                if let Some(place) = places.get(&*property.name) {
                    let (it, count) = &mut joined[*place];
                    it.join(property);
                    *count += event.count;
                } else {
                    places.insert(&property.name, joined.len());
                    joined.push((property.clone(), event.count));
                }
            }
        }
        joined
            .into_iter()
            .map(|(it, count)| it.summary(count))
            .collect()
    }
}

impl EventStatistics {
    fn take(&mut self, event: &Event, pairs: &mut usize) -> bool {
        let time = event.time.ms();
        self.count += 1;
        self.first = self.first.min(time);
        self.last = self.last.max(time);
        self.days.add(day_of(event.time));
        let mut has_room = true;
        let mut next = 0;
        for (name, value) in &event.properties {
            let is_next = self
                .properties
                .get(next)
                .is_some_and(|it| *it.name == **name);
            let index = if is_next {
                next
            } else if let Some(index) = self.by_name.get(name.as_str()) {
                *index
            } else if name == PLAN_VERSION || name == VIOLATIONS {
                continue;
            } else if self.properties.len() >= PROPERTIES_MAX || *pairs >= PAIRS_MAX {
                has_room = false;
                continue;
            } else {
                *pairs += 1;
                self.push(name, time)
            };
            self.properties[index].take(value, time);
            next = index + 1;
        }
        has_room
    }

    fn push(&mut self, name: &str, time: i64) -> usize {
        let index = self.properties.len();
        self.by_name.insert(name.into(), index);
        self.properties.push(PropertyStatistics {
            name: name.into(),
            types: [0; TYPES.len()],
            first: time,
            last: time,
            distinct: Distinct::default(),
            samples: Vec::new(),
        });
        index
    }
}

impl PropertyStatistics {
    fn take(&mut self, value: &Value, time: i64) {
        let (kind, hash) = match value {
            Value::Null => (0, None),
            Value::Bool(it) => (1, Some(hash(1, u64::from(*it)))),
            Value::Number(it) => {
                let number = it.as_f64().unwrap_or_default();
                let kind = if number.fract() == 0.0 { 2 } else { 3 };
                (kind, Some(hash(2, number.to_bits())))
            }
            Value::String(it) => (4, Some(hash_text(it))),
            Value::Array(_) => (5, None),
            Value::Object(_) => (6, None),
        };
        self.types[kind] += 1;
        self.first = self.first.min(time);
        self.last = self.last.max(time);
        let Some(hash) = hash else {
            return;
        };
        self.distinct.add(hash);
        let seen = self.types[kind];
        if seen <= SAMPLE_ALL || seen.is_multiple_of(SAMPLE_EVERY) {
            self.sample(hash, value);
        }
    }

    /// Keeps frequent values: a new one takes the place of the rarest and inherits its count, so that what comes
    /// often stays. Source: Metwally et al. 2005, "Space-Saving".
    fn sample(&mut self, hash: u64, value: &Value) {
        if let Some(known) = self.samples.iter_mut().find(|it| it.hash == hash) {
            known.count = known.count.saturating_add(1);
            return;
        }
        let value = || cut_value(value);
        if self.samples.len() < SAMPLES_MAX {
            let (value, count) = (value(), 1);
            self.samples.push(Sample { hash, value, count });
        } else if let Some(rarest) = self.samples.iter_mut().min_by_key(|it| it.count) {
            rarest.hash = hash;
            rarest.value = value();
            rarest.count = rarest.count.saturating_add(1);
        }
    }

    fn join(&mut self, other: &Self) {
        for (it, other) in self.types.iter_mut().zip(other.types) {
            *it += other;
        }
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.distinct.merge(&other.distinct);
        for sample in &other.samples {
            match self.samples.iter_mut().find(|it| it.hash == sample.hash) {
                Some(known) => known.count = known.count.saturating_add(sample.count),
                None => self.samples.push(sample.clone()),
            }
        }
        self.samples.sort_by_key(|it| Reverse(it.count));
        self.samples.truncate(SAMPLES_MAX);
    }

    fn summary(mut self, events: u64) -> PropertySummary {
        self.samples.sort_by_key(|it| Reverse(it.count));
        PropertySummary {
            name: self.name.into(),
            types: self.types,
            events,
            first_seen: Timestamp(self.first),
            last_seen: Timestamp(self.last),
            distinct: self.distinct.count(),
            samples: self.samples.into_iter().map(|it| it.value).collect(),
        }
    }
}

fn hash(kind: u8, bits: u64) -> u64 {
    spread(bits.wrapping_add(u64::from(kind) << 56))
}

fn hash_text(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    spread(hasher.finish())
}

/// Splitmix64: the estimate needs every bit to depend on every other.
fn spread(bits: u64) -> u64 {
    let z = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
