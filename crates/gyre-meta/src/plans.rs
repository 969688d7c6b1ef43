//! Versions of the tracking plan; the document means nothing here.

use gyre_base::{Timestamp, UserId, WorkspaceId};

use crate::error::MetaError;
use crate::record::{Fields, Record, all, execute, one};
use crate::store::Meta;

/// One version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanVersion {
    /// Number, from 1.
    pub version: u32,
    /// It holds for records that arrived at or after this, until the next version does.
    pub valid_from: Timestamp,
    /// The plan as JSON.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// Who wrote it; `None` if a key did.
    pub created_by: Option<UserId>,
}

impl Record for PlanVersion {
    const TABLE: &'static str = "plan_versions";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        let (table, column) = (Self::TABLE, "version");
        let version = u32::try_from(fields.count(column)?);
        Ok(Self {
            version: version.map_err(|_| MetaError::Corrupt { table, column })?,
            valid_from: fields.time("valid_from")?,
            body: fields.text("body")?,
            created_at: fields.time("created_at")?,
            created_by: fields.parsed_or_null("created_by")?,
        })
    }
}

impl Meta {
    /// The newest version, if there is any.
    pub async fn plan_newest(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Option<PlanVersion>, MetaError> {
        let query = sqlx::query(include_str!("plans/newest.sql")).bind(workspace.to_string());
        one(query, &self.reads).await
    }

    /// Versions before `before` (all without one), the newest first.
    pub async fn plan_versions(
        &self,
        workspace: WorkspaceId,
        before: Option<u32>,
        n: u32,
    ) -> Result<Vec<PlanVersion>, MetaError> {
        let query = sqlx::query(include_str!("plans/page.sql"))
            .bind(workspace.to_string())
            .bind(before.map_or(i64::MAX, i64::from))
            .bind(i64::from(n));
        all(query, &self.reads).await
    }

    /// The version that holds at an instant and every later one, the oldest first.
    pub async fn plan_versions_since(
        &self,
        workspace: WorkspaceId,
        instant: Timestamp,
    ) -> Result<Vec<PlanVersion>, MetaError> {
        let query = sqlx::query(include_str!("plans/since.sql"))
            .bind(workspace.to_string())
            .bind(instant.ms());
        all(query, &self.reads).await
    }

    /// Adds the next version; a conflict with `plan_versions_version` if another one came between.
    pub async fn plan_insert(
        &self,
        workspace: WorkspaceId,
        plan: &PlanVersion,
    ) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("plans/insert.sql"))
            .bind(workspace.to_string())
            .bind(i64::from(plan.version))
            .bind(plan.valid_from.ms())
            .bind(&plan.body)
            .bind(plan.created_at.ms())
            .bind(plan.created_by.map(|it| it.to_string()));
        if execute(query, &mut *tx).await? == 0 {
            return Err(MetaError::conflict("plan_versions_version"));
        }
        Ok(tx.commit().await?)
    }
}
