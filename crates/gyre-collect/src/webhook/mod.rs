//! Payloads of other systems as events: a map that says which field is what, and every version of every map.
//!
//! A payload is kept as it arrived, with the version of the map that its source had then. Reading it again gives the
//! same events, whatever the map has become since. Entry points: [`WebhookMap::read`], [`WebhookMap::events`].

mod map;
mod path;
mod payload;
mod presets;
pub(crate) mod signature;

use std::collections::BTreeMap;
use std::sync::Arc;

use gyre_base::limits::EVENTS_PER_REQUEST_MAX;
use gyre_base::{Timestamp, WorkspaceId};
use gyre_model::Event;
use gyre_model::event::Rejection;
use parking_lot::RwLock;
use serde_json::Value;

use crate::draft::{Fault, Upload};
use crate::envelope::Envelope;
use crate::hints::Hints;
use crate::parse::rejection;

pub use map::WebhookMap;
pub use presets::{PRESETS, preset};
pub use signature::is_signing_secret;

/// Every version of every source's map; clones share them.
///
/// Versions are only ever added: what arrived under one is read by it for ever. A thousand sources that are changed a
/// hundred times each, at 4 KB, are 400 MB, so an operator would notice long before.
#[derive(Clone, Debug, Default)]
pub struct WebhookMaps(Arc<RwLock<MapsByVersion>>);

/// By source and version.
type MapsByVersion = BTreeMap<(String, u64), Arc<WebhookMap>>;

impl WebhookMaps {
    /// Adds a version; false, and nothing changed, if there is one of this number.
    pub fn add(&self, source: &str, version: u64, map: WebhookMap) -> bool {
        let mut maps = self.0.write();
        let place = (source.to_owned(), version);
        let is_new = !maps.contains_key(&place);
        if is_new {
            maps.insert(place, Arc::new(map));
        }
        is_new
    }

    /// Takes a version back that could not be kept, so that nothing arrived under it.
    pub fn take_back(&self, source: &str, version: u64) {
        self.0.write().remove(&(source.to_owned(), version));
    }

    fn find(&self, source: &str, version: u64) -> Option<Arc<WebhookMap>> {
        self.0.read().get(&(source.to_owned(), version)).cloned()
    }

    /// The events of a payload, by the version that its record names.
    pub(crate) fn read(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        let hints = &envelope.hints;
        let found = hints.source.as_deref().zip(hints.map);
        match found.and_then(|(source, version)| self.find(source, version)) {
            Some(map) => map.events(envelope),
            None => vec![Err(whole(
                envelope,
                "unknown-map",
                "the source's map is not known",
            ))],
        }
    }
}

/// The whole payload as one rejection.
fn whole(envelope: &Envelope, reason: &'static str, detail: &str) -> Rejection {
    let raw = String::from_utf8_lossy(&envelope.body);
    rejection(Fault::new(reason, detail), &raw)
}

impl WebhookMap {
    /// The events of a payload; what the map makes none of is a rejection, whole.
    pub fn events(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        let Some(root) = payload::read(&envelope.body) else {
            let detail = "the payload is neither JSON nor a form";
            return vec![Err(whole(envelope, "unreadable-body", detail))];
        };
        let items = match self.items(&root) {
            Ok(items) => items,
            Err(fault) => {
                return vec![Err(Rejection {
                    reason: fault.reason.to_owned(),
                    detail: fault.detail,
                    raw: root,
                })];
            }
        };
        if items.len() > EVENTS_PER_REQUEST_MAX {
            let detail = format!(
                "{} events in one payload are over the limit of {EVENTS_PER_REQUEST_MAX}",
                items.len()
            );
            return vec![Err(whole(envelope, "too-many-events", &detail))];
        }
        let upload = Upload {
            envelope,
            sent_at: None,
            is_historical: false,
        };
        let ids = payload::Ids::of(envelope);
        let many = items.len() > 1;
        let events = items.into_iter().enumerate().map(|(idx, item)| {
            let draft = self.draft(&root, item, &|own| ids.id(own, many.then_some(idx)));
            let outcome = draft.and_then(|mut draft| {
                draft.client_seq = Some(idx as i64);
                draft.finish(&upload)
            });
            outcome.map_err(|fault| Rejection {
                reason: fault.reason.to_owned(),
                detail: fault.detail,
                raw: item.clone(),
            })
        });
        events.collect()
    }

    /// What a payload would become: for a map that is being made.
    pub fn preview(&self, body: &[u8], now: Timestamp) -> Vec<Result<Event, Rejection>> {
        let envelope = Envelope {
            workspace: WorkspaceId::random(),
            received_at: now,
            dialect: crate::dialects::webhook::NAME.to_owned(),
            endpoint: "preview".to_owned(),
            peer_ip: None,
            user_agent: None,
            hints: Hints {
                source: Some("preview".to_owned()),
                ..Hints::default()
            },
            body: bytes::Bytes::copy_from_slice(body),
        };
        self.events(&envelope)
    }
}

/// A payload as its map sees it: JSON, or the fields of a query or a form.
pub fn payload_value(body: &[u8]) -> Option<Value> {
    payload::read(body)
}
