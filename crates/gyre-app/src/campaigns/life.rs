//! A campaign's life as its author sees it: create, change, launch, pause, resume, stop, archive.

use std::collections::BTreeMap;

use gyre_base::{CampaignId, MessageId, WorkspaceId};
use gyre_meta::{Campaign, CampaignState, CampaignStateChange, Message, MessageCursor, MetaError};
use gyre_model::campaign::Category;
use serde_json::Value;
use uuid::Uuid;

use super::compose::CompiledCampaign;
use super::{CampaignError, Campaigns, compiled, definition};
use crate::access::{CanRead, CanWrite};

/// A campaign with its document.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignDetail {
    /// The row.
    pub campaign: Campaign,
    /// The document as written.
    pub definition: Value,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignSummary {
    /// The row.
    pub campaign: Campaign,
    /// Category.
    pub category: Category,
    /// Labels.
    pub tags: Vec<String>,
    /// Rows of the ledger by the public name of their state.
    pub counts: BTreeMap<&'static str, u64>,
}

fn detail(campaign: Campaign) -> Result<CampaignDetail, CampaignError> {
    let definition = definition(&campaign)?;
    Ok(CampaignDetail {
        campaign,
        definition,
    })
}

impl Campaigns {
    /// Saves a new draft.
    pub async fn campaign_create(
        &self,
        can: &CanWrite,
        document: &Value,
    ) -> Result<CampaignDetail, CampaignError> {
        self.create_in(can.workspace(), document).await
    }

    pub(crate) async fn create_in(
        &self,
        workspace: WorkspaceId,
        document: &Value,
    ) -> Result<CampaignDetail, CampaignError> {
        let compiled = CompiledCampaign::read(document).map_err(CampaignError::Invalid)?;
        let now = self.inner.clock.now();
        let campaign = Campaign {
            workspace,
            id: CampaignId::random(),
            name: compiled.draft.name,
            state: CampaignState::Draft,
            definition: document.to_string(),
            dispatch_id: None,
            planned_all: false,
            created_at: now,
            updated_at: now,
            launched_at: None,
            finished_at: None,
            version: 1,
        };
        self.inner.meta.campaign_create(&campaign).await?;
        detail(campaign)
    }

    /// A campaign.
    pub async fn campaign_get(
        &self,
        can: &CanRead,
        id: CampaignId,
    ) -> Result<CampaignDetail, CampaignError> {
        detail(self.inner.meta.campaign_get(can.workspace(), id).await?)
    }

    /// All campaigns, newest first, with what became of their messages.
    pub async fn campaigns_list(
        &self,
        can: &CanRead,
    ) -> Result<Vec<CampaignSummary>, CampaignError> {
        let campaigns = self.inner.meta.campaigns_list(can.workspace()).await?;
        let counts = self
            .inner
            .meta
            .messages_count_by_campaign(can.workspace())
            .await?;
        let mut by_campaign: BTreeMap<CampaignId, BTreeMap<&'static str, u64>> = BTreeMap::new();
        for it in counts {
            let states = by_campaign.entry(it.campaign).or_default();
            states.insert(it.state.name(), it.count);
        }
        let summary = |campaign: Campaign| {
            let compiled = compiled(&campaign)?;
            Ok(CampaignSummary {
                counts: by_campaign.remove(&campaign.id).unwrap_or_default(),
                category: compiled.draft.category,
                tags: compiled.draft.tags,
                campaign,
            })
        };
        campaigns.into_iter().map(summary).collect()
    }

    /// Replaces a draft's document.
    pub async fn campaign_update(
        &self,
        can: &CanWrite,
        id: CampaignId,
        document: &Value,
    ) -> Result<CampaignDetail, CampaignError> {
        let compiled = CompiledCampaign::read(document).map_err(CampaignError::Invalid)?;
        let now = self.inner.clock.now();
        let meta = &self.inner.meta;
        let present = meta.campaign_get(can.workspace(), id).await?;
        let updated = meta
            .campaign_update_draft(
                can.workspace(),
                id,
                present.version,
                &compiled.draft.name,
                &document.to_string(),
                now,
            )
            .await;
        match updated {
            Ok(campaign) => {
                self.inner.compiled.lock().remove(&id);
                detail(campaign)
            }
            Err(error) => Err(self.explain(can.workspace(), id, error, "changed").await),
        }
    }

    /// Deletes a draft.
    pub async fn campaign_delete(
        &self,
        can: &CanWrite,
        id: CampaignId,
    ) -> Result<(), CampaignError> {
        match self
            .inner
            .meta
            .campaign_delete_draft(can.workspace(), id)
            .await
        {
            Ok(()) => Ok(()),
            Err(error) => Err(self.explain(can.workspace(), id, error, "deleted").await),
        }
    }

    /// Starts planning and sending. Refused while e-mail is not set up.
    pub async fn campaign_launch(
        &self,
        can: &CanWrite,
        id: CampaignId,
    ) -> Result<CampaignDetail, CampaignError> {
        self.launch_in(can.workspace(), id).await
    }

    pub(crate) async fn launch_in(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
    ) -> Result<CampaignDetail, CampaignError> {
        let campaign = self.inner.meta.campaign_get(workspace, id).await?;
        compiled(&campaign)?;
        self.inner.channels.email(workspace).await?;
        let now = self.inner.clock.now();
        let change = CampaignStateChange {
            from: vec![CampaignState::Draft],
            to: CampaignState::Running,
            at: now,
            // made once and stored: everything planned later, by whatever process, belongs to it
            dispatch_id: Some(Uuid::new_v4()),
            launched_at: Some(now),
            finished_at: None,
        };
        self.change(workspace, id, change, "launched").await
    }

    /// Stops sending until resumed; what has left has left.
    pub async fn campaign_pause(
        &self,
        can: &CanWrite,
        id: CampaignId,
    ) -> Result<CampaignDetail, CampaignError> {
        self.pause_in(can.workspace(), id).await
    }

    pub(crate) async fn pause_in(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
    ) -> Result<CampaignDetail, CampaignError> {
        let change = self.to(&[CampaignState::Running], CampaignState::Paused);
        let paused = self.change(workspace, id, change, "paused").await?;
        self.set_halted(id, true);
        Ok(paused)
    }

    /// Goes on where it was paused.
    pub async fn campaign_resume(
        &self,
        can: &CanWrite,
        id: CampaignId,
    ) -> Result<CampaignDetail, CampaignError> {
        self.resume_in(can.workspace(), id).await
    }

    pub(crate) async fn resume_in(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
    ) -> Result<CampaignDetail, CampaignError> {
        let change = self.to(&[CampaignState::Paused], CampaignState::Running);
        let resumed = self.change(workspace, id, change, "resumed").await?;
        self.set_halted(id, false);
        self.inner.wake.notify_waiters();
        Ok(resumed)
    }

    /// Ends it: everything not yet handed over is skipped.
    pub async fn campaign_stop(
        &self,
        can: &CanWrite,
        id: CampaignId,
    ) -> Result<CampaignDetail, CampaignError> {
        self.stop_in(can.workspace(), id).await
    }

    pub(crate) async fn stop_in(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
    ) -> Result<CampaignDetail, CampaignError> {
        let from = [
            CampaignState::Running,
            CampaignState::Paused,
            CampaignState::Scheduled,
        ];
        let change = self.to(&from, CampaignState::Stopped);
        let stopped = self.change(workspace, id, change, "stopped").await?;
        self.set_halted(id, true);
        Ok(stopped)
    }

    /// Puts an ended campaign or a draft away.
    pub async fn campaign_archive(
        &self,
        can: &CanWrite,
        id: CampaignId,
    ) -> Result<CampaignDetail, CampaignError> {
        let meta = &self.inner.meta;
        let present = meta.campaign_get(can.workspace(), id).await?;
        if present.state == CampaignState::Stopped && present.finished_at.is_none() {
            // its open rows are still being skipped
            return Err(CampaignError::State {
                state: "stopping",
                action: "archived",
            });
        }
        let from = [
            CampaignState::Draft,
            CampaignState::Stopped,
            CampaignState::Done,
        ];
        let change = self.to(&from, CampaignState::Archived);
        self.change(can.workspace(), id, change, "archived").await
    }

    /// A page of the ledger.
    pub async fn campaign_messages(
        &self,
        can: &CanRead,
        id: CampaignId,
        state: Option<gyre_model::message::MessageState>,
        after: Option<MessageCursor>,
        limit: u32,
    ) -> Result<Vec<Message>, CampaignError> {
        let meta = &self.inner.meta;
        meta.campaign_get(can.workspace(), id).await?;
        let page = meta
            .messages_page(can.workspace(), id, state, after, limit)
            .await?;
        Ok(page)
    }

    /// One row of the ledger.
    pub async fn message_get(
        &self,
        can: &CanRead,
        id: MessageId,
    ) -> Result<Message, CampaignError> {
        Ok(self.inner.meta.message_get(can.workspace(), id).await?)
    }

    fn to(&self, from: &[CampaignState], to: CampaignState) -> CampaignStateChange {
        CampaignStateChange {
            from: from.to_vec(),
            to,
            at: self.inner.clock.now(),
            dispatch_id: None,
            launched_at: None,
            finished_at: None,
        }
    }

    async fn change(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
        change: CampaignStateChange,
        action: &'static str,
    ) -> Result<CampaignDetail, CampaignError> {
        match self
            .inner
            .meta
            .campaign_set_state(workspace, id, &change)
            .await
        {
            Ok(campaign) => {
                self.inner.wake.notify_waiters();
                detail(campaign)
            }
            Err(error) => Err(self.explain(workspace, id, error, action).await),
        }
    }

    /// Says of a conflict which state stands in the way.
    async fn explain(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
        error: MetaError,
        action: &'static str,
    ) -> CampaignError {
        if !error.on_constraint("campaigns_state") {
            return error.into();
        }
        match self.inner.meta.campaign_get(workspace, id).await {
            Ok(campaign) => CampaignError::State {
                state: campaign.state.name(),
                action,
            },
            Err(error) => error.into(),
        }
    }
}
