//! Where a log lives and how large its parts may become.

use std::path::PathBuf;

/// Configuration of one log.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// Directory of the log; made if missing, used by nothing else.
    pub dir: PathBuf,
    /// A segment that has reached this many bytes is followed by a new one.
    ///
    /// A group is never split, so a file may exceed this by one group (`queue_bytes_max`).
    pub segment_bytes: u64,
    /// Largest record before compression.
    pub record_bytes_max: usize,
    /// Most bytes queued for the disk. As many again may wait for room before appends are refused, so the
    /// log holds at most twice this in memory, and once more while a group is laid out for writing.
    pub queue_bytes_max: usize,
}

impl LogConfig {
    /// The usual sizes: 128 MiB segments (scanned in well under a second at 2 GB/s), records of up to 32 MiB
    /// (a 20 MiB body and its envelope), a queue of 64 MiB (two of the largest records).
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            segment_bytes: 128 << 20,
            record_bytes_max: 32 << 20,
            queue_bytes_max: 64 << 20,
        }
    }
}
