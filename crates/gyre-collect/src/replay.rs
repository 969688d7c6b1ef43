//! Records that bring refused events back into the log.
//!
//! What could not be read is read again from its own record, which goes along whole, so that a reader that has learnt
//! since then gets everything it needs. What was read and kept out by a rule goes along as it was read.
//! The format is frozen: an [`Envelope`] of the dialect `replay`; endpoint `events` has a JSON object with the
//! dialect and a list of (id, event), endpoint `record` has the length of a JSON list of (id, place in the record) as
//! u32 little-endian, that list, and the record.

use std::collections::BTreeSet;

use bytes::{BufMut, Bytes, BytesMut};
use gyre_base::{Timestamp, WorkspaceId};
use gyre_model::Event;
use serde::{Deserialize, Serialize};

use crate::envelope::Envelope;
use crate::hints::Hints;
use crate::reader::{Parsed, Reader};

const DIALECT: &str = "replay";
const EVENTS: &str = "events";
const RECORD: &str = "record";
const LENGTH_BYTES: usize = 4;

/// Refused events to be tried again, each with its id in quarantine.
#[derive(Clone, Debug, PartialEq)]
pub enum Replay {
    /// They were read, and kept out by a rule.
    Events(Events),
    /// They could not be read.
    Record {
        /// Id in quarantine and place among the record's events.
        places: Vec<(String, usize)>,
        /// The record they came in.
        record: Bytes,
    },
}

/// Events that were read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Events {
    /// Dialect they came in.
    pub dialect: String,
    /// Id in quarantine, and the event.
    pub events: Vec<(String, Event)>,
}

/// A record of the log whose events are tried again, read.
#[derive(Debug)]
pub struct ReplayedRecord {
    /// When it was asked for: rules of this instant hold.
    pub at: Timestamp,
    /// The envelope they arrived in.
    pub envelope: Envelope,
    /// The events.
    pub parsed: Parsed,
    /// Their ids in quarantine, one for each.
    pub ids: Vec<String>,
    /// Whether they had been read when they were refused.
    pub was_read: bool,
}

impl Replay {
    /// The record's bytes.
    pub fn encode(&self, workspace: WorkspaceId, at: Timestamp) -> Bytes {
        let (endpoint, body) = match self {
            Self::Events(events) => {
                let json = serde_json::to_vec(events).expect("an event is JSON");
                (EVENTS, Bytes::from(json))
            }
            Self::Record { places, record } => {
                let json = serde_json::to_vec(places).expect("texts and numbers are JSON");
                let mut body = BytesMut::with_capacity(LENGTH_BYTES + json.len() + record.len());
                body.put_u32_le(json.len() as u32);
                body.put_slice(&json);
                body.put_slice(record);
                (RECORD, body.freeze())
            }
        };
        let envelope = Envelope {
            workspace,
            received_at: at,
            dialect: DIALECT.to_owned(),
            endpoint: endpoint.to_owned(),
            peer_ip: None,
            user_agent: None,
            hints: Hints::default(),
            body,
        };
        envelope.encode()
    }
}

impl ReplayedRecord {
    /// Reads a record of this kind; `None` for any other, and for one that is damaged.
    pub fn read(reader: &Reader, envelope: &Envelope) -> Option<Self> {
        if envelope.dialect != DIALECT {
            return None;
        }
        let at = envelope.received_at;
        let mut it = if envelope.endpoint == EVENTS {
            let found: Events = serde_json::from_slice(&envelope.body).ok()?;
            let (ids, events) = found.events.into_iter().unzip();
            Self {
                at,
                envelope: Envelope {
                    dialect: found.dialect,
                    ..envelope.clone()
                },
                parsed: Parsed::complete(events),
                ids,
                was_read: true,
            }
        } else {
            let (length, rest) = envelope.body.split_first_chunk::<LENGTH_BYTES>()?;
            let length = u32::from_le_bytes(*length) as usize;
            let places: Vec<(String, usize)> = serde_json::from_slice(rest.get(..length)?).ok()?;
            let record = envelope.body.slice(LENGTH_BYTES + length..);
            let original = Envelope::decode(&record).ok()?;
            if original.workspace != envelope.workspace {
                return None;
            }
            let parsed = reader.parse(&original);
            let mut seen = BTreeSet::new();
            let places: Vec<(String, usize)> = places
                .into_iter()
                .filter(|(_, place)| *place < parsed.count() && seen.insert(*place))
                .collect();
            let wanted: Vec<usize> = places.iter().map(|(_, place)| *place).collect();
            Self {
                at,
                parsed: parsed.again(&wanted),
                ids: places.into_iter().map(|(id, _)| id).collect(),
                envelope: original,
                was_read: false,
            }
        };
        // an event without an id of its own counts once all the same, however often it is tried
        it.parsed.name_by(&it.ids);
        Some(it)
    }
}

#[cfg(test)]
mod tests {
    use gyre_model::EventKind;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::DeviceClocks;

    const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(7));

    fn read(replay: &Replay) -> ReplayedRecord {
        let record = replay.encode(WORKSPACE, Timestamp(900));
        let envelope = Envelope::decode(&record).unwrap();
        ReplayedRecord::read(&Reader::default(), &envelope).unwrap()
    }

    fn original() -> Envelope {
        let body =
            json!([{"user_id": "u1"}, {"event": "view", "user_id": "u1"}, {"user_id": "u2"}]);
        Envelope {
            workspace: WORKSPACE,
            received_at: Timestamp(1_772_323_200_000),
            dialect: "gyre".to_owned(),
            endpoint: "events".to_owned(),
            peer_ip: None,
            user_agent: None,
            hints: Hints::default(),
            body: body.to_string().into(),
        }
    }

    #[test]
    fn events_come_back_as_they_were_read_with_their_own_arrival() {
        let event = Event::new(EventKind::Track, "view", Timestamp(5));
        let named = Event {
            insert_id: Some("own".to_owned()),
            ..event.clone()
        };
        let events = vec![
            ("7-0".to_owned(), event.clone()),
            ("7-1".to_owned(), named.clone()),
        ];
        let found = read(&Replay::Events(Events {
            dialect: "amplitude".to_owned(),
            events,
        }));
        assert_eq!(
            (found.at, found.envelope.dialect.as_str()),
            (Timestamp(900), "amplitude")
        );
        let events = Reader::default().settle(found.parsed, &mut DeviceClocks::default());
        let first = events[0].as_ref().unwrap();
        assert_eq!(first.insert_id.as_deref(), Some("quarantine:7-0"));
        assert_eq!(first.received_at, Timestamp(5));
        assert_eq!(events[1], Ok(named));
    }

    #[test]
    fn what_could_not_be_read_is_read_again_from_its_record() {
        let record = original().encode();
        let places = vec![
            ("3-2".to_owned(), 2),
            ("3-1".to_owned(), 1),
            ("3-9".to_owned(), 9),
        ];
        let found = read(&Replay::Record { places, record });
        assert_eq!(found.ids, ["3-2", "3-1"], "what is not there stays");
        assert_eq!(found.envelope, original());
        let events = Reader::default().settle(found.parsed, &mut DeviceClocks::default());
        assert!(events[0].is_err());
        let event = events[1].as_ref().unwrap();
        assert_eq!(
            (event.name.as_str(), event.received_at),
            ("view", original().received_at)
        );
    }

    #[test]
    fn a_record_of_another_workspace_is_not_read() {
        let record = original().encode();
        let replay = Replay::Record {
            places: vec![("3-1".to_owned(), 1)],
            record,
        };
        let other = WorkspaceId(Uuid::from_u128(8));
        let envelope = Envelope::decode(&replay.encode(other, Timestamp(9))).unwrap();
        assert!(ReplayedRecord::read(&Reader::default(), &envelope).is_none());
        assert!(ReplayedRecord::read(&Reader::default(), &original()).is_none());
    }
}
