//! Ingestion warnings.

use gyre_collect::ledger::WarningSummary;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::instant::Instant;

/// One kind of warning.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Warning {
    /// Stable name: `clock-fixed`, `late`, `id-blocked` and the like.
    pub code: String,
    /// What happened the last time.
    pub detail: String,
    /// Id of the source; null where events name none.
    #[schema(required)]
    pub source: Option<String>,
    /// Dialect of the events.
    pub dialect: String,
    /// Name of the event; null where there were too many kinds to tell.
    #[schema(required)]
    pub event: Option<String>,
    /// How often.
    pub count: u64,
    /// First arrival.
    pub first_at: Instant,
    /// Last arrival.
    pub last_at: Instant,
    /// Enough of one of the events to find it.
    pub sample: Value,
}

/// Ingestion warnings.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WarningList {
    /// The newest first.
    pub warnings: Vec<Warning>,
}

impl From<WarningSummary> for Warning {
    fn from(it: WarningSummary) -> Self {
        Self {
            code: it.code.name().to_owned(),
            detail: it.detail,
            source: None,
            dialect: it.dialect,
            event: Some(it.event).filter(|it| !it.is_empty()),
            count: it.count,
            first_at: it.first_at.into(),
            last_at: it.last_at.into(),
            sample: it.sample,
        }
    }
}
