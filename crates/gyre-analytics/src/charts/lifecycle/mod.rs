//! The lifecycle chart: new, current, resurrected and dormant people per interval.

use std::sync::Arc;

use async_trait::async_trait;
use gyre_base::calendar::{Interval, plus_units, unit_start};
use gyre_base::{HOUR_MS, MINUTE_MS};
use gyre_model::Selector;
use gyre_model::chart::{ChartQuery, ChartSpec, LifecycleSpec};
use gyre_model::filter::Filter;
use gyre_query::{
    ActivityCount, ActivityPlan, LIFECYCLE_STATES, PreparedSelector, QueryError, RowPlan,
};
use serde_json::{Map, Value, json};

use super::rows::{Asked, Row, ask_activity, shapes};
use super::{Answer, Chart, Frame, ratio};
use crate::cell::{CellPeople, Minter};

/// The chart.
#[derive(Debug)]
pub(super) struct Lifecycle;

const STATES: [&str; LIFECYCLE_STATES] = ["new", "current", "resurrected", "dormant"];

#[async_trait]
impl Chart for Lifecycle {
    fn kind(&self) -> &'static str {
        "lifecycle"
    }

    fn doc_short(&self) -> &'static str {
        "Who is new, who stays, who returns and who is gone"
    }

    fn readme(&self) -> &'static str {
        include_str!("README.md")
    }

    fn example(&self) -> Value {
        json!({"kind": "lifecycle", "range": {"last": 30, "unit": "day"}, "select": {"any_event": true}})
    }

    async fn answer(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        minter: &Minter,
    ) -> Result<Answer, QueryError> {
        let ChartSpec::Lifecycle(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let (asked, scanned) = asked(frame, query, spec).await?;
        let counted = asked.count().await?;
        let first = if spec.is_first_selected {
            "first chosen event"
        } else {
            "first event of any type"
        };
        Ok(Answer {
            definition: format!(
                "People with a chosen event per interval in {}: new if their {first} ever is in it, current if active in \
                 the one before too, else resurrected; dormant are those of the one before who were not.",
                frame.zone.name()
            ),
            result: shapes(frame, &counted, |row| shape(frame, row, minter)),
            range: frame.days,
            zone: frame.zone.clone(),
            events_scanned: frame.scanned + scanned + counted.scanned,
        })
    }

    async fn list(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        place: &str,
    ) -> Result<CellPeople, QueryError> {
        let ChartSpec::Lifecycle(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        asked(frame, query, spec).await?.0.list(place).await
    }
}

async fn asked<'a>(
    frame: &'a Frame,
    query: &'a ChartQuery,
    spec: &LifecycleSpec,
) -> Result<(Asked<'a>, u64), QueryError> {
    let snapshot = &frame.ctx.snapshot;
    let select = PreparedSelector::new(snapshot, &spec.select, &query.filter);
    let any = Selector::any_event();
    let first = if spec.is_first_selected {
        &spec.select
    } else {
        &any
    };
    let first = PreparedSelector::new(snapshot, first, &Filter::pass());
    let mut scanned = 0;
    let filters: Vec<&Filter> = select.filters().chain(first.filters()).collect();
    let tables = frame.tables(filters, &[], &mut scanned).await?;
    let (units, starts) = units(frame, query.interval);
    let plan = ActivityPlan {
        select,
        units,
        count: ActivityCount::Lifecycle { first, starts },
        rows: RowPlan::everyone(),
        list: None,
        tables,
        as_of: frame.ctx.as_of,
    };
    Ok((ask_activity(frame, query, Arc::new(plan)), scanned))
}

/// The calendar unit before the range and the range's buckets; and the calendar start of each.
fn units(frame: &Frame, interval: Interval) -> (Vec<(i64, i64)>, Vec<i64>) {
    let edges: Vec<i64> = frame.buckets.edges.iter().map(|it| it.ms()).collect();
    let (before, start) = match interval {
        Interval::Minute5 => (edges[0] - 5 * MINUTE_MS, edges[0]),
        Interval::Hour => (edges[0] - HOUR_MS, edges[0]),
        _ => {
            let unit = unit_start(frame.days.0, interval, frame.week_start);
            let before = plus_units(unit, interval, -1);
            let start_of = |it| frame.zone.start_of(it).ms();
            (start_of(before), start_of(unit))
        }
    };
    let mut units = vec![(before, start)];
    units.extend(edges.windows(2).map(|it| (it[0], it[1])));
    let mut starts = vec![before, start];
    starts.extend(edges.iter().skip(1).take(units.len() - 2));
    (units, starts)
}

fn shape(frame: &Frame, row: &Row, minter: &Minter) -> Map<String, Value> {
    let mut shape = Map::new();
    shape.insert("buckets".to_owned(), json!(frame.buckets.labels));
    let buckets = 0..frame.buckets.len();
    let slot = |bucket: usize, state: usize| bucket * LIFECYCLE_STATES + state;
    for (state, name) in STATES.iter().enumerate() {
        let cells = buckets.clone().map(|bucket| {
            let slot = slot(bucket, state);
            json!(minter.cell(row.count(slot).count, &row.place(slot)))
        });
        shape.insert((*name).to_owned(), cells.collect());
    }
    let pulse = buckets.map(|bucket| {
        let of = |state: usize| row.count(slot(bucket, state)).count as usize;
        ratio(of(0) + of(2), of(3))
    });
    shape.insert("pulse".to_owned(), pulse.collect());
    shape
}
