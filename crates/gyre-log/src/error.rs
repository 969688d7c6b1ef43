//! What can go wrong with the log.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use gyre_base::{Blame, Failure, Retry, SECOND_MS};
use thiserror::Error;

use crate::Position;

/// An error of the log. Cheap to clone: one failed group answers every record in it.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum LogError {
    /// The operating system refused. After a failed write or sync the record may or may not be there.
    #[error("failed to {action} `{}`", path.display())]
    Io {
        /// What was attempted: `write`, `sync`, `create`, `read` and the like.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<io::Error>,
    },
    /// An earlier write or sync failed; nothing more is appended until the log is opened again.
    #[error("the log stopped accepting records after a failed {action}")]
    Poisoned {
        /// What had failed.
        action: &'static str,
        /// Why it had failed.
        #[source]
        source: Arc<io::Error>,
    },
    /// Another process, or another handle, has the directory.
    #[error("the log directory is in use by another process: `{}`", dir.display())]
    Locked {
        /// The directory.
        dir: PathBuf,
    },
    /// Bytes that were acknowledged do not read back.
    #[error("damaged log segment `{}` at position {position}: {detail}", path.display())]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// Where the damage begins.
        position: Position,
        /// What is wrong.
        detail: &'static str,
    },
    /// The segment was written by a newer version.
    #[error("log segment `{}` has format version {version}; this version reads 1", path.display())]
    UnknownVersion {
        /// The segment.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// One record is over the limit.
    #[error("record of {bytes} bytes is over the limit of {max}")]
    RecordTooLarge {
        /// Size before compression.
        bytes: usize,
        /// `record_bytes_max`.
        max: usize,
    },
    /// The records of one call are together over the queue's size.
    #[error("group of {bytes} bytes is over the limit of {max}")]
    GroupTooLarge {
        /// Size after compression.
        bytes: usize,
        /// `queue_bytes_max`.
        max: usize,
    },
    /// More is waiting for the disk than is allowed to wait.
    #[error("more than {max} bytes are waiting to be appended")]
    Overloaded {
        /// `queue_bytes_max`.
        max: usize,
    },
    /// The position's segment has been released.
    #[error("position {position} was released; the log begins at {first}")]
    Released {
        /// What was asked for.
        position: Position,
        /// What there is.
        first: Position,
    },
    /// The position lies after the end: this is another log, or a part of this one was lost.
    #[error("position {position} is past the end of the log, {end}")]
    PastEnd {
        /// What was asked for.
        position: Position,
        /// The durable end.
        end: Position,
    },
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
}

impl LogError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.into(),
            source: Arc::new(source),
        }
    }
}

impl Failure for LogError {
    fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "log-io",
            Self::Poisoned { .. } => "log-poisoned",
            Self::Locked { .. } => "log-locked",
            Self::Damaged { .. } => "log-damaged",
            Self::UnknownVersion { .. } => "log-unknown-version",
            Self::RecordTooLarge { .. } => "log-record-too-large",
            Self::GroupTooLarge { .. } => "log-group-too-large",
            Self::Overloaded { .. } => "log-overloaded",
            Self::Released { .. } => "log-position-released",
            Self::PastEnd { .. } => "log-position-past-end",
            Self::Closed => "log-closed",
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Io { .. } => Retry::Unknown,
            Self::Overloaded { .. } => Retry::AfterMs(SECOND_MS),
            _ => Retry::Never,
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::RecordTooLarge { .. } | Self::GroupTooLarge { .. } => Blame::Caller,
            _ => Blame::Us,
        }
    }
}
