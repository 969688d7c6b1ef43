//! Channels: one folder each, with one folder for each provider.

pub mod email;
