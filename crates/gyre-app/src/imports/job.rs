//! One job from where it stands to its end: files to rows, rows to batches, batches to the log.

use std::fs::File;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use gyre_base::{Failure, Retry, SECOND_MS, Timestamp, WorkspaceId};
use gyre_collect::{Envelope, Hints, ImportBatch};
use gyre_import::{ImportFile, ImportOptions, Meter, Row, content_hash};
use gyre_lake::LookupTable;
use gyre_log::LogError;
use gyre_meta::{Import, ImportFault, ImportProgress, ImportState, ImportTally, Lease};
use gyre_model::event::Rejection;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::gathered::{Gathered, own_columns};
use super::rejects::{BYTES_MAX as REJECTS_BYTES_MAX, Reject, Rejects};
use super::request::{ImportInto, ImportRequest, ImportSource};
use super::worker::ImportWorkerConfig;
use super::{DiskError, ObjectEntry, off_thread};
use crate::engine::EngineError;
use crate::lookups::LOOKUPS_MAX;
use crate::{App, AppError};

/// Rows of one batch: a few milliseconds of the indexer's time.
const BATCH_ROWS: usize = 1_000;
/// Bytes of one batch, but for a single row that is longer: half of what a request may have.
const BATCH_BYTES: usize = 8 << 20;
/// Batches that are read ahead.
const BATCHES_AHEAD: usize = 2;
/// Most objects of one job: hourly files of eleven years.
const OBJECTS_MAX: usize = 100_000;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The job has its last state.
    Finally,
    /// Somebody else has the job, or stopped it, or it is to be tried again.
    ForNow,
}

/// Why a run cannot go on.
#[derive(Debug)]
enum Stop {
    /// Cancelled, or another worker has it.
    Lost,
    /// The job cannot be done.
    Failed(ImportFault),
    /// It may be done later.
    Later(AppError),
}

impl<E: Into<AppError>> From<E> for Stop {
    fn from(error: E) -> Self {
        let error = error.into();
        if error.retry() != Retry::Never {
            return Self::Later(error);
        }
        Self::Failed(ImportFault {
            code: error.code().to_owned(),
            detail: gyre_base::failure::error_chain(&error),
        })
    }
}

fn failed(code: &str, detail: impl Into<String>) -> Stop {
    Stop::Failed(ImportFault {
        code: code.to_owned(),
        detail: detail.into(),
    })
}

/// One file of a job.
#[derive(Clone, Debug)]
struct Part {
    name: String,
    bytes: u64,
    /// Hash of the content, or what stands for it before the object is here.
    content: String,
    /// The object that is to be fetched first.
    object: Option<ObjectEntry>,
}

/// A job under way.
pub(super) struct Job {
    app: App,
    config: ImportWorkerConfig,
    lease: Lease,
    import: Import,
    request: ImportRequest,
    progress: ImportProgress,
    rejects: Rejects,
    /// Whether another job has read the same before: its rows are repeats, however long ago that was.
    is_known: bool,
    begun_at: Timestamp,
}

/// Whether a line would be taken as an event.
pub(super) fn verdict(line: &[u8]) -> Result<(), Rejection> {
    let envelope = envelope(
        WorkspaceId::random(),
        Timestamp::MAX,
        body_of(&[line]),
        Hints::default(),
    );
    match gyre_collect::parse(&envelope).pop() {
        Some(Err(rejection)) => Err(rejection),
        _ => Ok(()),
    }
}

fn envelope(workspace: WorkspaceId, now: Timestamp, body: Bytes, hints: Hints) -> Envelope {
    Envelope {
        workspace,
        received_at: now,
        dialect: "gyre".to_owned(),
        endpoint: "events".to_owned(),
        peer_ip: None,
        user_agent: None,
        hints,
        body,
    }
}

/// Lines as a body of `POST /v1/events`.
fn body_of(lines: &[&[u8]]) -> Bytes {
    let bytes: usize = lines.iter().map(|it| it.len() + 1).sum();
    let mut body = Vec::with_capacity(bytes + 16);
    body.extend_from_slice(b"{\"events\":[");
    for (idx, line) in lines.iter().enumerate() {
        if idx > 0 {
            body.push(b',');
        }
        body.extend_from_slice(line);
    }
    body.extend_from_slice(b"]}");
    body.into()
}

/// Runs a job as far as it goes now.
pub(super) async fn run(
    app: App,
    config: ImportWorkerConfig,
    lease: Lease,
    import: Import,
) -> Result<Ended, AppError> {
    let now = app.clock.now();
    let (workspace, id) = (import.workspace, import.id);
    let Some(import) = app.meta.import_start(workspace, id, now).await? else {
        return Ok(Ended::ForNow);
    };
    let request = ImportRequest::stored(&import)?;
    let folder = app.job_folder(workspace, id);
    let bytes = import.progress.rejects_bytes;
    let rejects = off_thread(move || Rejects::open(&folder, bytes)).await;
    let mut job = Job {
        begun_at: now,
        progress: import.progress.clone(),
        rejects: rejects.map_err(DiskError)?,
        is_known: false,
        request,
        app,
        config,
        lease,
        import,
    };
    let outcome = job.whole().await;
    let _ = std::fs::remove_file(job.object_path());
    let none = ImportTally::default();
    let (state, fault, tally) = match outcome {
        Ok(tally) => (ImportState::Done, None, tally),
        Err(Stop::Failed(fault)) => (ImportState::Failed, Some(fault), none),
        Err(Stop::Lost) => return Ok(Ended::ForNow),
        Err(Stop::Later(error)) => return Err(error),
    };
    let now = job.app.clock.now();
    let meta = &job.app.meta;
    meta.import_finish(workspace, id, state, fault.as_ref(), &tally, now)
        .await?;
    Ok(Ended::Finally)
}

impl Job {
    /// Does what is left of the job; what became of its rows, where the log has them.
    async fn whole(&mut self) -> Result<ImportTally, Stop> {
        let parts = self.parts().await?;
        self.progress.bytes_total = parts.iter().map(|it| it.bytes).sum();
        let content = self.content(&parts);
        match &self.progress.content {
            Some(before) if *before != content => {
                let detail =
                    "the files are not those that the import began with; make a new import";
                return Err(failed("changed-source", detail));
            }
            _ => self.progress.content = Some(content.clone()),
        }
        if self.request.into == ImportInto::Lookup {
            self.lookup(&parts).await?;
            return Ok(ImportTally::default());
        }
        let known = self
            .app
            .meta
            .import_known(self.import.workspace, &content, self.import.id);
        self.is_known = known.await?.is_some();
        for part in parts.iter().skip(self.progress.part as usize) {
            self.part(part).await?;
            self.progress.part += 1;
            self.progress.part_row = self.progress.rows_read;
            self.progress.part_byte += part.bytes;
            self.progress.bytes_read = self.progress.part_byte;
            self.save().await?;
        }
        self.wait_indexed().await;
        Ok(self.app.tally_of(&self.import).await?)
    }

    async fn wait_indexed(&self) {
        let engine = &self.app.engine;
        engine.wait_indexed(engine.inner.log.durable_end()).await;
    }

    /// The files, in order.
    async fn parts(&self) -> Result<Vec<Part>, Stop> {
        match &self.request.source {
            ImportSource::File(id) => {
                let file = self.app.import_file(self.import.workspace, *id).await?;
                Ok(vec![Part {
                    name: file.name,
                    bytes: file.bytes,
                    content: file.content,
                    object: None,
                }])
            }
            ImportSource::Objects(place) => {
                let reader = self.app.object_reader()?;
                let secret = self.app.opened_secret(&self.import);
                let listed = reader.list(place, secret.as_ref(), OBJECTS_MAX).await;
                let objects = listed.map_err(AppError::from)?;
                if objects.is_empty() {
                    return Err(failed("no-objects", "there is no object at this place"));
                }
                let parts = objects.into_iter().map(|it| Part {
                    name: it.key.clone(),
                    bytes: it.bytes,
                    content: format!("{}#{}", it.key, it.etag),
                    object: Some(it),
                });
                Ok(parts.collect())
            }
        }
    }

    /// What is read and how, as a hash.
    fn content(&self, parts: &[Part]) -> String {
        let mut hasher = Sha256::new();
        let request = self.request.to_json();
        for name in ["format", "into", "map", "lookup"] {
            hasher.update(request[name].to_string().as_bytes());
            hasher.update(b"\0");
        }
        for part in parts {
            hasher.update(part.content.as_bytes());
            hasher.update(b"\0");
        }
        hex::encode(&hasher.finalize()[..16])
    }

    fn object_path(&self) -> PathBuf {
        let folder = self.app.job_folder(self.import.workspace, self.import.id);
        folder.join("object")
    }

    /// The file of a part on disk, and the hash of its content.
    async fn file_of(&self, part: &Part) -> Result<(PathBuf, String), Stop> {
        let (Some(entry), ImportSource::Objects(place)) = (&part.object, &self.request.source)
        else {
            let ImportSource::File(id) = self.request.source else {
                return Err(failed("import-file-missing", "the file is gone"));
            };
            let path = self.app.file_path(self.import.workspace, id);
            return Ok((path, part.content.clone()));
        };
        let path = self.object_path();
        let secret = self.app.opened_secret(&self.import);
        let reader = self.app.object_reader()?;
        let fetched = reader.fetch(place, secret.as_ref(), entry, None, &path);
        fetched.await.map_err(AppError::from)?;
        let hashed = path.clone();
        let hash = off_thread(move || content_hash(File::open(hashed)?)).await;
        Ok((path, hash.map_err(DiskError)?))
    }

    fn options(&self, content: String, skip: u64) -> ImportOptions {
        ImportOptions {
            // ids are made of the content, so that a file counts once under whatever name
            file: content.clone(),
            format: self.request.format,
            kind: self.request.into.rows(),
            map: self.request.table_map(),
            skip,
            content,
        }
    }

    async fn part(&mut self, part: &Part) -> Result<(), Stop> {
        let (path, content) = self.file_of(part).await?;
        let skip = self.progress.rows_read - self.progress.part_row;
        let options = self.options(content, skip);
        let meter = Meter::default();
        let (tx, mut rx) = mpsc::channel(BATCHES_AHEAD);
        let of_reader = meter.clone();
        let reader = tokio::task::spawn_blocking(move || read(&path, of_reader, options, &tx));
        let mut stopped = None;
        while let Some(rows) = rx.recv().await {
            let bytes_read = self.progress.part_byte + meter.bytes().min(part.bytes);
            if let Err(stop) = self.batch(rows, &part.name, bytes_read).await {
                stopped = Some(stop);
                break;
            }
        }
        drop(rx); // a reader that still reads sees that nobody listens
        let read = match reader.await {
            Ok(read) => read,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        match stopped {
            Some(stop) => Err(stop),
            None => Ok(read?),
        }
    }

    async fn batch(&mut self, rows: Vec<Row>, file: &str, bytes_read: u64) -> Result<(), Stop> {
        let begun = self.app.clock.now();
        let count = rows.len() as u64;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        let to = self.progress.part_row + last.place().ordinal;
        let hints = Hints {
            import: Some(ImportBatch {
                id: self.import.id,
                to,
            }),
            ..Hints::default()
        };
        let workspace = self.import.workspace;
        // what the reader of the log would refuse is told to whoever imports, and not put into quarantine
        let sorted = off_thread(move || Sorted::of(rows, workspace, begun, hints)).await;
        for (place_row, part, field, code, detail, raw) in &sorted.rejected {
            self.rejects.add(&Reject {
                file,
                part: part.as_deref(),
                row: *place_row,
                field: field.as_deref(),
                code,
                detail,
                raw,
            });
        }
        if self.is_known {
            self.progress.rows_repeated += sorted.taken;
        } else {
            let appended = self.app.engine.inner.log.append(sorted.record).await;
            appended.map_err(|error| match error {
                // a queue that is full says so; the batch is read again
                LogError::Overloaded { .. } => Stop::Later(EngineError::Log(error).into()),
                other => Stop::from(AppError::from(EngineError::Log(other))),
            })?;
        }
        let mut rejects_bytes = self.progress.rejects_bytes;
        if !sorted.rejected.is_empty() {
            rejects_bytes = self
                .rejects
                .sync()
                .map_err(DiskError)
                .map_err(AppError::from)?;
        }
        self.progress.rows_read = to;
        self.progress.rows_rejected += sorted.rejected.len() as u64;
        self.progress.rejects_bytes = rejects_bytes;
        self.progress.bytes_read = bytes_read;
        self.save().await?;
        if rejects_bytes > REJECTS_BYTES_MAX {
            let detail = format!("the rejected rows are over {REJECTS_BYTES_MAX} bytes");
            return Err(failed("too-many-rejects", detail));
        }
        // live events never stand behind more than this batch
        self.wait_indexed().await;
        self.pace(count, begun).await;
        Ok(())
    }

    /// Waits until so many rows are within the budget.
    async fn pace(&self, rows: u64, begun: Timestamp) {
        let per_second = self.config.rows_per_second;
        if per_second == 0 {
            return;
        }
        let due_ms = (rows.saturating_mul(1_000) / per_second) as i64;
        let left_ms = due_ms - self.app.clock.now().since(begun);
        if left_ms > 0 {
            self.app.clock.sleep_ms(left_ms).await;
        }
    }

    /// Writes how far the job is, and holds it for longer.
    async fn save(&mut self) -> Result<(), Stop> {
        let meta = &self.app.meta;
        let (workspace, id) = (self.import.workspace, self.import.id);
        if !meta.import_progress(workspace, id, &self.progress).await? {
            return Err(Stop::Lost);
        }
        let now = self.app.clock.now();
        if now.since(self.begun_at) >= self.config.lease_ms / 3 {
            let until = now.plus_ms(self.config.lease_ms);
            if !meta.lease_renew(&self.lease, until).await? {
                return Err(Stop::Lost);
            }
            self.begun_at = now;
        }
        Ok(())
    }

    /// A lookup table is read whole and put in the place of the older one; nothing of it is kept before.
    async fn lookup(&mut self, parts: &[Part]) -> Result<(), Stop> {
        let Some(target) = self.request.lookup.clone() else {
            return Err(failed("invalid-field", "the import names no lookup table"));
        };
        let tables = self.app.meta.lookups_list(self.import.workspace).await?;
        if tables.len() >= LOOKUPS_MAX && !tables.iter().any(|it| it.name == target.name) {
            let detail = format!("the workspace has {LOOKUPS_MAX} lookup tables; delete one first");
            return Err(failed("too-many-lookups", detail));
        }
        let content = self.progress.content.take();
        self.progress = ImportProgress {
            bytes_total: self.progress.bytes_total,
            content,
            ..ImportProgress::default()
        };
        let folder = self.app.job_folder(self.import.workspace, self.import.id);
        self.rejects = off_thread(move || Rejects::open(&folder, 0))
            .await
            .map_err(DiskError)
            .map_err(AppError::from)?;
        let mut table = Gathered::new(&target.key);
        for part in parts {
            let (path, content) = self.file_of(part).await?;
            let mut options = self.options(content, 0);
            let gathered = off_thread(move || {
                if options.map.is_none() {
                    options.map = own_columns(&path, &options)?;
                }
                let file = File::open(&path).map_err(DiskError)?;
                let file = ImportFile::open(file, Meter::default(), options)?;
                file.read(&mut |row| table.take(row))?;
                Ok::<_, AppError>(table)
            });
            table = gathered.await?;
            if let Some(fault) = table.fault.take() {
                return Err(Stop::Failed(fault));
            }
            for row in table.bad.drain(..) {
                if let Row::Bad { place, fault, raw } = row {
                    self.rejects.add(&Reject {
                        file: &part.name,
                        part: place.part.as_deref(),
                        row: place.row,
                        field: fault.column.as_deref(),
                        code: "bad-row",
                        detail: &fault.reason,
                        raw: &raw,
                    });
                    self.progress.rows_rejected += 1;
                }
            }
            self.progress.bytes_read += part.bytes;
        }
        let bytes = self
            .rejects
            .sync()
            .map_err(DiskError)
            .map_err(AppError::from)?;
        self.progress.rejects_bytes = bytes;
        self.progress.rows_read = table.rows_read;
        self.progress.rows_accepted = table.rows.len() as u64;
        self.save().await?;
        if table.rows.is_empty() {
            return Err(failed("empty-lookup", "no row has a key"));
        }
        let made = LookupTable::new(&target.key, table.rows);
        let workspace = self.import.workspace;
        self.app
            .lookup_put(workspace, &target.name, &target.key, made)
            .await?;
        Ok(())
    }
}

/// Reads a file and hands its rows on in batches, until it ends or nobody listens any more.
///
/// Where a batch ends depends on the rows alone, so that a batch that is read again is the same.
fn read(
    path: &Path,
    meter: Meter,
    options: ImportOptions,
    tx: &mpsc::Sender<Vec<Row>>,
) -> Result<(), AppError> {
    let file = File::open(path).map_err(DiskError)?;
    let file = ImportFile::open(file, meter, options)?;
    let mut batch = Vec::with_capacity(BATCH_ROWS);
    let mut bytes = 0;
    let read = file.read(&mut |row| {
        let row_bytes = match &row {
            Row::Event { line, .. } => line.len(),
            Row::Bad { raw, .. } => raw.len(),
        };
        if !batch.is_empty() && bytes + row_bytes > BATCH_BYTES {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS));
            bytes = 0;
            if tx.blocking_send(full).is_err() {
                return false;
            }
        }
        bytes += row_bytes;
        batch.push(row);
        if batch.len() < BATCH_ROWS {
            return true;
        }
        bytes = 0;
        let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS));
        tx.blocking_send(full).is_ok()
    });
    // what was read before a failure is imported all the same
    if !batch.is_empty() {
        let _ = tx.blocking_send(batch);
    }
    Ok(read?)
}

/// (row, part, field, code, detail, raw)
type Rejected = (u64, Option<String>, Option<String>, String, String, String);

/// A batch, sorted into what is an event and what is none.
struct Sorted {
    record: Bytes,
    taken: u64,
    rejected: Vec<Rejected>,
}

impl Sorted {
    fn of(rows: Vec<Row>, workspace: WorkspaceId, now: Timestamp, hints: Hints) -> Self {
        let mut rejected = Vec::new();
        let mut lines = Vec::with_capacity(rows.len());
        for row in rows {
            match row {
                Row::Event { place, line, .. } => lines.push((place, line)),
                Row::Bad { place, fault, raw } => {
                    let part = place.part.as_deref().map(str::to_owned);
                    let code = "bad-row".to_owned();
                    rejected.push((place.row, part, fault.column, code, fault.reason, raw));
                }
            }
        }
        let all: Vec<&[u8]> = lines.iter().map(|it| it.1.as_slice()).collect();
        let tried = envelope(workspace, now, body_of(&all), hints.clone());
        let outcomes = gyre_collect::parse(&tried);
        let mut good = Vec::with_capacity(lines.len());
        for ((place, line), outcome) in lines.iter().zip(outcomes) {
            match outcome {
                Ok(_) => good.push(line.as_slice()),
                Err(rejection) => {
                    let part = place.part.as_deref().map(str::to_owned);
                    let raw = String::from_utf8_lossy(line).into_owned();
                    rejected.push((
                        place.row,
                        part,
                        None,
                        rejection.reason,
                        rejection.detail,
                        raw,
                    ));
                }
            }
        }
        rejected.sort_by_key(|it| it.0);
        Self {
            taken: good.len() as u64,
            record: envelope(workspace, now, body_of(&good), hints).encode(),
            rejected,
        }
    }
}

/// How long a job that met a passing trouble is left alone.
pub(super) const RETRY_MS: i64 = 10 * SECOND_MS;
