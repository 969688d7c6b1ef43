//! Reads that clients of other products make: who may, what reached us in a range, who somebody is.
//!
//! What those products call things is the edge's matter; here are people and events.

mod export;
mod people;

pub use export::{EXPORT_EVENTS_MAX, EXPORT_HOURS_MAX, EventExport};
pub use people::{EMAIL_MATCHES_MAX, PersonDetails, SEARCH_MATCHES_MAX, SearchKind, SearchMatches};

use crate::auth::{AuthError, hash_of_token};
use crate::{App, CanRead};

/// What a key may do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadKey {
    /// It may read.
    Reads(CanRead),
    /// It is good, and for writing only.
    WritesOnly,
    /// Nobody has it.
    Unknown,
}

impl App {
    /// What a key may do where reading needs a key.
    pub async fn read_key(&self, key: &str) -> Result<ReadKey, AuthError> {
        if let Some(access) = self.auth.api_key(key).await? {
            return Ok(ReadKey::Reads(access.read()));
        }
        let found = self.meta.key_by_hash(&hash_of_token(key)).await?;
        Ok(found.map_or(ReadKey::Unknown, |_| ReadKey::WritesOnly))
    }
}
