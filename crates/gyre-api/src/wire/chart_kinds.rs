//! Chart kinds beside funnel and segmentation: their questions and answers.
#![allow(
    missing_debug_implementations,
    reason = "the queries' types only describe; no value is ever made"
)]

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::charts::{AnswerRange, AnswerStats, Cell, Interval, Range, Segment};
use super::definition::{Duration, Filter, PropertyRef, Selector};
use super::instant::Instant;
use super::segmentation::SegmentationResult;
use super::workspace::WeekStart;

/// The kind's word, its question with the fields that every chart has, and its answer's envelope.
macro_rules! chart_kind {
    ($kind:ident::$word:ident, $query:ident, $answer:ident, $result:ty, {
        $($(#[$meta:meta])* $field:ident: $type:ty,)*
    }) => {
        /// The kind's word.
        #[derive(Clone, Copy, Debug, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $kind {
            /// The word.
            $word,
        }

        /// A question of this kind.
        #[derive(ToSchema)]
        pub struct $query {
            pub kind: $kind,
            pub range: Range,
            /// IANA zone; the workspace's if absent.
            pub timezone: Option<String>,
            pub week_start: Option<WeekStart>,
            pub interval: Option<Interval>,
            /// People compared side by side; none means everyone.
            pub segments: Option<Vec<Segment>>,
            /// At most three; refused by the kinds that segments only are compared in.
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
            $($(#[$meta])* pub $field: $type,)*
        }

        /// An answer of this kind.
        #[derive(Clone, Debug, Serialize, ToSchema)]
        pub struct $answer {
            /// The word.
            pub kind: $kind,
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
            pub result: $result,
        }
    };
}

chart_kind!(RetentionKind::Retention, RetentionQuery, RetentionAnswer, RetentionResult, {
    /// What makes a person a member of a cohort.
    start: Selector,
    /// What counts as coming back.
    back: Selector,
    /// Which returns a cell counts; `on` if absent.
    mode: Option<RetentionMode>,
    /// How intervals are counted; `calendar` if absent.
    clock: Option<RetentionClock>,
    /// Which starts make a member; `every_bucket` if absent.
    start_rule: Option<StartRule>,
    /// The last interval; 30 if absent.
    intervals: Option<u32>,
    /// What interval 0 counts; `return` if absent.
    day_zero: Option<DayZero>,
    /// A number of the returns; people if absent.
    value: Option<RetentionValue>,
});

chart_kind!(LifecycleKind::Lifecycle, LifecycleQuery, LifecycleAnswer, LifecycleResult, {
    /// What makes a person active.
    select: Selector,
    /// Which first event makes a person new; `any_event` if absent.
    first_by: Option<FirstBy>,
});

chart_kind!(StickinessKind::Stickiness, StickinessQuery, StickinessAnswer, StickinessResult, {
    /// Events that count.
    select: Selector,
    /// Within what days are counted; `week` if absent.
    period: Option<StickinessPeriod>,
    /// Events that make a day count; 1 if absent.
    at_least: Option<u32>,
    /// Whether rows count people with so many days or more.
    cumulative: Option<bool>,
});

chart_kind!(UsageIntervalKind::UsageInterval, UsageIntervalQuery, UsageIntervalAnswer, UsageIntervalResult, {
    /// Events that count.
    select: Selector,
});

chart_kind!(SessionsKind::Sessions, SessionsQuery, SessionsAnswer, SegmentationResult, {
    /// What is measured; `count` if absent.
    measure: Option<SessionMeasure>,
});

chart_kind!(PathsKind::Paths, PathsQuery, PathsAnswer, PathsResult, {
    /// Where paths begin or end; at the session's first event if absent.
    anchor: Option<PathAnchor>,
    /// Most nodes of a path; 5 if absent.
    steps: Option<u32>,
    /// What cuts a person's events; `session` if absent.
    per: Option<PathPer>,
    /// What is counted; `sessions` if absent.
    count: Option<PathCount>,
    /// Whether runs of one node become its first; true if absent.
    collapse: Option<bool>,
    /// Events left out.
    exclude: Option<Vec<Selector>>,
    /// Events whose nodes are split by a property.
    expand: Option<Vec<PathExpansion>>,
    /// Nodes shown of one position; 8 if absent.
    top: Option<u32>,
});

/// Where paths begin or end.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum PathAnchor {
    /// At the first event of this selector.
    Start { start: Selector },
    /// At the last.
    End { end: Selector },
    /// From the first of one to the first of the other after it.
    Between {
        /// Two.
        between: Vec<Selector>,
    },
}

/// What cuts a person's events.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum PathPer {
    /// Sessions.
    Session(PathSession),
    /// A gap of this length or more.
    Window { window: Duration },
}

/// The word `session`.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathSession {
    /// The word.
    Session,
}

/// What is counted of paths.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathCount {
    Sessions,
    /// The first of each person.
    People,
    /// Every occurrence of the anchor.
    Totals,
}

/// An event whose nodes are split by a property.
#[derive(ToSchema)]
pub struct PathExpansion {
    pub event: String,
    pub by: PropertyRef,
}

/// Numbers of paths; with segments one per segment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum PathsResult {
    /// Of everyone.
    Everyone(PathsShape),
    /// Of segments side by side.
    Segments {
        /// In the order asked.
        segments: Vec<PathsSegment>,
    },
}

/// Paths of one segment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PathsSegment {
    /// Name of the segment.
    pub name: String,
    #[serde(flatten)]
    pub shape: PathsShape,
}

/// Nodes, links and whole paths.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PathsShape {
    /// By position, the most frequent first.
    pub nodes: Vec<PathNode>,
    /// Between one position and the next.
    pub links: Vec<PathLink>,
    /// The 20 most frequent.
    pub top_paths: Vec<TopPath>,
}

/// A node.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PathNode {
    /// From the anchor on; negative before an end anchor.
    pub position: i32,
    /// Event, `(other)` or `(exit)`.
    pub name: String,
    /// Paths through it.
    pub count: Cell,
}

/// From one node to the next.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PathLink {
    /// `[position, name]`.
    pub from: Vec<Value>,
    /// `[position, name]`.
    pub to: Vec<Value>,
    /// Paths over it.
    pub count: Cell,
}

/// A whole path.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TopPath {
    /// Its nodes.
    pub names: Vec<String>,
    /// How often it was walked.
    pub count: Cell,
}

/// Which returns a cell of retention counts.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum RetentionMode {
    /// By interval.
    Plain(PlainRetentionMode),
    /// By brackets of intervals, first and last included.
    Brackets {
        /// `[first, last]` each.
        brackets: Vec<Vec<u32>>,
    },
}

/// Which returns a cell of retention counts, by interval.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlainRetentionMode {
    /// In interval n.
    On,
    /// In n or any later one.
    OnOrAfter,
    /// In any up to n.
    OnOrBefore,
    /// In every one from 1 to n.
    Streak,
}

/// How intervals are counted.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetentionClock {
    /// Calendar units between the start's and the return's.
    Calendar,
    /// Elapsed time since the start.
    Rolling,
}

/// Which starts make a member.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StartRule {
    /// The first of every bucket.
    EveryBucket,
    /// The first event of the start's type in all history.
    FirstEver,
    /// The first in all history that passes.
    FirstMatching,
}

/// What interval 0 counts.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayZero {
    /// Another return in it.
    Return,
    /// Everyone.
    Cohort,
}

/// A number of the returns.
#[derive(ToSchema)]
pub struct RetentionValue {
    pub property: PropertyRef,
    #[serde(rename = "fn")]
    pub function: RetentionFn,
}

/// What is made of a number.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetentionFn {
    Sum,
    Avg,
}

/// Which first event makes a person new.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirstBy {
    /// Of any type.
    AnyEvent,
    /// Of the chosen ones.
    Selected,
}

/// Within what days are counted.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StickinessPeriod {
    Week,
    Month,
    /// The whole range, in the chart's intervals.
    Range,
}

/// What is measured of sessions.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionMeasure {
    Count,
    /// Mean seconds.
    Length,
    PerPerson,
    BounceRate,
    EventsPer,
}

/// Numbers of a retention.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RetentionResult {
    /// One per segment, group and cohort.
    pub rows: Vec<RetentionRow>,
    /// One per segment, group and interval, over the cohorts for which it is complete.
    pub overall: Vec<RetentionOverall>,
}

/// A cohort.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RetentionRow {
    /// Name of the segment; null without segments.
    #[schema(required)]
    pub segment: Option<String>,
    /// Values of the grouping properties.
    pub group: Vec<Value>,
    /// The row over all groups.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub overall: bool,
    /// Label of the cohort's bucket.
    pub bucket: String,
    /// Its members.
    pub size: Cell,
    /// One per interval or bracket.
    pub cells: Vec<RetentionCell>,
}

/// Those of a cohort who came back in an interval.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RetentionCell {
    /// People, or the number of their returns.
    #[schema(required)]
    pub value: Option<f64>,
    /// By the cohort's size.
    #[schema(required)]
    pub rate: Option<f64>,
    /// Whether the interval is past for every member.
    pub complete: bool,
    /// Token of the people.
    #[schema(required)]
    pub cell: Option<String>,
}

/// One interval over all complete cohorts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RetentionOverall {
    /// Name of the segment; null without segments.
    #[schema(required)]
    pub segment: Option<String>,
    /// Values of the grouping properties.
    pub group: Vec<Value>,
    /// The line over all groups.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub overall: bool,
    /// Interval, or place of the bracket.
    pub interval: u32,
    /// Returned.
    #[schema(required)]
    pub returned: Option<f64>,
    /// Members of the same cohorts.
    pub of: u64,
    /// Share.
    #[schema(required)]
    pub rate: Option<f64>,
}

/// Numbers of a lifecycle; with segments one per segment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum LifecycleResult {
    /// Of everyone.
    Everyone(LifecycleShape),
    /// Of segments side by side.
    Segments {
        /// In the order asked.
        segments: Vec<LifecycleSegment>,
    },
}

/// A lifecycle of one segment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LifecycleSegment {
    /// Name of the segment.
    pub name: String,
    #[serde(flatten)]
    pub shape: LifecycleShape,
}

/// People by state and bucket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LifecycleShape {
    /// Labels of the buckets.
    pub buckets: Vec<String>,
    /// Active, and their first event is in the bucket.
    pub new: Vec<Cell>,
    /// Active, and in the bucket before too.
    pub current: Vec<Cell>,
    /// Active, not in the bucket before, first seen earlier.
    pub resurrected: Vec<Cell>,
    /// Active in the bucket before and not in this one.
    pub dormant: Vec<Cell>,
    /// New and resurrected by dormant; null is no value.
    pub pulse: Vec<Option<f64>>,
}

/// Numbers of a stickiness.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StickinessResult {
    /// One per segment and group.
    pub rows: Vec<StickinessRow>,
}

/// A row of a stickiness.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StickinessRow {
    /// Name of the segment; null without segments.
    #[schema(required)]
    pub segment: Option<String>,
    /// Values of the grouping properties.
    pub group: Vec<Value>,
    /// The row over all groups.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub overall: bool,
    /// One per number of days.
    pub counts: Vec<StickinessCount>,
}

/// People with so many days.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StickinessCount {
    /// Days in a period.
    pub days: u32,
    /// People, once per period.
    pub value: u64,
    /// By the people with one day at least.
    #[schema(required)]
    pub rate: Option<f64>,
    /// Token of the people.
    #[schema(required)]
    pub cell: Option<String>,
}

/// Numbers of a usage interval; with segments one per segment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum UsageIntervalResult {
    /// Of everyone.
    Everyone(UsageIntervalShape),
    /// Of segments side by side.
    Segments {
        /// In the order asked.
        segments: Vec<UsageIntervalSegment>,
    },
}

/// A usage interval of one segment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UsageIntervalSegment {
    /// Name of the segment.
    pub name: String,
    #[serde(flatten)]
    pub shape: UsageIntervalShape,
}

/// People by the median gap between their days.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UsageIntervalShape {
    /// Ascending; medians that no one has are left out.
    pub histogram: Vec<UsageIntervalBin>,
    /// The smallest median at or below which four fifths are; null without anyone.
    #[schema(required)]
    pub p80_days: Option<f64>,
}

/// People of one median gap.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UsageIntervalBin {
    /// Days, halves possible.
    pub days: f64,
    /// People.
    pub people: Cell,
    /// Share of everyone at or below.
    pub cumulative_rate: f64,
}
