//! Calendar arithmetic in a named zone: days of 23 or 25 hours, weeks that start on Monday or Sunday.
//!
//! Durations (conversion windows) are elapsed time and do not come here.

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::time::{HOUR_MS, MINUTE_MS, Timestamp};

/// A calendar date.
pub type CivilDate = Date;

/// Width of a chart's buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Five elapsed minutes.
    Minute5,
    /// One elapsed hour.
    Hour,
    /// A local day.
    Day,
    /// Seven local days from the week's start.
    Week,
    /// A calendar month.
    Month,
    /// Three calendar months from January, April, July or October.
    Quarter,
}

/// First day of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeekStart {
    /// ISO weeks.
    #[default]
    Monday,
    /// As in Korea's and the United States' calendars.
    Sunday,
}

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// Looks a zone up by its IANA name; `None` if there is no such zone.
    pub fn parse(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Local date at an instant.
    pub fn date(&self, at: Timestamp) -> CivilDate {
        self.zoned(at).date()
    }

    /// Local hour of day, 0 to 23.
    pub fn hour(&self, at: Timestamp) -> i8 {
        self.zoned(at).hour()
    }

    /// First instant of a local date (not always 00:00 where a clock change skips midnight).
    pub fn start_of(&self, date: CivilDate) -> Timestamp {
        let midnight = date.to_datetime(Time::midnight());
        let zoned = self.0.to_ambiguous_zoned(midnight).compatible();
        zoned.map_or(Timestamp::MAX, |it| {
            Timestamp(it.timestamp().as_millisecond())
        })
    }

    /// Local date and time with offset, RFC 3339, to the minute: the label of an hour bucket.
    pub fn label_minutes(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%Y-%m-%dT%H:%M%:z").to_string()
    }

    fn zoned(&self, at: Timestamp) -> jiff::Zoned {
        let instant = jiff::Timestamp::from_millisecond(at.ms());
        instant
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned(self.0.clone())
    }
}

/// First date of the calendar unit that contains `date`; the date itself for minutes and hours.
pub fn unit_start(date: CivilDate, interval: Interval, week_start: WeekStart) -> CivilDate {
    match interval {
        Interval::Minute5 | Interval::Hour | Interval::Day => date,
        Interval::Week => {
            let back = match week_start {
                WeekStart::Monday => date.weekday().to_monday_zero_offset(),
                WeekStart::Sunday => date.weekday().to_sunday_zero_offset(),
            };
            plus_days(date, -i64::from(back))
        }
        Interval::Month => date.first_of_month(),
        Interval::Quarter => {
            let month = (date.month() - 1) / 3 * 3 + 1;
            Date::new(date.year(), month, 1).unwrap_or(date)
        }
    }
}

/// `date` moved by whole days.
pub fn plus_days(date: CivilDate, days: i64) -> CivilDate {
    date.checked_add(days.days()).unwrap_or(date)
}

/// Days from one date to another; negative if that is earlier.
pub fn days_between(from: CivilDate, to: CivilDate) -> i64 {
    from.until(to).map_or(0, |it| i64::from(it.get_days()))
}

/// `date` moved by whole calendar units, clamped to the month's end (31 January + 1 month = 28 February).
pub fn plus_units(date: CivilDate, interval: Interval, units: i64) -> CivilDate {
    match interval {
        Interval::Minute5 | Interval::Hour | Interval::Day => plus_days(date, units),
        Interval::Week => plus_days(date, units * 7),
        Interval::Month => date.checked_add(units.months()).unwrap_or(date),
        Interval::Quarter => date.checked_add((units * 3).months()).unwrap_or(date),
    }
}

/// Half-open buckets `[edges[i], edges[i + 1])` that cover the local days `from` to `to`, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets {
    /// One more edge than buckets, ascending.
    pub edges: Vec<Timestamp>,
    /// One label per bucket: the calendar start's date, or local date, time and offset for hours.
    pub labels: Vec<String>,
}

impl Buckets {
    /// Cuts the range into buckets; `None` if there would be more than `most`.
    pub fn cut(
        zone: &Zone,
        week_start: WeekStart,
        interval: Interval,
        (from, to): (CivilDate, CivilDate),
        most: usize,
    ) -> Option<Self> {
        let start = zone.start_of(from);
        let end = zone.start_of(plus_days(to, 1));
        let mut edges = vec![start];
        let mut labels = Vec::new();
        let step_ms = match interval {
            Interval::Minute5 => Some(5 * MINUTE_MS),
            Interval::Hour => Some(HOUR_MS),
            Interval::Day | Interval::Week | Interval::Month | Interval::Quarter => None,
        };
        let mut unit = unit_start(from, interval, week_start);
        let mut at = start;
        while at < end {
            if labels.len() == most {
                return None;
            }
            let next = if let Some(step_ms) = step_ms {
                labels.push(zone.label_minutes(at));
                at.plus_ms(step_ms)
            } else {
                labels.push(unit.to_string());
                unit = plus_units(unit, interval, 1);
                zone.start_of(unit)
            };
            at = next.min(end);
            edges.push(at);
        }
        Some(Self { edges, labels })
    }

    /// The same buckets after `before` more; the nearest of those ends where the range begins.
    #[must_use]
    pub fn reaching_back(
        &self,
        zone: &Zone,
        week_start: WeekStart,
        interval: Interval,
        before: usize,
    ) -> Self {
        let start = self.edges[0];
        let unit = unit_start(zone.date(start), interval, week_start);
        let edge = |back: i64| match interval {
            Interval::Minute5 => start.plus_ms(-back * 5 * MINUTE_MS),
            Interval::Hour => start.plus_ms(-back * HOUR_MS),
            Interval::Day | Interval::Week | Interval::Month | Interval::Quarter => {
                zone.start_of(plus_units(unit, interval, -back))
            }
        };
        let edges = (1..=before as i64).rev().map(edge);
        Self {
            edges: edges.chain(self.edges.iter().copied()).collect(),
            labels: vec![String::new(); before]
                .into_iter()
                .chain(self.labels.iter().cloned())
                .collect(),
        }
    }

    /// How many buckets there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Index of the bucket that contains `at`; `None` outside the range.
    pub fn index(&self, at: Timestamp) -> Option<usize> {
        let after = self.edges.partition_point(|edge| *edge <= at);
        (after > 0 && after < self.edges.len()).then(|| after - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    #[test]
    fn buckets_before_the_range_end_where_it_begins() {
        let zone = Zone::parse("Asia/Seoul").unwrap();
        let range = (date("2026-03-04"), date("2026-03-17"));
        let weeks = |before: usize| {
            let monday = WeekStart::Monday;
            let cut = Buckets::cut(&zone, monday, Interval::Week, range, 10).unwrap();
            let cut = cut.reaching_back(&zone, monday, Interval::Week, before);
            let edges = cut.edges.iter().map(|it| zone.date(*it).to_string());
            edges.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(weeks(0), "2026-03-04 2026-03-09 2026-03-16 2026-03-18");
        assert_eq!(
            weeks(2),
            "2026-02-16 2026-02-23 2026-03-04 2026-03-09 2026-03-16 2026-03-18"
        );
    }

    #[test]
    fn days_are_counted_between_dates() {
        assert_eq!(days_between(date("2026-02-27"), date("2026-03-02")), 3);
        assert_eq!(days_between(date("2026-03-02"), date("2026-02-27")), -3);
        assert_eq!(days_between(date("2024-01-31"), date("2026-01-31")), 731);
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_seoul_evening_is_the_next_local_day() {
        let seoul = Zone::parse("Asia/Seoul").unwrap();
        assert_eq!(seoul.date(at("2026-05-01T16:30:00Z")), date("2026-05-02"));
    }

    #[test]
    fn clock_changes_make_days_of_23_and_25_hours() {
        let york = Zone::parse("America/New_York").unwrap();
        for (day, hours) in [("2024-03-10", 23), ("2024-11-03", 25), ("2024-06-01", 24)] {
            let day = date(day);
            let length = york.start_of(plus_days(day, 1)).since(york.start_of(day));
            assert_eq!(length, hours * HOUR_MS, "{day}");
        }
    }

    #[test]
    fn hour_buckets_carry_their_offset() {
        let york = Zone::parse("America/New_York").unwrap();
        let day = (date("2026-03-08"), date("2026-03-08"));
        let cut = Buckets::cut(&york, WeekStart::Monday, Interval::Hour, day, 100).unwrap();
        assert_eq!(cut.len(), 23);
        assert_eq!(cut.labels[1], "2026-03-08T01:00-05:00");
        assert_eq!(cut.labels[2], "2026-03-08T03:00-04:00");
    }

    #[test]
    fn weeks_and_months_are_labelled_by_their_calendar_start() {
        let range = (date("2026-03-01"), date("2026-03-10"));
        let cut = |interval, start| Buckets::cut(&Zone::UTC, start, interval, range, 100).unwrap();
        let monday = cut(Interval::Week, WeekStart::Monday);
        assert_eq!(monday.labels, ["2026-02-23", "2026-03-02", "2026-03-09"]);
        assert_eq!(
            monday.edges[0],
            at("2026-03-01"),
            "reading starts with the range"
        );
        assert_eq!(monday.edges[3], at("2026-03-11"));
        assert_eq!(
            cut(Interval::Week, WeekStart::Sunday).labels,
            ["2026-03-01", "2026-03-08"]
        );
        assert_eq!(
            cut(Interval::Quarter, WeekStart::Monday).labels,
            ["2026-01-01"]
        );
    }

    #[test]
    fn index_is_half_open() {
        let range = (date("2026-03-01"), date("2026-03-02"));
        let cut = Buckets::cut(&Zone::UTC, WeekStart::Monday, Interval::Day, range, 100).unwrap();
        assert_eq!(cut.index(at("2026-02-28T23:59:59.999Z")), None);
        assert_eq!(cut.index(at("2026-03-01")), Some(0));
        assert_eq!(cut.index(at("2026-03-02")), Some(1));
        assert_eq!(cut.index(at("2026-03-03")), None);
    }

    #[test]
    fn too_many_buckets_are_refused() {
        let range = (date("2020-01-01"), date("2026-01-01"));
        assert_eq!(
            Buckets::cut(&Zone::UTC, WeekStart::Monday, Interval::Hour, range, 4_000),
            None
        );
    }

    #[test]
    fn months_clamp() {
        assert_eq!(
            plus_units(date("2026-01-31"), Interval::Month, 1),
            date("2026-02-28")
        );
    }
}
