//! Configuration of channels; the text is sealed by the caller and means nothing here.

use gyre_base::{Timestamp, WorkspaceId};

use crate::error::MetaError;
use crate::record::{Fields, Record, execute, one};
use crate::store::Meta;

/// One channel's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// `email` and the like.
    pub channel: String,
    /// Sealed configuration.
    pub config: String,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Record for Channel {
    const TABLE: &'static str = "channels";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            workspace: fields.parsed("workspace_id")?,
            channel: fields.text("channel")?,
            config: fields.text("config")?,
            updated_at: fields.time("updated_at")?,
        })
    }
}

impl Meta {
    /// Writes a channel's configuration over what was there.
    pub async fn channel_put(&self, channel: &Channel) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("channels/put.sql"))
            .bind(channel.workspace.to_string())
            .bind(&channel.channel)
            .bind(&channel.config)
            .bind(channel.updated_at.ms());
        execute(query, &mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// A channel's configuration, if it was ever set.
    pub async fn channel_get(
        &self,
        workspace: WorkspaceId,
        channel: &str,
    ) -> Result<Option<Channel>, MetaError> {
        let query = sqlx::query(include_str!("channels/get.sql"))
            .bind(workspace.to_string())
            .bind(channel);
        one(query, &self.reads).await
    }
}
