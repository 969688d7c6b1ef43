//! Trying refused events again: they go back into the log with the time at which they arrived.
//!
//! The indexer takes them from there like any other record, by the rules of now; an event that is let in leaves
//! quarantine, one that is refused again stays. Each counts once, however often and however many at a time ask.

use std::collections::BTreeMap;

use bytes::Bytes;
use gyre_collect::{Replay, ReplayedEvents};
use gyre_log::Position;
use gyre_meta::{QuarantineFilter, Quarantined};
use gyre_model::{Event, FieldError};

use crate::engine::EngineError;
use crate::engine::oversight::{BLOCKED, PLAN};
use crate::{App, AppError, CanWrite};

/// Most events tried again at once, the newest first.
pub const REPLAY_MAX: usize = 5_000;
/// Events of one record.
const RECORD_EVENTS_MAX: usize = 1_000;
/// Bytes read for one call; what is beyond waits for the next one.
const BYTES_MAX: usize = 64 << 20;

/// Which refused events.
#[derive(Clone, Debug, Default)]
pub struct ReplaySelection {
    /// These; all without it.
    pub ids: Option<Vec<String>>,
    /// Of these only those with this reason, dialect and so on.
    pub filter: QuarantineFilter,
}

/// What became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayOutcome {
    /// Events that were tried again.
    pub replayed: u64,
    /// Events that count now.
    pub accepted: u64,
    /// Events that are still refused, and those whose record the log no longer has.
    pub still_refused: u64,
    /// Whether more events are selected than were tried.
    pub has_more: bool,
}

impl App {
    /// Tries refused events again; their effect is in every answer from then on.
    pub async fn quarantine_replay(
        &self,
        access: &CanWrite,
        selection: &ReplaySelection,
    ) -> Result<ReplayOutcome, AppError> {
        let workspace = access.workspace();
        let (rows, mut has_more) = self.selected(access, selection).await?;
        let mut records: Vec<Bytes> = Vec::new();
        let mut tried: Vec<String> = Vec::new();
        let mut gone = 0;
        let (read, unread): (Vec<_>, Vec<_>) = rows.into_iter().partition(was_read);
        let now = self.clock.now();
        for (replay, ids) in of_events(read) {
            records.push(replay.encode(workspace, now));
            tried.extend(ids);
        }
        let mut bytes = 0;
        for (position, places) in by_record(&unread) {
            if bytes > BYTES_MAX {
                has_more = true;
                break;
            }
            let Some(record) = self.record_at(position)? else {
                gone += places.len() as u64;
                continue;
            };
            bytes += record.len();
            tried.extend(places.iter().map(|(id, _)| id.clone()));
            records.push(Replay::Record { places, record }.encode(workspace, now));
        }
        for record in records {
            let appended = self.engine.inner.log.append(record).await;
            appended.map_err(EngineError::from)?;
        }
        let end = self.engine.inner.log.durable_end();
        self.engine.wait_indexed(end).await;
        let left = self.meta.quarantine_get_many(workspace, &tried).await?;
        let left = left.len() as u64;
        let tried = tried.len() as u64;
        Ok(ReplayOutcome {
            replayed: tried,
            accepted: tried - left.min(tried),
            still_refused: left + gone,
            has_more,
        })
    }

    /// The rows that are selected and whether there are more of them.
    async fn selected(
        &self,
        access: &CanWrite,
        selection: &ReplaySelection,
    ) -> Result<(Vec<Quarantined>, bool), AppError> {
        let (workspace, filter) = (access.workspace(), &selection.filter);
        if let Some(ids) = &selection.ids {
            if ids.len() > REPLAY_MAX {
                let detail = format!("has {} items; at most {REPLAY_MAX} are allowed", ids.len());
                return Err(FieldError::new("/ids", detail).into());
            }
            let mut unique = ids.clone();
            unique.sort_unstable();
            unique.dedup();
            let mut rows = self.meta.quarantine_get_many(workspace, &unique).await?;
            rows.retain(|it| {
                filter
                    .reason
                    .as_ref()
                    .is_none_or(|reason| *reason == it.reason)
                    && filter
                        .dialect
                        .as_ref()
                        .is_none_or(|dialect| *dialect == it.dialect)
            });
            return Ok((rows, false));
        }
        let most = REPLAY_MAX as u32 + 1;
        let mut rows = self
            .meta
            .quarantine_page(workspace, filter, None, most)
            .await?;
        let has_more = rows.len() > REPLAY_MAX;
        rows.truncate(REPLAY_MAX);
        Ok((rows, has_more))
    }

    /// The record at a position, if the log still has it.
    fn record_at(&self, position: Position) -> Result<Option<Bytes>, AppError> {
        let log = &self.engine.inner.log;
        if position < log.first() {
            return Ok(None);
        }
        let records = log.read(position, 1).map_err(EngineError::from)?;
        let found = records.into_iter().next();
        Ok(found.filter(|it| it.position == position).map(|it| it.body))
    }
}

/// Whether it was read before it was refused, so that its row holds the event.
fn was_read(row: &Quarantined) -> bool {
    [BLOCKED, PLAN].contains(&row.reason.as_str()) && event_of(row).is_some()
}

fn event_of(row: &Quarantined) -> Option<Event> {
    serde_json::from_str(&row.raw).ok()
}

/// Events that were read, by dialect, a bounded number to a record, with their ids.
fn of_events(rows: Vec<Quarantined>) -> Vec<(Replay, Vec<String>)> {
    let mut by_dialect: BTreeMap<String, Vec<(String, Event)>> = BTreeMap::new();
    for row in rows {
        if let Some(event) = event_of(&row) {
            let events = by_dialect.entry(row.dialect).or_default();
            events.push((row.id, event));
        }
    }
    let mut replays = Vec::new();
    for (dialect, events) in by_dialect {
        for chunk in events.chunks(RECORD_EVENTS_MAX) {
            let events = ReplayedEvents {
                dialect: dialect.clone(),
                events: chunk.to_vec(),
            };
            let ids = chunk.iter().map(|(id, _)| id.clone()).collect();
            replays.push((Replay::Events(events), ids));
        }
    }
    replays
}

/// Ids and places by the position of their record, the newest first.
fn by_record(rows: &[Quarantined]) -> Vec<(Position, Vec<(String, usize)>)> {
    let mut found: BTreeMap<u64, Vec<(String, usize)>> = BTreeMap::new();
    for row in rows {
        let parts = row.id.split_once('-');
        let parts = parts.and_then(|(at, index)| Some((at.parse().ok()?, index.parse().ok()?)));
        if let Some((position, index)) = parts {
            let places = found.entry(position).or_default();
            places.push((row.id.clone(), index));
        }
    }
    let records = found.into_iter().rev();
    records.map(|(at, places)| (Position(at), places)).collect()
}
