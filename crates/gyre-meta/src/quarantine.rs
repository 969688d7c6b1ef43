//! Quarantine: events that could not be understood, whole, so that they can be looked at and sent again.

use gyre_base::{Timestamp, WorkspaceId, limits};

use crate::error::MetaError;
use crate::record::{Fields, Record, all, execute};
use crate::statement::{ROWS_PER_STATEMENT, with_items, with_rows};
use crate::store::Meta;

/// One event that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Deterministic id (log position and index), so that a replay adds nothing.
    pub id: String,
    /// When it arrived.
    pub received_at: Timestamp,
    /// How it arrived.
    pub dialect: String,
    /// Stable reason.
    pub reason: String,
    /// What is wrong, for a person.
    pub detail: String,
    /// The event as JSON text.
    pub raw: String,
}

/// Where the next page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineCursor {
    /// Arrival of the last row shown.
    pub received_at: Timestamp,
    /// Id of the last row shown.
    pub id: String,
}

/// Which rows; the empty filter is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuarantineFilter {
    /// Only this reason.
    pub reason: Option<String>,
    /// Only this dialect.
    pub dialect: Option<String>,
    /// Only arrivals at or after this.
    pub since: Option<Timestamp>,
}

/// How many events wait for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineCount {
    /// Stable reason.
    pub reason: String,
    /// Events.
    pub count: u64,
}

impl Record for Quarantined {
    const TABLE: &'static str = "quarantine";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            id: fields.text("id")?,
            received_at: fields.time("received_at")?,
            dialect: fields.text("dialect")?,
            reason: fields.text("reason")?,
            detail: fields.text("detail")?,
            raw: fields.text("raw")?,
        })
    }
}

impl Record for QuarantineCount {
    const TABLE: &'static str = "quarantine";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            reason: fields.text("reason")?,
            count: fields.count("n")?,
        })
    }
}

impl Meta {
    /// Keeps refused events; ids that are there already are skipped. The oldest beyond
    /// `QUARANTINE_ROWS_MAX` of the workspace are removed.
    pub async fn quarantine_insert(
        &self,
        workspace: WorkspaceId,
        rows: &[Quarantined],
    ) -> Result<(), MetaError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        for chunk in rows.chunks(ROWS_PER_STATEMENT) {
            let text = with_rows(include_str!("quarantine/insert.sql"), chunk.len(), 7, 1);
            let mut query = sqlx::query(text).persistent(chunk.len() == ROWS_PER_STATEMENT);
            for row in chunk {
                query = query
                    .bind(workspace.to_string())
                    .bind(&row.id)
                    .bind(row.received_at.ms())
                    .bind(&row.dialect)
                    .bind(&row.reason)
                    .bind(&row.detail)
                    .bind(&row.raw);
            }
            execute(query, &mut *tx).await?;
        }
        let trim = sqlx::query(include_str!("quarantine/trim.sql"))
            .bind(workspace.to_string())
            .bind(limits::QUARANTINE_ROWS_MAX as i64);
        execute(trim, &mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Refused events, newest first, after the cursor.
    pub async fn quarantine_page(
        &self,
        workspace: WorkspaceId,
        filter: &QuarantineFilter,
        after: Option<&QuarantineCursor>,
        n: u32,
    ) -> Result<Vec<Quarantined>, MetaError> {
        let query = sqlx::query(include_str!("quarantine/page.sql"))
            .bind(workspace.to_string())
            .bind(after.map_or(i64::MAX, |it| it.received_at.ms()))
            .bind(after.map_or("", |it| it.id.as_str()))
            .bind(i64::from(n))
            .bind(filter.reason.as_deref().unwrap_or_default())
            .bind(filter.dialect.as_deref().unwrap_or_default())
            .bind(filter.since.map_or(i64::MIN, Timestamp::ms));
        all(query, &self.reads).await
    }

    /// Those of the events that are there, in no order.
    pub async fn quarantine_get_many(
        &self,
        workspace: WorkspaceId,
        ids: &[String],
    ) -> Result<Vec<Quarantined>, MetaError> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(ROWS_PER_STATEMENT) {
            let text = with_items(include_str!("quarantine/get_many.sql"), chunk.len(), 2);
            let mut query = sqlx::query(text)
                .persistent(false)
                .bind(workspace.to_string());
            for id in chunk {
                query = query.bind(id);
            }
            found.extend(all::<Quarantined>(query, &self.reads).await?);
        }
        Ok(found)
    }

    /// Removes events; those that are gone already do not matter. Returns how many were there.
    pub async fn quarantine_delete(
        &self,
        workspace: WorkspaceId,
        ids: &[String],
    ) -> Result<u64, MetaError> {
        let mut tx = self.begin().await?;
        let mut removed = 0;
        for chunk in ids.chunks(ROWS_PER_STATEMENT) {
            let text = with_items(include_str!("quarantine/delete.sql"), chunk.len(), 2);
            let mut query = sqlx::query(text)
                .persistent(false)
                .bind(workspace.to_string());
            for id in chunk {
                query = query.bind(id);
            }
            removed += execute(query, &mut *tx).await?;
        }
        tx.commit().await?;
        Ok(removed)
    }

    /// Removes every event of one reason. Returns how many there were.
    pub async fn quarantine_delete_reason(
        &self,
        workspace: WorkspaceId,
        reason: &str,
    ) -> Result<u64, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("quarantine/delete_reason.sql"))
            .bind(workspace.to_string())
            .bind(reason);
        let removed = execute(query, &mut *tx).await?;
        tx.commit().await?;
        Ok(removed)
    }

    /// Writes why events are still refused: (id, reason, detail).
    pub async fn quarantine_rename(
        &self,
        workspace: WorkspaceId,
        reasons: &[(String, String, String)],
    ) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        for (id, reason, detail) in reasons {
            let query = sqlx::query(include_str!("quarantine/rename.sql"))
                .bind(workspace.to_string())
                .bind(id)
                .bind(reason)
                .bind(detail);
            execute(query, &mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// How many events were refused for each reason, the most frequent first.
    pub async fn quarantine_count_by_reason(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<QuarantineCount>, MetaError> {
        let query =
            sqlx::query(include_str!("quarantine/count_by_reason.sql")).bind(workspace.to_string());
        all(query, &self.reads).await
    }
}
