//! Charts: a query in, its answer with tokens out; people behind a cell.

use gyre_analytics::charts::read_query;
use gyre_analytics::{Minter, answer};
use gyre_base::Timestamp;
use gyre_model::{Doc, FieldError};
use gyre_query::Snapshot;
use serde_json::Value;

use crate::people::PersonRow;
use crate::questions::Token;
use crate::{App, AppError, CanRead};

/// Bytes of node and time per event.
const HOT_BYTES: u64 = 4 + 8;

/// An answer with its envelope.
#[derive(Clone, Debug)]
pub struct ChartAnswer {
    /// Kind of the chart.
    pub kind: String,
    /// First day, ISO date.
    pub from: String,
    /// Last day, ISO date.
    pub to: String,
    /// Zone of the days.
    pub timezone: String,
    /// One plain sentence with the modes in force.
    pub definition: String,
    /// The instant of evaluation.
    pub as_of: Timestamp,
    /// Version of the data.
    pub data_version: u64,
    /// Version of who is who.
    pub people_version: u64,
    /// Time it took, in milliseconds.
    pub elapsed_ms: i64,
    /// Events in the runs that were read.
    pub events_scanned: u64,
    /// Bytes of those runs' node and time columns.
    pub bytes_scanned: u64,
    /// The kind's own result.
    pub result: Value,
}

/// A page of the people behind a cell.
#[derive(Clone, Debug)]
pub struct CellPage {
    /// Distinct people.
    pub total: u64,
    /// The cell's value where it counts events.
    pub units: u64,
    /// This page, with the time they entered.
    pub people: Vec<(PersonRow, Timestamp)>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

impl App {
    /// Answers a chart query.
    pub async fn chart_query(
        &self,
        access: &CanRead,
        query: &Value,
    ) -> Result<ChartAnswer, AppError> {
        let workspace = access.workspace();
        let started = self.clock.now();
        let read = read_query(query)?;
        let as_of = read.as_of.unwrap_or(started);
        let hash = self.question_keep(workspace, query).await?;
        let handle = self.engine.handle(workspace);
        let snapshot = handle.newest();
        handle.pin(&snapshot);
        let version = snapshot.version;
        let snapshot = pinned_people(snapshot, read.people_version).await?;
        let people_version = snapshot.map.link_seq();
        let ctx = self.engine.context(workspace, snapshot, as_of).await?;
        let minter = Minter::new(Token::question(&hash, as_of, version));
        let answer = answer(&ctx, &read, &minter).await?;
        Ok(ChartAnswer {
            kind: query["kind"].as_str().unwrap_or_default().to_owned(),
            from: answer.range.0.to_string(),
            to: answer.range.1.to_string(),
            timezone: answer.zone.name().to_owned(),
            definition: answer.definition,
            as_of,
            data_version: version,
            people_version,
            elapsed_ms: self.clock.now().since(started),
            events_scanned: answer.events_scanned,
            bytes_scanned: answer.events_scanned * HOT_BYTES,
            result: answer.result,
        })
    }

    /// A page of the people behind a cell, in the order in which they entered.
    pub async fn cell_page(
        &self,
        access: &CanRead,
        cell: &str,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<CellPage, AppError> {
        let offset = read_offset(cursor)?;
        let (listed, _, _) = self.cell_people(access.workspace(), cell, None).await?;
        let total = listed.people.len();
        let page = listed.people.iter().skip(offset).take(limit);
        let rows = self.person_rows(access.workspace(), page.clone().map(|it| it.0));
        let people = rows
            .into_iter()
            .zip(page.map(|it| Timestamp(it.1)))
            .collect();
        let next = (offset + limit < total).then(|| (offset + limit).to_string());
        Ok(CellPage {
            total: total as u64,
            units: listed.units,
            people,
            next,
        })
    }
}

/// The snapshot with the people that a question asks for; making them anew goes through every identifier.
pub(crate) async fn pinned_people(
    snapshot: Snapshot,
    people_version: Option<u64>,
) -> Result<Snapshot, AppError> {
    let Some(wanted) = people_version else {
        return Ok(snapshot);
    };
    let made = tokio::task::spawn_blocking(move || snapshot.with_people_of(wanted));
    Ok(made.await.map_err(|_| gyre_query::QueryError::Cancelled)?)
}

/// A cursor that is a count of rows shown.
pub(crate) fn read_offset(cursor: Option<&str>) -> Result<usize, AppError> {
    let Some(text) = cursor else { return Ok(0) };
    text.parse()
        .map_err(|_| FieldError::new("/cursor", "is not a cursor of this list").into())
}

/// Reads an audience at a pointer of the request.
pub(crate) fn read_audience(
    value: &Value,
    pointer: &str,
) -> Result<gyre_model::Audience, AppError> {
    Ok(gyre_model::Audience::read(&Doc::at(value, pointer))?)
}
