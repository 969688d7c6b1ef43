//! The workers of all campaigns: planning, sending, releasing what a dead worker held, moving events to the log.

use std::sync::Arc;

use gyre_base::failure::error_chain;
use gyre_meta::{
    CampaignState, CampaignStateChange, Message, MessageClaim, OutboxItem, Transition,
};
use gyre_model::message::MessageState;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::events::MessageEvent;
use super::ledger::Ledger;
use super::planner::Planning;
use super::sender::Sender;
use super::{CampaignError, Campaigns};

/// Times and sizes of the workers.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// Name of this worker in leases; no two processes may share it.
    pub owner: String,
    /// Messages on their way at once.
    pub concurrency: usize,
    /// Length of a lease, in milliseconds. After a death rows are decided within this and one more sweep.
    pub lease_ms: i64,
    /// Pause between looks when nothing wakes the worker, in milliseconds.
    pub poll_ms: i64,
}

impl WorkerConfig {
    /// 64 messages at once, leases of 20 s, a look every 200 ms.
    pub fn new(owner: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            concurrency: 64,
            lease_ms: 20_000,
            poll_ms: 200,
        }
    }
}

/// Pause after an error, in milliseconds.
const ERROR_PAUSE_MS: i64 = 1_000;
/// Rows released or skipped in one transaction.
const SWEEP: u32 = 200;

/// Runs until `stop`; then lets messages on their way arrive, moves their events, and returns.
///
/// Dropping the future instead is what a death does: everything is found again by the next worker.
pub async fn run(campaigns: Campaigns, config: WorkerConfig, stop: CancellationToken) {
    campaigns.inner.people.caught_up().await;
    let (ledger, ledger_work) = Ledger::new(
        campaigns.inner.meta.clone(),
        Arc::clone(&campaigns.inner.clock),
    );
    let sender = Sender::new(campaigns.clone(), ledger, config.clone());
    let outbox_stop = CancellationToken::new();
    let sending = async {
        tokio::join!(
            campaigns.plan_loop(&config, &stop),
            campaigns.sweep_loop(&config, &stop),
            sender.run(&stop),
        );
        drop(sender);
        outbox_stop.cancel();
    };
    tokio::join!(
        sending,
        ledger_work,
        campaigns.outbox_loop(&config, &outbox_stop),
    );
}

fn report(what: &'static str, error: &CampaignError) {
    let error = error_chain(error);
    tracing::error!(error, "failed to {what}");
}

impl Campaigns {
    /// Waits for something new, for the time given, or for the end.
    pub(crate) async fn pause(&self, ms: i64, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.inner.wake.notified() => {}
            () = self.inner.clock.sleep_ms(ms) => {}
        }
    }

    async fn plan_loop(&self, config: &WorkerConfig, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let planned = tokio::select! {
                () = stop.cancelled() => return,
                planned = self.plan_all() => planned,
            };
            let ms = match planned {
                Ok(()) => config.poll_ms,
                Err(error) => {
                    report("plan campaigns", &error);
                    ERROR_PAUSE_MS
                }
            };
            self.pause(ms, stop).await;
        }
    }

    /// Plans every running campaign that is not planned, and empties every stopped one.
    pub(crate) async fn plan_all(&self) -> Result<(), CampaignError> {
        let states = [CampaignState::Running, CampaignState::Stopped];
        let mut first_error = None;
        for campaign in self.inner.meta.campaigns_by_state(&states).await? {
            let outcome = match campaign.state {
                CampaignState::Running if !campaign.planned_all => {
                    self.plan(&campaign).await.map(|it| match it {
                        Planning::Complete => {
                            tracing::info!(campaign = %campaign.id, "campaign planned");
                        }
                        Planning::Interrupted => {}
                    })
                }
                CampaignState::Stopped if campaign.finished_at.is_none() => {
                    self.empty(&campaign).await
                }
                _ => Ok(()),
            };
            // one campaign that cannot be planned must not stop the others
            if let Err(error) = outcome {
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Skips everything of a stopped campaign that nobody works on; marks it finished when nothing is left.
    async fn empty(&self, campaign: &gyre_meta::Campaign) -> Result<(), CampaignError> {
        let prepared = self.prepared(campaign)?;
        let inner = &self.inner;
        let owner = format!("stop-{}", campaign.id);
        loop {
            let now = inner.clock.now();
            let claim = MessageClaim {
                workspace: campaign.workspace,
                campaign: campaign.id,
                n: SWEEP,
                owner: owner.clone(),
                // held rows are not due, but will never be
                now: gyre_base::Timestamp::MAX,
                lease_until: now.plus_ms(20_000),
            };
            let claimed = inner.meta.messages_claim(&claim).await?;
            if claimed.is_empty() {
                break;
            }
            let step = |message: &Message| {
                let event = MessageEvent {
                    campaign: &prepared.facts,
                    message,
                    device_id: self.device_of(message),
                    at: now,
                    more: vec![("reason", json!("campaign_stopped"))],
                };
                Transition {
                    owner: Some(owner.clone()),
                    reason: Some("campaign_stopped".to_owned()),
                    outbox: vec![event.outbox("skipped")],
                    ..Transition::new(
                        message.workspace,
                        message.id,
                        MessageState::Reserved,
                        MessageState::Skipped,
                        now,
                    )
                }
            };
            let steps: Vec<Transition> = claimed.iter().map(step).collect();
            inner.meta.messages_transition(&steps).await?;
        }
        if self.is_settled(campaign.workspace, campaign.id).await? {
            self.finish(campaign, CampaignState::Stopped).await?;
        }
        Ok(())
    }

    /// The device id that an event needs when there is no user id.
    pub(crate) fn device_of(&self, message: &Message) -> Option<String> {
        if message.external_id.is_some() {
            return None;
        }
        let person = self.inner.people.person(message.workspace, message.person);
        person.and_then(|it| it.device_id)
    }

    /// Whether every row of a campaign is final.
    pub(crate) async fn is_settled(
        &self,
        workspace: gyre_base::WorkspaceId,
        id: gyre_base::CampaignId,
    ) -> Result<bool, CampaignError> {
        let counts = self
            .inner
            .meta
            .messages_count_by_state(workspace, id)
            .await?;
        Ok(counts
            .iter()
            .all(|(state, count)| state.is_final() || *count == 0))
    }

    /// Records the end of a campaign.
    pub(crate) async fn finish(
        &self,
        campaign: &gyre_meta::Campaign,
        to: CampaignState,
    ) -> Result<(), CampaignError> {
        let now = self.inner.clock.now();
        let change = CampaignStateChange {
            from: vec![campaign.state],
            to,
            at: now,
            dispatch_id: None,
            launched_at: None,
            finished_at: Some(now),
        };
        let changed = self
            .inner
            .meta
            .campaign_set_state(campaign.workspace, campaign.id, &change)
            .await;
        self.set_halted(campaign.id, false);
        match changed {
            Ok(_) => Ok(()),
            // paused or stopped at this very moment
            Err(error) if error.on_constraint("campaigns_state") => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn sweep_loop(&self, config: &WorkerConfig, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.sweep().await {
                report("release expired messages", &error);
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.inner.clock.sleep_ms(config.lease_ms / 10) => {}
            }
        }
    }

    /// Decides rows whose worker is gone: planned again where nothing had left, unknown where bytes had.
    pub(crate) async fn sweep(&self) -> Result<(), CampaignError> {
        let inner = &self.inner;
        let states = [
            CampaignState::Running,
            CampaignState::Paused,
            CampaignState::Stopped,
        ];
        for campaign in inner.meta.campaigns_by_state(&states).await? {
            // parsed now, as events cannot wait for it inside the transaction
            self.prepared(&campaign)?;
        }
        loop {
            let now = inner.clock.now();
            let released = inner
                .meta
                .messages_release_expired(now, SWEEP, |message| self.release_events(message))
                .await?;
            if released.is_empty() {
                return Ok(());
            }
            inner.wake.notify_waiters();
        }
    }

    /// Only a message that is lost in between becomes an event; one that is planned again goes on as before.
    fn release_events(&self, message: &Message) -> Vec<OutboxItem> {
        if message.state != MessageState::Unknown {
            return Vec::new();
        }
        let Some(prepared) = self.inner.compiled.lock().get(&message.campaign).cloned() else {
            return Vec::new();
        };
        let event = MessageEvent {
            campaign: &prepared.facts,
            message,
            device_id: self.device_of(message),
            at: message.updated_at,
            more: vec![("reason", json!(message.reason))],
        };
        vec![event.outbox("handed_off")]
    }

    async fn outbox_loop(&self, config: &WorkerConfig, stop: &CancellationToken) {
        loop {
            let is_last = stop.is_cancelled();
            match self.outbox_move().await {
                Ok(0) if is_last => return,
                Ok(0) => self.pause(config.poll_ms, stop).await,
                Ok(_) => {}
                Err(error) => {
                    report("move events to the log", &error);
                    if is_last {
                        return;
                    }
                    self.pause(ERROR_PAUSE_MS, stop).await;
                }
            }
        }
    }
}
