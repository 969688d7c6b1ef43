//! The gate: whether a message may go on, as pure functions in the order of engagement.md 3.1 rule 3.
//!
//! Status of the campaign, reachability, subscription. Rendering comes after them, and the subscription is asked once
//! more in the transaction that hands the message over.

use gyre_deliver::channels::email::address_of;
use gyre_meta::{CampaignState, SubscriptionState};
use gyre_model::campaign::Category;
use gyre_model::message::MessageState;

/// What the gate looks at.
#[derive(Clone, Copy, Debug)]
pub struct GateFacts<'a> {
    /// Where the campaign stands.
    pub campaign: CampaignState,
    /// Whether people can opt out of it.
    pub category: Category,
    /// Where the message would go.
    pub address: Option<&'a str>,
    /// What the address said, if it ever said anything.
    pub subscription: Option<SubscriptionState>,
}

/// What the gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Pass,
    /// Not now; the row stays as it is.
    Wait,
    /// Never: the final state and its reason.
    Stop(MessageState, &'static str),
}

/// Asks everything that can be known before rendering.
pub fn gate(facts: &GateFacts<'_>) -> Verdict {
    match facts.campaign {
        CampaignState::Running => {}
        CampaignState::Draft | CampaignState::Scheduled | CampaignState::Paused => {
            return Verdict::Wait;
        }
        CampaignState::Stopped | CampaignState::Done | CampaignState::Archived => {
            return Verdict::Stop(MessageState::Skipped, "campaign_stopped");
        }
    }
    match facts.address {
        None => return Verdict::Stop(MessageState::Unreachable, "unreachable"),
        Some(address) if address_of(address).is_none() => {
            return Verdict::Stop(MessageState::Unreachable, "invalid_endpoint");
        }
        Some(_) => {}
    }
    match (facts.category, facts.subscription) {
        (Category::Marketing, Some(SubscriptionState::Unsubscribed)) => {
            Verdict::Stop(MessageState::Suppressed, "unsubscribed")
        }
        _ => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: GateFacts<'_> = GateFacts {
        campaign: CampaignState::Running,
        category: Category::Marketing,
        address: Some("kim@person.test"),
        subscription: None,
    };

    #[track_caller]
    fn check(facts: GateFacts<'_>, expected: Verdict) {
        assert_eq!(gate(&facts), expected, "{facts:?}");
    }

    #[test]
    fn the_first_reason_in_the_order_of_the_gate_wins() {
        let nobody = GateFacts {
            address: None,
            subscription: Some(SubscriptionState::Unsubscribed),
            ..OPEN
        };
        check(OPEN, Verdict::Pass);
        check(
            nobody,
            Verdict::Stop(MessageState::Unreachable, "unreachable"),
        );
        let paused = GateFacts {
            campaign: CampaignState::Paused,
            ..nobody
        };
        check(paused, Verdict::Wait);
        let stopped = GateFacts {
            campaign: CampaignState::Stopped,
            ..nobody
        };
        check(
            stopped,
            Verdict::Stop(MessageState::Skipped, "campaign_stopped"),
        );
        let invalid = GateFacts {
            address: Some("kim@@person"),
            ..OPEN
        };
        check(
            invalid,
            Verdict::Stop(MessageState::Unreachable, "invalid_endpoint"),
        );
    }

    #[test]
    fn opting_out_stops_marketing_and_nothing_else() {
        let out = GateFacts {
            subscription: Some(SubscriptionState::Unsubscribed),
            ..OPEN
        };
        check(out, Verdict::Stop(MessageState::Suppressed, "unsubscribed"));
        let receipt = GateFacts {
            category: Category::Transactional,
            ..out
        };
        check(receipt, Verdict::Pass);
        for state in [SubscriptionState::Subscribed, SubscriptionState::OptedIn] {
            let stays = GateFacts {
                subscription: Some(state),
                ..OPEN
            };
            check(stays, Verdict::Pass);
        }
    }
}
