//! Chart queries: `POST /api/v1/query` as typed values.
//!
//! Source: charts.md part 1 and part 3. A kind is added here, in [`KINDS`] and in `gyre-analytics`.

mod activity;
mod formula;
mod funnel;
mod paths;
mod retention;
mod segmentation;
mod sessions;

use gyre_base::calendar::{CivilDate, Interval, plus_days, plus_units};
use gyre_base::{Timestamp, WeekStart, Zone, limits};

use crate::audience::{Audience, UNITS, read_date};
use crate::doc::{Doc, Read};
use crate::filter::{Filter, PropertyRef};
use crate::selector::Selector;

pub use activity::{LifecycleSpec, Period, StickinessSpec, UsageIntervalSpec};
pub use formula::{Expression, Formula, NumberFn, Operator, SeriesFn};
pub use funnel::{
    Bins, BreakdownAt, Exclusion, FunnelCount, FunnelEntry, FunnelOrder, FunnelSpec, FunnelStep,
    FunnelView,
};
pub use paths::{PathAnchor, PathCount, PathsSpec};
pub use retention::{RetentionFn, RetentionMode, RetentionSpec, StartRule};
pub use segmentation::{Display, Measure, Previous, PropertyFn, SegmentationSpec, Series};
pub use sessions::{SessionMeasure, SessionsSpec};

/// Kinds this version answers.
pub const KINDS: &[&str] = &[
    "funnel",
    "segmentation",
    "retention",
    "lifecycle",
    "stickiness",
    "usage_interval",
    "sessions",
    "paths",
];

/// Days the chart covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// Local dates, both included.
    Dates(CivilDate, CivilDate),
    /// `n` calendar steps back from today, ending `offset` steps before today.
    Last {
        /// How many.
        n: i64,
        /// Of what.
        unit: Interval,
        /// How many units earlier than today it ends.
        offset: i64,
    },
}

impl Range {
    fn read(doc: &Doc<'_>) -> Read<Self> {
        if let Some(last) = doc.get("last") {
            doc.only(&["last", "unit", "offset"])?;
            let unit = doc.need("unit")?.one_of(&[
                ("day", Interval::Day),
                ("week", Interval::Week),
                ("month", Interval::Month),
                ("quarter", Interval::Quarter),
            ])?;
            let offset = doc
                .get("offset")
                .map_or(Ok(0), |it| it.integer(0, 10_000))?;
            return Ok(Self::Last {
                n: last.integer(1, 10_000)?,
                unit,
                offset,
            });
        }
        doc.only(&["from", "to"])?;
        let from = read_date(&doc.need("from")?)?;
        let to = doc.need("to")?;
        let end = read_date(&to)?;
        if end < from {
            return Err(to.error("is before the first day"));
        }
        Ok(Self::Dates(from, end))
    }

    /// First and last local date, seen from `as_of`.
    ///
    /// `last: n` goes n calendar steps back from its last day, plus one day, so `last 7 day` is 7 dates.
    pub fn dates(&self, as_of: Timestamp, zone: &Zone) -> (CivilDate, CivilDate) {
        match *self {
            Self::Dates(from, to) => (from, to),
            Self::Last { n, unit, offset } => {
                let to = plus_units(zone.date(as_of), unit, -offset);
                (plus_days(plus_units(to, unit, -n), 1), to)
            }
        }
    }
}

/// A named group of people compared with others.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Shown name.
    pub name: String,
    /// Who.
    pub people: Audience,
}

/// What every kind shares.
#[derive(Clone, Debug)]
pub struct ChartQuery {
    /// Days covered.
    pub range: Range,
    /// Zone of days; the workspace's when absent.
    pub timezone: Option<Zone>,
    /// First day of weeks; the workspace's when absent.
    pub week_start: Option<WeekStart>,
    /// Bucket width.
    pub interval: Interval,
    /// People compared; none means everyone.
    pub segments: Vec<Segment>,
    /// Properties rows are split by.
    pub group_by: Vec<PropertyRef>,
    /// Rows kept per series and segment.
    pub limit: usize,
    /// Filter on every event the chart reads.
    pub filter: Filter,
    /// Instant of evaluation; the present when absent.
    pub as_of: Option<Timestamp>,
    /// Version of who is who, the place of a row in the link log; the newest when absent.
    pub people_version: Option<u64>,
    /// The kind's own fields.
    pub spec: ChartSpec,
}

/// Fields of one kind.
#[derive(Clone, Debug)]
pub enum ChartSpec {
    /// Ordered steps.
    Funnel(FunnelSpec),
    /// Numbers over time.
    Segmentation(SegmentationSpec),
    /// Who comes back.
    Retention(RetentionSpec),
    /// Who is new, who stays, who returns, who is gone.
    Lifecycle(LifecycleSpec),
    /// On how many days people do something.
    Stickiness(StickinessSpec),
    /// How many days lie between a person's days.
    UsageInterval(UsageIntervalSpec),
    /// Visits.
    Sessions(SessionsSpec),
    /// What people do after, before or between events.
    Paths(PathsSpec),
}

const COMMON: &[&str] = &[
    "kind",
    "range",
    "timezone",
    "week_start",
    "interval",
    "segments",
    "group_by",
    "limit",
    "where",
    "as_of",
    "people_version",
];

impl ChartQuery {
    /// Reads a query.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        let kind = doc.need("kind")?;
        let (own, spec): (&[&str], ChartSpec) = match kind.text()? {
            "funnel" => (funnel::FIELDS, ChartSpec::Funnel(FunnelSpec::read(doc)?)),
            "segmentation" => (
                segmentation::FIELDS,
                ChartSpec::Segmentation(SegmentationSpec::read(doc)?),
            ),
            "retention" => (
                retention::FIELDS,
                ChartSpec::Retention(RetentionSpec::read(doc)?),
            ),
            "lifecycle" => (
                activity::LIFECYCLE_FIELDS,
                ChartSpec::Lifecycle(LifecycleSpec::read(doc)?),
            ),
            "stickiness" => (
                activity::STICKINESS_FIELDS,
                ChartSpec::Stickiness(StickinessSpec::read(doc)?),
            ),
            "usage_interval" => (
                activity::USAGE_INTERVAL_FIELDS,
                ChartSpec::UsageInterval(UsageIntervalSpec::read(doc)?),
            ),
            "sessions" => (
                sessions::FIELDS,
                ChartSpec::Sessions(SessionsSpec::read(doc)?),
            ),
            "paths" => (paths::FIELDS, ChartSpec::Paths(PathsSpec::read(doc)?)),
            other => {
                let known = KINDS.join(", ");
                return Err(
                    kind.error(format!("`{other}` is not a chart here; charts are {known}"))
                );
            }
        };
        let known: Vec<&str> = COMMON.iter().chain(own).copied().collect();
        doc.only(&known)?;
        let query = Self {
            range: Range::read(&doc.need("range")?)?,
            timezone: doc.get("timezone").map(|it| read_zone(&it)).transpose()?,
            week_start: doc
                .get("week_start")
                .map(|it| read_week_start(&it))
                .transpose()?,
            interval: doc
                .get("interval")
                .map_or(Ok(Interval::Day), |it| it.one_of(INTERVALS))?,
            segments: read_segments(doc)?,
            group_by: read_group_by(doc)?,
            limit: doc
                .get("limit")
                .map_or(Ok(10), |it| it.integer(1, limits::ROWS_LIMIT_MAX as i64))?
                as usize,
            filter: Filter::read_field(doc, "where")?,
            as_of: doc.get("as_of").map(|it| read_instant(&it)).transpose()?,
            people_version: doc
                .get("people_version")
                .map(|it| it.integer(0, i64::MAX))
                .transpose()?
                .and_then(|it| u64::try_from(it).ok()),
            spec,
        };
        Ok(query)
    }
}

const INTERVALS: &[(&str, Interval)] = &[
    ("minute5", Interval::Minute5),
    ("hour", Interval::Hour),
    ("day", Interval::Day),
    ("week", Interval::Week),
    ("month", Interval::Month),
    ("quarter", Interval::Quarter),
];

/// Reads an IANA zone name.
pub fn read_zone(doc: &Doc<'_>) -> Read<Zone> {
    let name = doc.text()?;
    Zone::parse(name).ok_or_else(|| doc.error(format!("`{name}` is not a time zone")))
}

/// Reads `monday` or `sunday`.
pub fn read_week_start(doc: &Doc<'_>) -> Read<WeekStart> {
    doc.one_of(&[("monday", WeekStart::Monday), ("sunday", WeekStart::Sunday)])
}

fn read_instant(doc: &Doc<'_>) -> Read<Timestamp> {
    let instant = match doc.value() {
        serde_json::Value::Number(it) => it.as_f64().and_then(Timestamp::from_number),
        other => other.as_str().and_then(Timestamp::parse),
    };
    instant.ok_or_else(|| doc.error("expected an instant such as 2026-03-01T09:00:00Z"))
}

fn read_segments(doc: &Doc<'_>) -> Read<Vec<Segment>> {
    let Some(list) = doc.get("segments") else {
        return Ok(Vec::new());
    };
    list.items(limits::SEGMENTS_MAX)?
        .iter()
        .map(|it| {
            it.only(&["name", "people"])?;
            let name = it.need("name")?.text()?.to_owned();
            Ok(Segment {
                name,
                people: Audience::read(&it.need("people")?)?,
            })
        })
        .collect()
}

fn read_group_by(doc: &Doc<'_>) -> Read<Vec<PropertyRef>> {
    let Some(list) = doc.get("group_by") else {
        return Ok(Vec::new());
    };
    list.items(limits::GROUP_BY_MAX)?
        .iter()
        .map(PropertyRef::read)
        .collect()
}

/// Reads `{"n": 7, "unit": "day"}` as elapsed milliseconds.
pub fn read_duration(doc: &Doc<'_>) -> Read<i64> {
    doc.only(&["n", "unit"])?;
    let n = doc.need("n")?;
    let unit = doc.need("unit")?.one_of(UNITS)?.ms();
    let ms = n.integer(0, limits::WINDOW_MS_MAX)?.checked_mul(unit);
    ms.filter(|it| *it <= limits::WINDOW_MS_MAX)
        .ok_or_else(|| n.error("the window is longer than 10,000 days"))
}

/// Reads a selector of all occurrences; the kinds that use this do not look at single ones.
fn read_plain_selector(doc: &Doc<'_>) -> Read<Selector> {
    let select = Selector::read(doc)?;
    match doc.get("occurrence") {
        Some(it) => Err(it.error("is not available here in this version")),
        None => Ok(select),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: &Value) -> Read<ChartQuery> {
        ChartQuery::read(&Doc::root(value))
    }

    #[test]
    fn a_funnel_is_read_with_its_defaults() {
        let query = read(
            &json!({"kind": "funnel", "range": {"last": 7, "unit": "day"},
            "steps": [{"event": "A"}, {"event": "B"}]}),
        )
        .unwrap();
        let ChartSpec::Funnel(spec) = &query.spec else {
            panic!("not a funnel")
        };
        assert_eq!(spec.window_ms, 7 * 86_400_000);
        assert_eq!(query.limit, 10);
        let as_of = Timestamp::parse("2026-03-31T12:00:00Z").unwrap();
        let (from, to) = query.range.dates(as_of, &Zone::UTC);
        assert_eq!(
            (from.to_string(), to.to_string()),
            ("2026-03-25".into(), "2026-03-31".into())
        );
    }

    #[track_caller]
    pub(super) fn check_refusals(base: &Value, cases: &[(Value, &str)]) {
        assert!(read(base).is_ok(), "{base}");
        for (change, pointer) in cases {
            let mut query = base.clone();
            let fields = change.as_object().unwrap().clone();
            query.as_object_mut().unwrap().extend(fields);
            assert_eq!(read(&query).unwrap_err().pointer, *pointer, "{change}");
        }
    }

    #[test]
    fn refusals_point_at_the_field() {
        let base = json!({"kind": "funnel", "range": {"from": "2026-03-01", "to": "2026-03-31"},
            "steps": [{"event": "A"}]});
        let cases = [
            (json!({"timezone": "Mars/Base"}), "/timezone"),
            (json!({"steps": []}), "/steps"),
            (
                json!({"steps": [{"event": "A", "where": {"property": "event.x", "op": "like"}}]}),
                "/steps/0/where/op",
            ),
            (
                json!({"range": {"from": "2026-03-02", "to": "2026-03-01"}}),
                "/range/to",
            ),
            (json!({"kind": "pie"}), "/kind"),
            (json!({"windows": 3}), "/windows"),
            (
                json!({"group_by": ["event.a", "event.b", "event.c", "event.d"]}),
                "/group_by",
            ),
        ];
        check_refusals(&base, &cases);
    }
}
