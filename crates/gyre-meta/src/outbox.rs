//! The outbox: events that a transaction promised, until they are in the log.
//!
//! Rows are written only inside the transactions of other resources. Their ids are deterministic, so an event that was
//! appended to the log and not yet deleted here is appended again with the same id, and dropped as a repeat.

use gyre_base::{Timestamp, WorkspaceId};

use crate::error::MetaError;
use crate::record::{Fields, Number, Record, all, execute, one};
use crate::statement::{ROWS_PER_STATEMENT, with_rows};
use crate::store::{Meta, Tx};

/// An event to be written with a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxItem {
    /// Deterministic id.
    pub id: String,
    /// The event as JSON.
    pub body: String,
}

/// An event that waits to be appended to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Deterministic id.
    pub id: String,
    /// The event as JSON.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
}

impl Record for OutboxRow {
    const TABLE: &'static str = "outbox";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            workspace: fields.parsed("workspace_id")?,
            id: fields.text("id")?,
            body: fields.text("body")?,
            created_at: fields.time("created_at")?,
        })
    }
}

/// Adds events to the transaction; an id that waits already is left as it is.
pub(crate) async fn insert_outbox(
    tx: &mut Tx,
    items: &[(WorkspaceId, &OutboxItem)],
    now: Timestamp,
) -> Result<(), MetaError> {
    if items.is_empty() {
        return Ok(());
    }
    let newest = sqlx::query(include_str!("outbox/newest_seq.sql"));
    let mut seq = one::<Number>(newest, &mut **tx).await?.map_or(0, |it| it.0);
    for chunk in items.chunks(ROWS_PER_STATEMENT) {
        let text = with_rows(include_str!("outbox/insert.sql"), chunk.len(), 5, 1);
        let mut query = sqlx::query(text).persistent(chunk.len() == ROWS_PER_STATEMENT);
        for (workspace, item) in chunk {
            seq += 1;
            query = query
                .bind(workspace.to_string())
                .bind(&item.id)
                .bind(seq)
                .bind(&item.body)
                .bind(now.ms());
        }
        execute(query, &mut **tx).await?;
    }
    Ok(())
}

impl Meta {
    /// The `n` oldest events that wait, of every workspace.
    pub async fn outbox_page(&self, n: u32) -> Result<Vec<OutboxRow>, MetaError> {
        let query = sqlx::query(include_str!("outbox/page.sql")).bind(i64::from(n));
        all(query, &self.reads).await
    }

    /// Removes events that are in the log.
    pub async fn outbox_delete(&self, ids: &[(WorkspaceId, String)]) -> Result<(), MetaError> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        for chunk in ids.chunks(ROWS_PER_STATEMENT) {
            let text = with_rows(include_str!("outbox/delete.sql"), chunk.len(), 2, 1);
            let mut query = sqlx::query(text).persistent(chunk.len() == ROWS_PER_STATEMENT);
            for (workspace, id) in chunk {
                query = query.bind(workspace.to_string()).bind(id);
            }
            execute(query, &mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }
}
