//! What a workspace decides about identity; what the words mean is not known here.

use gyre_base::{Timestamp, WorkspaceId};

use crate::error::MetaError;
use crate::record::{Fields, Record, execute, one};
use crate::store::Meta;

/// Settings of one workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySettings {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Name of the rule that says whose a device is.
    pub device_rule: String,
    /// Name of the rule that says which of two values wins.
    pub profile_rule: String,
    /// Most new devices of one person within seven days.
    pub devices_per_week: Option<u64>,
    /// Patterns of identifiers that are nobody's, a list in JSON.
    pub blocked: String,
    /// When they were last changed.
    pub updated_at: Timestamp,
}

impl Record for IdentitySettings {
    const TABLE: &'static str = "identity_settings";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            workspace: fields.parsed("workspace_id")?,
            device_rule: fields.text("device_rule")?,
            profile_rule: fields.text("profile_rule")?,
            devices_per_week: fields.count_or_null("devices_per_week")?,
            blocked: fields.text("blocked")?,
            updated_at: fields.time("updated_at")?,
        })
    }
}

impl Meta {
    /// The settings, if the workspace ever decided anything.
    pub async fn identity_settings_get(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Option<IdentitySettings>, MetaError> {
        let query = sqlx::query(include_str!("identity/get.sql")).bind(workspace.to_string());
        one(query, &self.reads).await
    }

    /// Writes the settings over what was there.
    pub async fn identity_settings_put(&self, it: &IdentitySettings) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("identity/put.sql"))
            .bind(it.workspace.to_string())
            .bind(&it.device_rule)
            .bind(&it.profile_rule)
            .bind(it.devices_per_week.map(|it| it as i64))
            .bind(&it.blocked)
            .bind(it.updated_at.ms());
        execute(query, &mut *tx).await?;
        Ok(tx.commit().await?)
    }
}
