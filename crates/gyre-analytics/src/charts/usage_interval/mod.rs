//! The usage interval chart: people by the median gap between their days.

use std::sync::Arc;

use async_trait::async_trait;
use gyre_base::calendar::Interval;
use gyre_model::chart::{ChartQuery, ChartSpec, UsageIntervalSpec};
use gyre_query::{ActivityCount, ActivityPlan, PreparedSelector, QueryError, RowPlan};
use serde_json::{Map, Value, json};

use super::rows::{Asked, Row, ask_activity, shapes};
use super::{Answer, Chart, Frame};
use crate::cell::{CellPeople, Minter, number_json};

/// The chart.
#[derive(Debug)]
pub(super) struct UsageInterval;

#[async_trait]
impl Chart for UsageInterval {
    fn kind(&self) -> &'static str {
        "usage_interval"
    }

    fn doc_short(&self) -> &'static str {
        "How many days usually lie between a person's days"
    }

    fn readme(&self) -> &'static str {
        include_str!("README.md")
    }

    fn example(&self) -> Value {
        json!({"kind": "usage_interval", "range": {"last": 90, "unit": "day"}, "select": {"any_event": true}})
    }

    async fn answer(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        minter: &Minter,
    ) -> Result<Answer, QueryError> {
        let ChartSpec::UsageInterval(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let (asked, scanned) = asked(frame, query, spec).await?;
        let counted = asked.count().await?;
        let width = asked.width;
        Ok(Answer {
            definition: format!(
                "People by the median number of days between their days with a chosen event in {}; people with fewer \
                 than two days are left out.",
                frame.zone.name()
            ),
            result: shapes(frame, &counted, |row| shape(row, width, minter)),
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
        let ChartSpec::UsageInterval(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        asked(frame, query, spec).await?.0.list(place).await
    }
}

async fn asked<'a>(
    frame: &'a Frame,
    query: &'a ChartQuery,
    spec: &UsageIntervalSpec,
) -> Result<(Asked<'a>, u64), QueryError> {
    let select = PreparedSelector::new(&frame.ctx.snapshot, &spec.select, &query.filter);
    let mut scanned = 0;
    let tables = frame.tables(select.filters(), &[], &mut scanned).await?;
    let edges = frame.unit_edges(Interval::Day, 0, 0)?;
    let plan = ActivityPlan {
        select,
        units: edges.windows(2).map(|it| (it[0], it[1])).collect(),
        count: ActivityCount::UsageInterval,
        rows: RowPlan::everyone(),
        list: None,
        tables,
        as_of: frame.ctx.as_of,
    };
    Ok((ask_activity(frame, query, Arc::new(plan)), scanned))
}

fn shape(row: &Row, width: usize, minter: &Minter) -> Map<String, Value> {
    let whole: u64 = (0..width).map(|it| row.count(it).count).sum();
    let mut histogram = Vec::new();
    let (mut below, mut p80) = (0, None);
    for slot in 0..width {
        let people = row.count(slot).count;
        if people == 0 {
            continue;
        }
        below += people;
        let days = number_json(slot as f64 / 2.0);
        // whole numbers: four fifths are reached exactly where they are
        if p80.is_none() && below * 5 >= whole * 4 {
            p80 = Some(days.clone());
        }
        histogram.push(json!({
            "days": days,
            "people": minter.cell(people, &row.place(slot)),
            "cumulative_rate": below as f64 / whole as f64,
        }));
    }
    let mut shape = Map::new();
    shape.insert("histogram".to_owned(), Value::Array(histogram));
    shape.insert("p80_days".to_owned(), p80.unwrap_or(Value::Null));
    shape
}
