//! The handle: append, read, wait, release, close.

use std::fs::{self, OpenOptions, TryLockError};
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::disk::{Disk, LocalDisk};
use crate::format::Sealed;
use crate::queue::{Entry, Shared};
use crate::read::Record;
use crate::{LogConfig, LogError, Position, Recovery, read, recovery, writer};

const LOCK_FILE: &str = "lock";
/// From this size compressing takes over a millisecond and leaves the executor's threads.
const SEAL_INLINE_BYTES_MAX: usize = 256 * 1024;

/// A durable log. Clones are handles of the same log; the last one dropped closes it.
#[derive(Clone, Debug)]
pub struct Log {
    handle: Arc<Handle>,
}

#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// What a full check of the log found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Records whose checksum holds.
    pub records_count: u64,
    /// Their bytes before compression.
    pub bytes: u64,
}

impl Log {
    /// Opens the log of a directory, or makes one; takes the directory's lock.
    ///
    /// Reads the last segment once, so it blocks for up to a second.
    /// Errors: `log-locked`; `log-damaged` when acknowledged bytes are missing; `log-io`.
    pub fn open(cfg: LogConfig) -> Result<(Self, Recovery), LogError> {
        Self::open_on(Arc::new(LocalDisk), cfg)
    }

    /// [`Log::open`] on a disk of the caller's.
    pub fn open_on(disk: Arc<dyn Disk>, cfg: LogConfig) -> Result<(Self, Recovery), LogError> {
        assert!(
            cfg.record_bytes_max <= cfg.queue_bytes_max
                && u32::try_from(cfg.queue_bytes_max).is_ok(),
            "a record fits the queue, and both fit 4 GiB"
        );
        let dir = &cfg.dir;
        fs::create_dir_all(dir).map_err(|it| LogError::io("create", dir, it))?;
        let lock_path = dir.join(LOCK_FILE);
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(|it| LogError::io("open", &lock_path, it))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let dir = cfg.dir;
                return Err(LogError::Locked { dir });
            }
            Err(TryLockError::Error(it)) => return Err(LogError::io("lock", lock_path, it)),
        }
        let (segments, active, report) = recovery::recover(disk.as_ref(), &cfg)?;
        if let Some(path) = &report.cut_path {
            tracing::warn!(
                path = %path.display(),
                bytes = report.cut_bytes,
                "cut records that were never acknowledged"
            );
        }
        let shared = Arc::new(Shared::new(cfg, disk, segments, active.end));
        let handle = Handle {
            shared: Arc::clone(&shared),
        };
        let dir = shared.cfg.dir.clone();
        thread::Builder::new()
            .name("gyre-log".to_owned())
            .spawn(move || writer::run(shared, active, lock))
            .map_err(|it| LogError::io("start the writer of", dir, it))?;
        let handle = Arc::new(handle);
        Ok((Self { handle }, report))
    }

    /// Appends one record; resolves with its position when it is durable.
    ///
    /// Waits for room when the queue is full. A caller that stops waiting does not take its record back.
    /// Errors: `log-overloaded` (retry); `log-record-too-large`; `log-io` (it may or may not be there);
    /// `log-poisoned` and `log-closed` (it is not there).
    pub async fn append(&self, body: Bytes) -> Result<Position, LogError> {
        self.append_all(vec![body]).await
    }

    /// Appends records in one group, next to each other and in order; resolves with the position of the first.
    ///
    /// Nothing is written for an empty list. A crash before the answer may keep any prefix of them.
    pub async fn append_all(&self, bodies: Vec<Bytes>) -> Result<Position, LogError> {
        if bodies.is_empty() {
            return Ok(self.durable_end());
        }
        let shared = &self.handle.shared;
        let max = shared.cfg.record_bytes_max;
        if let Some(bytes) = bodies.iter().map(Bytes::len).find(|it| *it > max) {
            return Err(LogError::RecordTooLarge { bytes, max });
        }
        let records = seal(bodies).await?;
        let bytes = records.iter().map(Sealed::frame_len).sum();
        let room = shared.reserve(bytes).await?;
        let (answer, answered) = oneshot::channel();
        shared.push(Entry {
            records,
            answer,
            room,
        })?;
        answered.await.unwrap_or(Err(LogError::Closed))
    }

    /// Everything before this position survives a crash.
    pub fn durable_end(&self) -> Position {
        Position(self.handle.shared.end.borrow().durable)
    }

    /// Where the oldest record still kept begins.
    pub fn first(&self) -> Position {
        let segments = self.handle.shared.segments.read();
        Position(segments.first().map_or(0, |it| it.start))
    }

    /// Where the oldest segment ends and the next begins; `None` while there is one segment only.
    pub fn oldest_segment_end(&self) -> Option<Position> {
        let segments = self.handle.shared.segments.read();
        segments.get(1).map(|it| Position(it.start))
    }

    /// Reads durable records from `from` on, in order: at least one if there is one, then as many as keep the
    /// bodies within `bytes_max` bytes. Empty at the durable end.
    ///
    /// Blocks on the disk. Works on a closed and on a poisoned log.
    /// Errors: `log-position-released`; `log-position-past-end`; `log-damaged`.
    pub fn read(&self, from: Position, bytes_max: usize) -> Result<Vec<Record>, LogError> {
        read::read(&self.handle.shared, from, bytes_max)
    }

    /// Whether nothing more will be appended: closed, or poisoned by a failed write.
    pub fn is_closed(&self) -> bool {
        self.handle.shared.end.borrow().is_closed
    }

    /// Completes when the durable end is past `position`, or when [`Log::is_closed`].
    pub async fn wait_past(&self, position: Position) {
        let mut end = self.handle.shared.end.subscribe();
        // the sender lives as long as this handle, so the only outcome is that the condition holds
        let _ = end
            .wait_for(|it| it.durable > position.0 || it.is_closed)
            .await;
    }

    /// Lets go of whole segments that end at or before `position`; returns the bytes that became free.
    ///
    /// The segment that is being written always stays.
    pub fn release_before(&self, position: Position) -> Result<u64, LogError> {
        let shared = &self.handle.shared;
        let mut freed_bytes = 0;
        loop {
            // out of the list before out of the directory: a reader never finds a listed file missing
            let oldest = {
                let mut segments = shared.segments.write();
                match segments.get(1) {
                    Some(second) if second.start <= position.0 => segments.remove(0),
                    _ => break,
                }
            };
            let path = &oldest.path;
            freed_bytes += path.metadata().map_or(0, |it| it.len());
            let disk = shared.disk.as_ref();
            disk.remove(path)
                .map_err(|it| LogError::io("remove", path, it))?;
            // one by one, so that no crash keeps an older file without a newer one
            let dir = &shared.cfg.dir;
            disk.sync_dir(dir)
                .map_err(|it| LogError::io("sync", dir, it))?;
        }
        Ok(freed_bytes)
    }

    /// Reads everything that is kept and checks every checksum. Blocks for as long as that takes.
    ///
    /// Errors: `log-damaged` at the first record that does not hold.
    pub fn verify(&self) -> Result<Verified, LogError> {
        let mut found = Verified {
            records_count: 0,
            bytes: 0,
        };
        let mut at = self.first();
        let end = self.durable_end();
        while at < end {
            for record in self.read(at, SEAL_INLINE_BYTES_MAX)? {
                found.records_count += 1;
                found.bytes += record.body.len() as u64;
                at = record.next;
            }
        }
        Ok(found)
    }

    /// Refuses new records, writes what is queued, and completes when the directory is free for another process.
    pub async fn close(&self) {
        let shared = &self.handle.shared;
        shared.close();
        let mut end = shared.end.subscribe();
        let _ = end.wait_for(|it| it.is_closed).await;
    }
}

async fn seal(bodies: Vec<Bytes>) -> Result<Vec<Sealed>, LogError> {
    let bytes: usize = bodies.iter().map(Bytes::len).sum();
    let seal = move || bodies.into_iter().map(Sealed::new).collect();
    if bytes <= SEAL_INLINE_BYTES_MAX {
        return Ok(seal());
    }
    let sealed = tokio::task::spawn_blocking(seal).await;
    sealed.map_err(|_runtime_ended| LogError::Closed)
}
