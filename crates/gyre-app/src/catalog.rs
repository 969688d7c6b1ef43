//! The catalogue: which events and properties there are, and what is known of them.

use std::collections::{BTreeMap, BTreeSet};

use gyre_base::{DAY_MS, Timestamp};
use gyre_collect::ledger::{PropertySummary, TYPES};
use gyre_meta::CatalogEntry;
use gyre_model::plan::PlanEvent;
use gyre_model::selector::is_active_event;
use gyre_query::{CatalogProperty, catalog_event_properties, catalog_events};
use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::{App, AppError, CanRead};

/// People looked at for samples of profile properties.
const PEOPLE_MAX: usize = 2_000;
/// Values shown of each property.
const SAMPLES_MAX: usize = 8;
/// What was not seen for this long is stale.
const STALE_MS: i64 = 30 * DAY_MS;

/// Numbers of a workspace.
#[derive(Clone, Debug)]
pub struct Status {
    /// Version of the data.
    pub data_version: u64,
    /// Events stored.
    pub events: u64,
    /// People known.
    pub people: u64,
    /// Latest event time, milliseconds UTC.
    pub last_event_at: Option<i64>,
    /// Whether everything acknowledged is in the numbers.
    pub is_caught_up: bool,
}

/// Where an event or a property stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatalogStatus {
    /// Seen lately, and planned if there is a plan.
    Live,
    /// In the tracking plan and never seen.
    Planned,
    /// Seen, and not in the tracking plan.
    Unexpected,
    /// Not seen for thirty days.
    Stale,
    /// Left out of lists.
    Hidden,
    /// Kept out.
    Blocked,
}

/// One event of the catalogue.
#[derive(Clone, Debug)]
pub struct CatalogEventRow {
    /// Verbatim.
    pub name: String,
    /// How many there are.
    pub count: u64,
    /// Earliest event time.
    pub first_seen: Option<Timestamp>,
    /// Latest event time.
    pub last_seen: Option<Timestamp>,
    /// Whether it is an act of the person.
    pub is_active: bool,
    /// Events on each of the last days (UTC), the oldest first.
    pub volume: Vec<u64>,
    /// Where it stands.
    pub status: CatalogStatus,
    /// What was written about it.
    pub entry: CatalogEntry,
}

/// One property of the catalogue.
#[derive(Clone, Debug)]
pub struct CatalogPropertyRow {
    /// As a reference: `event.category`.
    pub reference: String,
    /// `text`, `number`, `boolean`, `list` or `object`.
    pub kind: &'static str,
    /// Some of its values, the most frequent first.
    pub samples: Vec<Value>,
    /// Where it stands.
    pub status: CatalogStatus,
    /// What was learnt of it; `None` for properties of people and of where an event happened.
    pub learnt: Option<PropertySummary>,
    /// What was written about it.
    pub entry: CatalogEntry,
}

impl App {
    /// Numbers of the workspace.
    pub fn status(&self, access: &CanRead) -> Status {
        let snapshot = self.engine.snapshot(access.workspace());
        let last = snapshot
            .lake
            .segments
            .iter()
            .map(|it| it.time_span().1)
            .max();
        Status {
            data_version: snapshot.version,
            events: snapshot.lake.rows() as u64,
            people: snapshot.map.persons().len(),
            last_event_at: last,
            is_caught_up: self.engine.is_caught_up(),
        }
    }

    /// Every event name with what is known of it, most frequent first; those that are hidden or merged into another
    /// only if `is_all`.
    pub async fn catalog_events(
        &self,
        access: &CanRead,
        is_all: bool,
    ) -> Result<Vec<CatalogEventRow>, AppError> {
        let workspace = access.workspace();
        let now = self.clock.now();
        let handle = self.engine.handle(workspace);
        let entries = self.meta.catalog_entries(workspace).await?;
        let mut entries: FxHashMap<String, CatalogEntry> = entries
            .into_iter()
            .filter(|it| it.property.is_empty())
            .map(|it| (it.event.clone(), it))
            .collect();
        let rules = handle.rules();
        let plan = rules
            .newest_plan()
            .filter(|it| !it.plan().events.is_empty());
        let learnt = handle.ledger.lock().statistics.events(now);
        let mut volumes: FxHashMap<String, Vec<u64>> =
            learnt.into_iter().map(|it| (it.name, it.volume)).collect();
        let mut rows: Vec<CatalogEventRow> = Vec::new();
        let mut seen = BTreeSet::new();
        for it in catalog_events(&handle.newest()) {
            let is_planned = plan.map(|plan| {
                // our own events and acts on people are nobody's to plan
                plan.event(&it.name).is_some() || it.name.starts_with('$') || !it.is_active
            });
            seen.insert(it.name.clone());
            let last_seen = Timestamp(it.last_seen);
            let entry = take_entry(&mut entries, &it.name);
            rows.push(CatalogEventRow {
                status: status_of(&entry, is_planned, Some(last_seen), now),
                volume: volumes.remove(&it.name).unwrap_or_default(),
                name: it.name,
                count: it.count,
                first_seen: Some(Timestamp(it.first_seen)),
                last_seen: Some(last_seen),
                is_active: it.is_active,
                entry,
            });
        }
        let planned = plan.iter().flat_map(|it| &it.plan().events);
        let written = entries.keys().cloned().collect::<BTreeSet<String>>();
        let planned: BTreeSet<String> = planned.map(|it| it.name.clone()).collect();
        for name in planned.union(&written).filter(|it| !seen.contains(*it)) {
            let entry = take_entry(&mut entries, name);
            rows.push(CatalogEventRow {
                status: status_of(&entry, Some(planned.contains(name)), None, now),
                name: name.clone(),
                count: 0,
                first_seen: None,
                last_seen: None,
                is_active: is_active_event(name),
                volume: Vec::new(),
                entry,
            });
        }
        rows.retain(|it| is_all || is_listed(&it.entry));
        Ok(rows)
    }

    /// Properties of an event (of all without one) and of people, with what is known of them; those that are hidden
    /// or merged into another only if `is_all`.
    pub async fn catalog_properties(
        &self,
        access: &CanRead,
        event: Option<&str>,
        is_all: bool,
    ) -> Result<Vec<CatalogPropertyRow>, AppError> {
        let workspace = access.workspace();
        let now = self.clock.now();
        let handle = self.engine.handle(workspace);
        let snapshot = handle.newest();
        let asked = event.map(str::to_owned);
        let found = tokio::task::spawn_blocking(move || {
            let mut found = catalog_event_properties(&snapshot, asked.as_deref())?;
            found.extend(profile_properties(&snapshot));
            Ok::<_, AppError>(found)
        });
        let found = found
            .await
            .map_err(|_| gyre_query::QueryError::Cancelled)??;
        let entries = self.meta.catalog_entries(workspace).await?;
        let rules = handle.rules();
        let planned = event.and_then(|it| rules.newest_plan()?.event(it));
        let planned = planned.map(planned_properties);
        let learnt = handle.ledger.lock().statistics.properties(event);
        let mut learnt: FxHashMap<String, PropertySummary> =
            learnt.into_iter().map(|it| (it.name.clone(), it)).collect();

        let mut rows = Vec::new();
        let mut seen = BTreeSet::new();
        for it in found {
            let name = property_key(&it.reference).to_owned();
            let is_event = it.reference.starts_with("event.");
            let entry = entry_of(&entries, event, &name);
            let summary = learnt.get(&name).filter(|_| is_event).cloned();
            let is_planned = planned.as_ref().filter(|_| summary.is_some());
            let is_planned = is_planned.map(|it| it.contains_key(&name) || name.starts_with('$'));
            let last_seen = summary.as_ref().map_or(now, |it| it.last_seen);
            let samples = summary.as_ref().map(|it| it.samples.clone());
            rows.push(CatalogPropertyRow {
                reference: it.reference,
                kind: it.kind,
                samples: samples.filter(|it| !it.is_empty()).unwrap_or(it.samples),
                status: status_of(&entry, is_planned, Some(last_seen), now),
                learnt: summary,
                entry,
            });
            seen.insert(name);
        }
        for (name, kind) in planned.into_iter().flatten() {
            if seen.contains(&name) {
                continue;
            }
            let entry = entry_of(&entries, event, &name);
            rows.push(CatalogPropertyRow {
                reference: format!("event.{name}"),
                kind,
                samples: Vec::new(),
                status: status_of(&entry, Some(true), None, now),
                learnt: learnt.remove(&name),
                entry,
            });
        }
        rows.retain(|it| is_all || is_listed(&it.entry));
        Ok(rows)
    }
}

/// The name under which a property is written about: events' own without their scope, others with it.
pub(crate) fn property_key(reference: &str) -> &str {
    reference.strip_prefix("event.").unwrap_or(reference)
}

/// What is written about something nobody wrote about.
pub(crate) fn empty_entry(event: &str, property: &str) -> CatalogEntry {
    CatalogEntry {
        event: event.to_owned(),
        property: property.to_owned(),
        display_name: None,
        description: None,
        owner: None,
        tags: Vec::new(),
        is_hidden: false,
        is_blocked: false,
        merge_into: None,
        updated_at: Timestamp(0),
    }
}

fn take_entry(entries: &mut FxHashMap<String, CatalogEntry>, event: &str) -> CatalogEntry {
    entries
        .remove(event)
        .unwrap_or_else(|| empty_entry(event, ""))
}

/// What was written about a property of this event, or else of all events.
fn entry_of(entries: &[CatalogEntry], event: Option<&str>, property: &str) -> CatalogEntry {
    let find = |event: &str| {
        let mut of = entries.iter().filter(|it| it.event == event);
        of.find(|it| it.property == property).cloned()
    };
    let own = event.and_then(find);
    own.or_else(|| find(""))
        .unwrap_or_else(|| empty_entry("", property))
}

fn is_listed(entry: &CatalogEntry) -> bool {
    !entry.is_hidden && entry.merge_into.is_none()
}

/// `is_planned` is `None` without a plan.
fn status_of(
    entry: &CatalogEntry,
    is_planned: Option<bool>,
    last_seen: Option<Timestamp>,
    now: Timestamp,
) -> CatalogStatus {
    match (is_planned, last_seen) {
        _ if entry.is_blocked => CatalogStatus::Blocked,
        _ if entry.is_hidden => CatalogStatus::Hidden,
        (Some(true), None) => CatalogStatus::Planned,
        (_, None) => CatalogStatus::Stale,
        (_, Some(at)) if now.since(at) > STALE_MS => CatalogStatus::Stale,
        (Some(false), _) => CatalogStatus::Unexpected,
        (Some(true) | None, _) => CatalogStatus::Live,
    }
}

/// Properties that a schema names, with the kind it gives them.
fn planned_properties(event: &PlanEvent) -> BTreeMap<String, &'static str> {
    let properties = event.schema.get("properties").and_then(Value::as_object);
    let kinds = properties.into_iter().flatten().map(|(name, schema)| {
        let kind = match schema.get("type").and_then(Value::as_str) {
            Some("integer" | "number") => "number",
            Some("boolean") => "boolean",
            Some("array") => "list",
            Some("object") => "object",
            _ => "text",
        };
        (name.clone(), kind)
    });
    kinds.collect()
}

/// How often each type was seen, by name, those that were not left out.
pub fn types_of(summary: &PropertySummary) -> BTreeMap<String, u64> {
    let counts = TYPES.iter().zip(summary.types);
    counts
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| ((*name).to_owned(), count))
        .collect()
}

fn profile_properties(snapshot: &gyre_query::Snapshot) -> Vec<CatalogProperty> {
    let people = snapshot.people.read();
    let mut found: BTreeMap<(String, &'static str), Vec<Value>> = BTreeMap::new();
    let known = people.people_with_properties(&snapshot.map);
    for person in known.into_iter().take(PEOPLE_MAX) {
        for (key, value) in people.properties(&snapshot.map, person) {
            let kind = match &value {
                Value::String(_) => "text",
                Value::Number(_) => "number",
                Value::Bool(_) => "boolean",
                Value::Array(_) => "list",
                Value::Object(_) => "object",
                Value::Null => continue,
            };
            let samples = found.entry((format!("profile.{key}"), kind)).or_default();
            let is_plain = !matches!(value, Value::Array(_) | Value::Object(_));
            if is_plain && samples.len() < SAMPLES_MAX && !samples.contains(&value) {
                samples.push(value);
            }
        }
    }
    let list = found
        .into_iter()
        .map(|((reference, kind), samples)| CatalogProperty {
            reference,
            kind,
            samples,
        });
    list.collect()
}
