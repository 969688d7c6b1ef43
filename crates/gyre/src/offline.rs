//! Commands that open a data folder themselves: `gyre query`, `gyre export`, `gyre check`.
//!
//! The folder must not be in use: the log's lock refuses a second process.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use gyre_app::{Access, App, AppParts};
use gyre_base::failure::error_chain;
use gyre_base::{Clock, WorkspaceId};
use gyre_log::Position;
use gyre_query::{Snapshot, timeline};
use serde_json::{Map, Value, json};

use crate::server::parts::{Parts, PartsError};
use crate::settings::Settings;

/// Events of one person in an export.
const EVENTS_PER_PERSON_MAX: usize = 10_000_000;

/// Shape of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// The answer as the API gives it.
    Json,
    /// Rows, with a byte order mark so that spreadsheets read Korean.
    Csv,
    /// Rows in columns.
    Table,
}

/// What to export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportKind {
    /// One line per event.
    Events,
    /// One line per person, with properties.
    People,
    /// One line per member of a cohort.
    Cohort,
}

/// Why an offline command failed.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The folder cannot be opened.
    #[error(transparent)]
    Parts(#[from] PartsError),
    /// A file cannot be read or written.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// What was attempted.
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The request makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The question has no answer.
    #[error("cannot answer the question")]
    App(#[source] gyre_app::AppError),
}

async fn open(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> Result<(Parts, WorkspaceId), OfflineError> {
    if !settings.data.is_dir() {
        let text = format!("there is no data in `{}`", settings.data.display());
        return Err(OfflineError::Usage(text));
    }
    let parts = Parts::open(settings, clock).await?;
    let workspaces = parts
        .meta
        .workspaces_list()
        .await
        .map_err(PartsError::Meta)?;
    let Some(workspace) = workspaces.first().map(|it| it.id) else {
        return Err(OfflineError::Usage(
            "the folder has no workspace".to_owned(),
        ));
    };
    parts.engine.wait_indexed(parts.log.durable_end()).await;
    Ok((parts, workspace))
}

/// Answers the chart query in a file.
pub async fn query(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    file: &Path,
    format: OutputFormat,
) -> Result<String, OfflineError> {
    let text = std::fs::read_to_string(file).map_err(|source| OfflineError::File {
        action: "read",
        path: file.to_owned(),
        source,
    })?;
    let question: Value = serde_json::from_str(&text).map_err(|error| {
        OfflineError::Usage(format!("`{}` is not JSON: {error}", file.display()))
    })?;
    let (parts, workspace) = open(settings, &clock).await?;
    let app = App::new(AppParts {
        meta: parts.meta.clone(),
        engine: parts.engine.clone(),
        clock: Arc::clone(&clock),
        secret: [0; 32], // a question reads no secret
        public_url: String::new(),
        mailbox: None,
    });
    // whoever has the folder may read it
    let access = Access::operator(workspace).read();
    let answer = app
        .chart_query(&access, &question)
        .await
        .map_err(OfflineError::App)?;
    let shown = match format {
        OutputFormat::Json => {
            let whole = json!({"kind": answer.kind, "definition": answer.definition,
                "range": {"from": answer.from, "to": answer.to, "timezone": answer.timezone},
                "as_of": answer.as_of.rfc3339(), "data_version": answer.data_version,
                "result": answer.result});
            serde_json::to_string_pretty(&whole).unwrap_or_default()
        }
        OutputFormat::Csv => csv_of(&rows_of(&answer.result)),
        OutputFormat::Table => table_of(&rows_of(&answer.result)),
    };
    parts.close().await?;
    Ok(shown)
}

/// Header and rows of a result.
fn rows_of(result: &Value) -> Vec<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(it) => it.clone(),
        Value::Null => String::new(),
        Value::Array(items) => {
            let parts: Vec<String> = items
                .iter()
                .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
                .collect();
            parts.join(" / ")
        }
        other => other.to_string(),
    };
    let mut rows = Vec::new();
    if let Some(series) = result["series"].as_array() {
        let buckets = result["buckets"].as_array().cloned().unwrap_or_default();
        let mut head = vec![
            "series".to_owned(),
            "segment".to_owned(),
            "group".to_owned(),
        ];
        head.extend(buckets.iter().map(text));
        head.push("total".to_owned());
        rows.push(head);
        for it in series {
            let mut row = vec![text(&it["name"]), text(&it["segment"]), text(&it["group"])];
            let points = it["points"].as_array().cloned().unwrap_or_default();
            row.extend(points.iter().map(|point| text(&point["value"])));
            row.push(text(&it["total"]["value"]));
            rows.push(row);
        }
        return rows;
    }
    let head = [
        "segment",
        "group",
        "step",
        "reached",
        "dropped",
        "from_start",
        "from_previous",
    ];
    rows.push(head.iter().map(|it| (*it).to_owned()).collect());
    for it in result["rows"].as_array().into_iter().flatten() {
        for step in it["steps"].as_array().into_iter().flatten() {
            rows.push(vec![
                text(&it["segment"]),
                text(&it["group"]),
                text(&step["label"]),
                text(&step["reached"]["value"]),
                text(&step["dropped"]["value"]),
                text(&step["from_start"]),
                text(&step["from_previous"]),
            ]);
        }
    }
    rows
}

fn csv_of(rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(b"\xEF\xBB\xBF".to_vec());
    for row in rows {
        // writing into memory does not fail
        let _ = writer.write_record(row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn table_of(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|it| it.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        for (cell, width) in row.iter().zip(&widths) {
            let pad = width - cell.chars().count();
            out.push_str(cell);
            out.push_str(&" ".repeat(pad + 2));
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

/// Writes events, people or a cohort as JSON lines; returns the file and the number of lines.
pub async fn export(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    kind: ExportKind,
    cohort: Option<&str>,
    to: &Path,
) -> Result<(PathBuf, u64), OfflineError> {
    let io = |action: &'static str, path: &Path| {
        let path = path.to_owned();
        move |source| OfflineError::File {
            action,
            path,
            source,
        }
    };
    let (parts, workspace) = open(settings, &clock).await?;
    let snapshot = parts.engine.snapshot(workspace);
    let people: Vec<u32> = match (kind, cohort) {
        (ExportKind::Cohort, Some(id)) => {
            let audience = json!({ "cohort": id });
            let audience = gyre_model::Audience::read(&gyre_model::Doc::root(&audience));
            let audience = audience.map_err(|it| OfflineError::Usage(it.to_string()))?;
            let found = parts
                .engine
                .audience_people(workspace, &audience, clock.now())
                .await;
            found
                .map_err(|it| OfflineError::App(it.into()))?
                .iter()
                .collect()
        }
        (ExportKind::Cohort, None) => {
            return Err(OfflineError::Usage(
                "name the cohort with --cohort ID".to_owned(),
            ));
        }
        (ExportKind::Events | ExportKind::People, _) => snapshot.map.persons().iter().collect(),
    };
    std::fs::create_dir_all(to).map_err(io("make the folder", to))?;
    let name = match kind {
        ExportKind::Events => "events.ndjson",
        ExportKind::People => "people.ndjson",
        ExportKind::Cohort => "cohort.ndjson",
    };
    let path = to.join(name);
    let file = std::fs::File::create(&path).map_err(io("create", &path))?;
    let mut writer = std::io::BufWriter::new(file);
    let mut lines = 0;
    for person in people {
        for line in lines_of(&snapshot, person, kind)? {
            writeln!(writer, "{line}").map_err(io("write", &path))?;
            lines += 1;
        }
    }
    writer.flush().map_err(io("write", &path))?;
    parts.close().await?;
    Ok((path, lines))
}

fn lines_of(
    snapshot: &Snapshot,
    person: u32,
    kind: ExportKind,
) -> Result<Vec<Value>, OfflineError> {
    let (external_id, properties) = {
        let people = snapshot.people.read();
        let id = people.external_id(person);
        (id, people.properties(&snapshot.map, person))
    };
    let head = |mut map: Map<String, Value>| {
        map.insert(
            "person".to_owned(),
            json!(gyre_app::engine::person_token(person)),
        );
        map.insert("external_id".to_owned(), json!(external_id));
        Value::Object(map)
    };
    if kind != ExportKind::Events {
        let mut map = Map::new();
        map.insert("properties".to_owned(), Value::Object(properties));
        return Ok(vec![head(map)]);
    }
    let (events, _) = timeline(snapshot, person, None, None, EVENTS_PER_PERSON_MAX)
        .map_err(|it| OfflineError::App(it.into()))?;
    let lines = events.into_iter().rev().map(|it| {
        let fields = json!({"event": it.event, "time": gyre_base::Timestamp(it.time).rfc3339(),
            "insert_id": it.insert_id, "properties": it.properties, "context": it.context});
        head(fields.as_object().cloned().unwrap_or_default())
    });
    Ok(lines.collect())
}

/// Verifies log, segments and ledger; the lines say what was found, the flag whether all is well.
pub async fn check(
    settings: &Settings,
    clock: Arc<dyn Clock>,
) -> Result<(Vec<String>, bool), OfflineError> {
    let (parts, _) = open(settings, &clock).await?;
    let mut lines = Vec::new();
    let mut is_well = true;
    let log = parts.log.clone();
    match tokio::task::spawn_blocking(move || log.verify()).await {
        Ok(Ok(verified)) => lines.push(format!("log: {verified:?}")),
        Ok(Err(error)) => {
            is_well = false;
            lines.push(format!("log: damaged: {}", error_chain(&error)));
        }
        Err(_) => is_well = false,
    }
    let indexed = parts.engine.indexed();
    lines.push(format!("indexed: {indexed} of {}", parts.log.durable_end()));
    is_well &= indexed >= parts.log.durable_end() && indexed >= Position::START;
    let workspaces = parts
        .meta
        .workspaces_list()
        .await
        .map_err(PartsError::Meta)?;
    for workspace in workspaces {
        let snapshot = parts.engine.snapshot(workspace.id);
        let read = tokio::task::spawn_blocking(move || read_everything(&snapshot)).await;
        match read {
            Ok(Ok((segments, rows))) => {
                lines.push(format!(
                    "workspace {}: {segments} segments, {rows} events read",
                    workspace.name
                ));
            }
            Ok(Err(error)) => {
                is_well = false;
                let why = error_chain(&error);
                lines.push(format!("workspace {}: damaged: {why}", workspace.name));
            }
            Err(_) => is_well = false,
        }
    }
    parts.close().await?;
    Ok((lines, is_well))
}

/// Decodes every column of every segment.
fn read_everything(snapshot: &Snapshot) -> Result<(usize, usize), gyre_lake::LakeError> {
    let mut rows = 0;
    for segment in &snapshot.lake.segments {
        for (chunk, it) in segment.chunks().iter().enumerate() {
            for name in segment.column_names() {
                let column = segment.column(chunk, name)?;
                if column.is_some_and(|column| column.len() != it.rows) {
                    return Err(gyre_lake::LakeError::Damaged {
                        path: format!("chunk {chunk}"),
                        detail: format!("column `{name}` is shorter than its run index says"),
                    });
                }
            }
            rows += it.rows;
        }
    }
    Ok((snapshot.lake.segments.len(), rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_funnel_becomes_rows() {
        let result = json!({"rows": [{"segment": null, "group": ["KR"], "steps": [
            {"label": "Viewed", "reached": {"value": 5}, "dropped": {"value": 0}, "from_start": 1.0, "from_previous": 1.0}]}]});
        let rows = rows_of(&result);
        assert_eq!(rows[1][..4], ["", "KR", "Viewed", "5"]);
        assert!(
            csv_of(&rows).starts_with('\u{feff}'),
            "spreadsheets need the mark"
        );
        assert!(table_of(&rows).lines().count() == 2);
    }
}
