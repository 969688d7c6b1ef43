//! A record of the log: the body as it arrived, and who sent it, when and how.
//!
//! The format is frozen: version 1 is one byte `1`, the length of the head as u32 little-endian, the head as
//! JSON, and the body. New facts are new optional fields of the head.

use std::net::IpAddr;

use bytes::{BufMut, Bytes, BytesMut};
use gyre_base::{Failure, Timestamp, WorkspaceId};
use gyre_model::Event;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::dialects::internal;
use crate::hints::Hints;

const VERSION: u8 = 1;
const HEAD_AT: usize = 5;

/// One accepted request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// When it reached us.
    pub received_at: Timestamp,
    /// Name of the dialect that accepted it, see [`crate::dialect_names`].
    pub dialect: String,
    /// Endpoint within the dialect.
    pub endpoint: String,
    /// The client's address.
    pub peer_ip: Option<IpAddr>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// What else the request said.
    pub hints: Hints,
    /// The body, inflated and otherwise untouched.
    pub body: Bytes,
}

#[derive(Serialize, Deserialize)]
struct Head {
    workspace: WorkspaceId,
    received_at: Timestamp,
    dialect: String,
    endpoint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peer_ip: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(flatten)]
    hints: Hints,
}

/// Why bytes are not an envelope.
#[derive(Debug, Error)]
pub enum EnvelopeError {
    /// Shorter than it says.
    #[error("the envelope ends early, at {bytes} bytes")]
    Truncated {
        /// What there is.
        bytes: usize,
    },
    /// Written by a newer version.
    #[error("the envelope has format version {version}; this version reads 1")]
    UnknownVersion {
        /// Its version.
        version: u8,
    },
    /// The head is not what version 1 writes.
    #[error("failed to read the head of the envelope")]
    Head(#[source] serde_json::Error),
}

impl Failure for EnvelopeError {
    fn code(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "envelope-truncated",
            Self::UnknownVersion { .. } => "envelope-unknown-version",
            Self::Head(_) => "envelope-head",
        }
    }
}

impl Envelope {
    /// The record's bytes.
    pub fn encode(&self) -> Bytes {
        let head = Head {
            workspace: self.workspace,
            received_at: self.received_at,
            dialect: self.dialect.clone(),
            endpoint: self.endpoint.clone(),
            peer_ip: self.peer_ip,
            user_agent: self.user_agent.clone(),
            hints: self.hints.clone(),
        };
        let head = serde_json::to_vec(&head).expect("a head of texts and numbers is JSON");
        let mut bytes = BytesMut::with_capacity(HEAD_AT + head.len() + self.body.len());
        bytes.put_u8(VERSION);
        bytes.put_u32_le(head.len() as u32);
        bytes.put_slice(&head);
        bytes.put_slice(&self.body);
        bytes.freeze()
    }

    /// Reads a record; the body shares its memory.
    pub fn decode(record: &Bytes) -> Result<Self, EnvelopeError> {
        let bytes = record.len();
        let truncated = EnvelopeError::Truncated { bytes };
        let Some((start, _)) = record.split_first_chunk::<HEAD_AT>() else {
            return Err(truncated);
        };
        let [version, len @ ..] = *start;
        if version != VERSION {
            return Err(EnvelopeError::UnknownVersion { version });
        }
        let body_at = HEAD_AT.saturating_add(u32::from_le_bytes(len) as usize);
        let Some(head) = record.get(HEAD_AT..body_at) else {
            return Err(truncated);
        };
        let head: Head = serde_json::from_slice(head).map_err(EnvelopeError::Head)?;
        Ok(Self {
            workspace: head.workspace,
            received_at: head.received_at,
            dialect: head.dialect,
            endpoint: head.endpoint,
            peer_ip: head.peer_ip,
            user_agent: head.user_agent,
            hints: head.hints,
            body: record.slice(body_at..),
        })
    }
}

/// The record of our own events (message and campaign events), ready to be appended.
pub fn internal_envelope(
    workspace: WorkspaceId,
    received_at: Timestamp,
    events: &[Event],
) -> Bytes {
    let body = serde_json::to_vec(events).expect("an event is JSON");
    let envelope = Envelope {
        workspace,
        received_at,
        dialect: internal::NAME.to_owned(),
        endpoint: "events".to_owned(),
        peer_ip: None,
        user_agent: None,
        hints: Hints::default(),
        body: body.into(),
    };
    envelope.encode()
}

#[cfg(test)]
mod tests {
    use gyre_base::ImportId;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::hints::ImportBatch;

    proptest! {
        #[test]
        fn an_envelope_reads_back(
            id: u128,
            received: i64,
            texts in proptest::collection::vec(".{0,40}", 3),
            ip: Option<IpAddr>,
            attempt: u32,
            sent_at: Option<i64>,
            body in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let envelope = Envelope {
                workspace: WorkspaceId(Uuid::from_u128(id)),
                received_at: Timestamp(received),
                dialect: texts[0].clone(),
                endpoint: texts[1].clone(),
                peer_ip: ip,
                user_agent: Some(texts[2].clone()),
                hints: Hints {
                    attempt,
                    sent_at: sent_at.map(Timestamp),
                    device_id: ip.map(|_| texts[0].clone()),
                    source: Some(texts[1].clone()),
                    map: sent_at.map(i64::unsigned_abs),
                    delivery: ip.map(|_| texts[2].clone()),
                    import: sent_at.map(|it| ImportBatch {
                        id: ImportId(Uuid::from_u128(id)),
                        to: it.unsigned_abs(),
                    }),
                },
                body: body.into(),
            };
            prop_assert_eq!(Envelope::decode(&envelope.encode()).unwrap(), envelope);
        }

        #[test]
        fn any_bytes_are_an_envelope_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Envelope::decode(&bytes.into());
        }
    }

    #[test]
    fn version_1_is_read_for_ever() {
        let head = r#"{"workspace":"00000000-0000-0000-0000-000000000007","received_at":5,"dialect":"amplitude","endpoint":"batch","peer_ip":"203.0.113.7","later":true}"#;
        let mut bytes = vec![1];
        bytes.extend_from_slice(&(head.len() as u32).to_le_bytes());
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(b"{}");
        let envelope = Envelope::decode(&bytes.into()).unwrap();
        assert_eq!(envelope.workspace, WorkspaceId(Uuid::from_u128(7)));
        assert_eq!(envelope.received_at, Timestamp(5));
        assert_eq!(envelope.hints, Hints::default());
        assert_eq!(
            (envelope.dialect.as_str(), &envelope.body[..]),
            ("amplitude", &b"{}"[..])
        );
    }
}
