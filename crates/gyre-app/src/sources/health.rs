//! How sources fare: what came through each in the last hour and day.
//!
//! Events, quarantine and warnings are counted by the reader of the log and committed with its position: exact, and the
//! same after any restart. Requests that were not taken are not in the log; the collector counts them in memory and they
//! are written down every minute, so that the last minute before a process dies may be missing.

use std::collections::{BTreeMap, BTreeSet};

use gyre_base::failure::error_chain;
use gyre_base::time::SLOT_MS;
use gyre_base::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp, WorkspaceId};
use gyre_collect::Collector;
use gyre_meta::SourceSlot;
use tokio_util::sync::CancellationToken;

use crate::{App, AppError};

/// How often what the collector counted is written down.
const WRITE_MS: i64 = MINUTE_MS;
/// How long counts are kept: the last event of a source that has fallen silent is known for this long.
const KEPT_MS: i64 = 30 * DAY_MS;
/// How often old counts are forgotten, in minutes.
const TRIM_MINUTES: u64 = 60;
/// Libraries listed of one dialect.
const LIBRARIES_MAX: usize = 20;

/// One dialect of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialectHealth {
    /// Its name.
    pub dialect: String,
    /// Events in the last day.
    pub events_day: u64,
    /// Libraries that sent them, by name, at most 20.
    pub libraries: Vec<String>,
}

/// How a source fares, as of some seconds ago.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// When the last event came, within 30 days.
    pub last_event_at: Option<Timestamp>,
    /// Events in the last hour, to ten minutes.
    pub events_hour: u64,
    /// Events in the last day, to ten minutes.
    pub events_day: u64,
    /// Requests in the last day that were not taken.
    pub rejected_day: u64,
    /// Events in the last day that were put into quarantine.
    pub quarantined_day: u64,
    /// Events in the last day that were taken with a warning.
    pub warnings_day: u64,
    /// Dialects seen in the last day, by name.
    pub dialects: Vec<DialectHealth>,
}

/// Adds counts up by source.
fn health_of(slots: &[SourceSlot], now: Timestamp) -> BTreeMap<String, Health> {
    let slot = |at: Timestamp| at.ms().div_euclid(SLOT_MS);
    let (hour, day) = (slot(now.plus_ms(-HOUR_MS)), slot(now.plus_ms(-DAY_MS)));
    let mut found: BTreeMap<String, Health> = BTreeMap::new();
    let mut dialects: BTreeMap<(&str, &str), (u64, BTreeSet<&str>)> = BTreeMap::new();
    for it in slots {
        let health = found.entry(it.source.clone()).or_default();
        if it.events > 0 {
            health.last_event_at = health.last_event_at.max(Some(it.last_at));
        }
        if it.slot > hour {
            health.events_hour += it.events;
        }
        if it.slot > day {
            health.events_day += it.events;
            health.rejected_day += it.rejected;
            health.quarantined_day += it.quarantined;
            health.warnings_day += it.warnings;
            let dialect = dialects.entry((&it.source, &it.dialect)).or_default();
            dialect.0 += it.events;
            if !it.library.is_empty() {
                dialect.1.insert(&it.library);
            }
        }
    }
    for ((source, dialect), (events_day, libraries)) in dialects {
        if let Some(health) = found.get_mut(source) {
            health.dialects.push(DialectHealth {
                dialect: dialect.to_owned(),
                events_day,
                libraries: libraries
                    .into_iter()
                    .take(LIBRARIES_MAX)
                    .map(str::to_owned)
                    .collect(),
            });
        }
    }
    found
}

impl App {
    pub(super) async fn sources_health(
        &self,
        workspace: WorkspaceId,
    ) -> Result<BTreeMap<String, Health>, AppError> {
        let now = self.clock.now();
        let mut slots = self
            .meta
            .source_slots_since(workspace, self.oldest_slot())
            .await?;
        slots.extend(self.engine.handle(workspace).tallies.uncommitted());
        Ok(health_of(&slots, now))
    }

    fn oldest_slot(&self) -> i64 {
        self.clock.now().plus_ms(-KEPT_MS).ms().div_euclid(SLOT_MS)
    }

    /// Forgets counts that are too old.
    async fn sources_trim(&self) -> Result<(), AppError> {
        for workspace in self.meta.workspaces_list().await? {
            let oldest = self.oldest_slot();
            self.meta
                .source_slots_add(workspace.id, &[], oldest)
                .await?;
        }
        Ok(())
    }

    /// Writes down what the collector did not take.
    pub async fn sources_write_rejected(&self, collector: &Collector) -> Result<(), AppError> {
        let oldest = self.oldest_slot();
        let mut by_workspace: BTreeMap<WorkspaceId, Vec<SourceSlot>> = BTreeMap::new();
        for it in collector.take_rejected() {
            let slots = by_workspace.entry(it.workspace).or_default();
            slots.push(SourceSlot {
                source: it.source,
                slot: it.slot,
                dialect: it.dialect.to_owned(),
                rejected: it.count,
                last_at: it.last_at,
                ..SourceSlot::default()
            });
        }
        for (workspace, slots) in by_workspace {
            self.meta
                .source_slots_add(workspace, &slots, oldest)
                .await?;
        }
        Ok(())
    }
}

/// Writes down every minute what the collector did not take, and once more at the end.
pub async fn run_health(app: App, collector: Collector, stop: CancellationToken) {
    for minute in 1_u64.. {
        tokio::select! {
            () = stop.cancelled() => {}
            () = app.clock.sleep_ms(WRITE_MS) => {}
        }
        if minute % TRIM_MINUTES == 0
            && let Err(error) = app.sources_trim().await
        {
            tracing::warn!(error = error_chain(&error), "failed to forget old counts");
        }
        if let Err(error) = app.sources_write_rejected(&collector).await {
            tracing::warn!(
                error = error_chain(&error),
                "failed to count refused requests"
            );
        }
        if stop.is_cancelled() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_the_day_and_the_last_event_are_told_apart() {
        let now = Timestamp(1_772_323_200_000);
        let at = |ago_ms: i64, events: u64, library: &str| {
            let last_at = now.plus_ms(-ago_ms);
            SourceSlot {
                source: "key".to_owned(),
                slot: last_at.ms().div_euclid(SLOT_MS),
                dialect: "segment".to_owned(),
                library: library.to_owned(),
                events,
                rejected: 1,
                last_at,
                ..SourceSlot::default()
            }
        };
        let slots = [
            at(MINUTE_MS, 1, "a"),
            at(2 * HOUR_MS, 10, "b"),
            at(3 * DAY_MS, 100, "c"),
        ];
        let health = &health_of(&slots, now)["key"];
        assert_eq!((health.events_hour, health.events_day), (1, 11));
        assert_eq!(health.rejected_day, 2);
        assert_eq!(health.last_event_at, Some(now.plus_ms(-MINUTE_MS)));
        assert_eq!(health.dialects.len(), 1);
        assert_eq!(health.dialects[0].libraries, ["a", "b"]);
        let silent = &health_of(&slots[2..], now)["key"];
        assert_eq!(silent.events_day, 0);
        assert_eq!(silent.last_event_at, Some(now.plus_ms(-3 * DAY_MS)));
    }
}
