//! How much is there and how fresh it is.

use serde::Serialize;
use utoipa::ToSchema;

use super::instant::Instant;

/// The state of the workspace's data.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Status {
    /// Version of the server.
    pub version: String,
    /// Grows whenever an answer may change.
    pub data_version: u64,
    /// Events that charts see.
    pub events: u64,
    /// People.
    pub people: u64,
    /// Size of the log on disk.
    pub log_bytes: u64,
    /// How far the charts are behind the log, in milliseconds.
    pub indexed_lag_ms: i64,
    /// The newest event.
    #[schema(required)]
    pub last_event_at: Option<Instant>,
}
