//! Messages: the ledger.

use gyre_app::engine::person_token;
use gyre_app::messages as app;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::instant::Instant;

/// Which rows of a campaign's ledger.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LedgerQuery {
    /// Only rows in this state.
    pub state: Option<String>,
    /// Most rows, 1 to 1,000; 100 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A row of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LedgerRow {
    /// Id.
    pub message_id: String,
    /// The person's user id.
    #[schema(required)]
    pub external_id: Option<String>,
    /// Token of the person.
    pub person: String,
    /// `email` and the like.
    pub channel: String,
    /// Name of the variant.
    pub variant: String,
    /// Where it stands.
    pub state: String,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
    /// When it was planned.
    pub planned_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// Id of the campaign.
    pub campaign_id: String,
    /// Name of the campaign; null if it is gone.
    #[schema(required)]
    pub campaign_name: Option<String>,
}

/// A page of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LedgerPage {
    /// This page.
    pub messages: Vec<LedgerRow>,
    /// Cursor of the next page; null after the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// Something that happened to a message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageStep {
    /// When.
    pub at: Instant,
    /// What.
    pub verb: String,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
}

/// A message and everything that happened to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageDetail {
    /// The row.
    #[serde(flatten)]
    pub row: LedgerRow,
    /// Oldest first.
    pub timeline: Vec<MessageStep>,
}

impl From<app::LedgerRow> for LedgerRow {
    fn from(row: app::LedgerRow) -> Self {
        let it = row.message;
        Self {
            campaign_name: row.campaign_name,
            message_id: it.id.to_string(),
            external_id: it.external_id,
            person: person_token(it.person),
            channel: it.channel,
            variant: it.variant,
            state: it.state.name().to_owned(),
            reason: it.reason,
            planned_at: it.planned_at.into(),
            updated_at: it.updated_at.into(),
            campaign_id: it.campaign.to_string(),
        }
    }
}

impl From<app::LedgerPage> for LedgerPage {
    fn from(it: app::LedgerPage) -> Self {
        Self {
            messages: it.messages.into_iter().map(Into::into).collect(),
            next: it.next,
        }
    }
}

impl MessageDetail {
    pub(crate) fn new(message: app::LedgerRow, steps: Vec<app::MessageStep>) -> Self {
        let timeline = steps.into_iter().map(|it| MessageStep {
            at: it.at.into(),
            verb: it.verb,
            reason: it.reason,
        });
        Self {
            row: message.into(),
            timeline: timeline.collect(),
        }
    }
}
