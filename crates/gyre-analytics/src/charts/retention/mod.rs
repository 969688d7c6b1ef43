//! The retention chart: cohorts by calendar unit, and who of them came back in which interval.

use std::sync::Arc;

use async_trait::async_trait;
use gyre_base::DAY_MS;
use gyre_base::calendar::Interval;
use gyre_model::chart::{
    ChartQuery, ChartSpec, RetentionFn, RetentionMode, RetentionSpec, StartRule,
};
use gyre_model::filter::Filter;
use gyre_query::{
    Clock, Count, GroupDict, PreparedSelector, QueryError, RetentionOperator, RetentionPlan,
    ReturnTest, RowPlan,
};
use serde_json::{Value, json};

use super::rows::{Asked, Counted, Row};
use super::segmentation::numeric;
use super::{Answer, Chart, Frame, ratio};
use crate::cell::{CellPeople, Minter, number_json};

/// The chart.
#[derive(Debug)]
pub(super) struct Retention;

#[async_trait]
impl Chart for Retention {
    fn kind(&self) -> &'static str {
        "retention"
    }

    fn doc_short(&self) -> &'static str {
        "Who comes back, and how long after they started"
    }

    fn readme(&self) -> &'static str {
        include_str!("README.md")
    }

    fn example(&self) -> Value {
        json!({"kind": "retention", "range": {"last": 30, "unit": "day"}, "intervals": 14,
            "start": {"any_event": true}, "back": {"any_event": true}})
    }

    async fn answer(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        minter: &Minter,
    ) -> Result<Answer, QueryError> {
        let ChartSpec::Retention(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let (plan, scanned) = plan(frame, query, spec).await?;
        let counted = asked(frame, query, &plan).count().await?;
        Ok(Answer {
            definition: definition(spec, frame),
            result: result(frame, spec, &plan, &counted, minter),
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
        let ChartSpec::Retention(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let (plan, _) = plan(frame, query, spec).await?;
        asked(frame, query, &plan).list(place).await
    }
}

async fn plan(
    frame: &Frame,
    query: &ChartQuery,
    spec: &RetentionSpec,
) -> Result<(RetentionPlan, u64), QueryError> {
    let snapshot = &frame.ctx.snapshot;
    let prepare = |it| PreparedSelector::new(snapshot, it, &query.filter);
    let (start, back) = (prepare(&spec.start), prepare(&spec.back));
    let rule = match spec.start_rule {
        StartRule::EveryBucket => gyre_query::StartRule::EveryBucket,
        StartRule::FirstMatching => gyre_query::StartRule::FirstMatching,
        StartRule::FirstEver => gyre_query::StartRule::FirstEver(PreparedSelector::new(
            snapshot,
            &spec.start.unfiltered(),
            &Filter::pass(),
        )),
    };
    let mut scanned = 0;
    let filters: Vec<&Filter> = start.filters().chain(back.filters()).collect();
    let tables = frame.tables(filters, &query.group_by, &mut scanned).await?;
    let edges = &frame.buckets.edges;
    let last = spec.intervals as usize;
    let plan = RetentionPlan {
        start,
        back,
        rule,
        test: match &spec.mode {
            RetentionMode::On => ReturnTest::On,
            RetentionMode::OnOrAfter => ReturnTest::OnOrAfter,
            RetentionMode::OnOrBefore => ReturnTest::OnOrBefore,
            RetentionMode::Streak => ReturnTest::Streak,
            RetentionMode::Brackets(it) => ReturnTest::Brackets(
                it.iter()
                    .map(|(low, high)| (*low as usize, *high as usize))
                    .collect(),
            ),
        },
        clock: if spec.is_rolling {
            Clock::Rolling(rolling_ms(query.interval))
        } else {
            Clock::Calendar
        },
        range: (edges[0], edges[edges.len() - 1]),
        // one more than the last cohort's last interval: whether a cell is complete is read off the edges
        edges: frame.unit_edges(query.interval, 0, last + 2)?,
        cohorts: frame.buckets.len(),
        last,
        is_start_return: spec.is_start_return,
        number: spec.value.as_ref().map(|(_, it)| numeric(it)),
        rows: RowPlan::everyone(),
        list: None,
        tables,
        as_of: frame.ctx.as_of,
    };
    Ok((plan, scanned))
}

fn rolling_ms(interval: Interval) -> i64 {
    match interval {
        Interval::Week => 7 * DAY_MS,
        Interval::Month => 30 * DAY_MS,
        _ => DAY_MS,
    }
}

fn asked<'a>(frame: &'a Frame, query: &'a ChartQuery, plan: &'a RetentionPlan) -> Asked<'a> {
    let dict = Arc::new(GroupDict::default());
    Asked {
        frame,
        query,
        dict: Arc::clone(&dict),
        make: Box::new(move |rows, list| {
            let plan = RetentionPlan {
                rows,
                list,
                ..plan.clone()
            };
            let snapshot = &frame.ctx.snapshot;
            Arc::new(RetentionOperator::new(snapshot, plan, Arc::clone(&dict)))
        }),
        measure: Box::new(|cells| {
            let sizes = (0..plan.cohorts).filter_map(|it| cells.get(plan.slot(it, None)));
            sizes.map(|it| it.count as f64).sum()
        }),
        width: plan.width(),
    }
}

/// First of the units whose passing completes a cell, counted from the cohort's: the interval and one more.
fn complete_after(plan: &RetentionPlan, cell: usize) -> usize {
    match &plan.test {
        ReturnTest::Brackets(it) => it[cell].1 + 1,
        _ => cell + 1,
    }
}

fn is_complete(frame: &Frame, plan: &RetentionPlan, cohort: usize, cell: usize) -> bool {
    let units = complete_after(plan, cell);
    let end = match plan.clock {
        Clock::Calendar => plan.edges[cohort + 1 + units],
        Clock::Rolling(unit) => plan.edges[cohort + 1] + unit * units as i64,
    };
    end <= frame.ctx.as_of.ms()
}

/// What a cell shows and its share: people, or a function of their returns' numbers.
fn shown(spec: &RetentionSpec, count: Count, size: u64) -> (Value, Value) {
    let Some((function, _)) = &spec.value else {
        return (
            json!(count.count),
            ratio(count.count as usize, size as usize),
        );
    };
    let over = |whole: u64| match whole {
        0 => Value::Null,
        _ => number_json(count.sum / whole as f64),
    };
    let value = match function {
        RetentionFn::Sum => number_json(count.sum),
        RetentionFn::Avg => over(count.valued),
    };
    (value, over(size))
}

fn result(
    frame: &Frame,
    spec: &RetentionSpec,
    plan: &RetentionPlan,
    counted: &Counted,
    minter: &Minter,
) -> Value {
    let mut rows = Vec::new();
    let mut overall = Vec::new();
    for row in &counted.rows {
        for cohort in 0..plan.cohorts {
            let slot = plan.slot(cohort, None);
            let size = row.count(slot).count;
            let cells: Vec<Value> = (0..plan.cells())
                .map(|cell| {
                    let slot = plan.slot(cohort, Some(cell));
                    let (value, rate) = shown(spec, row.count(slot), size);
                    let mut json = json!(minter.cell(value, &row.place(slot)));
                    json["rate"] = rate;
                    json["complete"] = Value::Bool(is_complete(frame, plan, cohort, cell));
                    json
                })
                .collect();
            let mut line = row.head(frame);
            line.insert("bucket".to_owned(), json!(frame.buckets.labels[cohort]));
            line.insert(
                "size".to_owned(),
                json!(minter.cell(size, &row.place(slot))),
            );
            line.insert("cells".to_owned(), Value::Array(cells));
            rows.push(Value::Object(line));
        }
        for cell in 0..plan.cells() {
            overall.push(overall_line(frame, spec, plan, row, cell));
        }
    }
    json!({"rows": rows, "overall": overall})
}

/// One interval over the cohorts for which it is complete.
fn overall_line(
    frame: &Frame,
    spec: &RetentionSpec,
    plan: &RetentionPlan,
    row: &Row,
    cell: usize,
) -> Value {
    let (mut returned, mut of) = (Count::default(), 0);
    for cohort in (0..plan.cohorts).filter(|it| is_complete(frame, plan, *it, cell)) {
        let count = row.count(plan.slot(cohort, Some(cell)));
        returned.count += count.count;
        returned.valued += count.valued;
        returned.sum += count.sum;
        of += row.count(plan.slot(cohort, None)).count;
    }
    let (value, rate) = shown(spec, returned, of);
    let mut line = row.head(frame);
    line.insert("interval".to_owned(), json!(cell));
    line.insert("returned".to_owned(), value);
    line.insert("of".to_owned(), json!(of));
    line.insert("rate".to_owned(), rate);
    Value::Object(line)
}

fn definition(spec: &RetentionSpec, frame: &Frame) -> String {
    let who = match spec.start_rule {
        StartRule::EveryBucket => "People with a start in the period",
        StartRule::FirstEver => "People whose first start ever is in the period",
        StartRule::FirstMatching => "People whose first matching start is in the period",
    };
    let when = match spec.mode {
        RetentionMode::On => "in that interval",
        RetentionMode::OnOrAfter => "in that interval or later",
        RetentionMode::OnOrBefore => "in that interval or earlier",
        RetentionMode::Brackets(_) => "within the bracket of intervals",
        RetentionMode::Streak => "in every interval up to it",
    };
    let clock = if spec.is_rolling {
        "elapsed time since their start".to_owned()
    } else {
        format!("calendar units in {}", frame.zone.name())
    };
    let zero = if spec.is_start_return {
        "the start counts as a return"
    } else {
        "the start is not its own return"
    };
    format!("{who}, and how many of them came back {when}; intervals are {clock}; {zero}.")
}
