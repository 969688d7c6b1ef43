//! The e-mail channel against servers: scripted ones, the development mailbox, one of other people's making.

#![allow(
    clippy::unwrap_used,
    reason = "what a test needs and does not get is its failure"
)]

mod mailbox_server;
mod real_server;
mod smtp_phases;
mod support;
