//! Dialects in, events out: takes requests as the SDKs of others send them, makes them durable, and reads them later.
//!
//! Two halves. [`Collector::handle`] answers a request: it finds the dialect, checks the key, appends the body
//! as it arrived to the log, and answers once that is durable. [`Reader`] reads such bodies into events; it looks
//! at nothing but them, in their order, so the log can be replayed at any time with the same outcome.
//! No HTTP server is here, and no dedupe and no identity: those are the indexer's.

mod answer;
mod clocks;
mod collector;
mod content;
mod context;
mod dialects;
mod draft;
mod enrich;
mod envelope;
mod event_time;
mod fields;
mod hints;
mod incoming;
mod inflate;
mod keys;
pub mod ledger;
mod ops;
mod parse;
mod payload;
mod reader;
mod rejected;
mod replay;
mod results;
mod revenue;
mod route;
mod super_properties;
mod uuid;
mod webhook;

pub use answer::Answer;
pub use clocks::{DeviceClock, DeviceClocks};
pub use collector::{CollectConfig, Collector};
pub use dialects::names as dialect_names;
pub use enrich::{PlaceDatabase, PlaceDatabaseError};
pub use envelope::{Envelope, EnvelopeError, internal_envelope};
pub use event_time::TimeMode;
pub use hints::{Hints, ImportBatch};
pub use incoming::Incoming;
pub use keys::{KeyDirectory, KeyDirectoryError, KeyOwner, WebhookDoor};
pub use ledger::{Ledger, WarningCode};
pub use reader::{Parsed, ReadConfig, Reader, parse};
pub use rejected::RejectedCount;
pub use replay::{Events as ReplayedEvents, Replay, ReplayedRecord};
pub use webhook::{PRESETS, WebhookMap, WebhookMaps, is_signing_secret, payload_value, preset};
