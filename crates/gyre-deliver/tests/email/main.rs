//! The e-mail channel against servers: scripted ones, the development mailbox, one of other people's making.

mod mailbox_server;
mod real_server;
mod smtp_phases;
mod support;
