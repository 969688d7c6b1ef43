//! What other tools export: one file per tool, and the list that names them all.

mod amplitude;
mod mixpanel;
mod posthog;
mod segment;

use std::collections::BTreeSet;

use gyre_base::Timestamp;
use serde_json::{Map, Value};

use crate::event::{EventObject, text};
use crate::row::Fault;
use crate::time_text::TimeReader;

/// A tool whose exports can be read without a map.
pub trait Tool: Sync {
    /// Its name, as given to `--format`.
    fn name(&self) -> &'static str;

    /// What of it is read, in a sentence.
    fn doc(&self) -> &'static str;

    /// Whether a line is of its export.
    fn fits(&self, object: &Map<String, Value>) -> bool;

    /// Whether a table with this header is of its export; only for tools that export tables.
    fn fits_header(&self, _header: &[&str]) -> bool {
        false
    }

    /// Reads one line.
    fn read(&self, object: Map<String, Value>) -> Result<ToolEvent, Fault>;
}

/// An event as a tool's reader makes it.
#[derive(Clone, Debug, Default)]
pub struct ToolEvent(pub(crate) EventObject);

/// Every tool, in the order in which a file is tried.
pub static TOOLS: &[&dyn Tool] = &[
    &amplitude::Amplitude,
    &segment::Segment,
    &mixpanel::Mixpanel,
    &posthog::PostHog,
];

/// Fields that were looked at, so that the rest can be kept.
struct Fields {
    map: Map<String, Value>,
    taken: BTreeSet<&'static str>,
}

impl Fields {
    fn new(map: Map<String, Value>) -> Self {
        Self {
            map,
            taken: BTreeSet::new(),
        }
    }

    fn take(&mut self, name: &'static str) -> Option<&mut Value> {
        self.taken.insert(name);
        self.map.get_mut(name).filter(|it| !it.is_null())
    }

    fn take_text(&mut self, name: &'static str) -> Option<String> {
        self.take(name).and_then(|it| text(it))
    }

    /// An object, which may be written as a text of JSON; nothing and the empty list (PHP's empty object) are empty.
    fn take_map(&mut self, name: &'static str) -> Result<Map<String, Value>, Fault> {
        let Some(value) = self.take(name) else {
            return Ok(Map::new());
        };
        match value.take() {
            Value::Object(map) => Ok(map),
            Value::Array(items) if items.is_empty() => Ok(Map::new()),
            Value::String(it) if it.trim().is_empty() => Ok(Map::new()),
            Value::String(it) => serde_json::from_str(&it)
                .map_err(|error| Fault::column(name, format!("is not a JSON object: {error}"))),
            _ => Err(Fault::column(name, "is not a JSON object")),
        }
    }

    /// The first of these fields that is there, as an instant; UTC where no offset is written.
    fn take_time(&mut self, names: &[&'static str]) -> Result<Timestamp, Fault> {
        for name in names {
            let Some(value) = self.take(name) else {
                continue;
            };
            let found = time(value);
            let shown = value.to_string();
            return found.ok_or_else(|| Fault::column(*name, format!("{shown} is not a time")));
        }
        Err(Fault::column(names.join("`, `"), "the event has no time"))
    }

    /// The fields that nobody looked at.
    fn rest(self) -> impl Iterator<Item = (String, Value)> {
        let taken = self.taken;
        self.map
            .into_iter()
            .filter(move |it| !taken.contains(it.0.as_str()))
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    let reader = TimeReader::default();
    match value {
        Value::String(it) => reader.read(it),
        Value::Number(it) => reader.read_number(it.as_f64()?),
        _ => None,
    }
}

/// Both properties and operators, as Amplitude's exports mix them: plain ones are set.
fn put_user_properties(event: &mut EventObject, properties: Map<String, Value>) {
    let is_operator = |it: &(String, Value)| it.0.starts_with('$') && it.1.is_object();
    let (operators, plain): (Vec<_>, Vec<_>) = properties.into_iter().partition(is_operator);
    let mut operators = Map::from_iter(operators);
    if !plain.is_empty() {
        let set = operators
            .entry("$set")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(set) = set {
            set.extend(plain);
        }
    }
    event.put_map("user_properties", operators);
}
