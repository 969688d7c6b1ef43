//! The segmentation: its question and its answer.
#![allow(
    missing_debug_implementations,
    reason = "the query's types only describe; no value is ever made"
)]

use serde::Serialize;
use serde_json::{Number, Value};
use utoipa::ToSchema;

use super::charts::{AnswerRange, AnswerStats, Interval, Range, Segment};
use super::definition::{Filter, PropertyRef, Selector};
use super::instant::Instant;
use super::workspace::WeekStart;

/// The word `segmentation`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SegmentationKind {
    /// The word.
    Segmentation,
}

/// A segmentation query.
#[derive(ToSchema)]
pub struct SegmentationQuery {
    pub kind: SegmentationKind,
    pub range: Range,
    /// IANA zone; the workspace's if absent.
    pub timezone: Option<String>,
    pub week_start: Option<WeekStart>,
    pub interval: Option<Interval>,
    /// People compared side by side; none means everyone.
    pub segments: Option<Vec<Segment>>,
    /// At most three.
    pub group_by: Option<Vec<PropertyRef>>,
    /// Rows kept; the rest is `(other)`.
    pub limit: Option<u32>,
    /// Filter on every event the chart reads.
    #[serde(rename = "where")]
    pub filter: Option<Filter>,
    /// Instant of evaluation; the present if absent.
    pub as_of: Option<String>,
    /// Version of who is who, `people_version` of an earlier answer; the newest if absent.
    pub people_version: Option<u64>,
    /// The series.
    pub series: Vec<Series>,
    /// Computed from the series by their names: `A / B`, `ROLLWIN(A, 7)`.
    pub formulas: Option<Vec<String>>,
    /// `plain` if absent.
    pub display: Option<Display>,
    /// Earlier days beside these.
    pub compare: Option<Compare>,
}

/// One series.
#[derive(ToSchema)]
pub struct Series {
    /// `A`, `B` … if absent.
    pub name: Option<String>,
    /// Which events.
    pub select: Selector,
    /// What is measured; `people` if absent.
    pub measure: Option<Measure>,
}

/// A measure.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Measure {
    /// A count.
    Count(CountMeasure),
    /// A function of a property.
    Property(PropertyMeasure),
}

/// A count.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountMeasure {
    /// Distinct people.
    People,
    /// Events.
    Events,
    /// Events per person.
    PerPerson,
    /// Share of the active people.
    ActiveRate,
    /// How many people did it how often.
    Frequency,
}

/// A function of a property.
#[derive(ToSchema)]
pub struct PropertyMeasure {
    #[serde(rename = "fn")]
    pub function: PropertyFn,
    pub property: PropertyRef,
}

/// A function.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
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

/// What is shown of a bucket.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Display {
    /// By a word.
    Word(DisplayWord),
    /// The mean of its value and those of the buckets before, so many in all.
    Average { rolling_average: u32 },
    /// The value over it and the buckets before, so many in all.
    Window { rolling_window: u32 },
}

/// What is shown of a bucket.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisplayWord {
    /// Its own value.
    Plain,
    /// The value from the range's start on.
    Cumulative,
}

/// Earlier days, as many as the range has.
#[derive(ToSchema)]
pub struct Compare {
    /// Which.
    pub previous: Previous,
}

/// How much earlier.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Previous {
    /// Right before.
    Period,
    Week,
    Month,
    Year,
}

/// Answer of a segmentation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SegmentationAnswer {
    /// The word.
    pub kind: SegmentationKind,
    /// Days covered.
    pub range: AnswerRange,
    /// One sentence that says how it was counted.
    pub definition: String,
    /// Instant of evaluation.
    pub as_of: Instant,
    /// Version of the data.
    pub data_version: u64,
    /// Version of who is who.
    pub people_version: u64,
    /// What it cost.
    pub stats: AnswerStats,
    /// The numbers.
    pub result: SegmentationResult,
}

/// Numbers over time.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SegmentationResult {
    /// Labels of the buckets.
    pub buckets: Vec<String>,
    /// One per series, segment and group.
    pub series: Vec<SegmentationSeries>,
}

/// One line of the chart.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SegmentationSeries {
    /// Name of the series.
    pub name: String,
    /// Name of the segment; null without segments.
    #[schema(required)]
    pub segment: Option<String>,
    /// Values of the grouping properties.
    pub group: Vec<Value>,
    /// The line over all groups.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub overall: bool,
    /// Whether it is a formula, named by its text; no people stand behind its numbers.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub formula: bool,
    /// One per bucket.
    pub points: Vec<Point>,
    /// Over the whole range, plain under every display.
    pub total: Point,
    /// Of the days compared, matched by place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<Vec<Point>>,
    /// Over the days compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_total: Option<Point>,
}

/// A number and the people behind it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Point {
    /// The number; null is no value. People, of the measure `frequency`.
    #[schema(value_type = Option<f64>, required)]
    pub value: Option<Number>,
    /// Opaque token of the people; null where no people stand behind the number.
    #[schema(required)]
    pub cell: Option<String>,
    /// Of the measure `frequency`: by how often, ascending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Vec<FrequencyBar>>,
}

/// People who did it so often.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FrequencyBar {
    /// How often.
    pub times: u64,
    /// How many people.
    #[schema(value_type = Option<f64>, required)]
    pub value: Option<Number>,
    /// Opaque token of them.
    #[schema(required)]
    pub cell: Option<String>,
}
