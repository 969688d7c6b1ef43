//! Imports: files that were uploaded, jobs that read them, and what became of their rows.
//!
//! A job's progress is one row, changed only while the job runs; what its rows became is counted by the reader of the
//! log and committed with the lake, so that both survive whatever ends the process.

use gyre_base::{ImportId, Timestamp, WorkspaceId};

use crate::error::MetaError;
use crate::record::{Fields, Number, Record, all, execute, one};
use crate::store::{Meta, Tx};
use crate::text_enum::text_enum;

text_enum! {
    /// Where a job stands.
    ImportState {
        /// Not begun, or to be gone on with.
        Waiting = "waiting",
        /// A worker reads it, or did when its process ended.
        Running = "running",
        /// Read to its end.
        Done = "done",
        /// It cannot be read.
        Failed = "failed",
        /// Somebody stopped it.
        Cancelled = "cancelled",
    }
}

/// A file that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFileRow {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Id; the name of the file on disk.
    pub id: ImportId,
    /// Its own name.
    pub name: String,
    /// Size.
    pub bytes: u64,
    /// Hash of its content.
    pub content: String,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportProgress {
    /// Which of its files, from 0.
    pub part: u64,
    /// Rows of the files before that one.
    pub part_row: u64,
    /// Bytes of the files before that one.
    pub part_byte: u64,
    /// Bytes read, as they lie on disk.
    pub bytes_read: u64,
    /// Bytes of all its files.
    pub bytes_total: u64,
    /// Rows read.
    pub rows_read: u64,
    /// Events that count; as of the job's end.
    pub rows_accepted: u64,
    /// Rows that are no events.
    pub rows_rejected: u64,
    /// Events that were there already; as of the job's end, or all of them where the file was imported before.
    pub rows_repeated: u64,
    /// Length of the file of rejected rows.
    pub rejects_bytes: u64,
    /// What is read and how, as a hash: the same for the same import of the same files.
    pub content: Option<String>,
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFault {
    /// Stable name.
    pub code: String,
    /// For a person.
    pub detail: String,
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Id.
    pub id: ImportId,
    /// Shown name.
    pub name: String,
    /// What is to be read and how, as JSON without secrets.
    pub request: String,
    /// The sealed secret of the place it is read from.
    pub sealed: Option<String>,
    /// Where it stands.
    pub state: ImportState,
    /// How far it is.
    pub progress: ImportProgress,
    /// Why it failed.
    pub fault: Option<ImportFault>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was begun.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Who made it; none for a key.
    pub created_by: Option<String>,
}

/// What became of the rows of an import that are in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportTally {
    /// The last row that was counted; rows up to it that come again are left out.
    pub counted_to: u64,
    /// Events that count.
    pub accepted: u64,
    /// Events that were there already.
    pub repeated: u64,
    /// Events that were put into quarantine.
    pub refused: u64,
}

impl Record for ImportFileRow {
    const TABLE: &'static str = "import_files";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            workspace: fields.parsed("workspace_id")?,
            id: fields.parsed("id")?,
            name: fields.text("name")?,
            bytes: fields.count("byte_count")?,
            content: fields.text("content")?,
            created_at: fields.time("created_at")?,
        })
    }
}

impl Record for Import {
    const TABLE: &'static str = "imports";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        let code = fields.text_or_null("error_code")?;
        let detail = fields.text_or_null("error_detail")?;
        Ok(Self {
            workspace: fields.parsed("workspace_id")?,
            id: fields.parsed("id")?,
            name: fields.text("name")?,
            request: fields.text("request")?,
            sealed: fields.text_or_null("sealed")?,
            state: fields.parsed("state")?,
            progress: ImportProgress {
                part: fields.count("part")?,
                part_row: fields.count("part_row")?,
                part_byte: fields.count("part_byte")?,
                bytes_read: fields.count("bytes_read")?,
                bytes_total: fields.count("bytes_total")?,
                rows_read: fields.count("rows_read")?,
                rows_accepted: fields.count("rows_accepted")?,
                rows_rejected: fields.count("rows_rejected")?,
                rows_repeated: fields.count("rows_repeated")?,
                rejects_bytes: fields.count("rejects_bytes")?,
                content: fields.text_or_null("content")?,
            },
            fault: code.map(|code| ImportFault {
                code,
                detail: detail.unwrap_or_default(),
            }),
            created_at: fields.time("created_at")?,
            started_at: fields.time_or_null("started_at")?,
            finished_at: fields.time_or_null("finished_at")?,
            created_by: fields.text_or_null("created_by")?,
        })
    }
}

impl Record for ImportTally {
    const TABLE: &'static str = "import_tallies";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            counted_to: fields.count("counted_to")?,
            accepted: fields.count("accepted")?,
            repeated: fields.count("repeated")?,
            refused: fields.count("refused")?,
        })
    }
}

/// Writes what became of imports with the files that have it.
pub(crate) async fn put_tallies(
    tx: &mut Tx,
    workspace: &str,
    tallies: &[(ImportId, ImportTally)],
) -> Result<(), MetaError> {
    for (id, tally) in tallies {
        let query = sqlx::query(include_str!("imports/tally_put.sql"))
            .bind(workspace.to_owned())
            .bind(id.to_string())
            .bind(tally.counted_to as i64)
            .bind(tally.accepted as i64)
            .bind(tally.repeated as i64)
            .bind(tally.refused as i64);
        execute(query, &mut **tx).await?;
    }
    Ok(())
}

impl Meta {
    /// Keeps what is known of an uploaded file.
    pub async fn import_file_create(&self, file: &ImportFileRow) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("imports/file_insert.sql"))
            .bind(file.workspace.to_string())
            .bind(file.id.to_string())
            .bind(&file.name)
            .bind(file.bytes as i64)
            .bind(&file.content)
            .bind(file.created_at.ms());
        execute(query, &mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// An uploaded file.
    pub async fn import_file_get(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
    ) -> Result<Option<ImportFileRow>, MetaError> {
        let query = sqlx::query(include_str!("imports/file_get.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        one(query, &self.reads).await
    }

    /// Uploaded files of a workspace, oldest first.
    pub async fn import_files_list(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<ImportFileRow>, MetaError> {
        let query = sqlx::query(include_str!("imports/files_list.sql")).bind(workspace.to_string());
        all(query, &self.reads).await
    }

    /// Uploaded files of every workspace that are older than an instant, at most 1,000.
    pub async fn import_files_before(
        &self,
        before: Timestamp,
    ) -> Result<Vec<ImportFileRow>, MetaError> {
        let query = sqlx::query(include_str!("imports/files_before.sql")).bind(before.ms());
        all(query, &self.reads).await
    }

    /// Forgets an uploaded file.
    pub async fn import_file_delete(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
    ) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("imports/file_delete.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        execute(query, &mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Adds a job that waits.
    pub async fn import_create(&self, import: &Import) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("imports/insert.sql"))
            .bind(import.workspace.to_string())
            .bind(import.id.to_string())
            .bind(&import.name)
            .bind(&import.request)
            .bind(import.sealed.as_deref())
            .bind(import.progress.content.as_deref())
            .bind(import.progress.bytes_total as i64)
            .bind(import.created_at.ms())
            .bind(import.created_by.as_deref());
        execute(query, &mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// A job.
    pub async fn import_get(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
    ) -> Result<Option<Import>, MetaError> {
        let query = sqlx::query(include_str!("imports/get.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        one(query, &self.reads).await
    }

    /// Jobs of a workspace, newest first, after (creation, id).
    pub async fn imports_page(
        &self,
        workspace: WorkspaceId,
        after: Option<(Timestamp, &str)>,
        n: u32,
    ) -> Result<Vec<Import>, MetaError> {
        let query = sqlx::query(include_str!("imports/page.sql"))
            .bind(workspace.to_string())
            .bind(after.map_or(i64::MAX, |it| it.0.ms()))
            .bind(after.map_or("", |it| it.1))
            .bind(i64::from(n));
        all(query, &self.reads).await
    }

    /// Jobs of every workspace that wait or run, oldest first.
    pub async fn imports_unfinished(&self, n: u32) -> Result<Vec<Import>, MetaError> {
        let query = sqlx::query(include_str!("imports/unfinished.sql")).bind(i64::from(n));
        all(query, &self.reads).await
    }

    /// How many jobs of a workspace wait or run.
    pub async fn imports_unfinished_count(&self, workspace: WorkspaceId) -> Result<u64, MetaError> {
        let query =
            sqlx::query(include_str!("imports/count_unfinished.sql")).bind(workspace.to_string());
        let number = one::<Number>(query, &self.reads).await?;
        Ok(number.map_or(0, |it| it.0.max(0) as u64))
    }

    /// Another job that read the same files in the same way to their end.
    pub async fn import_known(
        &self,
        workspace: WorkspaceId,
        content: &str,
        but: ImportId,
    ) -> Result<Option<Import>, MetaError> {
        let query = sqlx::query(include_str!("imports/known.sql"))
            .bind(workspace.to_string())
            .bind(content.to_owned())
            .bind(but.to_string());
        one(query, &self.reads).await
    }

    /// Marks a job as running; `None` if it waits no more.
    pub async fn import_start(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        now: Timestamp,
    ) -> Result<Option<Import>, MetaError> {
        let query = sqlx::query(include_str!("imports/start.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string())
            .bind(now.ms());
        self.changed(query).await
    }

    /// Writes how far a running job is; false if it runs no more.
    pub async fn import_progress(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        it: &ImportProgress,
    ) -> Result<bool, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("imports/progress.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string())
            .bind(it.part as i64)
            .bind(it.part_row as i64)
            .bind(it.part_byte as i64)
            .bind(it.bytes_read as i64)
            .bind(it.bytes_total as i64)
            .bind(it.rows_read as i64)
            .bind(it.rows_accepted as i64)
            .bind(it.rows_rejected as i64)
            .bind(it.rows_repeated as i64)
            .bind(it.rejects_bytes as i64)
            .bind(it.content.as_deref());
        let count = execute(query, &mut *tx).await?;
        tx.commit().await?;
        Ok(count == 1)
    }

    /// Ends a job that waits or runs; `None` if it has ended. The tally is added to its counts once and for all.
    pub async fn import_finish(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        state: ImportState,
        fault: Option<&ImportFault>,
        tally: &ImportTally,
        now: Timestamp,
    ) -> Result<Option<Import>, MetaError> {
        let query = sqlx::query(include_str!("imports/finish.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string())
            .bind(state.name())
            .bind(fault.map(|it| it.code.as_str()))
            .bind(fault.map(|it| it.detail.as_str()))
            .bind(now.ms())
            .bind(tally.accepted as i64)
            .bind(tally.repeated as i64)
            .bind(tally.refused as i64);
        self.changed(query).await
    }

    /// Lets a job that was cancelled or failed go on; `None` if it was neither.
    pub async fn import_resume(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
    ) -> Result<Option<Import>, MetaError> {
        let query = sqlx::query(include_str!("imports/resume.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        self.changed(query).await
    }

    async fn changed(&self, query: crate::record::Query<'_>) -> Result<Option<Import>, MetaError> {
        let mut tx = self.begin().await?;
        let changed = one(query, &mut *tx).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// What became of an import's rows, as of the lake's last commit.
    pub async fn import_tally(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
    ) -> Result<ImportTally, MetaError> {
        let query = sqlx::query(include_str!("imports/tally_get.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        Ok(one(query, &self.reads).await?.unwrap_or_default())
    }
}
