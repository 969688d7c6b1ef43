//! Campaigns: written, launched, planned, sent, stopped.
//!
//! The planner turns an audience into rows of the ledger, the sender turns rows into messages, the outbox driver turns
//! what happened into events. Each may die at any moment and begin again: rows have deterministic ids, every step names
//! the state it expects, every event has an id of its own. Entry points: [`Campaigns`] and [`worker`].

pub mod assignment;
pub mod compose;
mod delivery;
pub mod error;
pub mod events;
pub mod gate;
mod ledger;
mod life;
mod outbox;
pub mod people;
mod planner;
mod preview;
mod rate;
mod sender;
pub mod worker;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gyre_base::{CampaignId, Clock, WorkspaceId};
use gyre_meta::{Campaign, Meta};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::Notify;

pub use error::CampaignError;
pub use life::{CampaignDetail, CampaignSummary};
pub use people::{CampaignPeople, PeopleError, Recipient};
pub use preview::{Preview, PreviewFields};
pub use worker::{WorkerConfig, run as run_worker};

use self::compose::CompiledCampaign;
use self::events::CampaignFacts;
use crate::channels::Channels;
use crate::tracking::Links;

/// Campaigns whose templates are kept parsed; a few hundred KB each at most.
const COMPILED_MAX: usize = 256;

/// What campaigns are made of.
#[derive(Debug)]
pub struct CampaignParts {
    /// Ledger and definitions.
    pub meta: Meta,
    /// Audiences, people and the log.
    pub people: Arc<dyn CampaignPeople>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Providers.
    pub channels: Channels,
    /// Tracking addresses.
    pub links: Links,
}

/// A campaign ready to be planned and sent.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) compiled: CompiledCampaign,
    pub(crate) facts: CampaignFacts,
}

#[derive(Debug)]
pub(crate) struct CampaignsInner {
    pub(crate) meta: Meta,
    pub(crate) people: Arc<dyn CampaignPeople>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) channels: Channels,
    pub(crate) links: Links,
    /// Wakes the workers when there is something new to do.
    pub(crate) wake: Notify,
    /// Campaigns that were paused or stopped in this process: seen at once, before the next look at the database.
    halted: Mutex<HashSet<CampaignId>>,
    compiled: Mutex<HashMap<CampaignId, Arc<Prepared>>>,
}

/// Use cases of campaigns; clones share everything.
#[derive(Clone, Debug)]
pub struct Campaigns {
    pub(crate) inner: Arc<CampaignsInner>,
}

impl Campaigns {
    /// Puts the parts together.
    pub fn new(parts: CampaignParts) -> Self {
        Self {
            inner: Arc::new(CampaignsInner {
                meta: parts.meta,
                people: parts.people,
                clock: parts.clock,
                channels: parts.channels,
                links: parts.links,
                wake: Notify::new(),
                halted: Mutex::default(),
                compiled: Mutex::default(),
            }),
        }
    }

    pub(crate) fn set_halted(&self, id: CampaignId, is_halted: bool) {
        let mut halted = self.inner.halted.lock();
        if is_halted {
            halted.insert(id);
        } else {
            halted.remove(&id);
        }
    }

    pub(crate) fn is_halted(&self, id: CampaignId) -> bool {
        self.inner.halted.lock().contains(&id)
    }

    /// The parsed form of a launched campaign, whose definition no longer changes.
    pub(crate) fn prepared(&self, campaign: &Campaign) -> Result<Arc<Prepared>, CampaignError> {
        if let Some(found) = self.inner.compiled.lock().get(&campaign.id) {
            return Ok(Arc::clone(found));
        }
        let compiled = compiled(campaign)?;
        let prepared = Arc::new(Prepared {
            facts: CampaignFacts::of(campaign.id, &compiled),
            compiled,
        });
        let mut cache = self.inner.compiled.lock();
        if cache.len() >= COMPILED_MAX {
            cache.clear();
        }
        cache.insert(campaign.id, Arc::clone(&prepared));
        Ok(prepared)
    }

    pub(crate) async fn prepared_by_id(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
    ) -> Result<Arc<Prepared>, CampaignError> {
        if let Some(found) = self.inner.compiled.lock().get(&id) {
            return Ok(Arc::clone(found));
        }
        let campaign = self.inner.meta.campaign_get(workspace, id).await?;
        self.prepared(&campaign)
    }
}

/// The definition as it was written.
pub(crate) fn definition(campaign: &Campaign) -> Result<Value, CampaignError> {
    serde_json::from_str(&campaign.definition).map_err(|error| {
        CampaignError::Definition(gyre_model::FieldError::new("", error.to_string()))
    })
}

/// Parses a stored campaign.
pub(crate) fn compiled(campaign: &Campaign) -> Result<CompiledCampaign, CampaignError> {
    CompiledCampaign::read(&definition(campaign)?)
        .map_err(|mut errors| CampaignError::Definition(errors.swap_remove(0)))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::test_workspace;
