//! The outbox driver: events that transactions promised go into the log, at least once; their ids make it once.

use std::collections::BTreeMap;

use gyre_base::WorkspaceId;
use gyre_model::Event;

use super::Campaigns;
use super::error::CampaignError;

/// Events moved at a time: some 500 KB of one log record.
const PAGE: u32 = 500;

impl Campaigns {
    /// Moves one page of events into the log; how many there were.
    pub(crate) async fn outbox_move(&self) -> Result<usize, CampaignError> {
        let rows = self.inner.meta.outbox_page(PAGE).await?;
        let count = rows.len();
        let mut by_workspace: BTreeMap<WorkspaceId, Vec<Event>> = BTreeMap::new();
        let mut ids = Vec::with_capacity(count);
        for row in rows {
            match serde_json::from_str::<Event>(&row.body) {
                Ok(mut event) => {
                    event.insert_id = Some(row.id.clone());
                    by_workspace.entry(row.workspace).or_default().push(event);
                }
                // only another version could have written it; keeping it would stop everything behind it
                Err(error) => {
                    tracing::error!(id = row.id, error = %error, "dropping an unreadable outbox event");
                }
            }
            ids.push((row.workspace, row.id));
        }
        for (workspace, events) in by_workspace {
            self.inner.people.emit(workspace, events).await?;
        }
        self.inner.meta.outbox_delete(&ids).await?;
        Ok(count)
    }
}
