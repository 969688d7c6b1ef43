//! Messages: deterministic ids, states, and the events they become.
//!
//! Source: engagement.md 3.1 to 3.3, campaigns.md ("Message events").

use gyre_base::{CampaignId, MessageId, WorkspaceId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Channels that message events are named by.
pub const CHANNELS: &[&str] = &[
    "email", "webhook", "sms", "push", "kakao", "in_app", "slack",
];

/// Where one message stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// A row exists; nothing was tried.
    Planned,
    /// Waits until a time (quiet hours, a retry).
    Held,
    /// A worker renders it under a lease; nothing has left.
    Reserved,
    /// Bytes may be leaving.
    HandedOff,
    /// The provider took it.
    Sent,
    /// It left, and the provider's answer was lost.
    Unknown,
    /// The provider reports arrival.
    Delivered,
    /// The provider reports a permanent failure after taking it.
    Bounced,
    /// The provider refused it for good.
    Rejected,
    /// The template asked to stop, or could not be rendered.
    Aborted,
    /// Unsubscribed or suppressed.
    Suppressed,
    /// No usable address.
    Unreachable,
    /// Chosen for the control group: gets nothing.
    Control,
    /// Not attempted for another reason.
    Skipped,
    /// Gave up after retries.
    Failed,
}

/// States by their public names.
pub const MESSAGE_STATES: &[(&str, MessageState)] = &[
    ("planned", MessageState::Planned),
    ("held", MessageState::Held),
    ("reserved", MessageState::Reserved),
    ("handed_off", MessageState::HandedOff),
    ("sent", MessageState::Sent),
    ("unknown", MessageState::Unknown),
    ("delivered", MessageState::Delivered),
    ("bounced", MessageState::Bounced),
    ("rejected", MessageState::Rejected),
    ("aborted", MessageState::Aborted),
    ("suppressed", MessageState::Suppressed),
    ("unreachable", MessageState::Unreachable),
    ("control", MessageState::Control),
    ("skipped", MessageState::Skipped),
    ("failed", MessageState::Failed),
];

impl MessageState {
    /// Public name.
    pub fn name(self) -> &'static str {
        MESSAGE_STATES
            .iter()
            .find(|(_, it)| *it == self)
            .map_or("planned", |(name, _)| name)
    }

    /// Reads a public name.
    pub fn parse(name: &str) -> Option<Self> {
        MESSAGE_STATES
            .iter()
            .find(|(it, _)| *it == name)
            .map(|(_, it)| *it)
    }

    /// Whether nothing more will be tried.
    pub fn is_final(self) -> bool {
        !matches!(
            self,
            Self::Planned | Self::Held | Self::Reserved | Self::HandedOff
        )
    }
}

/// Id of the message that `dispatch` of a campaign has for one person and address.
///
/// Deterministic, so that a planner that runs again makes the same row: `UUIDv5` in the workspace's namespace of
/// `campaign|<campaign>|<dispatch>|<variant>|<person>|<channel>`.
pub fn message_id(
    workspace: WorkspaceId,
    campaign: CampaignId,
    dispatch: Uuid,
    variant: &str,
    person: &str,
    channel: &str,
) -> MessageId {
    let name = format!("campaign|{campaign}|{dispatch}|{variant}|{person}|{channel}");
    MessageId(Uuid::new_v5(&workspace.0, name.as_bytes()))
}

/// Name of the event that a message's transition becomes.
pub fn event_name(channel: &str, verb: &str) -> String {
    format!("message.{channel}.{verb}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planner_that_runs_again_makes_the_same_id() {
        let (workspace, campaign) = (WorkspaceId::random(), CampaignId::random());
        let dispatch = Uuid::new_v4();
        let id = |person| message_id(workspace, campaign, dispatch, "A", person, "email");
        assert_eq!(id("u1"), id("u1"));
        assert_ne!(id("u1"), id("u2"));
    }

    #[test]
    fn states_have_distinct_names() {
        for (name, state) in MESSAGE_STATES {
            assert_eq!(state.name(), *name);
            assert_eq!(MessageState::parse(name), Some(*state));
        }
    }
}
