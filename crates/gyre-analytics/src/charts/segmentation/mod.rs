//! The segmentation chart: people, events and property functions over time, by group and segment.

mod count;
mod layout;
mod points;
mod series;

use std::sync::Arc;

use async_trait::async_trait;
use gyre_model::chart::{ChartQuery, ChartSpec, Display, SegmentationSpec};
use gyre_model::value::Scalar;
use gyre_query::{
    CellFilter, Cut, GroupDict, GroupTest, QueryError, SegmentationOperator, SegmentationRow, run,
};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};

use super::{Answer, Chart, Frame, not_a_cell, read_place};
use crate::cell::{CellPeople, Minter};

use count::{Question, count};
use layout::{Layout, reach_of};

pub(crate) use layout::numeric;
pub(crate) use points::percentile;

/// The chart.
#[derive(Debug)]
pub(super) struct Segmentation;

/// By series, cut, group and bucket.
type Cells = FxHashMap<(u32, u32, u32, u32), SegmentationRow>;
/// Groups that keep a row, by the question's series and cut.
type Kept = FxHashMap<(u32, u32), FxHashSet<u32>>;

#[async_trait]
impl Chart for Segmentation {
    fn kind(&self) -> &'static str {
        "segmentation"
    }

    fn doc_short(&self) -> &'static str {
        "People, events and sums over time"
    }

    fn readme(&self) -> &'static str {
        include_str!("README.md")
    }

    fn example(&self) -> Value {
        json!({"kind": "segmentation", "range": {"last": 30, "unit": "day"},
            "series": [{"name": "A", "select": {"any_event": true}, "measure": "people"}]})
    }

    async fn answer(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        minter: &Minter,
    ) -> Result<Answer, QueryError> {
        let ChartSpec::Segmentation(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let layout = Layout::new(spec);
        let question = Question {
            frame,
            query,
            spec,
            layout: &layout,
            dict: Arc::new(GroupDict::default()),
        };
        let (series, scanned) = series::answer(&question, minter).await?;
        let definition = format!(
            "Events per {} in {}; people are distinct within each point and over the range{}.",
            interval_text(query),
            frame.zone.name(),
            display_text(spec)
        );
        Ok(Answer {
            definition,
            result: json!({"buckets": frame.buckets.labels, "series": series}),
            range: frame.days,
            zone: frame.zone.clone(),
            events_scanned: frame.scanned + scanned,
        })
    }

    async fn list(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        place: &str,
    ) -> Result<CellPeople, QueryError> {
        let ChartSpec::Segmentation(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let place = read_place(place)?;
        let layout = Layout::new(spec);
        let dict = Arc::new(GroupDict::default());
        let question = Question {
            frame,
            query,
            spec,
            layout: &layout,
            dict: Arc::clone(&dict),
        };
        if place.series >= spec.series.len() {
            return Err(not_a_cell());
        }
        let cut = place.cut.map_or(Cut::Union, |it| Cut::Segment(it as u32));
        let group = match &place.group {
            _ if place.is_other => {
                let counted = count(&question).await?;
                let key = (place.series as u32, place.cut.unwrap_or(0) as u32);
                GroupTest::NotIn(counted.kept.get(&key).cloned().unwrap_or_default())
            }
            Some(values) => {
                let values: Vec<Scalar> = values.iter().map(Scalar::from_json).collect();
                GroupTest::Is(dict.tuple_of(&values)?)
            }
            None => GroupTest::Any,
        };
        let first_of = |bucket: usize| match spec.display {
            Display::Plain | Display::RollingAverage(_) => bucket,
            Display::Cumulative => layout.before,
            Display::RollingWindow(buckets) => (bucket + 1).saturating_sub(buckets),
        };
        let list = CellFilter {
            series: layout.own(place.series, reach_of(spec.display)) as usize,
            cut,
            group,
            buckets: place.bucket.map(|it| {
                let bucket = layout.before + it;
                (first_of(bucket), bucket)
            }),
            times: place.times,
        };
        let shifted;
        let frame = match spec.compare {
            Some(previous) if place.is_previous => {
                shifted = frame.shifted(query, previous.days(frame.days))?;
                &shifted
            }
            _ => frame,
        };
        let question = Question { frame, ..question };
        let (plan, scanned) = question.plan(None, Some(list)).await?;
        let operator = SegmentationOperator::new(&frame.ctx.snapshot, plan, dict);
        let (batches, stats) = run(Arc::new(operator)).await?;
        let mut listed = CellPeople {
            scanned: scanned + stats.events_scanned,
            ..CellPeople::default()
        };
        for hit in SegmentationOperator::hits(&batches) {
            listed.people.push((hit.person, hit.first));
            listed.units += hit.events;
        }
        Ok(listed)
    }
}

fn interval_text(query: &ChartQuery) -> &'static str {
    use gyre_base::Interval;
    match query.interval {
        Interval::Minute5 => "five minutes",
        Interval::Hour => "hour",
        Interval::Day => "day",
        Interval::Week => "week",
        Interval::Month => "month",
        Interval::Quarter => "quarter",
    }
}

fn display_text(spec: &SegmentationSpec) -> String {
    match spec.display {
        Display::Plain => String::new(),
        Display::Cumulative => "; each point counts from the range's start on".to_owned(),
        Display::RollingAverage(n) => format!("; each point is the mean of {n}"),
        Display::RollingWindow(n) => format!("; each point counts over {n}"),
    }
}
