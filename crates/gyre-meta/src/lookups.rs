//! Lookup tables: what is known of each; their rows are in files beside the lake.

use gyre_base::{Timestamp, WorkspaceId};

use crate::error::MetaError;
use crate::record::{Fields, Record, all, execute, one};
use crate::store::Meta;

/// One lookup table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Name, unique in the workspace.
    pub name: String,
    /// The column that tells rows apart.
    pub key: String,
    /// Names and types of the columns, as JSON.
    pub columns: String,
    /// File name below the workspace's folder of lookup tables.
    pub file: String,
    /// Rows.
    pub rows: u64,
    /// Size of the file.
    pub bytes: u64,
    /// When it was written.
    pub updated_at: Timestamp,
}

impl Record for Lookup {
    const TABLE: &'static str = "lookups";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            name: fields.text("name")?,
            key: fields.text("key_column")?,
            columns: fields.text("columns")?,
            file: fields.text("file")?,
            rows: fields.count("row_count")?,
            bytes: fields.count("byte_count")?,
            updated_at: fields.time("updated_at")?,
        })
    }
}

impl Meta {
    /// Adds a table or puts another in its place; the one that was there before.
    pub async fn lookup_put(
        &self,
        workspace: WorkspaceId,
        lookup: &Lookup,
    ) -> Result<Option<Lookup>, MetaError> {
        let mut tx = self.begin().await?;
        let before = sqlx::query(include_str!("lookups/get.sql"))
            .bind(workspace.to_string())
            .bind(&lookup.name);
        let before = one(before, &mut *tx).await?;
        let query = sqlx::query(include_str!("lookups/put.sql"))
            .bind(workspace.to_string())
            .bind(&lookup.name)
            .bind(&lookup.key)
            .bind(&lookup.columns)
            .bind(&lookup.file)
            .bind(lookup.rows as i64)
            .bind(lookup.bytes as i64)
            .bind(lookup.updated_at.ms());
        execute(query, &mut *tx).await?;
        tx.commit().await?;
        Ok(before)
    }

    /// A table.
    pub async fn lookup_get(
        &self,
        workspace: WorkspaceId,
        name: &str,
    ) -> Result<Option<Lookup>, MetaError> {
        let query = sqlx::query(include_str!("lookups/get.sql"))
            .bind(workspace.to_string())
            .bind(name.to_owned());
        one(query, &self.reads).await
    }

    /// Tables of a workspace, by name.
    pub async fn lookups_list(&self, workspace: WorkspaceId) -> Result<Vec<Lookup>, MetaError> {
        let query = sqlx::query(include_str!("lookups/list.sql")).bind(workspace.to_string());
        all(query, &self.reads).await
    }

    /// Forgets a table; what was known of it.
    pub async fn lookup_delete(
        &self,
        workspace: WorkspaceId,
        name: &str,
    ) -> Result<Option<Lookup>, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("lookups/delete.sql"))
            .bind(workspace.to_string())
            .bind(name.to_owned());
        let deleted = one(query, &mut *tx).await?;
        tx.commit().await?;
        Ok(deleted)
    }
}
