//! What events and properties there are, read from the segments' own indexes and dictionaries.

use std::collections::BTreeMap;

use gyre_lake::ColumnData;
use gyre_model::selector::is_active_event;
use serde_json::Value;

use crate::timeline::value_at;
use crate::{QueryError, Snapshot};

/// Values shown of each property.
const SAMPLES_MAX: usize = 8;
/// Chunks looked at for samples, the newest first: enough for common values, bounded for large stores.
const CHUNKS_MAX: usize = 16;
/// Rows of a run looked at for samples.
const ROWS_MAX: usize = 2_000;

/// One event name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogEvent {
    /// Verbatim.
    pub name: String,
    /// How many there are.
    pub count: u64,
    /// Earliest event time, milliseconds UTC.
    pub first_seen: i64,
    /// Latest event time, milliseconds UTC.
    pub last_seen: i64,
    /// Whether it is an act of the person.
    pub is_active: bool,
}

/// One property.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogProperty {
    /// As a reference: `event.category`.
    pub reference: String,
    /// `text`, `number`, `boolean`, `list` or `object`.
    pub kind: &'static str,
    /// Some of its values.
    pub samples: Vec<Value>,
}

/// Every event name with its numbers, most frequent first.
pub fn catalog_events(snapshot: &Snapshot) -> Vec<CatalogEvent> {
    let mut events: BTreeMap<u32, CatalogEvent> = BTreeMap::new();
    for segment in &snapshot.lake.segments {
        for run in segment.chunks().iter().flat_map(|it| it.runs.iter()) {
            let entry = events.entry(run.event).or_insert_with(|| {
                let name = snapshot.lake.names.name(run.event);
                CatalogEvent {
                    name: name.to_owned(),
                    count: 0,
                    first_seen: i64::MAX,
                    last_seen: i64::MIN,
                    is_active: is_active_event(name),
                }
            });
            entry.count += u64::from(run.end - run.start);
            entry.first_seen = entry.first_seen.min(run.time_min);
            entry.last_seen = entry.last_seen.max(run.time_max);
        }
    }
    let mut events: Vec<CatalogEvent> = events.into_values().collect();
    events.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    events
}

/// Properties of an event (of all events without one), with samples from recent rows.
pub fn catalog_event_properties(
    snapshot: &Snapshot,
    event: Option<&str>,
) -> Result<Vec<CatalogProperty>, QueryError> {
    let event = match event {
        None => None,
        Some(name) => match snapshot.lake.names.id(name) {
            Some(id) => Some(id),
            None => return Ok(Vec::new()),
        },
    };
    let mut found: BTreeMap<(String, &'static str), Vec<Value>> = BTreeMap::new();
    let mut chunks_left = CHUNKS_MAX;
    for segment in snapshot.lake.segments.iter().rev() {
        for (place, chunk) in segment.chunks().iter().enumerate().rev() {
            let runs: Vec<_> = chunk
                .runs
                .iter()
                .filter(|it| event.is_none_or(|id| id == it.event))
                .collect();
            if runs.is_empty() || chunks_left == 0 {
                continue;
            }
            chunks_left -= 1;
            for name in segment.column_names() {
                let Some((reference, letter)) = property_of(name) else {
                    continue;
                };
                let Some(column) = segment.column(place, name)? else {
                    continue;
                };
                for run in &runs {
                    let end = (run.end as usize).min(run.start as usize + ROWS_MAX);
                    sample(
                        &column,
                        run.start as usize..end,
                        &reference,
                        letter,
                        &mut found,
                    );
                }
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
    Ok(list.collect())
}

fn property_of(column: &str) -> Option<(String, char)> {
    let (name, letter) = column.rsplit_once(':')?;
    let name = name
        .strip_prefix("p.")
        .or_else(|| name.strip_prefix("c."))?;
    Some((format!("event.{name}"), letter.chars().next()?))
}

fn sample(
    column: &ColumnData,
    rows: std::ops::Range<usize>,
    reference: &str,
    letter: char,
    found: &mut BTreeMap<(String, &'static str), Vec<Value>>,
) {
    for row in rows {
        let Some(value) = value_at(column, row, letter == 'j') else {
            continue;
        };
        let kind = match &value {
            Value::String(_) => "text",
            Value::Number(_) => "number",
            Value::Bool(_) => "boolean",
            Value::Array(_) => "list",
            Value::Object(_) | Value::Null => "object",
        };
        let samples = found.entry((reference.to_owned(), kind)).or_default();
        let is_plain = !matches!(value, Value::Array(_) | Value::Object(_));
        if is_plain && samples.len() < SAMPLES_MAX && !samples.contains(&value) {
            samples.push(value);
        }
        if samples.len() >= SAMPLES_MAX || !is_plain {
            return;
        }
    }
}
