//! Campaigns: the document as its author wrote it, and where it stands.

use gyre_base::{CampaignId, Timestamp, WorkspaceId};
use uuid::Uuid;

use crate::error::MetaError;
use crate::record::{Fields, Record, all, execute, one};
use crate::store::Meta;
use crate::text_enum::text_enum;

text_enum! {
    /// Where a campaign stands.
    CampaignState {
        /// Being written.
        Draft = "draft",
        /// Waits for its time.
        Scheduled = "scheduled",
        /// Plans and sends.
        Running = "running",
        /// Sends nothing until resumed.
        Paused = "paused",
        /// Ended by hand.
        Stopped = "stopped",
        /// Every message is final.
        Done = "done",
        /// Put away.
        Archived = "archived",
    }
}

/// One campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Id.
    pub id: CampaignId,
    /// Shown name.
    pub name: String,
    /// Where it stands.
    pub state: CampaignState,
    /// The document as JSON, as written.
    pub definition: String,
    /// The dispatch of its messages; set at launch.
    pub dispatch_id: Option<Uuid>,
    /// Whether every recipient has a row in the ledger.
    pub planned_all: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was launched.
    pub launched_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Grows with every change.
    pub version: i64,
}

/// A step of a campaign's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignStateChange {
    /// States it may be in now; anything else is a conflict with `campaigns_state`.
    pub from: Vec<CampaignState>,
    /// State afterwards.
    pub to: CampaignState,
    /// When.
    pub at: Timestamp,
    /// Set at launch; `None` keeps.
    pub dispatch_id: Option<Uuid>,
    /// Set at launch; `None` keeps.
    pub launched_at: Option<Timestamp>,
    /// Set at the end; `None` keeps.
    pub finished_at: Option<Timestamp>,
}

impl Record for Campaign {
    const TABLE: &'static str = "campaigns";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            workspace: fields.parsed("workspace_id")?,
            id: fields.parsed("id")?,
            name: fields.text("name")?,
            state: fields.parsed("state")?,
            definition: fields.text("definition")?,
            dispatch_id: fields.parsed_or_null("dispatch_id")?,
            planned_all: fields.flag("planned_all")?,
            created_at: fields.time("created_at")?,
            updated_at: fields.time("updated_at")?,
            launched_at: fields.time_or_null("launched_at")?,
            finished_at: fields.time_or_null("finished_at")?,
            version: fields.int("version")?,
        })
    }
}

const MISSING: MetaError = MetaError::NotFound { what: "campaign" };

/// `,draft,paused,`: a set of words that a statement tests with `like`.
pub(crate) fn word_set<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.fold(",".to_owned(), |set, it| set + it + ",")
}

impl Meta {
    /// Adds a campaign as it is given.
    pub async fn campaign_create(&self, campaign: &Campaign) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("campaigns/insert.sql"))
            .bind(campaign.workspace.to_string())
            .bind(campaign.id.to_string())
            .bind(&campaign.name)
            .bind(campaign.state.name())
            .bind(&campaign.definition)
            .bind(campaign.dispatch_id.map(|it| it.to_string()))
            .bind(i64::from(campaign.planned_all))
            .bind(campaign.created_at.ms())
            .bind(campaign.updated_at.ms())
            .bind(campaign.launched_at.map(Timestamp::ms))
            .bind(campaign.finished_at.map(Timestamp::ms))
            .bind(campaign.version);
        execute(query, &mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// The campaign, or `NotFound`.
    pub async fn campaign_get(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
    ) -> Result<Campaign, MetaError> {
        let query = sqlx::query(include_str!("campaigns/get.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        one(query, &self.reads).await?.ok_or(MISSING)
    }

    /// Campaigns of a workspace, newest first.
    pub async fn campaigns_list(&self, workspace: WorkspaceId) -> Result<Vec<Campaign>, MetaError> {
        let query = sqlx::query(include_str!("campaigns/list.sql")).bind(workspace.to_string());
        all(query, &self.reads).await
    }

    /// Campaigns of every workspace in one of these states, by id: what workers look after.
    pub async fn campaigns_by_state(
        &self,
        states: &[CampaignState],
    ) -> Result<Vec<Campaign>, MetaError> {
        let mut found = Vec::new();
        for state in states {
            let query = sqlx::query(include_str!("campaigns/by_state.sql")).bind(state.name());
            found.extend(all::<Campaign>(query, &self.reads).await?);
        }
        found.sort_by_key(|it| (it.workspace, it.id));
        Ok(found)
    }

    /// Replaces a draft's document; a conflict with `campaigns_state` if it is no draft any more, with
    /// `campaigns_version` if it changed since `expected_version`.
    pub async fn campaign_update_draft(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
        expected_version: i64,
        name: &str,
        definition: &str,
        now: Timestamp,
    ) -> Result<Campaign, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("campaigns/update_draft.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string())
            .bind(expected_version)
            .bind(name)
            .bind(definition)
            .bind(now.ms());
        let updated = one(query, &mut *tx).await?;
        tx.commit().await?;
        match updated {
            Some(campaign) => Ok(campaign),
            None => match self.campaign_get(workspace, id).await?.state {
                CampaignState::Draft => Err(MetaError::conflict("campaigns_version")),
                _ => Err(MetaError::conflict("campaigns_state")),
            },
        }
    }

    /// Moves a campaign to another state.
    pub async fn campaign_set_state(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
        change: &CampaignStateChange,
    ) -> Result<Campaign, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("campaigns/set_state.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string())
            .bind(word_set(change.from.iter().map(|it| it.name())))
            .bind(change.to.name())
            .bind(change.at.ms())
            .bind(change.dispatch_id.map(|it| it.to_string()))
            .bind(change.launched_at.map(Timestamp::ms))
            .bind(change.finished_at.map(Timestamp::ms));
        let changed = one(query, &mut *tx).await?;
        tx.commit().await?;
        if let Some(campaign) = changed {
            return Ok(campaign);
        }
        self.campaign_get(workspace, id).await?; // NotFound if that is why
        Err(MetaError::conflict("campaigns_state"))
    }

    /// Records that every recipient has a row in the ledger.
    pub async fn campaign_set_planned_all(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
        now: Timestamp,
    ) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("campaigns/set_planned_all.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string())
            .bind(now.ms());
        let count = execute(query, &mut *tx).await?;
        tx.commit().await?;
        if count == 0 { Err(MISSING) } else { Ok(()) }
    }

    /// Deletes a draft; a conflict with `campaigns_state` if it is none.
    pub async fn campaign_delete_draft(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
    ) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("campaigns/delete_draft.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        let count = execute(query, &mut *tx).await?;
        tx.commit().await?;
        if count == 1 {
            return Ok(());
        }
        self.campaign_get(workspace, id).await?; // NotFound if that is why
        Err(MetaError::conflict("campaigns_state"))
    }
}
