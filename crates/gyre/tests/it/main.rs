//! The whole product through its doors: the real binary, real HTTP, real SMTP, real SIGKILL.
//!
//! Every test starts servers of its own on free ports and temporary folders. What takes time is waited for by looking
//! again ([`wait`]), never by sleeping.

#![expect(
    clippy::unwrap_used,
    reason = "what a test stands on fails as the test does"
)]
#![expect(clippy::print_stderr, reason = "a failing test shows its server's log")]

mod auth;
mod campaign;
mod charts;
mod dialects;
mod kill_nine;
mod mail;
mod node;
mod person;
mod postgres;
#[path = "../../../gyre-meta/tests/meta/postgres.rs"]
mod postgres_server;
mod senders;
mod wait;
