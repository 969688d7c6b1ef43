//! Events that could not be understood.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::instant::Instant;

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
    /// The event as it arrived.
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
