//! Ingestion warnings: what was downgraded on the way in.

use gyre_base::Timestamp;
use gyre_collect::ledger::WarningSummary;

use crate::{App, CanRead};

impl App {
    /// Warnings with an arrival at or after `since`, the newest first.
    pub fn warnings_list(&self, access: &CanRead, since: Option<Timestamp>) -> Vec<WarningSummary> {
        let handle = self.engine.handle(access.workspace());
        let ledger = handle.ledger.lock();
        ledger.warnings.since(since)
    }
}
