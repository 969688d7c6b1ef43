//! Rows of a lookup table on their way from files to the table: bounded, and each key once.

use std::fs::File;
use std::path::Path;

use gyre_import::{Format, ImportFailure, ImportFile, ImportOptions, Meter, Row, suggest_map};
use gyre_lake::lookup_key;
use gyre_meta::ImportFault;
use rustc_hash::FxHashSet;
use serde_json::{Map, Value};

use super::DiskError;
use crate::AppError;
use crate::lookups::{LOOKUP_BYTES_MAX, LOOKUP_ROWS_MAX};

/// Rows of a lookup table as they are read.
pub(super) struct Gathered {
    key: String,
    pub(super) rows: Vec<(String, Map<String, Value>)>,
    keys: FxHashSet<String>,
    pub(super) bad: Vec<Row>,
    bytes: usize,
    pub(super) rows_read: u64,
    pub(super) fault: Option<ImportFault>,
}

impl Gathered {
    pub(super) fn new(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            rows: Vec::new(),
            keys: FxHashSet::default(),
            bad: Vec::new(),
            bytes: 0,
            rows_read: 0,
            fault: None,
        }
    }

    /// Takes a row; false if the table is too large.
    pub(super) fn take(&mut self, row: Row) -> bool {
        self.rows_read += 1;
        let Row::Event { place, line, .. } = row else {
            self.bad.push(row);
            return self.fits();
        };
        self.bytes += line.len();
        // a line that was just written as JSON
        let columns: Map<String, Value> = serde_json::from_slice(&line).unwrap_or_default();
        let key = columns.get(&self.key).and_then(lookup_key);
        let reason = match &key {
            None => Some("has no key".to_owned()),
            Some(key) if self.keys.contains(key) => {
                Some(format!("an earlier row has the key `{key}`"))
            }
            Some(_) => None,
        };
        match (key, reason) {
            (Some(key), None) => {
                self.keys.insert(key.clone());
                self.rows.push((key, columns));
            }
            (_, reason) => self.bad.push(Row::Bad {
                place,
                fault: gyre_import::Fault::column(&self.key, reason.unwrap_or_default()),
                raw: String::from_utf8_lossy(&line).into_owned(),
            }),
        }
        self.fits()
    }

    fn fits(&mut self) -> bool {
        let detail = if self.rows.len() + self.bad.len() > LOOKUP_ROWS_MAX {
            format!("a lookup table has at most {LOOKUP_ROWS_MAX} rows")
        } else if self.bytes > LOOKUP_BYTES_MAX {
            format!("a lookup table has at most {LOOKUP_BYTES_MAX} bytes")
        } else {
            return true;
        };
        self.fault = Some(ImportFault {
            code: "lookup-too-large".to_owned(),
            detail,
        });
        false
    }
}

/// The map of a table whose columns are taken as they are; none where lines of JSON need none.
pub(super) fn own_columns(
    path: &Path,
    options: &ImportOptions,
) -> Result<Option<gyre_import::TableMap>, AppError> {
    let file = File::open(path).map_err(DiskError)?;
    let file = ImportFile::open(file, Meter::default(), options.clone())?;
    if !matches!(file.format(), Format::Csv | Format::Parquet) {
        return Ok(None);
    }
    let sample = file.sample(1)?;
    let map = Value::Object(suggest_map(&sample, options.kind).map);
    let map = gyre_import::TableMap::parse(&map.to_string(), options.kind);
    Ok(Some(map.map_err(ImportFailure::Map)?))
}
