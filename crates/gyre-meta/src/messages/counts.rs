//! Counting the ledger.

use gyre_base::{CampaignId, WorkspaceId};
use gyre_model::message::MessageState;

use crate::error::MetaError;
use crate::record::{Fields, Record, all};
use crate::store::Meta;

/// Rows of one campaign in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignCount {
    /// Campaign.
    pub campaign: CampaignId,
    /// State.
    pub state: MessageState,
    /// Rows.
    pub count: u64,
}

/// Rows of one variant in one state for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageCount {
    /// Name of the variant.
    pub variant: String,
    /// State.
    pub state: MessageState,
    /// Reason, where the state has one.
    pub reason: Option<String>,
    /// Rows.
    pub count: u64,
}

impl Record for CampaignCount {
    const TABLE: &'static str = "messages";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            campaign: fields.parsed("campaign_id")?,
            state: fields.with("state", MessageState::parse)?,
            count: fields.count("n")?,
        })
    }
}

impl Record for MessageCount {
    const TABLE: &'static str = "messages";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            variant: fields.text("variant")?,
            state: fields.with("state", MessageState::parse)?,
            reason: fields.text_or_null("reason")?,
            count: fields.count("n")?,
        })
    }
}

impl Meta {
    /// Rows of one campaign by state. Cost: one index entry per row.
    pub async fn messages_count_by_state(
        &self,
        workspace: WorkspaceId,
        campaign: CampaignId,
    ) -> Result<Vec<(MessageState, u64)>, MetaError> {
        let query = sqlx::query(include_str!("count_by_state.sql"))
            .bind(workspace.to_string())
            .bind(campaign.to_string());
        let counts = all::<CampaignCount>(query, &self.reads).await?;
        Ok(counts.into_iter().map(|it| (it.state, it.count)).collect())
    }

    /// Rows of every campaign of a workspace by state. Cost: one index entry per row.
    pub async fn messages_count_by_campaign(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<CampaignCount>, MetaError> {
        let query = sqlx::query(include_str!("count_by_campaign.sql")).bind(workspace.to_string());
        all(query, &self.reads).await
    }

    /// Rows of one campaign by variant, state and reason. Cost: reads every row.
    pub async fn messages_count(
        &self,
        workspace: WorkspaceId,
        campaign: CampaignId,
    ) -> Result<Vec<MessageCount>, MetaError> {
        let query = sqlx::query(include_str!("count.sql"))
            .bind(workspace.to_string())
            .bind(campaign.to_string());
        all(query, &self.reads).await
    }
}
