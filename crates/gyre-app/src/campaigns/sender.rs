//! The sender: claims rows that are due, as many as may leave now, and sets them on their way.

use std::collections::HashMap;
use std::sync::Arc;

use gyre_base::CampaignId;
use gyre_base::failure::error_chain;
use gyre_meta::{Campaign, CampaignState, Message, MessageClaim, SubscriptionState};
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::delivery::{Job, Shared};
use super::ledger::Ledger;
use super::rate::Rates;
use super::worker::WorkerConfig;
use super::{CampaignError, Campaigns, Prepared};

/// Longest wait for messages on their way when the process is asked to end.
const DRAIN_MS_MAX: i64 = 10_000;

/// The sending half of a worker.
#[derive(Debug)]
pub(crate) struct Sender {
    shared: Arc<Shared>,
    rates: Mutex<Rates>,
}

impl Sender {
    pub(crate) fn new(campaigns: Campaigns, ledger: Ledger, config: WorkerConfig) -> Self {
        Self {
            shared: Arc::new(Shared::new(campaigns, ledger, config)),
            rates: Mutex::default(),
        }
    }

    /// Sends until `stop`, then waits a little for what is on its way.
    pub(crate) async fn run(&self, stop: &CancellationToken) {
        let ended = CancellationToken::new();
        let sending = async {
            self.send_loop(stop).await;
            ended.cancel();
        };
        tokio::join!(sending, self.shared.keep_leases(&ended));
    }

    async fn send_loop(&self, stop: &CancellationToken) {
        let shared = &self.shared;
        let clock = &shared.campaigns.inner.clock;
        let concurrency = shared.config.concurrency;
        let mut on_the_way = JoinSet::new();
        while !stop.is_cancelled() {
            while on_the_way.try_join_next().is_some() {}
            let free = concurrency - on_the_way.len();
            let mut started = 0;
            // a quarter at a time: claiming row by row would cost a transaction each
            if free * 4 >= concurrency {
                match self.claim(free).await {
                    Ok(jobs) => {
                        started = jobs.len();
                        for job in jobs {
                            on_the_way.spawn(Arc::clone(shared).deliver(job));
                        }
                    }
                    Err(error) => {
                        let error = error_chain(&error);
                        tracing::error!(error, "failed to claim messages");
                    }
                }
            }
            if started > 0 {
                continue;
            }
            tokio::select! {
                Some(_) = on_the_way.join_next(), if !on_the_way.is_empty() => {}
                () = shared.campaigns.pause(shared.config.poll_ms, stop) => {}
            }
        }
        let arrived = async { while on_the_way.join_next().await.is_some() {} };
        tokio::select! {
            () = arrived => {}
            // what has not arrived by now is unknown to the next worker
            () = clock.sleep_ms(DRAIN_MS_MAX) => {}
        }
    }

    /// Claims up to `free` rows over all running campaigns, taking turns.
    async fn claim(&self, free: usize) -> Result<Vec<Job>, CampaignError> {
        let shared = &self.shared;
        let inner = &shared.campaigns.inner;
        let running = inner
            .meta
            .campaigns_by_state(&[CampaignState::Running])
            .await?;
        let ids: Vec<CampaignId> = running.iter().map(|it| it.id).collect();
        self.rates.lock().retain(&ids);
        let mut jobs = Vec::new();
        for (i, campaign) in running.iter().enumerate() {
            let fair = (free - jobs.len()).div_ceil(running.len() - i);
            if fair == 0
                || shared.campaigns.is_halted(campaign.id)
                || shared.is_broken(campaign.workspace)
            {
                continue;
            }
            let prepared = match shared.campaigns.prepared(campaign) {
                Ok(prepared) => prepared,
                Err(error) => {
                    let error = error_chain(&error);
                    tracing::error!(error, campaign = %campaign.id, "failed to prepare a campaign");
                    continue;
                }
            };
            jobs.append(&mut self.claim_of(campaign, &prepared, fair).await?);
        }
        Ok(jobs)
    }

    async fn claim_of(
        &self,
        campaign: &Campaign,
        prepared: &Arc<Prepared>,
        wanted: usize,
    ) -> Result<Vec<Job>, CampaignError> {
        let shared = &self.shared;
        let inner = &shared.campaigns.inner;
        let now = inner.clock.now();
        let per_minute = prepared.compiled.draft.per_minute;
        let n = self.rates.lock().take(campaign.id, per_minute, wanted, now);
        if n == 0 {
            return Ok(Vec::new());
        }
        let claim = MessageClaim {
            workspace: campaign.workspace,
            campaign: campaign.id,
            n: n as u32,
            owner: shared.config.owner.clone(),
            now,
            lease_until: now.plus_ms(shared.config.lease_ms),
        };
        let claimed = inner.meta.messages_claim(&claim).await?;
        self.rates.lock().give_back(campaign.id, n - claimed.len());
        if claimed.is_empty() {
            if campaign.planned_all
                && shared
                    .campaigns
                    .is_settled(campaign.workspace, campaign.id)
                    .await?
            {
                shared
                    .campaigns
                    .finish(campaign, CampaignState::Done)
                    .await?;
            }
            return Ok(Vec::new());
        }
        let addresses: Vec<String> = claimed.iter().filter_map(|it| it.address.clone()).collect();
        let found = inner
            .meta
            .subscriptions_get_many(campaign.workspace, "email", &addresses)
            .await?;
        let by_address: HashMap<String, SubscriptionState> =
            found.into_iter().map(|it| (it.address, it.state)).collect();
        let job = |message: Message| {
            shared.active.lock().insert(message.id, message.workspace);
            let address = message.address.as_ref();
            Job {
                subscription: address.and_then(|it| by_address.get(it).copied()),
                prepared: Arc::clone(prepared),
                message,
            }
        };
        Ok(claimed.into_iter().map(job).collect())
    }
}
