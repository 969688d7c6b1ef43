//! A sorted set of columns with its runs: the content of a segment or of one of its chunks.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::column::{ColumnData, IdColumn, TextBuilder};
use crate::merge::sort_single;
use crate::names::{EventId, Names};
use crate::row::{PROPERTY_COLUMNS_MAX, Row, RowValue};

/// Rows of one bucket and event, contiguous, sorted by node and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Bucket, see [`crate::bucket_of`].
    pub bucket: u32,
    /// Event.
    pub event: EventId,
    /// First row.
    pub start: u32,
    /// One past the last row.
    pub end: u32,
    /// Earliest time.
    pub time_min: i64,
    /// Latest time.
    pub time_max: i64,
}

/// Names of the columns every segment has.
pub(crate) const NODE: &str = "node";
pub(crate) const DEVICE: &str = "device";
pub(crate) const TIME: &str = "time";
pub(crate) const SEQ: &str = "seq";
pub(crate) const RECEIVED: &str = "received";
pub(crate) const SESSION: &str = "session";
pub(crate) const INSERT_ID: &str = "insert_id";
/// Properties beyond [`PROPERTY_COLUMNS_MAX`], as one JSON object.
pub(crate) const EXTRA: &str = "extra:j";

/// Sorted columns of equal length and the runs they consist of.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Number of rows.
    pub rows: usize,
    /// Runs in row order, covering every row.
    pub runs: Vec<Run>,
    /// Columns by name.
    pub columns: BTreeMap<Arc<str>, Arc<ColumnData>>,
}

impl Columns {
    /// Sorts rows into columns.
    pub fn from_rows(rows: &[Row], names: &mut Names) -> Self {
        let count = rows.len();
        let events: Vec<EventId> = rows.iter().map(|it| names.intern(&it.event)).collect();
        let mut columns: BTreeMap<Arc<str>, Arc<ColumnData>> = BTreeMap::new();
        let mut put = |name: &str, data: ColumnData| {
            columns.insert(Arc::from(name), Arc::new(data));
        };
        put(
            NODE,
            ColumnData::Node(rows.iter().map(|it| it.node).collect()),
        );
        put(
            TIME,
            ColumnData::Int(rows.iter().map(|it| it.time).collect()),
        );
        put(
            RECEIVED,
            ColumnData::Int(rows.iter().map(|it| it.received).collect()),
        );
        if rows.iter().any(|it| it.device != crate::NO_NODE) {
            put(
                DEVICE,
                ColumnData::Node(rows.iter().map(|it| it.device).collect()),
            );
        }
        if rows.iter().any(|it| it.seq != 0) {
            put(SEQ, ColumnData::Int(rows.iter().map(|it| it.seq).collect()));
        }
        if rows.iter().any(|it| it.session.is_some()) {
            let sessions = rows
                .iter()
                .map(|it| it.session.unwrap_or(i64::MIN))
                .collect();
            put(SESSION, ColumnData::Int(sessions));
        }
        if rows.iter().any(|it| it.insert_id.is_some()) {
            let mut ids = IdColumn::default();
            for row in rows {
                ids.push(row.insert_id.as_deref());
            }
            put(INSERT_ID, ColumnData::Id(ids));
        }
        for (name, data) in value_columns(rows, count) {
            columns.insert(name, Arc::new(data));
        }
        let unsorted = Self {
            rows: count,
            runs: Vec::new(),
            columns,
        };
        sort_single(&unsorted, &events)
    }

    /// A column by name.
    pub fn get(&self, name: &str) -> Option<&Arc<ColumnData>> {
        self.columns.get(name)
    }

    /// Earliest and latest event time; `None` without rows.
    pub fn time_span(&self) -> Option<(i64, i64)> {
        let min = self.runs.iter().map(|it| it.time_min).min()?;
        let max = self.runs.iter().map(|it| it.time_max).max()?;
        Some((min, max))
    }

    /// Memory held, in bytes.
    pub fn bytes(&self) -> usize {
        self.columns.values().map(|it| it.bytes()).sum()
    }
}

enum Builder {
    Text(TextBuilder),
    Number(Vec<f64>),
    Bool(Vec<u8>),
}

impl Builder {
    fn new(letter: char) -> Self {
        match letter {
            'n' => Self::Number(Vec::new()),
            'b' => Self::Bool(Vec::new()),
            _ => Self::Text(TextBuilder::default()),
        }
    }

    fn put(&mut self, row: usize, value: &RowValue) {
        self.pad_to(row);
        match (self, value) {
            (Self::Text(it), RowValue::Text(text) | RowValue::Json(text)) => it.push(Some(text)),
            (Self::Number(it), RowValue::Number(number)) => it.push(*number),
            (Self::Bool(it), RowValue::Bool(flag)) => it.push(u8::from(*flag)),
            // a column's name ends with its type's letter, so builder and value always agree
            (it, _) => it.pad_to(row + 1),
        }
    }

    fn pad_to(&mut self, rows: usize) {
        match self {
            Self::Text(it) => it.pad_to(rows),
            Self::Number(it) => it.resize(rows, f64::NAN),
            Self::Bool(it) => it.resize(rows, 2),
        }
    }

    fn finish(mut self, rows: usize) -> ColumnData {
        self.pad_to(rows);
        match self {
            Self::Text(it) => it.finish(),
            Self::Number(it) => ColumnData::Number(it),
            Self::Bool(it) => ColumnData::Bool(it),
        }
    }
}

fn value_columns(rows: &[Row], count: usize) -> Vec<(Arc<str>, ColumnData)> {
    let mut places: FxHashMap<&str, usize> = FxHashMap::default();
    let mut builders: Vec<(&str, Builder)> = Vec::new();
    let mut extra = TextBuilder::default();
    for (row, it) in rows.iter().enumerate() {
        let mut overflow = serde_json::Map::new();
        for (name, value) in &it.values {
            let place = match places.get(&**name) {
                Some(place) => *place,
                None if builders.len() < PROPERTY_COLUMNS_MAX => {
                    builders.push((name, Builder::new(value.letter())));
                    places.insert(name, builders.len() - 1);
                    builders.len() - 1
                }
                None => {
                    overflow.insert(name.to_string(), json_of(value));
                    continue;
                }
            };
            builders[place].1.put(row, value);
        }
        if !overflow.is_empty() {
            extra.pad_to(row);
            extra.push(Some(&serde_json::Value::Object(overflow).to_string()));
        }
    }
    let mut columns: Vec<(Arc<str>, ColumnData)> = builders
        .into_iter()
        .map(|(name, it)| (Arc::from(name), it.finish(count)))
        .collect();
    let mut extra_column = Builder::Text(extra);
    extra_column.pad_to(count);
    let extra = extra_column.finish(count);
    if matches!(&extra, ColumnData::Text { dict, .. } if !dict.is_empty()) {
        columns.push((Arc::from(EXTRA), extra));
    }
    columns
}

fn json_of(value: &RowValue) -> serde_json::Value {
    match value {
        RowValue::Text(it) => it.as_str().into(),
        RowValue::Number(it) => (*it).into(),
        RowValue::Bool(it) => (*it).into(),
        RowValue::Json(it) => serde_json::from_str(it).unwrap_or_default(),
    }
}
