//! One event on its way into columns.

use gyre_model::Event;
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
    /// Reads a JSON value; `None` for null and for an empty list, which are missing.
    pub fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Bool(it) => Some(Self::Bool(*it)),
            Value::Number(it) => match it.as_i64() {
                Some(int) if int.unsigned_abs() > 1 << 53 => Some(Self::Json(it.to_string())),
                _ => it.as_f64().map(Self::Number),
            },
            Value::String(it) => Some(Self::Text(it.clone())),
            Value::Array(items) if items.is_empty() => None,
            Value::Array(_) | Value::Object(_) => Some(Self::Json(value.to_string())),
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
    pub values: Vec<(String, RowValue)>,
}

impl Row {
    /// Turns an event into a row of these nodes.
    pub fn new(event: &Event, node: u32, device: u32) -> Self {
        let mut values = Vec::with_capacity(event.properties.len() + event.context.len());
        push_values(&mut values, "p.", &event.properties);
        push_values(&mut values, "c.", &event.context);
        Self {
            event: event.name.clone(),
            node,
            device,
            time: event.time.ms(),
            seq: event.client_seq,
            received: event.received_at.ms(),
            insert_id: event.insert_id.clone(),
            session: event.session_id,
            values,
        }
    }
}

fn push_values(values: &mut Vec<(String, RowValue)>, prefix: &str, map: &Map<String, Value>) {
    for (key, value) in map {
        if let Some(value) = RowValue::from_json(value) {
            values.push((format!("{prefix}{key}:{}", value.letter()), value));
        }
    }
}
