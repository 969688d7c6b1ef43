//! Imports: uploads, previews and jobs.

use gyre_app::imports as app;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::instant::Instant;

/// Name of a file that is uploaded.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct UploadQuery {
    /// `orders.csv`
    pub name: String,
}

/// An uploaded file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UploadedFile {
    /// Id, for `source`.
    pub file: String,
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// Objects in object storage.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportObjects {
    /// `s3://bucket/key`, or `s3://bucket/prefix/` for every object below.
    pub uri: String,
    /// Region of the bucket; `us-east-1` if absent.
    pub region: Option<String>,
    /// Address of a server that is not Amazon's; only one that the operator allows.
    pub endpoint: Option<String>,
    /// Who asks; absent for a public bucket.
    pub access_key_id: Option<String>,
    /// Its secret; never shown again.
    pub secret_access_key: Option<String>,
}

/// Where rows are: one of the two.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportSource {
    /// Id of an uploaded file.
    pub file: Option<String>,
    /// Objects in object storage.
    pub s3: Option<ImportObjects>,
}

/// The lookup table that is written.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportLookup {
    /// Its name: a-z, 0-9 and `_`.
    pub name: String,
    /// The column that tells its rows apart.
    pub key: String,
}

/// What rows become.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportInto {
    /// Events.
    Events,
    /// Properties of people.
    Profiles,
    /// Rows of a lookup table.
    Lookup,
}

/// What is to be imported and how; of a preview `name` and `lookup` mean nothing.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct ImportRequest {
    /// Shown name; the file's if absent.
    pub name: Option<String>,
    /// Where the rows are.
    pub source: ImportSource,
    /// `auto`, `ndjson`, `csv`, `parquet`, `amplitude`, `segment`, `mixpanel` or `posthog`; `auto` if absent.
    pub format: Option<String>,
    /// What they become; `events` if absent.
    pub into: Option<ImportInto>,
    /// Which column is what, as `docs/imports.md` says.
    pub map: Option<Value>,
    /// The lookup table that is written, for rows of one.
    pub lookup: Option<ImportLookup>,
}

/// One column of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportColumn {
    /// Its name.
    pub name: String,
    /// What its first cells look like: `text`, `number`, `boolean`, `time`, `json` or `empty`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Different values of the first rows.
    pub samples: Vec<Value>,
    /// Rows among the first 200 in which it is empty.
    pub empty: u64,
}

/// A row that would not be imported.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportProblem {
    /// Line of the text or row of the table, from 1; null for the file as a whole.
    #[schema(required)]
    pub row: Option<u64>,
    /// The column or field it is about.
    #[schema(required)]
    pub field: Option<String>,
    /// Stable name.
    pub code: String,
    /// What is wrong.
    pub detail: String,
}

/// The beginning of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportPreview {
    /// What the file is.
    pub format: String,
    /// The encoding of a table of text.
    #[schema(required)]
    pub encoding: Option<String>,
    /// Its columns.
    pub columns: Vec<ImportColumn>,
    /// The map that was given, else a proposed one; null where the format needs none.
    #[schema(required)]
    pub map: Option<Value>,
    /// The first rows as they stand.
    #[schema(value_type = Vec<Value>)]
    pub rows: Vec<Map<String, Value>>,
    /// What the first rows become.
    pub events: Vec<Value>,
    /// What is wrong with the first 200 rows.
    pub problems: Vec<ImportProblem>,
}

/// Why an import failed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportError {
    /// Stable name.
    pub code: String,
    /// What is wrong.
    pub detail: String,
}

/// Where an import stands.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// Not begun, or to be gone on with.
    Waiting,
    /// Under way.
    Running,
    /// Read to its end.
    Done,
    /// It cannot be read.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

/// An import.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Import {
    /// Id.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// `events`, `profiles` or `lookup`.
    pub into: String,
    /// What the files are, as far as that was told.
    pub format: String,
    /// Where it stands.
    pub state: ImportState,
    /// Bytes read, as they lie in the files.
    pub bytes_read: u64,
    /// Bytes of all files.
    pub bytes_total: u64,
    /// Rows read.
    pub rows_read: u64,
    /// Events that count.
    pub rows_accepted: u64,
    /// Rows that are no events.
    pub rows_rejected: u64,
    /// Events that were there already.
    pub rows_repeated: u64,
    /// Why it failed.
    #[schema(required)]
    pub error: Option<ImportError>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was begun.
    #[schema(required)]
    pub started_at: Option<Instant>,
    /// When it ended.
    #[schema(required)]
    pub finished_at: Option<Instant>,
    /// Id of the user who made it; null for a key.
    #[schema(required)]
    pub created_by: Option<String>,
}

/// A page of imports.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportPage {
    /// Newest first.
    pub imports: Vec<Import>,
    /// Cursor of the next page; null after the last.
    #[schema(required)]
    pub next: Option<String>,
}

impl From<gyre_meta::ImportFileRow> for UploadedFile {
    fn from(it: gyre_meta::ImportFileRow) -> Self {
        Self {
            file: it.id.to_string(),
            name: it.name,
            bytes: it.bytes,
        }
    }
}

impl From<app::ImportPreview> for ImportPreview {
    fn from(it: app::ImportPreview) -> Self {
        let columns = it.columns.into_iter().map(|it| ImportColumn {
            name: it.name,
            kind: it.kind.to_owned(),
            samples: it.samples,
            empty: it.empty,
        });
        let problems = it.problems.into_iter().map(|it| ImportProblem {
            row: it.row,
            field: it.field,
            code: it.code,
            detail: it.detail,
        });
        Self {
            format: it.format.to_owned(),
            encoding: it.encoding.map(str::to_owned),
            columns: columns.collect(),
            map: it.map,
            rows: it.rows,
            events: it.events,
            problems: problems.collect(),
        }
    }
}

impl From<app::ImportView> for Import {
    fn from(it: app::ImportView) -> Self {
        let import = it.import;
        let progress = import.progress;
        Self {
            id: import.id.to_string(),
            name: import.name,
            into: it.into,
            format: it.format,
            state: match import.state {
                gyre_meta::ImportState::Waiting => ImportState::Waiting,
                gyre_meta::ImportState::Running => ImportState::Running,
                gyre_meta::ImportState::Done => ImportState::Done,
                gyre_meta::ImportState::Failed => ImportState::Failed,
                gyre_meta::ImportState::Cancelled => ImportState::Cancelled,
            },
            bytes_read: progress.bytes_read,
            bytes_total: progress.bytes_total,
            rows_read: progress.rows_read,
            rows_accepted: it.rows_accepted,
            rows_rejected: it.rows_rejected,
            rows_repeated: it.rows_repeated,
            error: import.fault.map(|it| ImportError {
                code: it.code,
                detail: it.detail,
            }),
            created_at: import.created_at.into(),
            started_at: import.started_at.map(Into::into),
            finished_at: import.finished_at.map(Into::into),
            created_by: import.created_by,
        }
    }
}

impl From<app::ImportPage> for ImportPage {
    fn from(it: app::ImportPage) -> Self {
        Self {
            imports: it.imports.into_iter().map(Into::into).collect(),
            next: it.next,
        }
    }
}
