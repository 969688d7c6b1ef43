//! Events that could not be understood, for looking at.

use gyre_base::Timestamp;
use gyre_meta::{QuarantineCursor, QuarantineFilter, Quarantined};
use gyre_model::FieldError;

use crate::{App, AppError, CanRead, CanWrite};

pub use crate::quarantine_replay::{REPLAY_MAX, ReplayOutcome, ReplaySelection};

/// Most events removed by their ids at once.
const DELETE_MAX: usize = 10_000;

/// A page of quarantine.
#[derive(Clone, Debug)]
pub struct QuarantinePage {
    /// Newest first.
    pub rejections: Vec<Quarantined>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

impl App {
    /// A page of the workspace's quarantine.
    pub async fn quarantine_page(
        &self,
        access: &CanRead,
        filter: &QuarantineFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<QuarantinePage, AppError> {
        let after = cursor.map(read_cursor).transpose()?;
        let mut rejections = self
            .meta
            .quarantine_page(access.workspace(), filter, after.as_ref(), limit as u32 + 1)
            .await?;
        let has_more = rejections.len() > limit;
        rejections.truncate(limit);
        let last = rejections.last().filter(|_| has_more);
        let next = last.map(|it| format!("{}.{}", it.received_at.ms(), it.id));
        Ok(QuarantinePage { rejections, next })
    }

    /// Removes refused events by their ids; those that are gone already do not matter. Returns how many were there.
    pub async fn quarantine_delete(
        &self,
        access: &CanWrite,
        ids: &[String],
    ) -> Result<u64, AppError> {
        if ids.len() > DELETE_MAX {
            let detail = format!("has {} items; at most {DELETE_MAX} are allowed", ids.len());
            return Err(FieldError::new("/ids", detail).into());
        }
        Ok(self.meta.quarantine_delete(access.workspace(), ids).await?)
    }

    /// Removes every event that was refused for a reason. Returns how many there were.
    pub async fn quarantine_delete_reason(
        &self,
        access: &CanWrite,
        reason: &str,
    ) -> Result<u64, AppError> {
        let workspace = access.workspace();
        Ok(self
            .meta
            .quarantine_delete_reason(workspace, reason)
            .await?)
    }
}

fn read_cursor(text: &str) -> Result<QuarantineCursor, AppError> {
    let parsed = text.split_once('.').and_then(|(at, id)| {
        let received_at = Timestamp(at.parse().ok()?);
        Some(QuarantineCursor {
            received_at,
            id: id.to_owned(),
        })
    });
    parsed.ok_or_else(|| FieldError::new("/cursor", "is not a cursor of this list").into())
}
