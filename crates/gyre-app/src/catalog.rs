//! The catalogue: which events and properties there are.

use std::collections::BTreeMap;

use gyre_query::{CatalogEvent, CatalogProperty, catalog_event_properties, catalog_events};
use serde_json::Value;

use crate::{App, AppError, CanRead};

/// People looked at for samples of profile properties.
const PEOPLE_MAX: usize = 2_000;
/// Values shown of each property.
const SAMPLES_MAX: usize = 8;

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

    /// Every event name with its numbers, most frequent first.
    pub fn catalog_events(&self, access: &CanRead) -> Vec<CatalogEvent> {
        catalog_events(&self.engine.snapshot(access.workspace()))
    }

    /// Properties of an event (of all without one) and of people, with samples.
    pub async fn catalog_properties(
        &self,
        access: &CanRead,
        event: Option<&str>,
    ) -> Result<Vec<CatalogProperty>, AppError> {
        let snapshot = self.engine.snapshot(access.workspace());
        let event = event.map(str::to_owned);
        let found = tokio::task::spawn_blocking(move || {
            let mut found = catalog_event_properties(&snapshot, event.as_deref())?;
            found.extend(profile_properties(&snapshot));
            Ok(found)
        });
        found.await.map_err(|_| gyre_query::QueryError::Cancelled)?
    }
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
