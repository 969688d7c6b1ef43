//! What reached us in a range of hours, event by event.

use std::ops::Range;

use gyre_base::Timestamp;
use gyre_query::{QueryError, Snapshot, WholeEvent, each_received, received_count};
use serde_json::{Map, Value};

use crate::{App, AppError, CanRead};

/// Longest range of one export, in hours: Amplitude's 365 days.
pub const EXPORT_HOURS_MAX: i64 = 365 * 24;
/// Most events of one export: Amplitude's 4 GB hold about as many of 1 KB each.
pub const EXPORT_EVENTS_MAX: usize = 4_000_000;

/// The events of a range at one moment: what arrives later is not in it.
#[derive(Clone, Debug)]
pub struct EventExport {
    snapshot: Snapshot,
    range: Range<i64>,
    /// Number of events.
    pub events_count: usize,
}

impl App {
    /// The events that reached us in `[from, to)`.
    pub async fn events_export(
        &self,
        access: &CanRead,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<EventExport, AppError> {
        let snapshot = self.engine.snapshot(access.workspace());
        let range = from.ms()..to.ms();
        let counted = tokio::task::spawn_blocking(move || {
            let events_count = received_count(&snapshot, &range)?;
            Ok::<_, QueryError>(EventExport {
                snapshot,
                range,
                events_count,
            })
        });
        Ok(counted.await.map_err(|_| QueryError::Cancelled)??)
    }
}

impl EventExport {
    /// Shows `visit` each event and its person's properties as they stand now, until it says `false`.
    ///
    /// Blocks on files: not for the executor's threads. Memory: one chunk of events.
    pub fn each(
        &self,
        visit: &mut dyn FnMut(WholeEvent, &Map<String, Value>) -> bool,
    ) -> Result<(), AppError> {
        let mut known: Option<(u32, Map<String, Value>)> = None;
        each_received(&self.snapshot, &self.range, &mut |event| {
            // people come in order, so that the last one is nearly always the next one
            if known.as_ref().is_none_or(|it| it.0 != event.person) {
                let people = self.snapshot.people.read();
                let properties = people.properties(&self.snapshot.map, event.person);
                known = Some((event.person, properties));
            }
            let empty = Map::new();
            let properties = known.as_ref().map_or(&empty, |it| &it.1);
            visit(event, properties)
        })?;
        Ok(())
    }
}
