//! Events that were refused.

use gyre_app::quarantine::{ReplayOutcome, ReplaySelection};
use gyre_base::Timestamp;
use gyre_meta::QuarantineFilter;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::instant::Instant;
use crate::problem::Problem;

/// Which refused events.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct QuarantineQuery {
    /// Most items, 1 to 1,000; 100 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Only this reason.
    pub reason: Option<String>,
    /// Only this dialect.
    pub source: Option<String>,
    /// Only what arrived at or after this instant (RFC 3339).
    pub since: Option<String>,
}

impl QuarantineQuery {
    /// The filter it asks for.
    pub fn filter(&self, since: Option<Timestamp>) -> QuarantineFilter {
        QuarantineFilter {
            reason: self.reason.clone(),
            dialect: self.source.clone(),
            since,
        }
    }
}

/// Refused events to be tried again; at least one of the three, and all that are named must fit.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarantineReplay {
    /// Only this reason.
    pub reason: Option<String>,
    /// Only these ids, at most 5,000.
    pub ids: Option<Vec<String>>,
    /// Only this dialect.
    pub source: Option<String>,
}

impl QuarantineReplay {
    /// The events it names; naming nothing is refused, so that a mistake does not try everything.
    pub fn selection(self) -> Result<ReplaySelection, Problem> {
        if self.ids.is_none() && self.reason.is_none() && self.source.is_none() {
            let detail = "name `ids`, a `reason` or a `source`";
            return Err(Problem::field("", detail));
        }
        Ok(ReplaySelection {
            ids: self.ids,
            filter: QuarantineFilter {
                reason: self.reason,
                dialect: self.source,
                since: None,
            },
        })
    }
}

/// What became of events that were tried again.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct QuarantineReplayed {
    /// Events that were tried.
    pub replayed: u64,
    /// Events that count now.
    pub accepted: u64,
    /// Events that are still refused, and those whose record the log no longer has.
    pub still_refused: u64,
    /// Whether more are selected than were tried at once.
    pub has_more: bool,
}

impl From<ReplayOutcome> for QuarantineReplayed {
    fn from(it: ReplayOutcome) -> Self {
        Self {
            replayed: it.replayed,
            accepted: it.accepted,
            still_refused: it.still_refused,
            has_more: it.has_more,
        }
    }
}

/// Refused events to be removed: either of the two.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarantineDelete {
    /// These, at most 10,000.
    pub ids: Option<Vec<String>>,
    /// All of this reason.
    pub reason: Option<String>,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct QuarantineDeleted {
    /// Events that were there.
    pub deleted: u64,
}

/// A refused event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuarantinedEvent {
    /// Id.
    pub id: String,
    /// When it arrived.
    pub received_at: Instant,
    /// How it arrived.
    pub dialect: String,
    /// Stable reason.
    pub reason: String,
    /// What is wrong.
    pub detail: String,
    /// The event as it arrived; as it was read, if a rule keeps it out (reasons `plan` and `blocked`).
    pub raw: Value,
}

/// A page of refused events.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuarantinePage {
    /// Newest first.
    pub rejections: Vec<QuarantinedEvent>,
    /// Cursor of the next page; null after the last.
    #[schema(required)]
    pub next: Option<String>,
}

impl From<gyre_app::quarantine::QuarantinePage> for QuarantinePage {
    fn from(it: gyre_app::quarantine::QuarantinePage) -> Self {
        let rejections = it.rejections.into_iter().map(|it| QuarantinedEvent {
            id: it.id,
            received_at: it.received_at.into(),
            dialect: it.dialect,
            reason: it.reason,
            detail: it.detail,
            // what is no JSON is shown as the text it is
            raw: serde_json::from_str(&it.raw).unwrap_or(Value::String(it.raw)),
        });
        Self {
            rejections: rejections.collect(),
            next: it.next,
        }
    }
}
