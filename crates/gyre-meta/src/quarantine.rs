//! Quarantine: events that could not be understood, whole, so that they can be looked at and sent again.

use gyre_base::{Timestamp, WorkspaceId, limits};

use crate::error::MetaError;
use crate::record::{Fields, Record, all, execute};
use crate::statement::{ROWS_PER_STATEMENT, with_rows};
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
        after: Option<&QuarantineCursor>,
        n: u32,
    ) -> Result<Vec<Quarantined>, MetaError> {
        let query = sqlx::query(include_str!("quarantine/page.sql"))
            .bind(workspace.to_string())
            .bind(after.map_or(i64::MAX, |it| it.received_at.ms()))
            .bind(after.map_or("", |it| it.id.as_str()))
            .bind(i64::from(n));
        all(query, &self.reads).await
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
