//! Requests of known senders that were not taken, counted by ten minutes: the log knows nothing of them.
//!
//! Kept in memory until somebody takes the counts away; what was not taken away is lost with the process.

use std::collections::HashMap;

use gyre_base::time::SLOT_MS;
use gyre_base::{Timestamp, WorkspaceId};
use parking_lot::Mutex;

/// Most senders and slots counted apart before the counts are taken away, which is every minute.
const COUNTS_MAX: usize = 10_000;

/// How many requests of a sender were not taken in ten minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedCount {
    /// Whose they are.
    pub workspace: WorkspaceId,
    /// Id of the key or source.
    pub source: String,
    /// Ten minutes since 1970, counted.
    pub slot: i64,
    /// Dialect that refused them.
    pub dialect: &'static str,
    /// Requests.
    pub count: u64,
    /// When the last came.
    pub last_at: Timestamp,
}

type Sender = (WorkspaceId, String, i64, &'static str);

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct Rejected(Mutex<HashMap<Sender, (u64, Timestamp)>>);

impl Rejected {
    pub(crate) fn add(
        &self,
        workspace: WorkspaceId,
        source: &str,
        dialect: &'static str,
        now: Timestamp,
    ) {
        let slot = now.ms().div_euclid(SLOT_MS);
        let sender = (workspace, source.to_owned(), slot, dialect);
        let mut counts = self.0.lock();
        if counts.len() < COUNTS_MAX || counts.contains_key(&sender) {
            let count = counts.entry(sender).or_insert((0, now));
            *count = (count.0 + 1, now);
        }
    }

    pub(crate) fn take(&self) -> Vec<RejectedCount> {
        let counts = std::mem::take(&mut *self.0.lock());
        let counts = counts.into_iter().map(|(sender, (count, last_at))| {
            let (workspace, source, slot, dialect) = sender;
            RejectedCount {
                workspace,
                source,
                slot,
                dialect,
                count,
                last_at,
            }
        });
        counts.collect()
    }
}
