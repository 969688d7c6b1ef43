//! The sessions chart: visits over time, by group and segment.

use std::sync::Arc;

use async_trait::async_trait;
use gyre_model::Selector;
use gyre_model::chart::{ChartQuery, ChartSpec, SessionMeasure, SessionsSpec};
use gyre_model::filter::Filter;
use gyre_query::{
    Count, GroupDict, PreparedSelector, QueryError, RowPlan, SessionSlot, SessionsOperator,
    SessionsPlan,
};
use serde_json::{Value, json};

use super::rows::{Asked, Row};
use super::{Answer, Chart, Frame};
use crate::cell::{CellPeople, Minter, number_json};

/// The chart.
#[derive(Debug)]
pub(super) struct Sessions;

#[async_trait]
impl Chart for Sessions {
    fn kind(&self) -> &'static str {
        "sessions"
    }

    fn doc_short(&self) -> &'static str {
        "How many visits there are, how long and how deep"
    }

    fn readme(&self) -> &'static str {
        include_str!("README.md")
    }

    fn example(&self) -> Value {
        json!({"kind": "sessions", "range": {"last": 30, "unit": "day"}, "measure": "length"})
    }

    async fn answer(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        minter: &Minter,
    ) -> Result<Answer, QueryError> {
        let ChartSpec::Sessions(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let (plan, scanned) = plan(frame, query).await?;
        let counted = asked(frame, query, &plan, *spec).count().await?;
        let rows = counted.rows.iter();
        let series: Vec<Value> = rows
            .map(|row| series_json(frame, &plan, *spec, row, minter))
            .collect();
        let measure = match spec.measure {
            SessionMeasure::Count => "Sessions",
            SessionMeasure::Length => "Mean seconds of sessions",
            SessionMeasure::PerPerson => "Sessions per person who has one",
            SessionMeasure::BounceRate => "Share of sessions with one event",
            SessionMeasure::EventsPer => "Events per session",
        };
        Ok(Answer {
            definition: format!(
                "{measure}, each in the interval of its first event in {}; without a client's session, 30 minutes of \
                 silence or 24 hours begin a new one.",
                frame.zone.name()
            ),
            result: json!({"buckets": frame.buckets.labels, "series": series}),
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
        let ChartSpec::Sessions(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let (plan, _) = plan(frame, query).await?;
        asked(frame, query, &plan, *spec).list(place).await
    }
}

async fn plan(frame: &Frame, query: &ChartQuery) -> Result<(SessionsPlan, u64), QueryError> {
    let snapshot = &frame.ctx.snapshot;
    let any = Selector::any_event();
    let chosen = PreparedSelector::new(snapshot, &any, &query.filter);
    let mut scanned = 0;
    let tables = frame
        .tables(chosen.filters(), &query.group_by, &mut scanned)
        .await?;
    let plan = SessionsPlan {
        active: PreparedSelector::new(snapshot, &any, &Filter::pass()),
        chosen,
        edges: frame.buckets.edges.iter().map(|it| it.ms()).collect(),
        rows: RowPlan::everyone(),
        list: None,
        tables,
        as_of: frame.ctx.as_of,
    };
    Ok((plan, scanned))
}

fn asked<'a>(
    frame: &'a Frame,
    query: &'a ChartQuery,
    plan: &'a SessionsPlan,
    spec: SessionsSpec,
) -> Asked<'a> {
    let dict = Arc::new(GroupDict::default());
    Asked {
        frame,
        query,
        dict: Arc::clone(&dict),
        width: plan.width(),
        make: Box::new(move |rows, list| {
            let plan = SessionsPlan {
                rows,
                list,
                ..plan.clone()
            };
            let snapshot = &frame.ctx.snapshot;
            Arc::new(SessionsOperator::new(snapshot, plan, Arc::clone(&dict)))
        }),
        measure: Box::new(move |cells| {
            let count = |it| cells.get(plan.slot(None, it)).copied().unwrap_or_default();
            measured(spec.measure, count).unwrap_or(f64::NEG_INFINITY)
        }),
    }
}

/// Value of a measure; `None` is no value.
fn measured(measure: SessionMeasure, count: impl Fn(SessionSlot) -> Count) -> Option<f64> {
    let sessions = count(SessionSlot::Sessions);
    let over = |part: f64, whole: u64| (whole > 0).then(|| part / whole as f64);
    let of = |part: f64| over(part, sessions.count);
    match measure {
        SessionMeasure::Count => Some(sessions.count as f64),
        SessionMeasure::Length => of(sessions.sum / 1_000.0),
        SessionMeasure::PerPerson => over(sessions.count as f64, count(SessionSlot::People).count),
        SessionMeasure::BounceRate => of(count(SessionSlot::Bounces).count as f64),
        SessionMeasure::EventsPer => of(sessions.valued as f64),
    }
}

fn series_json(
    frame: &Frame,
    plan: &SessionsPlan,
    spec: SessionsSpec,
    row: &Row,
    minter: &Minter,
) -> Value {
    let cell = |bucket: Option<usize>| {
        let value = measured(spec.measure, |it| row.count(plan.slot(bucket, it)));
        // whatever is shown of them, the people of a cell are those of its sessions
        let place = row.place(plan.slot(bucket, SessionSlot::Sessions));
        json!(minter.cell(value.map_or(Value::Null, number_json), &place))
    };
    let points: Vec<Value> = (0..plan.buckets()).map(|it| cell(Some(it))).collect();
    let mut series = row.head(frame);
    series.insert("name".to_owned(), json!(spec.measure.name()));
    series.insert("points".to_owned(), Value::Array(points));
    series.insert("total".to_owned(), cell(None));
    Value::Object(series)
}
