//! The beginning of a file before it is imported: its columns, a map for them, and what its rows would become.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use gyre_import::{Fault, Format, ImportFile, ImportOptions, Meter, Row, Sample, suggest_map};
use gyre_import::{ImportFailure, TableMap};
use serde_json::{Map, Value};

use super::request::{ImportInto, ImportRequest, ImportSource};
use super::{DiskError, off_thread};
use crate::access::CanWrite;
use crate::{App, AppError};

/// Rows that are looked at for columns and problems.
const ROWS_SEEN: usize = 200;
/// Rows and events that are shown.
const ROWS_SHOWN: usize = 20;
/// Columns that are shown; a table of more is still imported whole.
const COLUMNS_SHOWN_MAX: usize = 500;
/// Problems that are shown.
const PROBLEMS_MAX: usize = 50;
/// Samples of one column.
const SAMPLES_MAX: usize = 5;
/// Longest sample.
const SAMPLE_CHARS_MAX: usize = 200;
/// Beginning of an object that is fetched for a preview.
const HEAD_BYTES: u64 = 32 << 20;

/// One column of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnView {
    /// Its name.
    pub name: String,
    /// `text`, `number`, `boolean`, `time`, `json`, or `empty`.
    pub kind: &'static str,
    /// Different values of the first rows.
    pub samples: Vec<Value>,
    /// Rows among the first in which it is empty.
    pub empty: u64,
}

/// A row that would not be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewProblem {
    /// Line of the text or row of the table, from 1; none for the file as a whole.
    pub row: Option<u64>,
    /// The column or field it is about.
    pub field: Option<String>,
    /// Stable name.
    pub code: String,
    /// For a person.
    pub detail: String,
}

/// The beginning of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportPreview {
    /// What the file is.
    pub format: &'static str,
    /// The encoding of a table of text.
    pub encoding: Option<&'static str>,
    /// Its columns.
    pub columns: Vec<ColumnView>,
    /// The map that was given, else a proposed one; none where the format needs none.
    pub map: Option<Value>,
    /// The first rows as they stand.
    pub rows: Vec<Map<String, Value>>,
    /// What the first rows become.
    pub events: Vec<Value>,
    /// What is wrong with them.
    pub problems: Vec<PreviewProblem>,
}

impl App {
    /// Looks at the beginning of what is to be imported; nothing is imported.
    pub async fn import_preview(
        &self,
        access: &CanWrite,
        body: &Value,
    ) -> Result<ImportPreview, AppError> {
        let workspace = access.workspace();
        let (request, secret) = ImportRequest::read_preview(body)?;
        let (path, _temporary) = match &request.source {
            ImportSource::File(id) => {
                let file = self.import_file(workspace, *id).await?;
                (self.file_path(workspace, file.id), None)
            }
            ImportSource::Objects(place) => {
                let reader = self.object_reader()?;
                reader
                    .check(place)
                    .map_err(|it| super::objects::refusal(&it))?;
                let objects = reader.list(place, secret.as_ref(), 100_000).await?;
                let first = objects.first().ok_or_else(|| {
                    super::objects::refusal(&super::ObjectError::Refused(
                        "there is no object at this place".to_owned(),
                    ))
                })?;
                let folder = self.imports_folder(workspace);
                tokio::fs::create_dir_all(&folder)
                    .await
                    .map_err(DiskError)?;
                let path = folder.join(format!("preview-{}", uuid::Uuid::new_v4()));
                let temporary = Temporary(path.clone());
                reader
                    .fetch(place, secret.as_ref(), first, Some(HEAD_BYTES), &path)
                    .await?;
                (path, Some(temporary))
            }
        };
        off_thread(move || look(&path, &request)).await
    }
}

/// A file that is removed when nobody looks at it any more.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn look(path: &PathBuf, request: &ImportRequest) -> Result<ImportPreview, AppError> {
    let open = |format: Format, map: Option<TableMap>| {
        let file = File::open(path).map_err(DiskError)?;
        let options = ImportOptions {
            file: "preview".to_owned(),
            format,
            kind: request.into.rows(),
            map,
            skip: 0,
            content: "preview".to_owned(),
        };
        let opened = ImportFile::open(file, Meter::default(), options)?;
        Ok::<_, AppError>(opened)
    };
    let given = request.table_map();
    let file = open(request.format, given.clone())?;
    let (format, encoding) = (file.format(), file.encoding());
    let sample = file.sample(ROWS_SEEN)?;
    let needs_map = matches!(format, Format::Csv | Format::Parquet);
    let proposed = || {
        let suggestion = suggest_map(&sample, request.into.rows());
        Value::Object(suggestion.map)
    };
    let map = match &request.map {
        Some(map) => Some(map.clone()),
        None if needs_map => Some(proposed()),
        None => None,
    };
    let mut preview = ImportPreview {
        format: format.name(),
        encoding,
        columns: columns_of(&sample),
        rows: rows_of(&sample),
        events: Vec::new(),
        problems: Vec::new(),
        map,
    };
    let bound = match (&preview.map, given) {
        (_, Some(given)) => Some(given),
        (Some(map), None) => match TableMap::parse(&map.to_string(), request.into.rows()) {
            Ok(map) => Some(map),
            Err(detail) => {
                // a proposal that lacks what only a person knows
                preview
                    .problems
                    .push(whole("/map", "bad-import-map", detail));
                return Ok(preview);
            }
        },
        (None, None) => None,
    };
    let read = open(format, bound).and_then(|file| Ok(take(file, request.into, &mut preview)?));
    if let Err(AppError::Import(failure)) = read {
        let code = gyre_base::Failure::code(&failure);
        preview.problems.push(whole("", code, failure.to_string()));
    } else {
        read?;
    }
    Ok(preview)
}

fn whole(field: &str, code: &str, detail: String) -> PreviewProblem {
    PreviewProblem {
        row: None,
        field: (!field.is_empty()).then(|| field.to_owned()),
        code: code.to_owned(),
        detail,
    }
}

fn take(
    file: ImportFile<File>,
    into: ImportInto,
    preview: &mut ImportPreview,
) -> Result<(), ImportFailure> {
    let mut seen = 0;
    file.read(&mut |row| {
        seen += 1;
        match row {
            Row::Event { place, line, .. } => {
                if preview.events.len() < ROWS_SHOWN {
                    // a line that was just written as JSON
                    let event = serde_json::from_slice(&line);
                    preview.events.push(event.unwrap_or_default());
                }
                if into != ImportInto::Lookup
                    && let Err(rejection) = super::job::verdict(&line)
                {
                    add(
                        preview,
                        place.row,
                        &Fault::row(rejection.detail),
                        &rejection.reason,
                    );
                }
            }
            Row::Bad { place, fault, .. } => add(preview, place.row, &fault, "bad-row"),
        }
        seen < ROWS_SEEN
    })
}

fn add(preview: &mut ImportPreview, row: u64, fault: &Fault, code: &str) {
    if preview.problems.len() < PROBLEMS_MAX {
        preview.problems.push(PreviewProblem {
            row: Some(row),
            field: fault.column.clone(),
            code: code.to_owned(),
            detail: fault.reason.clone(),
        });
    }
}

fn rows_of(sample: &Sample) -> Vec<Map<String, Value>> {
    let rows = sample.rows.iter().take(ROWS_SHOWN).map(|row| {
        let names = sample.header.iter().take(COLUMNS_SHOWN_MAX).cloned();
        names.zip(row.iter().cloned()).collect()
    });
    rows.collect()
}

fn columns_of(sample: &Sample) -> Vec<ColumnView> {
    let columns = sample.header.iter().take(COLUMNS_SHOWN_MAX).enumerate();
    columns
        .map(|(idx, name)| {
            let mut empty = 0;
            let mut kinds: BTreeMap<&'static str, u64> = BTreeMap::new();
            let mut samples: Vec<Value> = Vec::new();
            for row in &sample.rows {
                let value = row.get(idx).unwrap_or(&Value::Null);
                let Some(kind) = kind_of(value) else {
                    empty += 1;
                    continue;
                };
                *kinds.entry(kind).or_default() += 1;
                let shown = cut(value);
                if samples.len() < SAMPLES_MAX && !samples.contains(&shown) {
                    samples.push(shown);
                }
            }
            let kind = match kinds.len() {
                0 => "empty",
                1 => kinds.into_keys().next().unwrap_or("text"),
                _ => "text",
            };
            ColumnView {
                name: name.clone(),
                kind,
                samples,
                empty,
            }
        })
        .collect()
}

/// What a cell looks like; none if it is empty.
fn kind_of(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::Array(_) | Value::Object(_) => "json",
        Value::String(text) => {
            let plain = text.trim();
            let is_padded = plain.len() > 1 && plain.starts_with('0') && !plain.contains('.');
            if plain.is_empty() {
                return None;
            } else if plain.eq_ignore_ascii_case("true") || plain.eq_ignore_ascii_case("false") {
                "boolean"
            } else if !is_padded && plain.replace(',', "").parse::<f64>().is_ok() {
                "number"
            } else if gyre_base::Timestamp::parse(plain).is_some() {
                "time"
            } else {
                "text"
            }
        }
    })
}

fn cut(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > SAMPLE_CHARS_MAX => {
            let head: String = text.chars().take(SAMPLE_CHARS_MAX).collect();
            Value::String(format!("{head}…"))
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_column_is_what_all_its_cells_look_like() {
        let cells = |values: &[&str]| values.iter().map(|it| vec![json!(it)]).collect();
        let kind = |values: &[&str]| {
            let sample = Sample {
                header: vec!["a".to_owned()],
                rows: cells(values),
            };
            columns_of(&sample).remove(0)
        };
        assert_eq!(kind(&["1", "2,000", ""]).kind, "number");
        assert_eq!(kind(&["1", "2,000", ""]).empty, 1);
        assert_eq!(kind(&["01234"]).kind, "text", "a zip code");
        assert_eq!(kind(&["2026-03-01", "2026-03-02 10:00:00"]).kind, "time");
        assert_eq!(kind(&["true", "FALSE"]).kind, "boolean");
        assert_eq!(kind(&["1", "a"]).kind, "text");
        assert_eq!(kind(&["", " "]).kind, "empty");
    }
}
