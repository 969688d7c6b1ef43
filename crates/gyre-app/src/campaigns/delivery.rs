//! One message from its row to the provider and back: gate, render, hand over, record.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use gyre_base::failure::error_chain;
use gyre_base::{MINUTE_MS, MessageId, SECOND_MS, Timestamp, WorkspaceId};
use gyre_deliver::{DeliverError, EmailProvider, Handoff, MimeMessage, Outcome, Redacted};
use gyre_meta::{CampaignState, Gate, Message, SubscriptionState, Transition};
use gyre_model::campaign::Category;
use gyre_model::message::MessageState;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::compose::{CampaignNames, template_data};
use super::events::MessageEvent;
use super::gate::{GateFacts, Verdict, gate};
use super::ledger::Ledger;
use super::planner::{aborted, short, verb};
use super::worker::WorkerConfig;
use super::{Campaigns, Prepared};
/// Pauses before the next try of a message that the provider did not take: 12 tries over two days and a half. The first
/// ones are short because most refusals are momentary; greylisting wants five minutes or more.
const RETRY_MS: [i64; 11] = [
    5 * SECOND_MS,
    30 * SECOND_MS,
    2 * MINUTE_MS,
    10 * MINUTE_MS,
    30 * MINUTE_MS,
    60 * MINUTE_MS,
    120 * MINUTE_MS,
    240 * MINUTE_MS,
    480 * MINUTE_MS,
    960 * MINUTE_MS,
    1_440 * MINUTE_MS,
];

/// Pauses of a whole channel whose provider cannot be reached or will take nothing.
const BREAKER_MS: [i64; 4] = [2 * SECOND_MS, 5 * SECOND_MS, 15 * SECOND_MS, 30 * SECOND_MS];

/// When a message that was not taken for the `attempt`th time is tried again; `None` gives up.
///
/// Spread by a fifth either way, by the message's id, so that a campaign does not come back as one wave.
fn retry_delay_ms(attempt: i64, id: MessageId) -> Option<i64> {
    let base = *RETRY_MS.get(usize::try_from(attempt - 1).ok()?)?;
    let spread = i64::from(id.0.as_bytes()[15]) - 128;
    Some(base + base * spread / 640)
}

/// A channel that takes nothing for now.
#[derive(Clone, Copy, Debug)]
struct Breaker {
    failures: usize,
    until: Timestamp,
}

/// What all deliveries of a worker share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) campaigns: Campaigns,
    ledger: Ledger,
    pub(super) config: WorkerConfig,
    /// Rows this worker holds, whose leases are kept alive.
    pub(super) active: Mutex<HashMap<MessageId, WorkspaceId>>,
    breakers: Mutex<HashMap<WorkspaceId, Breaker>>,
}

/// One message to be sent.
pub(super) struct Job {
    pub(super) prepared: Arc<Prepared>,
    pub(super) message: Message,
    pub(super) subscription: Option<SubscriptionState>,
}

/// What became of a message before the provider was asked.
enum Made {
    Ready(MimeMessage),
    Stop(MessageState, String, Option<&'static str>),
    Wait,
}

impl Shared {
    pub(super) fn new(campaigns: Campaigns, ledger: Ledger, config: WorkerConfig) -> Self {
        Self {
            campaigns,
            ledger,
            config,
            active: Mutex::default(),
            breakers: Mutex::default(),
        }
    }

    /// Whether the channel takes nothing for now.
    pub(super) fn is_broken(&self, workspace: WorkspaceId) -> bool {
        let now = self.campaigns.inner.clock.now();
        self.breakers
            .lock()
            .get(&workspace)
            .is_some_and(|it| it.until > now)
    }

    fn trip(&self, workspace: WorkspaceId, reason: &str) {
        let now = self.campaigns.inner.clock.now();
        let mut breakers = self.breakers.lock();
        let breaker = breakers.entry(workspace).or_insert(Breaker {
            failures: 0,
            until: now,
        });
        // the other messages on their way fail of the same cause
        if breaker.until > now {
            return;
        }
        let pause = BREAKER_MS[breaker.failures.min(BREAKER_MS.len() - 1)];
        breaker.failures += 1;
        breaker.until = now.plus_ms(pause);
        let reason = Redacted(reason);
        tracing::warn!(%workspace, %reason, pause_ms = pause, "the email channel takes nothing");
    }

    /// Extends the leases of what is on its way, until `ended`.
    pub(super) async fn keep_leases(&self, ended: &CancellationToken) {
        let inner = &self.campaigns.inner;
        loop {
            tokio::select! {
                () = ended.cancelled() => return,
                () = inner.clock.sleep_ms(self.config.lease_ms / 4) => {}
            }
            let mut by_workspace: HashMap<WorkspaceId, Vec<MessageId>> = HashMap::new();
            for (id, workspace) in self.active.lock().iter() {
                by_workspace.entry(*workspace).or_default().push(*id);
            }
            let until = inner.clock.now().plus_ms(self.config.lease_ms);
            for (workspace, ids) in by_workspace {
                let owner = &self.config.owner;
                let extended = inner
                    .meta
                    .messages_extend_lease(workspace, owner, &ids, until);
                if let Err(error) = extended.await {
                    let error = error_chain(&error);
                    tracing::error!(error, "failed to keep the leases of messages");
                }
            }
        }
    }

    /// Brings one message to its end, or back to where it can be begun again.
    pub(super) async fn deliver(self: Arc<Self>, job: Job) {
        let id = job.message.id;
        // a panic in a template or in a parser must not keep the lease alive for ever
        let _active = Active(&self.active, id);
        match self.make(&job) {
            Made::Wait => self.put_back(&job).await,
            Made::Stop(state, reason, abort_type) => {
                self.end(&job, state, reason, vec![("abort_type", json!(abort_type))])
                    .await;
            }
            Made::Ready(mime) => {
                let workspace = job.message.workspace;
                match self.campaigns.inner.channels.email(workspace).await {
                    Ok(provider) => self.hand_over(&job, &mime, provider.as_ref()).await,
                    Err(error) => {
                        self.trip(workspace, &error_chain(&error));
                        self.put_back(&job).await;
                    }
                }
            }
        }
    }

    /// Gate and rendering.
    fn make(&self, job: &Job) -> Made {
        let inner = &self.campaigns.inner;
        let Job {
            prepared, message, ..
        } = job;
        let facts = GateFacts {
            campaign: if self.campaigns.is_halted(message.campaign) {
                CampaignState::Paused
            } else {
                CampaignState::Running
            },
            category: prepared.facts.category,
            address: message.address.as_deref(),
            subscription: job.subscription,
        };
        match gate(&facts) {
            Verdict::Pass => {}
            Verdict::Wait => return Made::Wait,
            Verdict::Stop(state, reason) => return Made::Stop(state, reason.to_owned(), None),
        }
        let Some(recipient) = inner.people.person(message.workspace, message.person) else {
            return Made::Stop(MessageState::Skipped, "person_missing".to_owned(), None);
        };
        let Some(email) = prepared.compiled.email(&message.variant) else {
            return Made::Stop(MessageState::Skipped, "variant_missing".to_owned(), None);
        };
        let now = inner.clock.now();
        let names = CampaignNames {
            workspace: message.workspace,
            id: Some(message.campaign),
            name: &prepared.facts.name,
            dispatch: Some(message.dispatch),
        };
        let url = inner.links.unsubscribe(message.workspace, message.id);
        let data = template_data(Some(&recipient), names, &url);
        let rendered = match email.render(&data, now) {
            Ok(rendered) => rendered,
            Err(refusal) => {
                let (abort_type, reason) = aborted(&refusal);
                return Made::Stop(MessageState::Aborted, reason, Some(abort_type));
            }
        };
        let category = prepared.facts.category;
        let mime = email
            .finish(rendered, category, message, &inner.links, now)
            .and_then(|it| it.to_mime());
        match mime {
            Ok(mime) => Made::Ready(mime),
            Err(DeliverError::Mime { field: "to", .. }) => Made::Stop(
                MessageState::Unreachable,
                "invalid_endpoint".to_owned(),
                None,
            ),
            Err(error) => Made::Stop(
                MessageState::Aborted,
                short(&error.to_string()),
                Some("liquid_error"),
            ),
        }
    }

    async fn hand_over(&self, job: &Job, mime: &MimeMessage, provider: &dyn EmailProvider) {
        let handoff = LedgerHandoff {
            shared: self,
            job,
            answer: Mutex::new(None),
        };
        let outcome = provider.send(mime, &handoff).await;
        let left = *handoff.answer.lock();
        match left {
            Some(Left::Halted) => return self.put_back(job).await,
            Some(Left::Refused) => return self.refused(job).await,
            Some(Left::Allowed) | None => {}
        }
        self.settle(job, provider.name(), outcome, left.is_some())
            .await;
    }

    async fn settle(&self, job: &Job, provider: &'static str, outcome: Outcome, has_left: bool) {
        let workspace = job.message.workspace;
        let attempt = job.message.attempt + 1;
        tracing::debug!(message = %job.message.id, outcome = outcome.name(), "message handed over");
        let outcome = match outcome {
            Outcome::Misconfigured { reason } if has_left => {
                self.trip(workspace, &reason);
                Outcome::Transient {
                    code: "misconfigured".to_owned(),
                    reason,
                    retry_after_ms: None,
                }
            }
            other => other,
        };
        let mut end = End {
            provider: Some(provider),
            attempt: Some(attempt),
            ..End::new(MessageState::Failed)
        };
        match outcome {
            Outcome::Accepted {
                provider_message_id,
                ..
            } => {
                self.breakers.lock().remove(&workspace);
                end.state = MessageState::Sent;
                end.provider_message_id = provider_message_id;
            }
            Outcome::Rejected {
                code,
                reason,
                address_is_bad,
            } => {
                self.breakers.lock().remove(&workspace);
                end.state = MessageState::Rejected;
                end.reason = Some(short(&reason));
                end.more = vec![
                    ("provider_code", json!(code)),
                    ("address_is_bad", json!(address_is_bad)),
                ];
            }
            Outcome::Unknown { reason } => {
                end.state = MessageState::Unknown;
                end.reason = Some(short(&reason));
            }
            Outcome::Misconfigured { reason } => {
                self.trip(workspace, &reason);
                return self.put_back(job).await;
            }
            Outcome::Transient { code, reason, .. } if !has_left && is_unreachable(&code) => {
                self.trip(workspace, &reason);
                return self.put_back(job).await;
            }
            Outcome::Transient {
                code,
                reason,
                retry_after_ms,
            } => {
                end.reason = Some(short(&reason));
                end.more = vec![("provider_code", json!(code))];
                if let Some(delay) = retry_delay_ms(attempt, job.message.id) {
                    let delay = retry_after_ms.map_or(delay, |it| it.max(delay));
                    let due_at = self.campaigns.inner.clock.now().plus_ms(delay);
                    end.state = MessageState::Held;
                    end.due_at = Some(due_at);
                    end.more.push(("next_at", json!(due_at.rfc3339())));
                }
            }
        }
        self.step(job, end).await;
    }

    /// The handoff was refused: by an opt-out, or because the lease is another's by now.
    async fn refused(&self, job: &Job) {
        let Some(address) = &job.message.address else {
            return;
        };
        let meta = &self.campaigns.inner.meta;
        let found = meta
            .subscription_get(job.message.workspace, "email", address)
            .await;
        match found {
            Ok(Some(it)) if it.state == SubscriptionState::Unsubscribed => {
                self.end(
                    job,
                    MessageState::Suppressed,
                    "unsubscribed".to_owned(),
                    Vec::new(),
                )
                .await;
            }
            Ok(_) => self.put_back(job).await,
            Err(error) => {
                let error = error_chain(&error);
                tracing::error!(error, "failed to read a subscription");
            }
        }
    }

    /// Gives an untouched row back.
    async fn put_back(&self, job: &Job) {
        let now = self.campaigns.inner.clock.now();
        let step = Transition {
            owner: Some(self.config.owner.clone()),
            ..Transition::new(
                job.message.workspace,
                job.message.id,
                MessageState::Reserved,
                MessageState::Planned,
                now,
            )
        };
        // if the row is another's by now, there is nothing to give back
        let _ = self.ledger.step(step).await;
    }

    async fn end(
        &self,
        job: &Job,
        state: MessageState,
        reason: String,
        more: Vec<(&'static str, Value)>,
    ) {
        let end = End {
            reason: Some(reason),
            more,
            ..End::new(state)
        };
        self.step(job, end).await;
    }

    /// Writes what became of a message, with its event.
    async fn step(&self, job: &Job, end: End) {
        let now = self.campaigns.inner.clock.now();
        let mut after = job.message.clone();
        after.attempt = end.attempt.unwrap_or(after.attempt);
        let mut more = vec![
            ("provider", json!(end.provider)),
            ("provider_message_id", json!(end.provider_message_id)),
            ("reason", json!(end.reason)),
        ];
        more.extend(end.more);
        let event = MessageEvent {
            campaign: &job.prepared.facts,
            message: &after,
            device_id: self.campaigns.device_of(&after),
            at: now,
            more,
        };
        let verb = match end.state {
            MessageState::Held => "retry",
            state => verb(state),
        };
        let mut step = Transition {
            from: vec![MessageState::Reserved, MessageState::HandedOff],
            owner: Some(self.config.owner.clone()),
            reason: end.reason,
            attempt: end.attempt,
            due_at: end.due_at,
            provider_message_id: end.provider_message_id,
            outbox: vec![event.outbox(verb)],
            ..Transition::new(
                after.workspace,
                after.id,
                MessageState::HandedOff,
                end.state,
                now,
            )
        };
        let is_taken = self.ledger.step(step.clone()).await.is_some();
        if !is_taken && end.state == MessageState::Sent {
            // the lease had ended and the row was called unknown, but here is the provider's answer
            step.from = vec![MessageState::Unknown];
            step.owner = None;
            let _ = self.ledger.step(step).await;
        }
    }
}

/// What a step changes beside the state.
struct End {
    state: MessageState,
    provider: Option<&'static str>,
    provider_message_id: Option<String>,
    reason: Option<String>,
    attempt: Option<i64>,
    due_at: Option<Timestamp>,
    more: Vec<(&'static str, Value)>,
}

impl End {
    fn new(state: MessageState) -> Self {
        Self {
            state,
            provider: None,
            provider_message_id: None,
            reason: None,
            attempt: None,
            due_at: None,
            more: Vec::new(),
        }
    }
}

/// Whether nobody's message would have got through: the server could not be reached at all.
fn is_unreachable(code: &str) -> bool {
    matches!(
        code,
        "lost-connect" | "lost-hello" | "lost-tls" | "lost-auth"
    )
}

struct Active<'a>(&'a Mutex<HashMap<MessageId, WorkspaceId>>, MessageId);

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

/// What was found when the message was about to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// On record: it leaves.
    Allowed,
    /// The campaign was paused or stopped.
    Halted,
    /// The row said no.
    Refused,
}

/// The send transaction: lease, state and subscription are asked and the handoff recorded in one statement.
struct LedgerHandoff<'a> {
    shared: &'a Shared,
    job: &'a Job,
    answer: Mutex<Option<Left>>,
}

#[async_trait]
impl Handoff for LedgerHandoff<'_> {
    async fn allow(&self) -> bool {
        let left = if self.shared.campaigns.is_halted(self.job.message.campaign) {
            Left::Halted
        } else {
            let now = self.shared.campaigns.inner.clock.now();
            let message = &self.job.message;
            let step = Transition {
                owner: Some(self.shared.config.owner.clone()),
                gate: match self.job.prepared.facts.category {
                    Category::Marketing => Gate::NotUnsubscribed,
                    Category::Transactional => Gate::Open,
                },
                lease_until: Some(now.plus_ms(self.shared.config.lease_ms)),
                attempt: Some(message.attempt + 1),
                ..Transition::new(
                    message.workspace,
                    message.id,
                    MessageState::Reserved,
                    MessageState::HandedOff,
                    now,
                )
            };
            match self.shared.ledger.step(step).await {
                Some(_) => Left::Allowed,
                None => Left::Refused,
            }
        };
        *self.answer.lock() = Some(left);
        left == Left::Allowed
    }
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn tries_are_further_apart_and_end() {
        let id = MessageId::random();
        let delays: Vec<i64> = (1..20).map_while(|n| retry_delay_ms(n, id)).collect();
        assert_eq!(delays.len(), RETRY_MS.len());
        assert!(delays.windows(2).all(|it| it[0] < it[1]), "{delays:?}");
        assert!((4_000..=6_000).contains(&delays[0]));
        assert_eq!(retry_delay_ms(0, id), None);
    }
}
