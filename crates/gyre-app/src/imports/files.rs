//! Uploaded files: written to disk as they come, with the hash of their content, and kept for a week.

use std::path::PathBuf;

use gyre_base::{Blame, DAY_MS, Failure, ImportId, WorkspaceId};
use gyre_meta::ImportFileRow;
use gyre_model::FieldError;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use crate::access::CanWrite;
use crate::{App, AppError};

/// Largest file: a year of a large shop's events, compressed.
pub const FILE_BYTES_MAX: u64 = 8 << 30;
/// Most files of a workspace that are kept at once.
pub const FILES_MAX: usize = 100;
/// Most bytes of a workspace's files together.
const FILES_BYTES_MAX: u64 = 32 << 30;
/// Days for which a file is kept.
pub const FILES_DAYS: i64 = 7;
/// Longest name.
const NAME_CHARS_MAX: usize = 200;

/// The disk did not take or give a file.
#[derive(Debug, thiserror::Error)]
#[error("failed to use a file of an import")]
pub struct DiskError(#[from] pub(super) std::io::Error);

impl Failure for DiskError {
    fn code(&self) -> &'static str {
        "import-disk"
    }

    fn blame(&self) -> Blame {
        Blame::Us
    }
}

/// A file on its way; dropped before its end it is removed.
#[derive(Debug)]
pub struct Upload {
    workspace: WorkspaceId,
    id: ImportId,
    name: String,
    path: PathBuf,
    file: tokio::fs::File,
    hasher: Sha256,
    bytes: u64,
    room: u64,
    is_kept: bool,
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.is_kept {
            // what cannot be removed is found by the sweep: no row names it
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Upload {
    /// Adds bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), AppError> {
        self.bytes += bytes.len() as u64;
        if self.bytes > self.room {
            return Err(AppError::Conflict {
                code: "import-file-too-large",
                detail: format!(
                    "the file is over {} bytes, which are left for it",
                    self.room
                ),
            });
        }
        self.hasher.update(bytes);
        let written = self.file.write_all(bytes).await;
        Ok(written.map_err(DiskError)?)
    }
}

impl App {
    /// Begins an upload.
    pub async fn import_upload(&self, access: &CanWrite, name: &str) -> Result<Upload, AppError> {
        let workspace = access.workspace();
        let plain = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
        if plain.is_empty() || plain.chars().count() > NAME_CHARS_MAX {
            let detail = format!("expected a name of 1 to {NAME_CHARS_MAX} characters");
            return Err(FieldError::new("/name", detail).into());
        }
        let files = self.meta.import_files_list(workspace).await?;
        let taken: u64 = files.iter().map(|it| it.bytes).sum();
        let room = FILES_BYTES_MAX.saturating_sub(taken).min(FILE_BYTES_MAX);
        if files.len() >= FILES_MAX || room == 0 {
            return Err(AppError::Conflict {
                code: "too-many-files",
                detail: format!(
                    "{} uploaded files of {taken} bytes are kept; each goes after {FILES_DAYS} days",
                    files.len()
                ),
            });
        }
        let folder = self.imports_folder(workspace);
        tokio::fs::create_dir_all(&folder)
            .await
            .map_err(DiskError)?;
        let id = ImportId::random();
        let path = self.file_path(workspace, id);
        Ok(Upload {
            workspace,
            id,
            name: plain.to_owned(),
            file: tokio::fs::File::create(&path).await.map_err(DiskError)?,
            path,
            hasher: Sha256::new(),
            bytes: 0,
            room,
            is_kept: false,
        })
    }

    /// Ends an upload: the file is on disk and can be imported.
    pub async fn import_uploaded(&self, mut upload: Upload) -> Result<ImportFileRow, AppError> {
        if upload.bytes == 0 {
            return Err(FieldError::new("", "the file is empty").into());
        }
        upload.file.sync_all().await.map_err(DiskError)?;
        let hash = std::mem::take(&mut upload.hasher).finalize();
        let row = ImportFileRow {
            workspace: upload.workspace,
            id: upload.id,
            name: upload.name.clone(),
            bytes: upload.bytes,
            // as `gyre_import::content_hash` makes it
            content: hex::encode(&hash[..16]),
            created_at: self.clock.now(),
        };
        self.meta.import_file_create(&row).await?;
        upload.is_kept = true;
        Ok(row)
    }

    /// An uploaded file of the workspace.
    pub(super) async fn import_file(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
    ) -> Result<ImportFileRow, AppError> {
        let found = self.meta.import_file_get(workspace, id).await?;
        found.ok_or_else(|| {
            let detail = format!("there is no such file; uploads are kept for {FILES_DAYS} days");
            FieldError::new("/source/file", detail).into()
        })
    }

    pub(super) fn file_path(&self, workspace: WorkspaceId, id: ImportId) -> PathBuf {
        self.imports_folder(workspace).join(format!("file-{id}"))
    }

    /// Removes files that are too old, except those that a job is to read.
    pub(super) async fn import_files_sweep(&self) -> Result<(), AppError> {
        let oldest = self.clock.now().plus_ms(-FILES_DAYS * DAY_MS);
        let old = self.meta.import_files_before(oldest).await?;
        if old.is_empty() {
            return Ok(());
        }
        let unfinished = self.meta.imports_unfinished(10_000).await?;
        for file in old {
            let needle = file.id.to_string();
            if unfinished.iter().any(|it| it.request.contains(&needle)) {
                continue;
            }
            match tokio::fs::remove_file(self.file_path(file.workspace, file.id)).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(DiskError(error).into());
                }
                _ => {
                    self.meta
                        .import_file_delete(file.workspace, file.id)
                        .await?;
                }
            }
        }
        Ok(())
    }
}
