//! The edge on its real parts: SQLite, log and segments in a temporary folder, a virtual clock, requests without sockets.

#![expect(clippy::unwrap_used, reason = "a case that fails should stop there")]

mod auth;
mod compat;
mod connections;
mod contract;
mod identity;
mod imports;
mod isolation;
mod loop_closes;
mod plan;
mod problems;
mod server;

pub(crate) use server::{Answer, Server};
