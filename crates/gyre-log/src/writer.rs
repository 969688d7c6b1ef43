//! The one thread that writes: takes everything that waits, writes it, syncs once, answers all.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;

use crate::queue::{Entry, Shared};
use crate::recovery::Active;
use crate::{LogError, Position};

/// Runs until the log is closed and its queue is empty, or until a write fails.
///
/// `lock` is the directory's lock; it is given up before waiters for the close are told.
pub(crate) fn run(shared: Arc<Shared>, mut active: Active, lock: File) {
    let farewell = Farewell {
        shared,
        lock: Some(lock),
    };
    let shared = &farewell.shared;
    let mut buffer = Vec::new();
    while let Some(group) = shared.take() {
        match write(shared, &mut active, &mut buffer, &group) {
            Ok(positions) => {
                shared.end.send_modify(|it| it.durable = active.end);
                answer(group, positions);
            }
            // Never again after a failed sync: the kernel may have dropped the pages and called them clean.
            Err(error) => {
                tracing::error!(code = "log-io", %error, "the log stops accepting records");
                shared.poison(&error);
                for entry in group {
                    let _ = entry.answer.send(Err(error.clone()));
                }
            }
        }
        // a burst does not keep its buffer for ever
        if buffer.capacity() > BUFFER_BYTES_KEPT {
            buffer = Vec::new();
        }
    }
}

/// Larger than the usual group of a few milliseconds, smaller than what would be missed.
const BUFFER_BYTES_KEPT: usize = 4 << 20;

/// Writes and syncs one group; returns where each entry begins.
fn write(
    shared: &Shared,
    active: &mut Active,
    buffer: &mut Vec<u8>,
    group: &VecDeque<Entry>,
) -> Result<Vec<Position>, LogError> {
    if active.end - active.segment.start >= shared.cfg.segment_bytes {
        *active = Active::create(shared.disk.as_ref(), &shared.cfg, active.end)?;
        shared.segments.write().push(active.segment.clone());
    }
    let begin = active.end;
    let mut positions = Vec::with_capacity(group.len());
    buffer.clear();
    for entry in group {
        positions.push(Position(begin + buffer.len() as u64));
        for record in &entry.records {
            let position = begin + buffer.len() as u64;
            record.write(buffer, active.segment.salt, position, begin);
        }
    }
    let path = &active.segment.path;
    active
        .file
        .write_at(active.segment.offset(begin), buffer)
        .map_err(|it| LogError::io("write", path, it))?;
    active
        .file
        .sync()
        .map_err(|it| LogError::io("sync", path, it))?;
    active.end = begin + buffer.len() as u64;
    assert!(active.end > begin, "a group holds at least one record");
    Ok(positions)
}

fn answer(group: VecDeque<Entry>, positions: Vec<Position>) {
    debug_assert_eq!(group.len(), positions.len());
    for (entry, position) in group.into_iter().zip(positions) {
        drop(entry.room);
        let _ = entry.answer.send(Ok(position));
    }
}

/// Tells everyone that the writer is gone, also when it panicked.
struct Farewell {
    shared: Arc<Shared>,
    lock: Option<File>,
}

impl Drop for Farewell {
    fn drop(&mut self) {
        drop(self.lock.take());
        self.shared.finished();
    }
}
