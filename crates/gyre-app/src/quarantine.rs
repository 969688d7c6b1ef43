//! Events that could not be understood, for looking at.

use gyre_base::Timestamp;
use gyre_meta::{QuarantineCursor, Quarantined};
use gyre_model::FieldError;

use crate::{App, AppError, CanRead};

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
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<QuarantinePage, AppError> {
        let after = cursor.map(read_cursor).transpose()?;
        let mut rejections = self
            .meta
            .quarantine_page(access.workspace(), after.as_ref(), limit as u32 + 1)
            .await?;
        let has_more = rejections.len() > limit;
        rejections.truncate(limit);
        let last = rejections.last().filter(|_| has_more);
        let next = last.map(|it| format!("{}.{}", it.received_at.ms(), it.id));
        Ok(QuarantinePage { rejections, next })
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
