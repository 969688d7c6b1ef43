//! Imports: files of events, people and lookup tables, read in the background through the one log.
//!
//! A job reads its files in order and appends batches of a thousand rows to the log, each with the number of its last
//! row. The reader of the log counts what became of them and leaves out batches that it has counted, so a job that goes
//! on after any end counts nothing twice. At most one batch of a job waits to be indexed: live events never stand behind
//! more than that. Entry points: [`App::import_create`], [`run_imports`].

mod files;
mod gathered;
mod job;
mod objects;
mod preview;
mod rejects;
mod request;
mod worker;

use std::path::PathBuf;

use gyre_base::{ImportId, Secret, Timestamp, WorkspaceId};
use gyre_meta::{Import, ImportState};
use gyre_model::FieldError;
use serde_json::Value;

use crate::access::CanWrite;
use crate::{App, AppError, CanRead};

pub use files::{DiskError, FILE_BYTES_MAX, FILES_DAYS, FILES_MAX, Upload};
pub use objects::{ObjectEntry, ObjectError, ObjectPlace, ObjectReader};
pub use preview::{ColumnView, ImportPreview, PreviewProblem};
pub use request::{ImportInto, ImportSource, LookupTarget};
pub use worker::{ImportWorker, ImportWorkerConfig, run_imports};

pub(crate) use request::ImportRequest;

/// Most jobs of a workspace that wait or run.
pub const IMPORTS_UNFINISHED_MAX: u64 = 100;

/// A job as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportView {
    /// What is stored of it.
    pub import: Import,
    /// What the rows are.
    pub into: String,
    /// What the files are, as far as that was told.
    pub format: String,
    /// Events that count.
    pub rows_accepted: u64,
    /// Rows that are no events.
    pub rows_rejected: u64,
    /// Events that were there already.
    pub rows_repeated: u64,
}

/// A page of jobs.
#[derive(Clone, Debug)]
pub struct ImportPage {
    /// Newest first.
    pub imports: Vec<ImportView>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// Does work that blocks where it holds up nobody.
pub(crate) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// What a sealed secret is bound to.
fn place_of(workspace: WorkspaceId, import: ImportId) -> String {
    format!("{workspace}/import/{import}")
}

impl App {
    /// Makes a job of a request: `{"name", "source", "format", "into", "map", "lookup"}`.
    pub async fn import_create(
        &self,
        access: &CanWrite,
        body: &Value,
    ) -> Result<ImportView, AppError> {
        let workspace = access.workspace();
        let (request, secret) = ImportRequest::read(body)?;
        let (name, bytes_total) = match &request.source {
            ImportSource::File(id) => {
                let file = self.import_file(workspace, *id).await?;
                (file.name, file.bytes)
            }
            ImportSource::Objects(place) => {
                self.object_reader()?
                    .check(place)
                    .map_err(|it| objects::refusal(&it))?;
                (place.uri(), 0)
            }
        };
        let unfinished = self.meta.imports_unfinished_count(workspace).await?;
        if unfinished >= IMPORTS_UNFINISHED_MAX {
            return Err(AppError::Conflict {
                code: "too-many-imports",
                detail: format!("{unfinished} imports wait or run; let some end first"),
            });
        }
        let id = ImportId::random();
        let sealed = match secret {
            None => None,
            Some(secret) => {
                let sealed = self.sealer.seal(secret.reveal(), &place_of(workspace, id));
                Some(sealed.ok_or(AppError::Auth(crate::AuthError::Secret))?)
            }
        };
        let given = body.get("name").and_then(Value::as_str).map(str::trim);
        let given = given.filter(|it| !it.is_empty()).map(str::to_owned);
        let name = given.unwrap_or(name);
        if name.chars().count() > 200 {
            return Err(FieldError::new("/name", "is longer than 200 characters").into());
        }
        let import = Import {
            workspace,
            id,
            name,
            request: request.to_json().to_string(),
            sealed,
            state: ImportState::Waiting,
            progress: gyre_meta::ImportProgress {
                bytes_total,
                ..gyre_meta::ImportProgress::default()
            },
            fault: None,
            created_at: self.clock.now(),
            started_at: None,
            finished_at: None,
            created_by: access.user().map(|it| it.to_string()),
        };
        self.meta.import_create(&import).await?;
        self.import_view(import).await
    }

    /// A job.
    pub async fn import_get(&self, access: &CanRead, id: &str) -> Result<ImportView, AppError> {
        let import = self.import_row(access.workspace(), id).await?;
        self.import_view(import).await
    }

    /// Jobs of the workspace, newest first.
    pub async fn imports_page(
        &self,
        access: &CanRead,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<ImportPage, AppError> {
        let wrong = || FieldError::new("/cursor", "is not a cursor of this list");
        let after = match cursor {
            None => None,
            Some(text) => {
                let (at, id) = text.split_once('.').ok_or_else(wrong)?;
                Some((Timestamp(at.parse().map_err(|_| wrong())?), id))
            }
        };
        let n = u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1);
        let mut rows = self.meta.imports_page(access.workspace(), after, n).await?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| has_more);
        let next = last.map(|it| format!("{}.{}", it.created_at.ms(), it.id));
        let mut imports = Vec::with_capacity(rows.len());
        for row in rows {
            imports.push(self.import_view(row).await?);
        }
        Ok(ImportPage { imports, next })
    }

    /// Stops a job; what it has imported stays.
    pub async fn import_cancel(&self, access: &CanWrite, id: &str) -> Result<ImportView, AppError> {
        let import = self.import_row(access.workspace(), id).await?;
        let now = self.clock.now();
        let state = ImportState::Cancelled;
        let none = gyre_meta::ImportTally::default();
        let changed = self
            .meta
            .import_finish(import.workspace, import.id, state, None, &none, now)
            .await?;
        let changed = changed.ok_or_else(|| AppError::Conflict {
            code: "import-ended",
            detail: format!("the import is {}", import.state.name()),
        })?;
        self.import_view(changed).await
    }

    /// Lets a job that was cancelled or failed go on where it stopped.
    pub async fn import_resume(&self, access: &CanWrite, id: &str) -> Result<ImportView, AppError> {
        let import = self.import_row(access.workspace(), id).await?;
        let changed = self.meta.import_resume(import.workspace, import.id).await?;
        let changed = changed.ok_or_else(|| AppError::Conflict {
            code: "import-not-stopped",
            detail: format!(
                "the import is {}; only one that was cancelled or failed can go on",
                import.state.name()
            ),
        })?;
        self.import_view(changed).await
    }

    /// The open file of a job's rejected rows and how many of its bytes count; none if no row was rejected.
    pub async fn import_rejects(
        &self,
        access: &CanRead,
        id: &str,
    ) -> Result<Option<(tokio::fs::File, u64)>, AppError> {
        let import = self.import_row(access.workspace(), id).await?;
        let bytes = import.progress.rejects_bytes;
        if bytes == 0 {
            return Ok(None);
        }
        let path = self.job_folder(import.workspace, import.id);
        let file = tokio::fs::File::open(path.join(rejects::FILE)).await;
        Ok(Some((file.map_err(DiskError)?, bytes)))
    }

    async fn import_row(&self, workspace: WorkspaceId, id: &str) -> Result<Import, AppError> {
        let missing = || AppError::not_found("import", id);
        let import: ImportId = id.parse().map_err(|_| missing())?;
        let found = self.meta.import_get(workspace, import).await?;
        found.ok_or_else(missing)
    }

    async fn import_view(&self, import: Import) -> Result<ImportView, AppError> {
        let request = ImportRequest::stored(&import)?;
        let progress = &import.progress;
        let tally = match import.state {
            ImportState::Done => gyre_meta::ImportTally::default(),
            _ => self.tally_of(&import).await?,
        };
        Ok(ImportView {
            into: request.into.name().to_owned(),
            format: request.format.name().to_owned(),
            rows_accepted: progress.rows_accepted + tally.accepted,
            rows_rejected: progress.rows_rejected + tally.refused,
            rows_repeated: progress.rows_repeated + tally.repeated,
            import,
        })
    }

    /// What became of a job's rows so far.
    async fn tally_of(&self, import: &Import) -> Result<gyre_meta::ImportTally, AppError> {
        let handle = self.engine.handle(import.workspace);
        match handle.tallies.import(import.id) {
            Some(tally) => Ok(tally),
            None => Ok(self.meta.import_tally(import.workspace, import.id).await?),
        }
    }

    /// The secret of the place that a job reads from.
    fn opened_secret(&self, import: &Import) -> Option<Secret> {
        let sealed = import.sealed.as_deref()?;
        let place = place_of(import.workspace, import.id);
        self.sealer.open(sealed, &place).map(Secret::new)
    }

    fn imports_folder(&self, workspace: WorkspaceId) -> PathBuf {
        let lake = &self.engine.inner.config.data_dir;
        lake.join(workspace.to_string()).join("imports")
    }

    fn job_folder(&self, workspace: WorkspaceId, import: ImportId) -> PathBuf {
        self.imports_folder(workspace).join(format!("job-{import}"))
    }
}
