//! Audiences: which people. One tree for segments, cohorts and campaigns.
//!
//! Source: audience.md; windows: charts.md 2.8 and part 3 ("Audiences").

use gyre_base::calendar::{CivilDate, Interval, plus_days, plus_units};
use gyre_base::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp, Zone, limits};
use serde_json::{Value, json};

use crate::doc::{Doc, Read};
use crate::filter::{PropertyRef, Test};
use crate::selector::Selector;

/// Unit of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the contract's own words")]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

/// Units by their public names.
pub const UNITS: &[(&str, Unit)] = &[
    ("second", Unit::Second),
    ("minute", Unit::Minute),
    ("hour", Unit::Hour),
    ("day", Unit::Day),
    ("week", Unit::Week),
    ("month", Unit::Month),
];

impl Unit {
    /// Elapsed milliseconds of one unit; a month counts 30 days.
    pub const fn ms(self) -> i64 {
        match self {
            Self::Second => SECOND_MS,
            Self::Minute => MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
            Self::Week => 7 * DAY_MS,
            Self::Month => 30 * DAY_MS,
        }
    }

    const fn calendar(self) -> Option<Interval> {
        match self {
            Self::Day => Some(Interval::Day),
            Self::Week => Some(Interval::Week),
            Self::Month => Some(Interval::Month),
            Self::Second | Self::Minute | Self::Hour => None,
        }
    }
}

/// A stretch of time relative to the instant of evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Window {
    /// All history.
    Ever,
    /// The last `n` units; of days and more: local dates, today included unless `complete`.
    Last {
        /// How many.
        n: i64,
        /// Of what.
        unit: Unit,
        /// Leave today out.
        complete: bool,
    },
    /// Everything before the last `n` units.
    BeforeLast {
        /// How many.
        n: i64,
        /// Of what.
        unit: Unit,
    },
    /// Local dates, both included; an absent end is open.
    Between {
        /// First date.
        from: CivilDate,
        /// Last date.
        to: Option<CivilDate>,
    },
    /// The first `n` units of the person's life, elapsed, inclusive.
    First {
        /// How many.
        n: i64,
        /// Of what.
        unit: Unit,
    },
}

impl Window {
    /// Reads a window.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        doc.object()?;
        let count = |field: &Doc<'_>| field.integer(1, 10_000);
        let unit = || doc.need("unit")?.one_of(UNITS);
        if let Some(field) = doc.get("last") {
            doc.only(&["last", "unit", "complete"])?;
            let complete = doc.get("complete").map_or(Ok(false), |it| it.boolean())?;
            return Ok(Self::Last {
                n: count(&field)?,
                unit: unit()?,
                complete,
            });
        }
        if let Some(field) = doc.get("before_last") {
            doc.only(&["before_last", "unit"])?;
            return Ok(Self::BeforeLast {
                n: count(&field)?,
                unit: unit()?,
            });
        }
        if let Some(field) = doc.get("first") {
            doc.only(&["first", "unit"])?;
            return Ok(Self::First {
                n: count(&field)?,
                unit: unit()?,
            });
        }
        if let Some(field) = doc.get("ever") {
            doc.only(&["ever"])?;
            return field.boolean().map(|_| Self::Ever);
        }
        if let Some(field) = doc.get("since") {
            doc.only(&["since"])?;
            return Ok(Self::Between {
                from: read_date(&field)?,
                to: None,
            });
        }
        doc.only(&["from", "to"])?;
        let from = read_date(&doc.need("from")?)?;
        let to = read_date(&doc.need("to")?)?;
        if to < from {
            return Err(doc.error("ends before it begins"));
        }
        Ok(Self::Between { from, to: Some(to) })
    }

    /// Half-open instants `[from, to)` of the window, seen from `as_of` in `zone`.
    ///
    /// Events later than `as_of` never count, so `to` is at most just after it. `first` windows depend on
    /// the person: they answer all history, and the caller cuts with [`Window::life_ms`].
    pub fn bounds(&self, as_of: Timestamp, zone: &Zone) -> (Timestamp, Timestamp) {
        let now_end = as_of.plus_ms(1);
        let today = zone.date(as_of);
        match *self {
            Self::Ever | Self::First { .. } => (Timestamp::MIN, now_end),
            Self::Last { n, unit, complete } => {
                let to = if complete {
                    zone.start_of(today)
                } else {
                    now_end
                };
                (last_start(n, unit, complete, as_of, zone), to)
            }
            Self::BeforeLast { n, unit } => {
                (Timestamp::MIN, last_start(n, unit, false, as_of, zone))
            }
            Self::Between { from, to } => {
                let end = to.map_or(now_end, |it| zone.start_of(plus_days(it, 1)).min(now_end));
                (zone.start_of(from), end)
            }
        }
    }

    /// For a `first` window: how long after the person's first event it ends, inclusive.
    pub fn life_ms(&self) -> Option<i64> {
        match self {
            Self::First { n, unit } => Some(n * unit.ms()),
            _ => None,
        }
    }
}

fn last_start(n: i64, unit: Unit, complete: bool, as_of: Timestamp, zone: &Zone) -> Timestamp {
    let Some(calendar) = unit.calendar() else {
        return as_of.plus_ms(-n * unit.ms());
    };
    let today = zone.date(as_of);
    let back = plus_units(today, calendar, -n);
    zone.start_of(if complete { back } else { plus_days(back, 1) })
}

/// Reads a local date.
pub fn read_date(doc: &Doc<'_>) -> Read<CivilDate> {
    let text = doc.text()?;
    let date = text.get(..10).unwrap_or(text).parse();
    date.map_err(|_| doc.error("expected a date such as 2026-03-01"))
}

/// Test of a count or of a sum.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names are the contract's own words")]
pub enum CountTest {
    Eq(f64),
    Ne(f64),
    Gt(f64),
    Gte(f64),
    Lt(f64),
    Lte(f64),
    Between(f64, f64),
}

impl CountTest {
    /// At least one.
    pub const SOME: Self = Self::Gte(1.0);

    /// Reads `{"op", "value"}`.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        let op = doc.need("op")?;
        let value = doc.need("value")?;
        if op.text()? == "between" {
            let ends = value.items(2)?;
            if ends.len() != 2 {
                return Err(value.error("needs two numbers"));
            }
            return Ok(Self::Between(ends[0].number()?, ends[1].number()?));
        }
        let number = value.number()?;
        let make = op.one_of::<fn(f64) -> Self>(&[
            ("eq", Self::Eq),
            ("ne", Self::Ne),
            ("gt", Self::Gt),
            ("gte", Self::Gte),
            ("lt", Self::Lt),
            ("lte", Self::Lte),
        ])?;
        Ok(make(number))
    }

    /// Whether `count` passes.
    #[allow(clippy::float_cmp, reason = "counts are whole numbers")]
    pub fn holds(self, count: f64) -> bool {
        match self {
            Self::Eq(n) => count == n,
            Self::Ne(n) => count != n,
            Self::Gt(n) => count > n,
            Self::Gte(n) => count >= n,
            Self::Lt(n) => count < n,
            Self::Lte(n) => count <= n,
            Self::Between(low, high) => count >= low && count <= high,
        }
    }
}

/// A boolean tree of conditions on people.
#[derive(Clone, Debug)]
pub enum Audience {
    /// Everyone in every part; an empty list is everyone.
    All(Vec<Audience>),
    /// Everyone in at least one part; an empty list is no one.
    Any(Vec<Audience>),
    /// Everyone else.
    Not(Box<Audience>),
    /// The number of matching events passes a test; people without events count as 0.
    Did {
        /// Which events.
        select: Selector,
        /// The test of their number.
        count: CountTest,
        /// When.
        within: Window,
    },
    /// A property, as it stands now.
    Profile {
        /// Which.
        property: PropertyRef,
        /// How.
        test: Test,
    },
    /// First event in the window.
    FirstSeen(Window),
    /// Last event in the window.
    LastSeen(Window),
    /// Members of a saved cohort, at the same instant.
    Cohort(String),
    /// A stable share of people: buckets `[from, to)` of 10,000.
    Random {
        /// Distinguishes independent draws.
        salt: String,
        /// First bucket.
        from: u32,
        /// One past the last bucket.
        to: u32,
    },
}

impl Audience {
    /// Everyone known.
    pub fn everyone() -> Self {
        Self::All(Vec::new())
    }

    /// Reads an audience.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        Self::read_at(doc, 0, &mut 0)
    }

    fn read_at(doc: &Doc<'_>, depth: usize, leaves: &mut usize) -> Read<Self> {
        if depth > limits::DEFINITION_DEPTH_MAX {
            return Err(doc.error("is nested too deeply"));
        }
        doc.object()?;
        let read_list = |list: &Doc<'_>, leaves: &mut usize| -> Read<Vec<Self>> {
            let items = list.items(limits::DEFINITION_LEAVES_MAX)?;
            items
                .iter()
                .map(|it| Self::read_at(it, depth + 1, leaves))
                .collect()
        };
        if let Some(list) = doc.get("all") {
            doc.only(&["all"])?;
            return Ok(Self::All(read_list(&list, leaves)?));
        }
        if let Some(list) = doc.get("any") {
            doc.only(&["any"])?;
            return Ok(Self::Any(read_list(&list, leaves)?));
        }
        if let Some(inner) = doc.get("not") {
            doc.only(&["not"])?;
            return Ok(Self::Not(Box::new(Self::read_at(
                &inner,
                depth + 1,
                leaves,
            )?)));
        }
        *leaves += 1;
        if *leaves > limits::DEFINITION_LEAVES_MAX {
            return Err(doc.error("has too many conditions"));
        }
        Self::read_leaf(doc)
    }

    fn read_leaf(doc: &Doc<'_>) -> Read<Self> {
        let within = || {
            doc.get("within")
                .map_or(Ok(Window::Ever), |it| Window::read(&it))
        };
        let count = || {
            doc.get("count")
                .map_or(Ok(CountTest::SOME), |it| CountTest::read(&it))
        };
        if let Some(select) = doc.get("did") {
            doc.only(&["did", "count", "within"])?;
            let select = Selector::read(&select)?;
            return Ok(Self::Did {
                select,
                count: count()?,
                within: within()?,
            });
        }
        if let Some(select) = doc.get("did_not") {
            doc.only(&["did_not", "within"])?;
            let select = Selector::read(&select)?;
            return Ok(Self::Did {
                select,
                count: CountTest::Eq(0.0),
                within: within()?,
            });
        }
        if let Some(message) = doc.get("message") {
            doc.only(&["message", "count", "within"])?;
            let select = read_message(&message)?;
            return Ok(Self::Did {
                select,
                count: count()?,
                within: within()?,
            });
        }
        if let Some(property) = doc.get("profile") {
            doc.only(&["profile", "op", "values"])?;
            let property = read_profile_ref(&property)?;
            return Ok(Self::Profile {
                property,
                test: Test::read(doc)?,
            });
        }
        if let Some(window) = doc.get("first_seen") {
            doc.only(&["first_seen"])?;
            return Window::read(&window).map(Self::FirstSeen);
        }
        if let Some(window) = doc.get("last_seen") {
            doc.only(&["last_seen"])?;
            return Window::read(&window).map(Self::LastSeen);
        }
        if let Some(id) = doc.get("cohort") {
            doc.only(&["cohort"])?;
            return Ok(Self::Cohort(id.text()?.to_owned()));
        }
        if let Some(random) = doc.get("random") {
            doc.only(&["random"])?;
            random.only(&["salt", "from", "to"])?;
            return Ok(Self::Random {
                salt: random.need("salt")?.text()?.to_owned(),
                from: random.need("from")?.integer(0, 10_000)? as u32,
                to: random.need("to")?.integer(0, 10_000)? as u32,
            });
        }
        Err(doc.error(
            "expected all, any, not, did, did_not, message, profile, first_seen, last_seen, cohort or random",
        ))
    }

    /// Calls `visit` with the id of every cohort the tree refers to.
    pub fn each_cohort<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Self::All(items) | Self::Any(items) => {
                for it in items {
                    it.each_cohort(visit);
                }
            }
            Self::Not(inner) => inner.each_cohort(visit),
            Self::Cohort(id) => visit(id),
            Self::Did { .. }
            | Self::Profile { .. }
            | Self::FirstSeen(_)
            | Self::LastSeen(_)
            | Self::Random { .. } => {}
        }
    }
}

/// `profile` accepts `profile.country` as well as the bare `country`.
fn read_profile_ref(doc: &Doc<'_>) -> Read<PropertyRef> {
    if let Value::String(text) = doc.value()
        && !text.starts_with("profile.")
        && !text.starts_with("user.")
        && !text.starts_with("cohort:")
    {
        let full = Value::String(format!("profile.{text}"));
        return PropertyRef::read(&Doc::at(&full, doc.pointer()));
    }
    PropertyRef::read(doc)
}

/// `{"verb", "campaign", "step", "channel"}` as the selector of the message's event.
fn read_message(doc: &Doc<'_>) -> Read<Selector> {
    doc.only(&["verb", "campaign", "step", "channel"])?;
    let verb = doc.need("verb")?.text()?;
    let mut conditions = Vec::new();
    for (field, property) in [("campaign", "campaign_id"), ("step", "step_id")] {
        if let Some(id) = doc.get(field) {
            let leaf = json!({"property": format!("event.{property}"), "op": "is", "values": [id.text()?]});
            conditions.push(leaf);
        }
    }
    let channels = match doc.get("channel") {
        Some(channel) => vec![channel.text()?.to_owned()],
        None => crate::message::CHANNELS
            .iter()
            .map(|it| (*it).to_owned())
            .collect(),
    };
    let parts: Vec<Value> = channels
        .iter()
        .map(|channel| {
            json!({"event": format!("message.{channel}.{verb}"), "where": {"all": conditions}})
        })
        .collect();
    let selector = json!({"any_of": parts});
    Selector::read(&Doc::at(&selector, doc.pointer()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(value: &Value) -> Window {
        Window::read(&Doc::root(value)).unwrap()
    }

    fn bounds(value: &Value) -> (String, String) {
        let seoul = Zone::parse("Asia/Seoul").unwrap();
        let as_of = Timestamp::parse("2026-03-31T03:00:00+09:00").unwrap();
        let (from, to) = window(value).bounds(as_of, &seoul);
        (from.rfc3339(), to.rfc3339())
    }

    #[test]
    fn the_last_days_include_today_unless_complete() {
        let (from, to) = bounds(&json!({"last": 7, "unit": "day"}));
        assert_eq!(from, "2026-03-24T15:00:00.000Z", "25 March, local midnight");
        assert_eq!(to, "2026-03-30T18:00:00.001Z");
        let (from, to) = bounds(&json!({"last": 7, "unit": "day", "complete": true}));
        assert_eq!(from, "2026-03-23T15:00:00.000Z");
        assert_eq!(to, "2026-03-30T15:00:00.000Z");
    }

    #[test]
    fn months_step_on_the_calendar_and_hours_elapse() {
        let (from, _) = bounds(&json!({"last": 1, "unit": "month"}));
        assert_eq!(
            from, "2026-02-28T15:00:00.000Z",
            "the day after 28 February, local"
        );
        let (from, _) = bounds(&json!({"last": 2, "unit": "hour"}));
        assert_eq!(from, "2026-03-30T16:00:00.000Z");
    }

    #[test]
    fn a_message_leaf_is_a_did_leaf() {
        let leaf = json!({"message": {"verb": "opened", "campaign": "c1", "channel": "email"}});
        let Audience::Did { select, .. } = Audience::read(&Doc::root(&leaf)).unwrap() else {
            panic!("not a did leaf")
        };
        assert_eq!(select.name(), "message.email.opened");
    }

    #[test]
    fn an_unknown_leaf_is_refused_at_its_place() {
        let tree = json!({"all": [{"did": {"event": "A"}}, {"dit": {"event": "B"}}]});
        assert_eq!(
            Audience::read(&Doc::root(&tree)).unwrap_err().pointer,
            "/all/1"
        );
    }
}
