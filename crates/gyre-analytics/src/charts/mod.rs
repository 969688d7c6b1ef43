//! The list of charts. A new kind is a folder here, a line in [`CHARTS`] and its fields in `gyre-model`.

mod funnel;
mod lifecycle;
mod paths;
mod retention;
mod rows;
mod segmentation;
mod sessions;
mod stickiness;
mod usage_interval;

use std::sync::Arc;

use async_trait::async_trait;
use gyre_base::calendar::{Buckets, CivilDate, Interval, plus_units, unit_start};
use gyre_base::{WeekStart, Zone, limits};
use gyre_model::chart::{ChartQuery, ChartSpec};
use gyre_model::filter::{Filter, PropertyRef};
use gyre_model::{Doc, FieldError};
use gyre_query::{PersonTables, QueryError, Segments};
use serde_json::{Value, json};

use crate::audiences::audience_people;
use crate::cell::{CellPeople, Minter, Place};
use crate::context::Context;
use crate::reader::person_tables;

/// A kind of chart.
#[async_trait]
pub trait Chart: Send + Sync {
    /// Wire value, folder and anchor in the manual.
    fn kind(&self) -> &'static str;
    /// One line for the picker.
    fn doc_short(&self) -> &'static str;
    /// What it answers, its formula and where that comes from.
    fn readme(&self) -> &'static str;
    /// A question that can be asked of any workspace.
    fn example(&self) -> Value;
    /// Answers `query`, which is of this kind.
    async fn answer(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        minter: &Minter,
    ) -> Result<Answer, QueryError>;
    /// Lists the people behind one cell of the answer.
    async fn list(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        place: &str,
    ) -> Result<CellPeople, QueryError>;
}

/// Every chart, in the order the picker shows them.
pub static CHARTS: &[&dyn Chart] = &[
    &funnel::Funnel,
    &segmentation::Segmentation,
    &retention::Retention,
    &lifecycle::Lifecycle,
    &stickiness::Stickiness,
    &usage_interval::UsageInterval,
    &sessions::Sessions,
    &paths::Paths,
];

/// An answer before its envelope.
#[derive(Clone, Debug)]
pub struct Answer {
    /// One plain sentence with the modes in force.
    pub definition: String,
    /// The kind's own result.
    pub result: Value,
    /// First and last day.
    pub range: (CivilDate, CivilDate),
    /// Zone of the days.
    pub zone: Zone,
    /// Events in the runs that were read.
    pub events_scanned: u64,
}

/// What every chart works with: the context and the query's common parts, resolved.
#[derive(Debug)]
pub struct Frame {
    pub(crate) ctx: Context,
    pub(crate) zone: Zone,
    pub(crate) week_start: WeekStart,
    pub(crate) days: (CivilDate, CivilDate),
    pub(crate) buckets: Buckets,
    pub(crate) segments: Segments,
    pub(crate) segment_names: Vec<String>,
    pub(crate) scanned: u64,
}

impl Frame {
    async fn new(ctx: &Context, query: &ChartQuery) -> Result<Self, QueryError> {
        let ctx = Context {
            as_of: query.as_of.unwrap_or(ctx.as_of),
            ..ctx.clone()
        };
        let zone = query.timezone.clone().unwrap_or_else(|| ctx.zone.clone());
        let week_start: WeekStart = query.week_start.unwrap_or(ctx.week_start);
        let days = query.range.dates(ctx.as_of, &zone);
        let buckets = cut_buckets(&zone, week_start, query, days)?;
        let mut members = Vec::new();
        let mut scanned = 0;
        for (i, segment) in query.segments.iter().enumerate() {
            let (people, events) = audience_people(&ctx, &segment.people)
                .await
                .map_err(|it| at_pointer(it, &format!("/segments/{i}/people")))?;
            members.push(Arc::new(people));
            scanned += events;
        }
        Ok(Self {
            zone,
            week_start,
            days,
            buckets,
            segments: Segments::of(members),
            segment_names: query.segments.iter().map(|it| it.name.clone()).collect(),
            scanned,
            ctx,
        })
    }

    /// The same question about other days.
    pub(crate) fn shifted(
        &self,
        query: &ChartQuery,
        days: (CivilDate, CivilDate),
    ) -> Result<Self, QueryError> {
        Ok(Self {
            ctx: self.ctx.clone(),
            zone: self.zone.clone(),
            week_start: self.week_start,
            days,
            buckets: cut_buckets(&self.zone, self.week_start, query, days)?,
            segments: self.segments.clone(),
            segment_names: self.segment_names.clone(),
            scanned: 0,
        })
    }

    /// Edges of whole calendar units: `before` ones, those the range touches, and `after` more.
    pub(crate) fn unit_edges(
        &self,
        interval: Interval,
        before: usize,
        after: usize,
    ) -> Result<Vec<i64>, QueryError> {
        let first = unit_start(self.days.0, interval, self.week_start);
        let last = unit_start(self.days.1, interval, self.week_start);
        let mut edges = Vec::new();
        let mut left = after + 1;
        let most = (limits::BUCKETS_MAX + after) as i64;
        for place in -(before as i64)..=most {
            let unit = plus_units(first, interval, place);
            edges.push(self.zone.start_of(unit).ms());
            if unit > last {
                left -= 1;
            }
            if left == 0 {
                return Ok(edges);
            }
        }
        // too many, or the calendar ends in the year 9999 and units no longer advance
        let detail = format!("is more than {} of the chart's units", limits::BUCKETS_MAX);
        Err(FieldError::new("/range", detail).into())
    }

    /// Name of a segment in a row: null where everyone is compared with no one.
    pub(crate) fn segment_json(&self, cut: Option<usize>) -> Value {
        cut.and_then(|it| self.segment_names.get(it))
            .map_or(Value::Null, |it| json!(it))
    }

    pub(crate) async fn tables<'a>(
        &self,
        filters: impl IntoIterator<Item = &'a Filter>,
        group_by: &'a [PropertyRef],
        scanned: &mut u64,
    ) -> Result<PersonTables, QueryError> {
        person_tables(&self.ctx, filters, group_by, 0, scanned).await
    }
}

fn cut_buckets(
    zone: &Zone,
    week_start: WeekStart,
    query: &ChartQuery,
    days: (CivilDate, CivilDate),
) -> Result<Buckets, QueryError> {
    let most = limits::BUCKETS_MAX;
    let cut = Buckets::cut(zone, week_start, query.interval, days, most);
    cut.ok_or_else(|| {
        let detail = format!("more than {most} points; take a wider interval");
        FieldError::new("/interval", detail).into()
    })
}

/// Names the field that a refusal without a place of its own is about.
fn at_pointer(error: QueryError, pointer: &str) -> QueryError {
    match error {
        QueryError::Field(it) if it.pointer.is_empty() => {
            QueryError::Field(FieldError::new(pointer, it.detail))
        }
        other => other,
    }
}

fn chart_of(query: &ChartQuery) -> &'static dyn Chart {
    match &query.spec {
        ChartSpec::Funnel(_) => &funnel::Funnel,
        ChartSpec::Segmentation(_) => &segmentation::Segmentation,
        ChartSpec::Retention(_) => &retention::Retention,
        ChartSpec::Lifecycle(_) => &lifecycle::Lifecycle,
        ChartSpec::Stickiness(_) => &stickiness::Stickiness,
        ChartSpec::UsageInterval(_) => &usage_interval::UsageInterval,
        ChartSpec::Sessions(_) => &sessions::Sessions,
        ChartSpec::Paths(_) => &paths::Paths,
    }
}

/// Answers a query.
pub async fn answer(
    ctx: &Context,
    query: &ChartQuery,
    minter: &Minter,
) -> Result<Answer, QueryError> {
    let frame = Frame::new(ctx, query).await?;
    chart_of(query).answer(&frame, query, minter).await
}

/// Lists the people behind the cell at `place` (the last part of its token) of a query's answer.
pub async fn list_cell(
    ctx: &Context,
    query: &ChartQuery,
    place: &str,
) -> Result<CellPeople, QueryError> {
    let frame = Frame::new(ctx, query).await?;
    let mut people = chart_of(query).list(&frame, query, place).await?;
    people
        .people
        .sort_unstable_by_key(|(person, entered)| (*entered, *person));
    Ok(people)
}

/// Reads a query of any kind.
pub fn read_query(query: &Value) -> Result<ChartQuery, FieldError> {
    ChartQuery::read(&Doc::root(query))
}

fn read_place(place: &str) -> Result<Place, QueryError> {
    Place::parse(place).ok_or_else(not_a_cell)
}

fn not_a_cell() -> QueryError {
    FieldError::new("/cell", "is not a cell of this answer").into()
}

/// A share; no value of nothing.
fn ratio(part: usize, whole: usize) -> Value {
    if whole == 0 {
        Value::Null
    } else {
        json!(part as f64 / whole as f64)
    }
}

/// `7 days`, `1 hour`, `90 seconds`: a window as a person says it.
fn duration_text(ms: i64) -> String {
    let units = [
        (86_400_000, "day"),
        (3_600_000, "hour"),
        (60_000, "minute"),
        (1_000, "second"),
    ];
    for (size, name) in units {
        if ms >= size && ms % size == 0 {
            let n = ms / size;
            return format!("{n} {name}{}", if n == 1 { "" } else { "s" });
        }
    }
    format!("{ms} milliseconds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chart_is_complete() {
        for chart in CHARTS {
            let kind = chart.kind();
            let same = CHARTS.iter().filter(|it| it.kind() == kind).count();
            assert_eq!(same, 1, "{kind}: not unique");
            assert!(
                chart.readme().contains("Source:"),
                "{kind}: README names no source"
            );
            assert!(
                !chart.doc_short().is_empty(),
                "{kind}: no one-line description"
            );
            let query = read_query(&chart.example()).expect("the example is a valid query");
            assert_eq!(chart_of(&query).kind(), kind);
        }
        let kinds: Vec<&str> = CHARTS.iter().map(|it| it.kind()).collect();
        assert_eq!(kinds, gyre_model::chart::KINDS);
    }
}
