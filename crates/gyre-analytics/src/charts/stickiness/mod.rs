//! The stickiness chart: on how many days of a period people do something.

use std::sync::Arc;

use async_trait::async_trait;
use gyre_base::calendar::{Interval, unit_start};
use gyre_base::{DAY_MS, Timestamp};
use gyre_model::chart::{ChartQuery, ChartSpec, Period, StickinessSpec};
use gyre_query::{ActivityCount, ActivityPlan, PreparedSelector, QueryError, RowPlan};
use serde_json::{Value, json};

use super::rows::{Asked, Row, ask_activity};
use super::{Answer, Chart, Frame, ratio};
use crate::cell::{CellPeople, Minter};

/// The chart.
#[derive(Debug)]
pub(super) struct Stickiness;

#[async_trait]
impl Chart for Stickiness {
    fn kind(&self) -> &'static str {
        "stickiness"
    }

    fn doc_short(&self) -> &'static str {
        "On how many days of a week or month people do something"
    }

    fn readme(&self) -> &'static str {
        include_str!("README.md")
    }

    fn example(&self) -> Value {
        json!({"kind": "stickiness", "range": {"last": 28, "unit": "day"}, "select": {"any_event": true}, "period": "week"})
    }

    async fn answer(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        minter: &Minter,
    ) -> Result<Answer, QueryError> {
        let ChartSpec::Stickiness(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let (asked, scanned) = asked(frame, query, spec).await?;
        let counted = asked.count().await?;
        let longest = asked.width - 1;
        let rows = counted.rows.iter();
        let rows: Vec<Value> = rows
            .map(|row| {
                let mut line = row.head(frame);
                line.insert("counts".to_owned(), counts(row, longest, minter));
                Value::Object(line)
            })
            .collect();
        let (period, unit) = match spec.period {
            Period::Week => ("week", "days"),
            Period::Month => ("month", "days"),
            Period::Range => ("range", "intervals"),
        };
        let exactly = if spec.is_cumulative {
            "so many or more"
        } else {
            "exactly so many"
        };
        Ok(Answer {
            definition: format!(
                "People with {exactly} {unit} per {period} on which they had at least {} chosen event{} in {}, by the \
                 people with one such day; a person counts once per period.",
                spec.at_least,
                if spec.at_least == 1 { "" } else { "s" },
                frame.zone.name()
            ),
            result: json!({ "rows": rows }),
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
        let ChartSpec::Stickiness(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        asked(frame, query, spec).await?.0.list(place).await
    }
}

async fn asked<'a>(
    frame: &'a Frame,
    query: &'a ChartQuery,
    spec: &StickinessSpec,
) -> Result<(Asked<'a>, u64), QueryError> {
    let select = PreparedSelector::new(&frame.ctx.snapshot, &spec.select, &query.filter);
    let mut scanned = 0;
    let tables = frame
        .tables(select.filters(), &query.group_by, &mut scanned)
        .await?;
    let edges: Vec<i64> = match spec.period {
        Period::Range => frame.buckets.edges.iter().map(|it| it.ms()).collect(),
        Period::Week | Period::Month => frame.unit_edges(Interval::Day, 0, 0)?,
    };
    let (period_of, longest) = periods(frame, spec.period, &edges);
    let plan = ActivityPlan {
        select,
        units: edges.windows(2).map(|it| (it[0], it[1])).collect(),
        count: ActivityCount::Stickiness {
            period_of,
            at_least: spec.at_least,
            is_cumulative: spec.is_cumulative,
            longest,
        },
        rows: RowPlan::everyone(),
        list: None,
        tables,
        as_of: frame.ctx.as_of,
    };
    Ok((ask_activity(frame, query, Arc::new(plan)), scanned))
}

/// The period of each unit, and how many units the longest may have.
fn periods(frame: &Frame, period: Period, edges: &[i64]) -> (Vec<u32>, usize) {
    let units = edges.len() - 1;
    let interval = match period {
        Period::Range => return (vec![0; units], units),
        Period::Week => Interval::Week,
        Period::Month => Interval::Month,
    };
    let mut periods = Vec::with_capacity(units);
    let (mut last, mut longest) = (None, 7);
    let mut place = 0;
    for start in &edges[..units] {
        // noon is on the same date whatever the clocks did at midnight
        let date = frame.zone.date(Timestamp(start + DAY_MS / 2));
        let unit = unit_start(date, interval, frame.week_start);
        if last.is_some_and(|it| it != unit) {
            place += 1;
        }
        last = Some(unit);
        if period == Period::Month {
            longest = longest.max(date.days_in_month() as usize);
        }
        periods.push(place);
    }
    (periods, longest)
}

fn counts(row: &Row, longest: usize, minter: &Minter) -> Value {
    let whole = row.count(0).count as usize;
    let lines = (1..=longest).map(|days| {
        let count = row.count(days).count;
        let mut line = json!(minter.cell(count, &row.place(days)));
        line["days"] = json!(days);
        line["rate"] = ratio(count as usize, whole);
        line
    });
    lines.collect()
}
