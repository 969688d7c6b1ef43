//! Charts: `POST /api/v1/query`.
#![allow(
    missing_debug_implementations,
    reason = "the query's types only describe; no value is ever made"
)]

use serde::Serialize;
use serde_json::{Number, Value};
use utoipa::ToSchema;

use super::chart_kinds::{
    LifecycleAnswer, LifecycleQuery, PathsAnswer, PathsQuery, RetentionAnswer, RetentionQuery,
    SessionsAnswer, SessionsQuery, StickinessAnswer, StickinessQuery, UsageIntervalAnswer,
    UsageIntervalQuery,
};
use super::definition::{Audience, Duration, Filter, PropertyRef, Selector};
use super::instant::Instant;
use super::workspace::WeekStart;

/// A counted number, and the people behind it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Cell {
    /// The number; null is no value.
    #[schema(value_type = Option<f64>, required)]
    pub value: Option<Number>,
    /// Opaque token for `people/list` and for a cohort; null where no people stand behind the number.
    #[schema(required)]
    pub cell: Option<String>,
}

/// A question.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum ChartQuery {
    /// Steps people go through in order.
    Funnel(FunnelQuery),
    /// Numbers over time.
    Segmentation(SegmentationQuery),
    /// Who comes back.
    Retention(RetentionQuery),
    /// Who is new, who stays, who returns, who is gone.
    Lifecycle(LifecycleQuery),
    /// On how many days people do something.
    Stickiness(StickinessQuery),
    /// How many days lie between a person's days.
    UsageInterval(UsageIntervalQuery),
    /// Visits.
    Sessions(SessionsQuery),
    /// What people do after, before or between events.
    Paths(PathsQuery),
}

/// The word `funnel`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelKind {
    /// The word.
    Funnel,
}

/// The word `segmentation`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SegmentationKind {
    /// The word.
    Segmentation,
}

/// Days the chart covers.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Range {
    /// Local dates, both included.
    Dates {
        /// First day, `2026-03-01`.
        from: String,
        /// Last day.
        to: String,
    },
    /// The last n units, ending `offset` units before today.
    Last {
        /// How many.
        last: u32,
        /// Of what.
        unit: RangeUnit,
        /// How many units earlier than today it ends.
        offset: Option<u32>,
    },
}

/// Unit of a range.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RangeUnit {
    Day,
    Week,
    Month,
    Quarter,
}

/// Width of time buckets.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    Minute5,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
}

/// A named group of people compared with others.
#[derive(ToSchema)]
pub struct Segment {
    /// Shown name.
    pub name: String,
    /// Who.
    pub people: Audience,
}

/// A funnel query.
#[derive(ToSchema)]
pub struct FunnelQuery {
    pub kind: FunnelKind,
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
    /// The steps in order.
    pub steps: Vec<Selector>,
    /// Longest time from the first step to the last; 7 days if absent.
    pub window: Option<Duration>,
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

/// The answer to a question.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ChartAnswer {
    /// Of a funnel.
    Funnel(FunnelAnswer),
    /// Of a segmentation.
    Segmentation(SegmentationAnswer),
    /// Of a retention.
    Retention(RetentionAnswer),
    /// Of a lifecycle.
    Lifecycle(LifecycleAnswer),
    /// Of a stickiness.
    Stickiness(StickinessAnswer),
    /// Of a usage interval.
    UsageInterval(UsageIntervalAnswer),
    /// Of sessions.
    Sessions(SessionsAnswer),
    /// Of paths.
    Paths(PathsAnswer),
}

/// Days an answer covers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AnswerRange {
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// IANA zone.
    pub timezone: String,
}

/// What an answer cost.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AnswerStats {
    /// Milliseconds.
    pub elapsed_ms: i64,
    /// Events read.
    pub events_scanned: u64,
    /// Bytes read.
    pub bytes_scanned: u64,
    /// Whether it was kept from before.
    pub cached: bool,
}

/// Answer of a funnel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FunnelAnswer {
    /// The word.
    pub kind: FunnelKind,
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
    pub result: FunnelResult,
}

/// Numbers of a funnel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FunnelResult {
    /// One per segment and group.
    pub rows: Vec<FunnelRow>,
}

/// A row of a funnel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FunnelRow {
    /// Name of the segment; null without segments.
    #[schema(required)]
    pub segment: Option<String>,
    /// Values of the grouping properties.
    pub group: Vec<Value>,
    /// The row over all groups.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub overall: bool,
    /// The steps in order.
    pub steps: Vec<FunnelStep>,
}

/// A step of a funnel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FunnelStep {
    /// Shown name.
    pub label: String,
    /// People who got here.
    pub reached: Cell,
    /// People who got to the step before and not here.
    pub dropped: Cell,
    /// Share of the first step.
    #[schema(required)]
    pub from_start: Option<f64>,
    /// Share of the step before.
    #[schema(required)]
    pub from_previous: Option<f64>,
    /// Time from the step before.
    #[schema(required)]
    pub seconds: Option<StepSeconds>,
}

/// Times in seconds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StepSeconds {
    /// Half took at most this.
    #[schema(required)]
    pub median: Option<f64>,
    /// Average.
    #[schema(required)]
    pub mean: Option<f64>,
    /// Nine of ten took at most this.
    #[schema(required)]
    pub p90: Option<f64>,
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
    /// One per bucket.
    pub points: Vec<Cell>,
    /// Over the whole range.
    pub total: Cell,
}

/// An answer of any kind, as it is written: [`ChartAnswer`] says what it looks like.
#[derive(Clone, Debug, Serialize)]
pub struct ChartBody {
    kind: String,
    range: AnswerRange,
    definition: String,
    as_of: Instant,
    data_version: u64,
    people_version: u64,
    stats: AnswerStats,
    result: Value,
}

impl From<gyre_app::charts::ChartAnswer> for ChartBody {
    fn from(it: gyre_app::charts::ChartAnswer) -> Self {
        Self {
            kind: it.kind,
            range: AnswerRange {
                from: it.from,
                to: it.to,
                timezone: it.timezone,
            },
            definition: it.definition,
            as_of: it.as_of.into(),
            data_version: it.data_version,
            people_version: it.people_version,
            stats: AnswerStats {
                elapsed_ms: it.elapsed_ms,
                events_scanned: it.events_scanned,
                bytes_scanned: it.bytes_scanned,
                cached: false,
            },
            result: it.result,
        }
    }
}
