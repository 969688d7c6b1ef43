//! Lookup tables: what is known of products, shops and the like, by key; charts join them as `lookup.<table>.<column>`.
//!
//! A table is one Parquet file beside the events. A newer one replaces it in one step: the file is written first, the
//! row in SQL that names it second, and the older file is removed last.

use std::path::PathBuf;
use std::sync::Arc;

use gyre_base::{Timestamp, WorkspaceId};
pub use gyre_lake::LookupType;
use gyre_lake::{LookupColumn, LookupTable};
use gyre_meta::{Lookup, MetaError};
use gyre_model::FieldError;
use serde_json::{Map, Value};

use crate::access::CanWrite;
use crate::engine::EngineError;
use crate::{App, AppError, CanRead};

/// Most rows of one table: a catalogue of a large shop; some 100 MB in memory.
pub const LOOKUP_ROWS_MAX: usize = 200_000;
/// Most bytes of one table, as JSON.
pub const LOOKUP_BYTES_MAX: usize = 128 << 20;
/// Most tables of a workspace.
pub const LOOKUPS_MAX: usize = 100;
/// Longest name: it stands in `lookup.<table>.<column>`.
const NAME_CHARS_MAX: usize = 60;

/// One table, without its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupView {
    /// Name.
    pub name: String,
    /// The column that tells rows apart.
    pub key: String,
    /// Its columns, the key first.
    pub columns: Vec<LookupColumn>,
    /// Rows.
    pub rows: u64,
    /// When it was written.
    pub updated_at: Timestamp,
}

/// A page of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupPage {
    /// By key.
    pub rows: Vec<Map<String, Value>>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// Whether a text can be a table's name: small letters, digits and `_`, so that it needs no quotes in `lookup.<table>`.
pub(crate) fn check_name(name: &str, pointer: &str) -> Result<(), FieldError> {
    let is_good = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
    let is_short = (1..=NAME_CHARS_MAX).contains(&name.len());
    if is_short && name.chars().all(is_good) && !name.starts_with(|it: char| it.is_ascii_digit()) {
        return Ok(());
    }
    let detail = format!(
        "expected a name of 1 to {NAME_CHARS_MAX} of a-z, 0-9 and _ that begins with a letter"
    );
    Err(FieldError::new(pointer, detail))
}

fn view_of(row: Lookup) -> Result<LookupView, AppError> {
    let columns = serde_json::from_str(&row.columns).map_err(|_| {
        AppError::Meta(MetaError::Corrupt {
            table: "lookups",
            column: "columns",
        })
    })?;
    Ok(LookupView {
        name: row.name,
        key: row.key,
        columns,
        rows: row.rows,
        updated_at: row.updated_at,
    })
}

impl App {
    /// Every lookup table of the workspace, by name.
    pub async fn lookups_list(&self, access: &CanRead) -> Result<Vec<LookupView>, AppError> {
        let rows = self.meta.lookups_list(access.workspace()).await?;
        rows.into_iter().map(view_of).collect()
    }

    /// One lookup table.
    pub async fn lookup_get(&self, access: &CanRead, name: &str) -> Result<LookupView, AppError> {
        view_of(self.lookup_row(access.workspace(), name).await?)
    }

    /// Rows of a table by key, from a cursor on; with a `key` the one row that has it.
    pub async fn lookup_rows(
        &self,
        access: &CanRead,
        name: &str,
        limit: usize,
        cursor: Option<&str>,
        key: Option<&str>,
    ) -> Result<LookupPage, AppError> {
        let from = match cursor {
            None => 0,
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| FieldError::new("/cursor", "is not a cursor of this list"))?,
        };
        let table = self.lookup_table(access.workspace(), name).await?;
        if let Some(key) = key {
            let rows = table.find(key.trim()).into_iter().collect();
            return Ok(LookupPage { rows, next: None });
        }
        let rows = table.page(from, limit);
        let end = from.saturating_add(rows.len());
        let next = (end < table.rows_count()).then(|| end.to_string());
        Ok(LookupPage { rows, next })
    }

    /// Removes a table.
    pub async fn lookup_delete(&self, access: &CanWrite, name: &str) -> Result<(), AppError> {
        let deleted = self.meta.lookup_delete(access.workspace(), name).await?;
        let deleted = deleted.ok_or_else(|| AppError::not_found("lookup table", name))?;
        self.remove_lookup_file(access.workspace(), &deleted.file);
        Ok(())
    }

    /// A table whole, for whatever joins it.
    pub async fn lookup_table(
        &self,
        workspace: WorkspaceId,
        name: &str,
    ) -> Result<Arc<LookupTable>, AppError> {
        let row = self.lookup_row(workspace, name).await?;
        let path = self.lookups_folder(workspace).join(&row.file);
        let table = crate::imports::off_thread(move || LookupTable::open(&path)).await;
        Ok(Arc::new(table.map_err(EngineError::Lake)?))
    }

    /// Puts a table in the place of the one of this name.
    pub(crate) async fn lookup_put(
        &self,
        workspace: WorkspaceId,
        name: &str,
        key: &str,
        table: LookupTable,
    ) -> Result<(), AppError> {
        let folder = self.lookups_folder(workspace);
        let file = format!("{name}-{}.parquet", uuid::Uuid::new_v4().simple());
        let path = folder.join(&file);
        let written = crate::imports::off_thread(move || {
            let made = std::fs::create_dir_all(&folder);
            made.map_err(|source| gyre_lake::LakeError::File {
                action: "create the folder of",
                path: folder.display().to_string(),
                source,
            })?;
            let bytes = table.write(&path)?;
            Ok::<_, gyre_lake::LakeError>((bytes, table))
        });
        let (bytes, table) = written.await.map_err(EngineError::Lake)?;
        let row = Lookup {
            name: name.to_owned(),
            key: key.to_owned(),
            columns: serde_json::to_string(table.columns()).unwrap_or_default(),
            file: file.clone(),
            rows: table.rows_count() as u64,
            bytes,
            updated_at: self.clock.now(),
        };
        match self.meta.lookup_put(workspace, &row).await {
            Ok(before) => {
                if let Some(before) = before {
                    self.remove_lookup_file(workspace, &before.file);
                }
                Ok(())
            }
            Err(error) => {
                self.remove_lookup_file(workspace, &file);
                Err(error.into())
            }
        }
    }

    async fn lookup_row(&self, workspace: WorkspaceId, name: &str) -> Result<Lookup, AppError> {
        let found = self.meta.lookup_get(workspace, name).await?;
        found.ok_or_else(|| AppError::not_found("lookup table", name))
    }

    fn lookups_folder(&self, workspace: WorkspaceId) -> PathBuf {
        let lake = &self.engine.inner.config.data_dir;
        lake.join(workspace.to_string()).join("lookups")
    }

    /// What cannot be removed now is only wasted space: no row names it.
    fn remove_lookup_file(&self, workspace: WorkspaceId, file: &str) {
        let path = self.lookups_folder(workspace).join(file);
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!(%error, path = %path.display(), "failed to remove a lookup table's file");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_name_that_needs_no_quotes() {
        for name in ["products", "shops_2", "_x"] {
            assert!(check_name(name, "/name").is_ok(), "{name}");
        }
        for name in ["", "Products", "a.b", "2x", "상품", "a b", &"a".repeat(61)] {
            assert!(check_name(name, "/name").is_err(), "{name}");
        }
    }
}
