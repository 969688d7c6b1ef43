//! What appenders and the writer thread share: the bounded queue, the durable end, the list of segments.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Condvar, Mutex, RwLock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use crate::disk::Disk;
use crate::format::Sealed;
use crate::segment::Segment;
use crate::{LogConfig, LogError, Position};

/// Records of one call.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) records: Vec<Sealed>,
    pub(crate) answer: oneshot::Sender<Result<Position, LogError>>,
    /// Room in the queue, given back when the call is answered.
    pub(crate) room: OwnedSemaphorePermit,
}

/// What readers wait for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) durable: u64,
    pub(crate) is_closed: bool,
}

#[derive(Debug, Default)]
struct Queue {
    entries: VecDeque<Entry>,
    is_closed: bool,
    poison: Option<(&'static str, Arc<io::Error>)>,
}

impl Queue {
    fn refusal(&self) -> Option<LogError> {
        if let Some((action, source)) = &self.poison {
            let source = Arc::clone(source);
            return Some(LogError::Poisoned { action, source });
        }
        self.is_closed.then_some(LogError::Closed)
    }
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) cfg: LogConfig,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) end: watch::Sender<End>,
    /// In order of start; the last one is being written.
    pub(crate) segments: RwLock<Vec<Segment>>,
    queue: Mutex<Queue>,
    wake: Condvar,
    room: Arc<Semaphore>,
    waiting_bytes: AtomicUsize,
}

impl Shared {
    pub(crate) fn new(
        cfg: LogConfig,
        disk: Arc<dyn Disk>,
        segments: Vec<Segment>,
        end: u64,
    ) -> Self {
        let end = End {
            durable: end,
            is_closed: false,
        };
        Self {
            room: Arc::new(Semaphore::new(cfg.queue_bytes_max)),
            cfg,
            disk,
            end: watch::Sender::new(end),
            segments: RwLock::new(segments),
            queue: Mutex::default(),
            wake: Condvar::new(),
            waiting_bytes: AtomicUsize::new(0),
        }
    }

    /// Waits for room for `bytes`, in order of arrival; refuses when as much as the queue holds waits already.
    pub(crate) async fn reserve(&self, bytes: usize) -> Result<OwnedSemaphorePermit, LogError> {
        let max = self.cfg.queue_bytes_max;
        if bytes > max {
            return Err(LogError::GroupTooLarge { bytes, max });
        }
        // queue_bytes_max was checked against u32 when the log was opened
        let permits = bytes as u32;
        if let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(permits) {
            return Ok(room);
        }
        let waiting = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let _waiting = Waiting {
            shared: self,
            bytes,
        };
        if waiting > max {
            return Err(LogError::Overloaded { max });
        }
        let room = Arc::clone(&self.room).acquire_many_owned(permits).await;
        room.map_err(|_closed| self.queue.lock().refusal().unwrap_or(LogError::Closed))
    }

    pub(crate) fn push(&self, entry: Entry) -> Result<(), LogError> {
        let mut queue = self.queue.lock();
        if let Some(refusal) = queue.refusal() {
            return Err(refusal);
        }
        queue.entries.push_back(entry);
        drop(queue);
        self.wake.notify_one();
        Ok(())
    }

    /// Waits for records and takes all there are; `None` when closed and empty.
    pub(crate) fn take(&self) -> Option<VecDeque<Entry>> {
        let mut queue = self.queue.lock();
        while queue.entries.is_empty() {
            if queue.is_closed || queue.poison.is_some() {
                return None;
            }
            self.wake.wait(&mut queue);
        }
        Some(std::mem::take(&mut queue.entries))
    }

    /// Refuses everything from now on; what is queued already is still written.
    pub(crate) fn close(&self) {
        self.queue.lock().is_closed = true;
        self.wake.notify_one();
    }

    /// Refuses everything queued and to come because of `error`.
    pub(crate) fn poison(&self, error: &LogError) {
        let mut queue = self.queue.lock();
        if let LogError::Io { action, source, .. } = error {
            queue.poison = Some((action, Arc::clone(source)));
        } else {
            queue.is_closed = true;
        }
        let left = std::mem::take(&mut queue.entries);
        let refusal = queue.refusal().unwrap_or(LogError::Closed);
        drop(queue);
        self.room.close();
        for entry in left {
            // an appender that no longer listens does not need the answer
            let _ = entry.answer.send(Err(refusal.clone()));
        }
    }

    /// The writer is gone: nobody waits for it any longer.
    pub(crate) fn finished(&self) {
        let mut queue = self.queue.lock();
        queue.is_closed = true;
        // dropping the entries answers their appenders with `Closed`
        queue.entries.clear();
        drop(queue);
        self.room.close();
        self.end.send_modify(|it| it.is_closed = true);
    }
}

/// Counts a waiting appender until it stops waiting, for whatever reason.
struct Waiting<'a> {
    shared: &'a Shared,
    bytes: usize,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.shared
            .waiting_bytes
            .fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
