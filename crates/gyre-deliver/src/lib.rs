//! Delivery: messages to providers, channel by channel, with the development mailbox and the signed tracking links.
//!
//! A provider takes a finished message and answers with a closed [`Outcome`]. It knows nothing of campaigns or of the
//! ledger: retries, gates and events are decided above.

pub mod channels;
pub mod error;
pub mod html;
pub mod mailbox;
pub mod outcome;
pub mod tracking;

pub use channels::email::{AlwaysAllow, EmailProvider, Handoff, MimeMessage, OutgoingEmail};
pub use error::DeliverError;
pub use outcome::{Outcome, Redacted};
pub use tracking::{Tracked, TrackingKey};
