//! What a question is asked of: one snapshot, one instant, one zone.

use std::sync::Arc;

use async_trait::async_trait;
use gyre_base::{Timestamp, WeekStart, Zone};
use gyre_model::Audience;
use gyre_query::Snapshot;
use roaring::RoaringBitmap;

/// How a saved cohort gets its members.
#[derive(Clone, Debug)]
pub enum CohortRule {
    /// These people.
    Static(Arc<RoaringBitmap>),
    /// Whoever the audience finds at the instant of the question.
    Live(Arc<Audience>),
}

/// Where saved cohorts are looked up; implemented by the application over its store.
#[async_trait]
pub trait CohortSource: Send + Sync {
    /// The rule of a cohort; `None` if there is none of this id.
    async fn cohort(&self, id: &str) -> Option<CohortRule>;
}

/// A workspace without saved cohorts.
#[derive(Clone, Copy, Debug)]
pub struct NoCohorts;

#[async_trait]
impl CohortSource for NoCohorts {
    async fn cohort(&self, _: &str) -> Option<CohortRule> {
        None
    }
}

/// Everything a question needs besides itself.
#[derive(Clone)]
pub struct Context {
    /// The data.
    pub snapshot: Snapshot,
    /// The workspace's zone: windows of audiences are in it.
    pub zone: Zone,
    /// The workspace's first day of the week.
    pub week_start: WeekStart,
    /// The instant of evaluation; later events never count.
    pub as_of: Timestamp,
    /// Saved cohorts.
    pub cohorts: Arc<dyn CohortSource>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("as_of", &self.as_of)
            .finish_non_exhaustive()
    }
}
