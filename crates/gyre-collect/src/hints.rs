//! What the headers and the query say about a delivery beside its body.
//!
//! Kept with the body, because reading it needs them and a replay has nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gyre_base::limits::ID_BYTES_MAX;
use gyre_base::{ImportId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fields;
use crate::incoming::Incoming;

/// Facts of a delivery that its body may not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hints {
    /// How often the same body was sent before, as the sender counts; 0 for the first time and where it does not count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempt: u32,
    /// When it was sent, from a header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// Device of events that name nobody, from a header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// Id of the write key or source that it came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Version of the source's map when it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<u64>,
    /// The sender's id of the delivery, from a header: the same at every try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    /// Which rows of which import these are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportBatch>,
}

/// Rows of an import that stand in one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportBatch {
    /// The import.
    pub id: ImportId,
    /// The last row that was read for it, counted through all files; rows that fail are counted too.
    pub to: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(attempt: &u32) -> bool {
    *attempt == 0
}

/// Headers that count repeats: Segment's, Rudder's.
const ATTEMPT: &[&str] = &["x-retry-count", "rsa-retry-attempt"];
/// PostHog's counts from 1.
const ATTEMPT_FROM_1: &str = "posthog-attempt";
/// Headers that tell when the request was made: Rudder's browser library, PostHog's newer wire.
const SENT_AT: &[&str] = &["sentat", "posthog-request-timestamp"];
/// Rudder's anonymous id, in base64.
const DEVICE: &str = "anonymousid";
/// Standard Webhooks' id of a delivery.
const DELIVERY: &str = "webhook-id";

impl Hints {
    /// Looks at a request.
    pub(crate) fn of(incoming: &Incoming) -> Self {
        let count = |name: &str| incoming.header(name)?.parse::<u32>().ok();
        let counted = ATTEMPT.iter().find_map(|name| count(name));
        let from_1 = || count(ATTEMPT_FROM_1)?.checked_sub(1);
        let in_query = || incoming.query_param("retry_count")?.parse().ok();
        let sent_at = SENT_AT.iter().find_map(|name| incoming.header(name));
        Self {
            attempt: counted.or_else(from_1).or_else(in_query).unwrap_or(0),
            sent_at: sent_at.and_then(|it| fields::time(&Value::from(it))),
            device_id: incoming.header(DEVICE).and_then(device),
            delivery: incoming
                .header(DELIVERY)
                .filter(|it| !it.is_empty() && it.len() <= ID_BYTES_MAX / 2)
                .map(str::to_owned),
            ..Self::default()
        }
    }
}

/// Undoes base64; an id that is not in it is taken as it stands.
fn device(text: &str) -> Option<String> {
    let decoded = STANDARD.decode(text).ok();
    let decoded = decoded.and_then(|it| String::from_utf8(it).ok());
    let id = decoded.unwrap_or_else(|| text.to_owned());
    (!id.trim().is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[track_caller]
    fn check(query: &str, headers: &[(&str, &str)], expected: (u32, Option<i64>, Option<&str>)) {
        let headers = headers.iter();
        let incoming = Incoming {
            method: "POST".to_owned(),
            path: "/v1/batch".to_owned(),
            query: query.to_owned(),
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: Bytes::new(),
            peer_ip: None,
        };
        let hints = Hints::of(&incoming);
        let sent_at = hints.sent_at.map(Timestamp::ms);
        assert_eq!(
            (hints.attempt, sent_at, hints.device_id.as_deref()),
            expected
        );
    }

    #[test]
    fn repeats_are_counted_from_nought_whoever_counts() {
        check("", &[], (0, None, None));
        check("", &[("X-Retry-Count", "2")], (2, None, None));
        check("", &[("Rsa-Retry-Attempt", "3")], (3, None, None));
        check("", &[("PostHog-Attempt", "1")], (0, None, None));
        check("", &[("PostHog-Attempt", "4")], (3, None, None));
        check("ip=1&retry_count=5", &[], (5, None, None));
        check("retry_count=x", &[("X-Retry-Count", "-1")], (0, None, None));
    }

    #[test]
    fn the_time_and_the_device_are_taken_from_headers() {
        check(
            "",
            &[
                ("SentAt", "2026-11-21T19:48:43.891Z"),
                ("AnonymousId", "YS0wMDE="),
            ],
            (0, Some(1_795_290_523_891), Some("a-001")),
        );
        check("", &[("AnonymousId", "a-001")], (0, None, Some("a-001")));
        check(
            "",
            &[("AnonymousId", " "), ("SentAt", "soon")],
            (0, None, None),
        );
    }
}
