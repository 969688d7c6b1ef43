//! The durable log: append, one fsync for everything that waited, read from a position.
//!
//! Knows nothing of what a record means. The protocol, with an example through crash and replay, is in
//! `wal.md` beside this crate's manifest. Entry point: [`Log::open`].

mod config;
mod disk;
mod error;
mod format;
mod log;
mod queue;
mod read;
mod recovery;
mod segment;
mod writer;

pub use config::LogConfig;
pub use disk::{Disk, LocalDisk, SegmentFile};
pub use error::LogError;
pub use log::{Log, Verified};
pub use read::Record;
pub use recovery::Recovery;

use std::fmt;

/// A place in the log: a count of bytes from its beginning, stable across reopening and across releases.
///
/// Positions are compared and stored; arithmetic on them is the log's alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

impl Position {
    /// Before the first record of a new log.
    pub const START: Self = Self(0);
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
