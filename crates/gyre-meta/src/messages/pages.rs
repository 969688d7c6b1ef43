//! Reading the ledger: one row, a campaign's rows, a person's rows.

use gyre_base::{CampaignId, MessageId, Timestamp, WorkspaceId};
use gyre_model::message::MessageState;

use super::Message;
use crate::error::MetaError;
use crate::record::{all, one};
use crate::statement::with_items;
use crate::store::Meta;

/// Where the next page of a campaign's rows begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageCursor {
    /// State of the last row shown.
    pub state: MessageState,
    /// Id of the last row shown.
    pub id: MessageId,
}

/// Where the next page of a person's rows begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonMessageCursor {
    /// When the last row shown was planned.
    pub planned_at: Timestamp,
    /// Id of the last row shown.
    pub id: MessageId,
}

impl Meta {
    /// The row, or `NotFound`.
    pub async fn message_get(
        &self,
        workspace: WorkspaceId,
        id: MessageId,
    ) -> Result<Message, MetaError> {
        let query = sqlx::query(include_str!("get.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        let found = one(query, &self.reads).await?;
        found.ok_or(MetaError::NotFound { what: "message" })
    }

    /// The row with this id of a provider, which knows no other.
    pub async fn message_by_provider_id(
        &self,
        workspace: WorkspaceId,
        provider_message_id: &str,
    ) -> Result<Option<Message>, MetaError> {
        let query = sqlx::query(include_str!("by_provider_id.sql"))
            .bind(workspace.to_string())
            .bind(provider_message_id);
        one(query, &self.reads).await
    }

    /// Rows of a campaign after the cursor, by state and id, of one state or of all.
    pub async fn messages_page(
        &self,
        workspace: WorkspaceId,
        campaign: CampaignId,
        state: Option<MessageState>,
        after: Option<MessageCursor>,
        n: u32,
    ) -> Result<Vec<Message>, MetaError> {
        let after_id = after.map_or_else(String::new, |it| it.id.to_string());
        let query = match state {
            Some(state) => sqlx::query(include_str!("page_of_state.sql"))
                .bind(workspace.to_string())
                .bind(campaign.to_string())
                .bind(i64::from(n))
                .bind(after_id)
                .bind(state.name()),
            None => sqlx::query(include_str!("page.sql"))
                .bind(workspace.to_string())
                .bind(campaign.to_string())
                .bind(i64::from(n))
                .bind(after_id)
                .bind(after.map_or("", |it| it.state.name())),
        };
        all(query, &self.reads).await
    }

    /// Rows of a person, newest first. A person that was merged is given by all its numbers.
    pub async fn messages_by_person(
        &self,
        workspace: WorkspaceId,
        persons: &[u32],
        after: Option<PersonMessageCursor>,
        n: u32,
    ) -> Result<Vec<Message>, MetaError> {
        if persons.is_empty() {
            return Ok(Vec::new());
        }
        let text = with_items(include_str!("by_person.sql"), persons.len(), 5);
        let mut query = sqlx::query(text)
            .persistent(persons.len() == 1)
            .bind(workspace.to_string())
            .bind(i64::from(n))
            .bind(after.map_or(i64::MAX, |it| it.planned_at.ms()))
            .bind(after.map_or_else(String::new, |it| it.id.to_string()));
        for person in persons {
            query = query.bind(i64::from(*person));
        }
        all(query, &self.reads).await
    }
}
