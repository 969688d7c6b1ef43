//! Instants on the wire.

use gyre_base::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// An instant: RFC 3339 in UTC with milliseconds, `2026-04-01T09:00:00.123Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Instant(pub Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.rfc3339())
    }
}

impl From<Timestamp> for Instant {
    fn from(it: Timestamp) -> Self {
        Self(it)
    }
}
