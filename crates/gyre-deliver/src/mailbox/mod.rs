//! The development mailbox: a real SMTP server that keeps what it gets in a folder, for looking at.
//!
//! It delivers nothing anywhere. Files are whole or absent (written aside and renamed) and bounded in number.

mod listener;
mod store;

pub use listener::{ListenerLimits, serve};
pub use store::{InboxMessage, InboxSummary, MESSAGES_MAX, Mailbox};
