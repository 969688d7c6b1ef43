//! The rules of one workspace that the indexer holds against events: versions of the tracking plan and blocks.
//!
//! Each rule holds for arrivals from an instant on, and a change is only made at an instant that no record taken so
//! far has reached (see [`Engine::change_rules`]). So which rules meet a record follows from the record alone, and
//! reading the log again after a crash comes to the same.

use std::sync::Arc;

use gyre_base::failure::error_chain;
use gyre_base::{DAY_MS, HOUR_MS, Timestamp, WorkspaceId};
use gyre_meta::{CatalogBlock, CatalogEntry, Meta, MetaError, PlanVersion};
use gyre_model::{Doc, InForce, Plan};
use gyre_query::Merges;
use rustc_hash::FxHashMap;

use super::{Engine, EngineError};

/// How far behind the newest record a record's arrival may be: requests overtake each other on their way to the log.
const DISORDER_MS: i64 = HOUR_MS;
/// Older rules that a change keeps for records that wait in the log; they wait seconds.
const BACKLOG_MS: i64 = DAY_MS;

/// Arrivals that are kept out: from, and up to if it ended.
type Span = (Timestamp, Option<Timestamp>);

/// Rules of one workspace.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// Ascending by the instant they hold from.
    plans: Vec<(Timestamp, Arc<InForce>)>,
    events: FxHashMap<String, Vec<Span>>,
    /// By event, empty for all events: properties.
    properties: FxHashMap<String, Vec<(String, Vec<Span>)>>,
    merges: Arc<Merges>,
}

impl Rules {
    /// Rules that hold at `since` or later.
    pub(crate) async fn load(
        meta: &Meta,
        workspace: WorkspaceId,
        since: Timestamp,
    ) -> Result<Self, MetaError> {
        let since = since.plus_ms(-DISORDER_MS);
        let versions = meta.plan_versions_since(workspace, since).await?;
        let blocks = meta.catalog_blocks(workspace, since).await?;
        let entries = meta.catalog_entries(workspace).await?;
        let mut rules = Self {
            plans: versions.iter().filter_map(read_version).collect(),
            merges: Arc::new(merges(&entries)),
            ..Self::default()
        };
        for block in blocks {
            rules.add_block(block);
        }
        Ok(rules)
    }

    fn add_block(&mut self, block: CatalogBlock) {
        let span = (block.from, block.until);
        if block.property.is_empty() {
            self.events.entry(block.event).or_default().push(span);
            return;
        }
        let properties = self.properties.entry(block.event).or_default();
        match properties.iter_mut().find(|it| it.0 == block.property) {
            Some((_, spans)) => spans.push(span),
            None => properties.push((block.property, vec![span])),
        }
    }

    /// Whether there is nothing to hold against events.
    pub(crate) fn is_empty(&self) -> bool {
        self.plans.is_empty() && self.events.is_empty() && self.properties.is_empty()
    }

    /// Names that count as another's.
    pub(crate) fn merges(&self) -> &Arc<Merges> {
        &self.merges
    }

    /// The plan that holds for an arrival.
    pub(crate) fn plan(&self, at: Timestamp) -> Option<&Arc<InForce>> {
        let after = self.plans.partition_point(|(from, _)| *from <= at);
        after.checked_sub(1).map(|it| &self.plans[it].1)
    }

    /// The newest plan.
    pub(crate) fn newest_plan(&self) -> Option<&Arc<InForce>> {
        self.plans.last().map(|(_, plan)| plan)
    }

    /// Whether an event of this name is kept out.
    pub(crate) fn is_blocked(&self, event: &str, at: Timestamp) -> bool {
        self.events.get(event).is_some_and(|it| holds(it, at))
    }

    /// Properties of an event that are kept out.
    pub(crate) fn blocked_properties<'a>(
        &'a self,
        event: &'a str,
        at: Timestamp,
    ) -> impl Iterator<Item = &'a str> {
        ["", event]
            .into_iter()
            .filter_map(|it| self.properties.get(it))
            .flatten()
            .filter(move |(_, spans)| holds(spans, at))
            .map(|(name, _)| name.as_str())
    }
}

fn holds(spans: &[Span], at: Timestamp) -> bool {
    spans
        .iter()
        .any(|(from, until)| *from <= at && until.is_none_or(|until| at < until))
}

/// A version that cannot be read was written by a later version of this program; it is told and skipped, because
/// taking events in goes before judging them.
fn read_version(row: &PlanVersion) -> Option<(Timestamp, Arc<InForce>)> {
    let plan = serde_json::from_str(&row.body)
        .map_err(|why| why.to_string())
        .and_then(|it| {
            let plan = Plan::read(&Doc::root(&it)).map_err(|why| why.to_string())?;
            InForce::new(row.version, plan).map_err(|why| why.to_string())
        });
    match plan {
        Ok(plan) => Some((row.valid_from, Arc::new(plan))),
        Err(why) => {
            tracing::error!(version = row.version, why, "a tracking plan cannot be read");
            None
        }
    }
}

fn merges(entries: &[CatalogEntry]) -> Merges {
    let mut merges = Merges::default();
    for entry in entries {
        match &entry.merge_into {
            Some(target) if entry.property.is_empty() => {
                merges.add_event(entry.event.clone(), target.clone());
            }
            Some(target) => merges.add_property(entry.property.clone(), target.clone()),
            None => {}
        }
    }
    merges
}

impl Engine {
    /// Changes rules of a workspace: `change` gets the instant from which they hold and stores them.
    ///
    /// No record is taken meanwhile, and none that was taken reached that instant.
    pub(crate) async fn change_rules<T>(
        &self,
        workspace: WorkspaceId,
        change: impl AsyncFnOnce(Timestamp) -> Result<T, MetaError>,
    ) -> Result<T, EngineError> {
        let taken = self.inner.taken.lock().await;
        let now = self.inner.clock.now();
        let from = now.max(taken.plus_ms(1));
        let out = change(from).await?;
        let loaded = Rules::load(&self.inner.meta, workspace, from.plus_ms(-BACKLOG_MS)).await;
        let rules = loaded.inspect_err(|error| {
            let error = error_chain(error);
            tracing::error!(error, "rules were stored and could not be read back");
        })?;
        self.handle(workspace).set_rules(rules);
        Ok(out)
    }
}
