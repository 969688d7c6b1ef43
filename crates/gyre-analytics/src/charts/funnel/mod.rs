//! The funnel chart: steps, people or attempts, groups, time of entry, time to convert.

mod rows;
mod views;

use std::sync::Arc;

use async_trait::async_trait;
use gyre_model::chart::{
    BreakdownAt, ChartQuery, ChartSpec, FunnelCount, FunnelEntry, FunnelOrder, FunnelSpec,
    FunnelView,
};
use gyre_query::{FunnelOperator, FunnelPlan, FunnelRow, GroupDict, QueryError, run};
use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use super::{Answer, Chart, Frame, duration_text, read_place};
use crate::cell::{CellPeople, Minter, Place};

use rows::{Row, row_json, rows_of};

/// The chart.
#[derive(Debug)]
pub(super) struct Funnel;

#[async_trait]
impl Chart for Funnel {
    fn kind(&self) -> &'static str {
        "funnel"
    }

    fn doc_short(&self) -> &'static str {
        "How many people went through steps in order, and where they stopped"
    }

    fn readme(&self) -> &'static str {
        include_str!("README.md")
    }

    fn example(&self) -> Value {
        json!({"kind": "funnel", "range": {"last": 30, "unit": "day"},
            "steps": [{"event": "Product Viewed"}, {"event": "Order Completed"}],
            "window": {"n": 7, "unit": "day"}})
    }

    async fn answer(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        minter: &Minter,
    ) -> Result<Answer, QueryError> {
        let ChartSpec::Funnel(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let (chains, mut scanned) = run_funnel(frame, query, spec, false).await?;
        let rows = rows_of(frame, query, &chains);
        let shown: Vec<Value> = rows
            .iter()
            .map(|row| row_json(frame, spec, row, minter))
            .collect();
        let mut result = json!({ "rows": shown });
        match spec.view {
            FunnelView::Steps => {}
            FunnelView::OverTime => {
                let (by_time, more) = run_funnel(frame, query, spec, true).await?;
                scanned += more;
                result["over_time"] = views::over_time(frame, spec, &rows, &by_time, minter);
            }
            FunnelView::TimeToConvert => {
                result["histogram"] = views::histogram(frame, spec, &rows, minter);
            }
        }
        Ok(Answer {
            definition: definition(query, spec),
            result,
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
        let ChartSpec::Funnel(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let place = read_place(place)?;
        let (chains, mut scanned) = run_funnel(frame, query, spec, false).await?;
        let rows = rows_of(frame, query, &chains);
        let is_at = |row: &&Row<'_>| {
            let own = Place::new(row.cut, &row.group);
            own.cut == place.cut && own.group == place.group && own.is_other == place.is_other
        };
        let row = rows.iter().position(|it| is_at(&it));
        let by_time;
        let listed: Vec<&FunnelRow> = match (row, place.bucket, place.slot) {
            (None, ..) => Vec::new(),
            (Some(row), Some(bucket), _) => {
                let (chains_by_time, more) = run_funnel(frame, query, spec, true).await?;
                by_time = chains_by_time;
                scanned += more;
                let members = views::chains_of_rows(&rows, &by_time).swap_remove(row);
                let is_in = |it: &&FunnelRow| {
                    it.bucket as usize == bucket && rows::has_reached(spec, it, place.step)
                };
                members.into_iter().filter(is_in).collect()
            }
            (Some(row), None, Some(bin)) => views::chains_of_bin(spec, &rows, &rows[row], bin),
            (Some(row), None, None) => {
                let chains = rows[row].chains.iter().copied();
                let is_in = |it: &&FunnelRow| {
                    if place.is_dropped {
                        rows::is_lost_at(spec, it, place.step)
                    } else {
                        rows::has_reached(spec, it, place.step)
                    }
                };
                chains.filter(is_in).collect()
            }
        };
        let mut people: FxHashMap<u32, i64> = FxHashMap::default();
        for chain in &listed {
            let entered = people.entry(chain.person).or_insert(chain.entered());
            *entered = (*entered).min(chain.entered());
        }
        Ok(CellPeople {
            people: people.into_iter().collect(),
            units: listed.len() as u64,
            scanned: frame.scanned + scanned,
        })
    }
}

/// The operator's answer and the values of its groups.
struct Chains {
    rows: Vec<FunnelRow>,
    dict: Arc<GroupDict>,
}

/// Runs the funnel; `by_time` looks at the entries of each of the chart's buckets apart.
async fn run_funnel(
    frame: &Frame,
    query: &ChartQuery,
    spec: &FunnelSpec,
    by_time: bool,
) -> Result<(Chains, u64), QueryError> {
    let snapshot = &frame.ctx.snapshot;
    let mut scanned = 0;
    let filters = FunnelPlan::filters(spec, &query.filter);
    let read: Vec<_> = query.group_by.iter().chain(&spec.hold).cloned().collect();
    let tables = frame.tables(filters, &read, &mut scanned).await?;
    let edges = &frame.buckets.edges;
    let plan = FunnelPlan {
        spec: spec.clone(),
        filter: query.filter.clone(),
        range: (edges[0], edges[edges.len() - 1]),
        edges: by_time.then(|| edges.iter().map(|it| it.ms()).collect()),
        segments: frame.segments.clone(),
        group_by: query.group_by.clone(),
        tables,
        as_of: frame.ctx.as_of,
    };
    let dict = Arc::new(GroupDict::default());
    let operator = FunnelOperator::new(snapshot, plan, Arc::clone(&dict))?;
    let (batches, stats) = run(Arc::new(operator)).await?;
    let rows = FunnelOperator::rows(&batches);
    Ok((Chains { rows, dict }, scanned + stats.events_scanned))
}

/// The modes in force as one sentence.
fn definition(query: &ChartQuery, spec: &FunnelSpec) -> String {
    let window = duration_text(spec.window_ms);
    let who = match (spec.count, spec.hold.is_empty()) {
        (FunnelCount::People, true) => "People",
        (FunnelCount::People, false) => "People with their held values",
        (FunnelCount::Attempts, _) => "Attempts, one open at a time,",
        (FunnelCount::EachEvent, _) => "Events of the first step",
    };
    let order = match spec.order {
        FunnelOrder::Ordered => "who did the steps in this order",
        FunnelOrder::Exact => "who did the steps one right after another",
        FunnelOrder::Any => "by how many of the steps they did in any order",
    };
    let mut text = format!("{who} {order}, within {window} of the first");
    if spec.count == FunnelCount::People {
        text.push_str(match spec.entry {
            FunnelEntry::Longest => {
                "; the chain with the most steps counts, among equals the earliest"
            }
            FunnelEntry::First => "; the first entry counts",
        });
    }
    if !spec.exclude.is_empty() {
        text.push_str("; excluded events between two steps end a chain");
    }
    if spec.tolerance_ms > 0 {
        let tolerance = duration_text(spec.tolerance_ms);
        text = text + "; a step may come " + &tolerance + " early";
    }
    if !query.group_by.is_empty() {
        match spec.breakdown_at {
            BreakdownAt::Step(1) => text.push_str("; grouped by the first step's event"),
            BreakdownAt::Step(step) => {
                text = text + "; grouped by the event of step " + &step.to_string();
            }
            BreakdownAt::FirstDefined => text.push_str("; grouped by the first value of the chain"),
            BreakdownAt::LastDefined => text.push_str("; grouped by the last value of the chain"),
            BreakdownAt::PerValue => text.push_str("; a funnel for each value of the first step"),
        }
    }
    text.push('.');
    text
}
