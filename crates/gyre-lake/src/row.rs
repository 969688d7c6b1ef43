//! One event on its way into columns.

use std::sync::Arc;

use gyre_model::Event;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

/// Stands for "no node" where a device is optional.
pub const NO_NODE: u32 = u32::MAX;
/// Most property columns of one workspace's segment; further properties stay whole in one column.
pub(crate) const PROPERTY_COLUMNS_MAX: usize = 2_000;

/// A property value as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub enum RowValue {
    /// Text.
    Text(String),
    /// A number that a double holds exactly.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// A list, an object, or an integer beyond 2^53, as JSON text.
    Json(String),
}

impl RowValue {
    /// Takes a JSON value; `None` for null and for an empty list, which are missing.
    pub fn from_json(value: Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Bool(it) => Some(Self::Bool(it)),
            Value::Number(it) => match it.as_i64() {
                Some(int) if int.unsigned_abs() > 1 << 53 => Some(Self::Json(it.to_string())),
                _ => it.as_f64().map(Self::Number),
            },
            Value::String(it) => Some(Self::Text(it)),
            Value::Array(items) if items.is_empty() => None,
            value @ (Value::Array(_) | Value::Object(_)) => Some(Self::Json(value.to_string())),
        }
    }

    /// Letter of the typed sub-column: a property that changes type gets another column, never a coercion.
    pub fn letter(&self) -> char {
        match self {
            Self::Text(_) => 's',
            Self::Number(_) => 'n',
            Self::Bool(_) => 'b',
            Self::Json(_) => 'j',
        }
    }
}

/// One event with its identity resolved to nodes.
#[derive(Clone, Debug)]
pub struct Row {
    /// Event name.
    pub event: String,
    /// The user's node if known, else the device's.
    pub node: u32,
    /// The device's node, or [`NO_NODE`].
    pub device: u32,
    /// Event time, milliseconds UTC.
    pub time: i64,
    /// The client's counter.
    pub seq: i64,
    /// When it reached us, milliseconds UTC.
    pub received: i64,
    /// The sender's id.
    pub insert_id: Option<String>,
    /// The client's session, if any.
    pub session: Option<i64>,
    /// Columns: `p.<name>` for properties, `c.<name>` for context.
    pub values: Vec<(Arc<str>, RowValue)>,
}

/// Names of value columns seen lately, so that a row shares them instead of spelling each out.
#[derive(Debug, Default)]
pub struct ColumnNames {
    known: FxHashMap<(Part, char), FxHashMap<Box<str>, Arc<str>>>,
    count: usize,
}

/// Where a value stood in its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Properties,
    Context,
}

impl ColumnNames {
    /// Names kept at most; a sender that makes up names does not grow this without end.
    const NAMES_MAX: usize = 16_384;

    fn get(&mut self, part: Part, key: &str, letter: char) -> Arc<str> {
        let known = self.known.entry((part, letter)).or_default();
        if let Some(name) = known.get(key) {
            return Arc::clone(name);
        }
        let prefix = match part {
            Part::Properties => "p",
            Part::Context => "c",
        };
        let name: Arc<str> = format!("{prefix}.{key}:{letter}").into();
        known.insert(key.into(), Arc::clone(&name));
        self.count += 1;
        if self.count > Self::NAMES_MAX {
            *self = Self::default();
        }
        name
    }
}

impl Row {
    /// Turns an event into a row of these nodes.
    pub fn new(event: Event, node: u32, device: u32, names: &mut ColumnNames) -> Self {
        let mut values = Vec::with_capacity(event.properties.len() + event.context.len());
        push_values(&mut values, Part::Properties, event.properties, names);
        push_values(&mut values, Part::Context, event.context, names);
        Self {
            event: event.name,
            node,
            device,
            time: event.time.ms(),
            seq: event.client_seq,
            received: event.received_at.ms(),
            insert_id: event.insert_id,
            session: event.session_id,
            values,
        }
    }
}

fn push_values(
    values: &mut Vec<(Arc<str>, RowValue)>,
    part: Part,
    map: Map<String, Value>,
    names: &mut ColumnNames,
) {
    for (key, value) in map {
        if let Some(value) = RowValue::from_json(value) {
            values.push((names.get(part, &key, value.letter()), value));
        }
    }
}
