//! What can go wrong with campaigns, channels and templates.

use gyre_base::{Blame, Failure, Retry};
use gyre_deliver::DeliverError;
use gyre_liquid::TemplateError;
use gyre_meta::MetaError;
use gyre_model::FieldError;

use super::people::PeopleError;

/// Why a use case of campaigns failed.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The request is wrong in these fields.
    #[error("the request has {} wrong fields", .0.len())]
    Invalid(Vec<FieldError>),
    /// A template cannot be parsed or rendered.
    #[error("the template has {} errors", .0.len())]
    Template(Vec<TemplateError>),
    /// The campaign is in a state that forbids this.
    #[error("a campaign that is {state} cannot be {action}")]
    State {
        /// Where it stands.
        state: &'static str,
        /// What was asked: `launched`, `changed`.
        action: &'static str,
    },
    /// There is no such campaign, person or variant.
    #[error("there is no such {what}")]
    NotFound {
        /// What is missing.
        what: &'static str,
    },
    /// E-mail was never set up.
    #[error("the email channel is not set up; set it up with PUT /api/v1/channels/email")]
    ChannelMissing,
    /// A stored secret cannot be opened with the key of this process.
    #[error("the stored configuration of the channel cannot be opened with this key")]
    Sealed,
    /// The message cannot be written down.
    #[error(transparent)]
    Deliver(#[from] DeliverError),
    /// The provider refused a test message.
    #[error("the message was not taken: {reason}")]
    NotTaken {
        /// The provider's words.
        reason: String,
    },
    /// The database failed.
    #[error(transparent)]
    Meta(MetaError),
    /// The engine failed.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// A stored definition cannot be read by this version.
    #[error("the stored definition of the campaign cannot be read")]
    Definition(#[source] FieldError),
}

impl From<MetaError> for CampaignError {
    fn from(error: MetaError) -> Self {
        match error {
            MetaError::NotFound { what } => Self::NotFound { what },
            other => Self::Meta(other),
        }
    }
}

impl From<FieldError> for CampaignError {
    fn from(error: FieldError) -> Self {
        Self::Invalid(vec![error])
    }
}

impl Failure for CampaignError {
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid-request",
            Self::Template(_) => "template-invalid",
            Self::State { .. } => "campaign-state",
            Self::NotFound { .. } => "not-found",
            Self::ChannelMissing => "channel-missing",
            Self::Sealed => "channel-sealed",
            Self::Deliver(it) => it.code(),
            Self::NotTaken { .. } => "message-not-taken",
            Self::Meta(it) => it.code(),
            Self::People(_) => "engine-unavailable",
            Self::Definition(_) => "definition-unreadable",
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Meta(it) => it.retry(),
            Self::People(_) => Retry::AfterMs(1_000),
            _ => Retry::Never,
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::Deliver(it) => it.blame(),
            Self::Meta(it) => it.blame(),
            Self::NotTaken { .. } => Blame::Upstream,
            Self::People(_) | Self::Definition(_) | Self::Sealed => Blame::Us,
            Self::Invalid(_)
            | Self::Template(_)
            | Self::State { .. }
            | Self::NotFound { .. }
            | Self::ChannelMissing => Blame::Caller,
        }
    }
}
