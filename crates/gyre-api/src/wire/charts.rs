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
use super::definition::Audience;
use super::funnel::{FunnelAnswer, FunnelQuery};
use super::instant::Instant;
use super::segmentation::{SegmentationAnswer, SegmentationQuery};

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
