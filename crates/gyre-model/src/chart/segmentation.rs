//! Fields of the segmentation chart.
//!
//! Source: charts.md 1.3, 2.1 and part 3 ("Segmentation").

use gyre_base::calendar::{CivilDate, Interval, days_between, plus_days, plus_units};
use gyre_base::limits;

use super::formula::Formula;
use crate::doc::{Doc, Read};
use crate::filter::PropertyRef;
use crate::selector::Selector;

/// Most formulas of a chart.
const FORMULAS_MAX: usize = 20;

pub(super) const FIELDS: &[&str] = &["series", "formulas", "display", "compare"];

/// A measure of one series.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// Distinct people.
    People,
    /// Events.
    Events,
    /// Events per person.
    PerPerson,
    /// Share of the people active in the bucket.
    ActiveRate,
    /// How many people did it how often.
    Frequency,
    /// A function of a numeric property over events that have it.
    Property(PropertyFn, PropertyRef),
}

/// Function of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the contract's own words")]
pub enum PropertyFn {
    Sum,
    Avg,
    Min,
    Max,
    Median,
    P90,
    P95,
    P99,
    Distinct,
}

/// One series.
#[derive(Clone, Debug)]
pub struct Series {
    /// Name, `A` by default for the first.
    pub name: String,
    /// Which events.
    pub select: Selector,
    /// What is measured.
    pub measure: Measure,
}

/// What is shown of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    /// Its own value.
    Plain,
    /// The value from the range's start on.
    Cumulative,
    /// The mean of its value and those of the buckets before, so many in all.
    RollingAverage(usize),
    /// The value over it and the buckets before, so many in all.
    RollingWindow(usize),
}

impl Display {
    /// Buckets before the range that are read.
    pub fn reach(self) -> usize {
        match self {
            Self::Plain | Self::Cumulative => 0,
            Self::RollingAverage(n) | Self::RollingWindow(n) => n - 1,
        }
    }
}

/// With which earlier days the range is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// As many days right before.
    Period,
    /// A calendar unit earlier.
    Unit(Interval),
    /// A year earlier.
    Year,
}

impl Previous {
    /// The days compared: the first day shifted, clamped to its month, and as many days.
    pub fn days(self, (from, to): (CivilDate, CivilDate)) -> (CivilDate, CivilDate) {
        let count = days_between(from, to);
        let first = match self {
            Self::Period => plus_days(from, -(count + 1)),
            Self::Unit(unit) => plus_units(from, unit, -1),
            Self::Year => plus_units(from, Interval::Quarter, -4),
        };
        (first, plus_days(first, count))
    }
}

/// Numbers over time.
#[derive(Clone, Debug)]
pub struct SegmentationSpec {
    /// The series, in the order asked.
    pub series: Vec<Series>,
    /// Computed from the series, with their texts.
    pub formulas: Vec<Formula>,
    /// What is shown.
    pub display: Display,
    /// What it is compared with.
    pub compare: Option<Previous>,
}

impl SegmentationSpec {
    pub(super) fn read(doc: &Doc<'_>) -> Read<Self> {
        let list = doc.need("series")?;
        let items = list.items(limits::SERIES_MAX)?;
        if items.is_empty() {
            return Err(list.error("needs at least one series"));
        }
        let series: Vec<Series> = items
            .iter()
            .enumerate()
            .map(|(i, it)| Series::read(it, i))
            .collect::<Read<_>>()?;
        let display = doc
            .get("display")
            .map_or(Ok(Display::Plain), |it| read_display(&it))?;
        let is_histogram = |it: &Series| it.measure == Measure::Frequency;
        if let Some(field) = doc.get("display")
            && display != Display::Plain
            && series.iter().any(is_histogram)
        {
            return Err(field.error("a frequency is shown plain"));
        }
        let formulas = match doc.get("formulas") {
            None => Vec::new(),
            Some(list) => list
                .items(FORMULAS_MAX)?
                .iter()
                .map(|it| {
                    let formula = it.check(Formula::parse(it.text()?))?;
                    it.check(formula.check(&series))?;
                    Ok(formula)
                })
                .collect::<Read<_>>()?,
        };
        Ok(Self {
            series,
            formulas,
            display,
            compare: doc.get("compare").map(|it| read_compare(&it)).transpose()?,
        })
    }
}

fn read_display(doc: &Doc<'_>) -> Read<Display> {
    if doc.value().is_string() {
        return doc.one_of(&[
            ("plain", Display::Plain),
            ("cumulative", Display::Cumulative),
        ]);
    }
    doc.only(&["rolling_average", "rolling_window"])?;
    let buckets = |it: Doc<'_>| it.integer(1, limits::ROLLING_BUCKETS_MAX as i64);
    match (doc.get("rolling_average"), doc.get("rolling_window")) {
        (Some(n), None) => Ok(Display::RollingAverage(buckets(n)? as usize)),
        (None, Some(n)) => Ok(Display::RollingWindow(buckets(n)? as usize)),
        _ => Err(doc.error("expected plain, cumulative, rolling_average or rolling_window")),
    }
}

fn read_compare(doc: &Doc<'_>) -> Read<Previous> {
    doc.only(&["previous"])?;
    doc.need("previous")?.one_of(&[
        ("period", Previous::Period),
        ("week", Previous::Unit(Interval::Week)),
        ("month", Previous::Unit(Interval::Month)),
        ("year", Previous::Year),
    ])
}

impl Series {
    fn read(doc: &Doc<'_>, index: usize) -> Read<Self> {
        doc.only(&["name", "select", "measure"])?;
        let letter = char::from(b'A' + index as u8).to_string();
        Ok(Self {
            name: doc
                .get("name")
                .map_or(Ok(letter), |it| it.text().map(str::to_owned))?,
            select: Selector::read(&doc.need("select")?)?,
            measure: doc
                .get("measure")
                .map_or(Ok(Measure::People), |it| Measure::read(&it))?,
        })
    }
}

impl Measure {
    fn read(doc: &Doc<'_>) -> Read<Self> {
        if doc.value().is_string() {
            return Ok(match doc.text()? {
                "people" => Self::People,
                "events" => Self::Events,
                "per_person" => Self::PerPerson,
                "active_rate" => Self::ActiveRate,
                "frequency" => Self::Frequency,
                _ => {
                    return Err(doc.error(
                        "expected people, events, per_person, active_rate, frequency or a function",
                    ));
                }
            });
        }
        doc.only(&["fn", "property"])?;
        let function = doc.need("fn")?.one_of(&[
            ("sum", PropertyFn::Sum),
            ("avg", PropertyFn::Avg),
            ("min", PropertyFn::Min),
            ("max", PropertyFn::Max),
            ("median", PropertyFn::Median),
            ("p90", PropertyFn::P90),
            ("p95", PropertyFn::P95),
            ("p99", PropertyFn::P99),
            ("distinct", PropertyFn::Distinct),
        ])?;
        Ok(Self::Property(
            function,
            PropertyRef::read(&doc.need("property")?)?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_refusals;
    use super::*;
    use serde_json::json;

    #[test]
    fn refusals_point_at_the_field() {
        let base = json!({"kind": "segmentation", "range": {"last": 7, "unit": "day"},
            "series": [{"select": {"event": "A"}}]});
        let cases = [
            (json!({"series": []}), "/series"),
            (json!({"display": "sideways"}), "/display"),
            (
                json!({"display": {"rolling_window": 0}}),
                "/display/rolling_window",
            ),
            (json!({"compare": {"previous": "day"}}), "/compare/previous"),
            (json!({"formulas": ["A +"]}), "/formulas/0"),
            (json!({"formulas": ["A", "B"]}), "/formulas/1"),
            (json!({"formulas": ["PROPSUM(A)"]}), "/formulas/0"),
            (
                json!({"display": "cumulative",
                    "series": [{"select": {"event": "A"}, "measure": "frequency"}]}),
                "/display",
            ),
        ];
        check_refusals(&base, &cases);
    }

    #[test]
    fn the_days_before_are_shifted_and_clamped() {
        let date = |text: &str| -> CivilDate { text.parse().unwrap() };
        let range = (date("2026-03-31"), date("2026-04-02"));
        for (previous, expected) in [
            (Previous::Period, ("2026-03-28", "2026-03-30")),
            (Previous::Unit(Interval::Week), ("2026-03-24", "2026-03-26")),
            (
                Previous::Unit(Interval::Month),
                ("2026-02-28", "2026-03-02"),
            ),
            (Previous::Year, ("2025-03-31", "2025-04-02")),
        ] {
            let (from, to) = previous.days(range);
            assert_eq!(
                (from.to_string(), to.to_string()),
                (expected.0.into(), expected.1.into())
            );
        }
    }
}
