//! Lookup tables: rows known by a key, each table one Parquet file, sorted by key.
//!
//! A table is written whole and never changed: a newer one is another file, and the manifest in SQL says which counts.
//! What refers to a table (a chart's `lookup.<table>.<column>`) loads it with [`LookupTable::open`] and asks by key.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::LakeError;

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookupType {
    /// Texts; also what every column is whose values are of several types.
    Text,
    /// Numbers.
    Number,
    /// True and false.
    Boolean,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupColumn {
    /// Name.
    pub name: String,
    /// What stands in it.
    #[serde(rename = "type")]
    pub kind: LookupType,
}

/// A table in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupTable {
    columns: Vec<LookupColumn>,
    key: usize,
    /// By key, as text; each as long as the columns.
    rows: Vec<(String, Vec<Value>)>,
}

/// A value as the text that keys are compared by; `None` for what is no key.
pub fn lookup_key(value: &Value) -> Option<String> {
    match value {
        Value::String(it) if it.trim().is_empty() => None,
        Value::String(it) => Some(it.trim().to_owned()),
        Value::Number(it) => Some(match it.as_f64() {
            Some(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                (number as i64).to_string()
            }
            _ => it.to_string(),
        }),
        Value::Bool(it) => Some(it.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

impl LookupTable {
    /// A table of rows with different keys; what a row lacks is null.
    pub fn new(key: &str, rows: impl IntoIterator<Item = (String, Map<String, Value>)>) -> Self {
        let mut names = vec![key.to_owned()];
        let rows: Vec<(String, Map<String, Value>)> = rows.into_iter().collect();
        let mut seen: std::collections::HashSet<String> = names.iter().cloned().collect();
        for name in rows.iter().flat_map(|it| it.1.keys()) {
            if seen.insert(name.clone()) {
                names.push(name.clone());
            }
        }
        let columns = names.iter().map(|name| LookupColumn {
            kind: type_of(rows.iter().filter_map(|it| it.1.get(name))),
            name: name.clone(),
        });
        let columns: Vec<LookupColumn> = columns.collect();
        let mut rows: Vec<(String, Vec<Value>)> = rows
            .into_iter()
            .map(|(key, mut row)| {
                let values = columns.iter().map(|column| {
                    let value = row.remove(&column.name).unwrap_or_default();
                    as_type(value, column.kind)
                });
                (key, values.collect())
            })
            .collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        Self {
            columns,
            key: 0,
            rows,
        }
    }

    /// Its columns.
    pub fn columns(&self) -> &[LookupColumn] {
        &self.columns
    }

    /// How many rows it has.
    pub fn rows_count(&self) -> usize {
        self.rows.len()
    }

    /// Rows from a place on, as objects, by key.
    pub fn page(&self, from: usize, limit: usize) -> Vec<Map<String, Value>> {
        let rows = self.rows.iter().skip(from).take(limit);
        rows.map(|it| self.object(&it.1)).collect()
    }

    /// The row of a key.
    pub fn find(&self, key: &str) -> Option<Map<String, Value>> {
        let found = self
            .rows
            .binary_search_by(|it| it.0.as_str().cmp(key))
            .ok()?;
        Some(self.object(&self.rows[found].1))
    }

    /// What stands in a column for a key.
    pub fn value(&self, key: &str, column: usize) -> Option<&Value> {
        let found = self
            .rows
            .binary_search_by(|it| it.0.as_str().cmp(key))
            .ok()?;
        self.rows[found].1.get(column)
    }

    fn object(&self, values: &[Value]) -> Map<String, Value> {
        let names = self.columns.iter().map(|it| it.name.clone());
        names.zip(values.iter().cloned()).collect()
    }

    /// Writes the table; the file and its folder are on disk when this returns. Returns its size in bytes.
    pub fn write(&self, path: &Path) -> Result<u64, LakeError> {
        let io = |action| file_error(path, action);
        let schema = Arc::new(self.schema());
        let arrays = (0..self.columns.len()).map(|idx| self.array(idx));
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays.collect());
        let batch = batch.map_err(|it| {
            parquet_error(path, "encode")(ParquetError::ArrowError(it.to_string()))
        })?;
        let level = ZstdLevel::try_new(1).map_err(parquet_error(path, "write"))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .build();
        let file = File::create(path).map_err(io("create"))?;
        let mut writer = ArrowWriter::try_new(&file, schema, Some(properties))
            .map_err(parquet_error(path, "write"))?;
        writer.write(&batch).map_err(parquet_error(path, "write"))?;
        writer.close().map_err(parquet_error(path, "write"))?;
        file.sync_all().map_err(io("sync"))?;
        if let Some(folder) = path.parent() {
            File::open(folder)
                .and_then(|it| it.sync_all())
                .map_err(io("sync the folder of"))?;
        }
        Ok(file.metadata().map_err(io("measure"))?.len())
    }

    /// Reads a table that was written here.
    pub fn open(path: &Path) -> Result<Self, LakeError> {
        let file = File::open(path).map_err(file_error(path, "open"))?;
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(parquet_error(path, "read"))?;
        let fields = builder.schema().fields().clone();
        let columns: Vec<LookupColumn> = fields
            .iter()
            .map(|field| LookupColumn {
                name: field.name().clone(),
                kind: match field.data_type() {
                    DataType::Float64 => LookupType::Number,
                    DataType::Boolean => LookupType::Boolean,
                    _ => LookupType::Text,
                },
            })
            .collect();
        let mut rows = Vec::new();
        for batch in builder.build().map_err(parquet_error(path, "read"))? {
            let batch = batch.map_err(|it| {
                parquet_error(path, "read")(ParquetError::ArrowError(it.to_string()))
            })?;
            for row in 0..batch.num_rows() {
                let values: Vec<Value> = batch.columns().iter().map(|it| cell(it, row)).collect();
                let key = values.first().and_then(lookup_key).ok_or_else(|| {
                    let path = path.display().to_string();
                    let detail = format!("row {row} has no key");
                    LakeError::Damaged { path, detail }
                })?;
                rows.push((key, values));
            }
        }
        Ok(Self {
            columns,
            key: 0,
            rows,
        })
    }

    fn schema(&self) -> Schema {
        let fields = self.columns.iter().map(|it| {
            let kind = match it.kind {
                LookupType::Text => DataType::Utf8,
                LookupType::Number => DataType::Float64,
                LookupType::Boolean => DataType::Boolean,
            };
            Field::new(&it.name, kind, true)
        });
        Schema::new(fields.collect::<Vec<_>>())
    }

    fn array(&self, idx: usize) -> ArrayRef {
        let cells = self.rows.iter().map(|it| &it.1[idx]);
        match self.columns[idx].kind {
            LookupType::Text => Arc::new(cells.map(Value::as_str).collect::<StringArray>()),
            LookupType::Number => Arc::new(cells.map(Value::as_f64).collect::<Float64Array>()),
            LookupType::Boolean => Arc::new(cells.map(Value::as_bool).collect::<BooleanArray>()),
        }
    }

    /// Place of the key among the columns.
    pub fn key_idx(&self) -> usize {
        self.key
    }
}

fn cell(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Float64 => {
            let number = array.as_primitive::<Float64Type>().value(row);
            // whole numbers are shown as such
            if number.fract() == 0.0 && number.abs() < 9e15 {
                Value::from(number as i64)
            } else {
                Value::from(number)
            }
        }
        DataType::Boolean => Value::from(array.as_boolean().value(row)),
        DataType::Utf8 => Value::from(array.as_string::<i32>().value(row)),
        _ => Value::Null,
    }
}

fn type_of<'a>(values: impl Iterator<Item = &'a Value>) -> LookupType {
    let mut found = None;
    for value in values {
        let kind = match value {
            Value::Null => continue,
            Value::Number(_) => LookupType::Number,
            Value::Bool(_) => LookupType::Boolean,
            _ => LookupType::Text,
        };
        if found.is_some_and(|it| it != kind) {
            return LookupType::Text;
        }
        found = Some(kind);
    }
    found.unwrap_or(LookupType::Text)
}

fn as_type(value: Value, kind: LookupType) -> Value {
    match (kind, value) {
        (_, Value::Null) => Value::Null,
        (LookupType::Text, Value::String(it)) => Value::String(it),
        (LookupType::Text, other) => Value::String(other.to_string()),
        (_, other) => other,
    }
}

fn file_error(path: &Path, action: &'static str) -> impl Fn(std::io::Error) -> LakeError + use<> {
    let path = path.display().to_string();
    move |source| LakeError::File {
        action,
        path: path.clone(),
        source,
    }
}

fn parquet_error(path: &Path, action: &'static str) -> impl Fn(ParquetError) -> LakeError + use<> {
    let path = path.display().to_string();
    move |source| LakeError::Parquet {
        action,
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: Value) -> (String, Map<String, Value>) {
        let Value::Object(object) = value else {
            panic!("a row is an object")
        };
        (lookup_key(&object["sku"]).unwrap(), object)
    }

    #[test]
    fn a_table_is_read_back_by_key_with_its_types() {
        let table = LookupTable::new(
            "sku",
            [
                row(json!({"name": "Mug", "sku": 20, "price": 5.5, "sold": true})),
                row(json!({"sku": 3, "price": 4, "mixed": 1})),
                row(json!({"sku": 7, "name": "Cup", "mixed": "a"})),
            ],
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        assert!(table.write(&path).unwrap() > 0);
        let read = LookupTable::open(&path).unwrap();
        assert_eq!(read.columns(), table.columns());
        let kinds: Vec<(&str, LookupType)> = read
            .columns()
            .iter()
            .map(|it| (it.name.as_str(), it.kind))
            .collect();
        assert_eq!(
            kinds,
            [
                ("sku", LookupType::Number),
                ("name", LookupType::Text),
                ("price", LookupType::Number),
                ("sold", LookupType::Boolean),
                ("mixed", LookupType::Text),
            ]
        );
        assert_eq!(read.rows_count(), 3);
        let mug = read.find("20").unwrap();
        assert_eq!(
            Value::Object(mug),
            json!({"sku": 20, "name": "Mug", "price": 5.5, "sold": true, "mixed": null})
        );
        assert_eq!(read.value("7", 4), Some(&json!("a")));
        assert_eq!(read.value("3", 4), Some(&json!("1")));
        assert_eq!(read.find("8"), None);
        assert_eq!(read.page(1, 1)[0]["sku"], 3, "keys are texts: 20, 3, 7");
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        std::fs::write(&path, "PAR1 nonsense").unwrap();
        assert!(LookupTable::open(&path).is_err());
    }
}
