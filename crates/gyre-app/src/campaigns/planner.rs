//! The planner: from an audience to one row of the ledger for every person in it.
//!
//! It may die anywhere and begin again: ids and assignments depend on nothing but campaign, dispatch and person, and a
//! row that exists is left alone. Control people pass the same gates, rendering included, before they are recorded.

use std::collections::HashMap;
use std::sync::Arc;

use gyre_base::{Timestamp, WorkspaceId};
use gyre_meta::{Campaign, CampaignState, Message, MessageInsert, SubscriptionState};
use gyre_model::message::{MessageState, message_id};
use serde_json::json;
use uuid::Uuid;

use super::assignment::{Arm, CONTROL, arm, bucket};
use super::compose::{CampaignNames, CompiledEmail, Refusal, template_data};
use super::events::MessageEvent;
use super::gate::{GateFacts, Verdict, gate};
use super::people::Recipient;
use super::{CampaignError, Campaigns, Prepared};

/// People planned in one transaction: 500 rows and as many events are 1.5 MB of writing, some 30 ms.
const CHUNK: usize = 500;

/// How planning ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planning {
    /// Everybody has a row.
    Complete,
    /// The campaign was paused or stopped in between.
    Interrupted,
}

/// What a row becomes when it is planned.
struct Decision {
    state: MessageState,
    reason: Option<String>,
    abort_type: Option<&'static str>,
}

impl Campaigns {
    /// Plans a running campaign to its end, or until it runs no more.
    pub(crate) async fn plan(&self, campaign: &Campaign) -> Result<Planning, CampaignError> {
        let inner = &self.inner;
        let workspace = campaign.workspace;
        let prepared = self.prepared(campaign)?;
        let (Some(dispatch), Some(as_of)) = (campaign.dispatch_id, campaign.launched_at) else {
            return Ok(Planning::Interrupted);
        };
        inner.people.caught_up().await;
        let audience = &prepared.compiled.draft.audience;
        let people = inner.people.audience(workspace, audience, as_of).await?;
        let mut people = people.into_iter();
        loop {
            let chunk: Vec<u32> = people.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                break;
            }
            let present = inner.meta.campaign_get(workspace, campaign.id).await?;
            if present.state != CampaignState::Running || self.is_halted(campaign.id) {
                return Ok(Planning::Interrupted);
            }
            let inserts = self
                .plan_chunk(workspace, dispatch, &prepared, &chunk)
                .await?;
            inner
                .meta
                .messages_insert(workspace, &inserts, inner.clock.now())
                .await?;
            inner.wake.notify_waiters();
        }
        let now = inner.clock.now();
        inner
            .meta
            .campaign_set_planned_all(workspace, campaign.id, now)
            .await?;
        Ok(Planning::Complete)
    }

    async fn plan_chunk(
        &self,
        workspace: WorkspaceId,
        dispatch: Uuid,
        prepared: &Arc<Prepared>,
        chunk: &[u32],
    ) -> Result<Vec<MessageInsert>, CampaignError> {
        let inner = &self.inner;
        let recipients: Vec<Recipient> = chunk
            .iter()
            .filter_map(|person| inner.people.person(workspace, *person))
            .collect();
        let subscriptions = self.subscriptions_of(workspace, &recipients).await?;
        let now = inner.clock.now();
        let inserts = recipients
            .iter()
            .map(|recipient| {
                let subscription = recipient
                    .email()
                    .and_then(|it| subscriptions.get(&it).copied());
                self.plan_one(workspace, dispatch, prepared, recipient, subscription, now)
            })
            .collect();
        Ok(inserts)
    }

    async fn subscriptions_of(
        &self,
        workspace: WorkspaceId,
        recipients: &[Recipient],
    ) -> Result<HashMap<String, SubscriptionState>, CampaignError> {
        let addresses: Vec<String> = recipients.iter().filter_map(Recipient::email).collect();
        let meta = &self.inner.meta;
        let found = meta
            .subscriptions_get_many(workspace, "email", &addresses)
            .await?;
        Ok(found.into_iter().map(|it| (it.address, it.state)).collect())
    }

    fn plan_one(
        &self,
        workspace: WorkspaceId,
        dispatch: Uuid,
        prepared: &Prepared,
        recipient: &Recipient,
        subscription: Option<SubscriptionState>,
        now: Timestamp,
    ) -> MessageInsert {
        let draft = &prepared.compiled.draft;
        let campaign = prepared.facts.id;
        let key = recipient.key();
        let arm = arm(campaign, draft, &key);
        let variant = match arm {
            Arm::Control => CONTROL,
            Arm::Variant(i) => &draft.variants[i].name,
        };
        let id = message_id(workspace, campaign, dispatch, variant, &key, "email");
        let mut message = Message {
            workspace,
            id,
            campaign,
            dispatch,
            variant: variant.to_owned(),
            person: recipient.person,
            external_id: recipient.external_id.clone(),
            channel: "email".to_owned(),
            address: recipient.email(),
            state: MessageState::Planned,
            reason: None,
            attempt: 0,
            lease_owner: None,
            lease_until: None,
            due_at: now,
            provider_message_id: None,
            planned_at: now,
            updated_at: now,
        };
        let facts = GateFacts {
            campaign: CampaignState::Running,
            category: draft.category,
            address: message.address.as_deref(),
            subscription,
        };
        let decision = match (gate(&facts), arm) {
            (Verdict::Stop(state, reason), _) => Decision {
                state,
                reason: Some(reason.to_owned()),
                abort_type: None,
            },
            (Verdict::Pass | Verdict::Wait, Arm::Variant(_)) => Decision {
                state: MessageState::Planned,
                reason: None,
                abort_type: None,
            },
            (Verdict::Pass | Verdict::Wait, Arm::Control) => {
                // the variant that a person of the control group would have got, for the rendering gate
                let emails = &prepared.compiled.emails;
                let i = bucket(&format!("{campaign}:counterfactual"), &key) as usize % emails.len();
                self.counterfactual(&emails[i], prepared, &message, recipient, now)
            }
        };
        message.state = decision.state;
        message.reason = decision.reason;
        let event = MessageEvent {
            campaign: &prepared.facts,
            message: &message,
            device_id: recipient.device_id.clone(),
            at: now,
            more: vec![
                ("reason", json!(message.reason)),
                ("abort_type", json!(decision.abort_type)),
            ],
        };
        let item = match message.state {
            MessageState::Control => event.enrolled_in_control(),
            state => event.outbox(verb(state)),
        };
        MessageInsert {
            outbox: vec![item],
            message,
        }
    }

    /// Whether a person of the control group would have got a message.
    fn counterfactual(
        &self,
        email: &CompiledEmail,
        prepared: &Prepared,
        message: &Message,
        recipient: &Recipient,
        now: Timestamp,
    ) -> Decision {
        let url = self.inner.links.unsubscribe(message.workspace, message.id);
        let names = CampaignNames {
            workspace: message.workspace,
            id: Some(message.campaign),
            name: &prepared.facts.name,
            dispatch: Some(message.dispatch),
        };
        let data = template_data(Some(recipient), names, &url);
        match email.render(&data, now) {
            Ok(_) => Decision {
                state: MessageState::Control,
                reason: None,
                abort_type: None,
            },
            Err(refusal) => {
                let (abort_type, reason) = aborted(&refusal);
                Decision {
                    state: MessageState::Aborted,
                    reason: Some(reason),
                    abort_type: Some(abort_type),
                }
            }
        }
    }
}

/// Longest reason kept; Currents allows 128 characters of `abort_log`, we are more generous.
const REASON_CHARS_MAX: usize = 300;

/// `abort_type` and reason of a refusal to render.
pub(crate) fn aborted(refusal: &Refusal) -> (&'static str, String) {
    match refusal {
        Refusal::Aborted { reason, .. } => ("liquid_abort", short(reason)),
        Refusal::Broken { field, detail } => ("liquid_error", short(&format!("{field}: {detail}"))),
    }
}

/// A reason of bounded length.
pub(crate) fn short(reason: &str) -> String {
    reason.chars().take(REASON_CHARS_MAX).collect()
}

/// The verb that a state becomes in the log.
pub(crate) fn verb(state: MessageState) -> &'static str {
    match state {
        MessageState::Planned => "planned",
        MessageState::Held => "held",
        MessageState::Reserved | MessageState::HandedOff | MessageState::Unknown => "handed_off",
        MessageState::Sent => "sent",
        MessageState::Delivered => "delivered",
        MessageState::Bounced => "bounced",
        MessageState::Rejected => "rejected",
        MessageState::Aborted => "aborted",
        MessageState::Suppressed => "suppressed",
        MessageState::Unreachable | MessageState::Skipped | MessageState::Control => "skipped",
        MessageState::Failed => "failed",
    }
}
