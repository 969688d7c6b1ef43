//! The funnel: its question and its answer.
#![allow(
    missing_debug_implementations,
    reason = "the query's types only describe; no value is ever made"
)]

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::charts::{AnswerRange, AnswerStats, Cell, Interval, Range, Segment};
use super::definition::{Duration, Filter, PropertyRef, Selector};
use super::instant::Instant;
use super::workspace::WeekStart;

/// The word `funnel`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelKind {
    /// The word.
    Funnel,
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
    /// The steps.
    pub steps: Vec<FunnelStepQuery>,
    /// `ordered` if absent.
    pub order: Option<FunnelOrder>,
    /// Longest time from the first step to the last; 7 days if absent.
    pub window: Option<Duration>,
    /// `people` if absent.
    pub count: Option<FunnelCount>,
    /// Properties whose values all events of a chain share, taken on the first step.
    pub hold: Option<Vec<PropertyRef>>,
    /// Events between two steps that end a chain there.
    pub exclude: Option<Vec<FunnelExclusion>>,
    /// How much earlier than the step before a step may be; 0 if absent.
    pub tolerance_ms: Option<u32>,
    /// `longest` if absent.
    pub entry: Option<FunnelEntry>,
    /// Whose event groups; the first step's if absent.
    pub breakdown_at: Option<BreakdownAt>,
    /// `steps` if absent.
    pub view: Option<FunnelView>,
    /// Of the view `time_to_convert`; 20 if absent.
    pub bins: Option<FunnelBins>,
}

/// A step of a funnel.
#[derive(ToSchema)]
pub struct FunnelStepQuery {
    /// Which events.
    #[serde(flatten)]
    pub select: Selector,
    /// Whether the funnel goes on without it; not the first step.
    pub optional: Option<bool>,
}

/// In which order steps are done.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelOrder {
    /// One after another; other events may lie between.
    Ordered,
    /// In any order within the window; bars are numbers of steps.
    Any,
    /// One right after another in the stream of active events.
    Exact,
}

/// What is counted.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelCount {
    /// People, or people with their held values, once.
    People,
    /// Attempts: one is open at a time.
    Attempts,
    /// Every event of the first step.
    EachEvent,
}

/// Which entry of a person stands for them.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelEntry {
    /// The one with the most steps, among equals the earliest.
    Longest,
    /// The first.
    First,
}

/// An event that ends a chain.
#[derive(ToSchema)]
pub struct FunnelExclusion {
    /// Which events.
    pub select: Selector,
    /// Step from which on, from 1; without both, between any two.
    pub after_step: Option<u32>,
    /// Step up to which.
    pub before_step: Option<u32>,
}

/// Whose event groups a chain.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum BreakdownAt {
    /// This step's, from 1.
    Step(u32),
    /// By what the events have.
    Rule(BreakdownRule),
}

/// Which event of a chain groups it.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakdownRule {
    /// The first that has all properties.
    FirstDefined,
    /// The last that has all properties.
    LastDefined,
    /// A funnel of its own for each value of the first step.
    PerValue,
}

/// What is answered besides the steps.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelView {
    /// Nothing.
    Steps,
    /// Entered and converted by the time of entry.
    OverTime,
    /// How long converting took.
    TimeToConvert,
}

/// Bins of a histogram.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum FunnelBins {
    /// So many of equal width, from 0 to the longest.
    Equal(u32),
    /// Edges in seconds, ascending.
    Edges(Vec<f64>),
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
    /// Of the view `over_time`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_time: Option<FunnelOverTime>,
    /// Of the view `time_to_convert`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub histogram: Option<FunnelHistogram>,
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
    /// People who got to the step before and not here; 0 of an optional step.
    pub dropped: Cell,
    /// Whether the funnel goes on without it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
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

/// Conversion by the time of entry.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FunnelOverTime {
    /// Labels of the buckets.
    pub buckets: Vec<String>,
    /// One per row.
    pub series: Vec<FunnelOverTimeSeries>,
}

/// One row's conversion by the time of entry, a value per bucket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FunnelOverTimeSeries {
    /// Name of the segment; null without segments.
    #[schema(required)]
    pub segment: Option<String>,
    /// Values of the grouping properties.
    pub group: Vec<Value>,
    /// The row over all groups.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub overall: bool,
    /// Who entered.
    pub entered: Vec<Cell>,
    /// Who of them converted.
    pub converted: Vec<Cell>,
    /// Share; null of nobody.
    pub rate: Vec<Option<f64>>,
    /// Whether every entry has had its whole window.
    pub complete: Vec<bool>,
}

/// How long converting took.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FunnelHistogram {
    /// Edges in seconds; bins are half-open, the last closed.
    pub edges: Vec<f64>,
    /// Everyone's, one per bin.
    pub counts: Vec<Cell>,
    /// Everyone's, summed up.
    #[schema(required)]
    pub seconds: Option<StepSeconds>,
    /// One per row.
    pub series: Vec<FunnelHistogramSeries>,
}

/// One row's times.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FunnelHistogramSeries {
    /// Name of the segment; null without segments.
    #[schema(required)]
    pub segment: Option<String>,
    /// Values of the grouping properties.
    pub group: Vec<Value>,
    /// The row over all groups.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub overall: bool,
    /// One per bin.
    pub counts: Vec<Cell>,
    /// Summed up.
    #[schema(required)]
    pub seconds: Option<StepSeconds>,
}
