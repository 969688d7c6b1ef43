//! The development inbox: mail that this process received itself, shown in the console.

use gyre_deliver::DeliverError;
use gyre_deliver::mailbox::{InboxMessage, InboxSummary, Mailbox};

use crate::{App, AppError, CanRead};

impl App {
    /// Whether there is an inbox.
    pub fn has_inbox(&self) -> bool {
        self.mailbox.is_some()
    }

    fn mailbox(&self) -> Result<&Mailbox, AppError> {
        self.mailbox
            .as_ref()
            .ok_or_else(|| AppError::not_found("feature", "inbox"))
    }

    /// A page of received mail, newest first, and the cursor of the next page.
    pub fn inbox_list(
        &self,
        _: &CanRead,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<(Vec<InboxSummary>, Option<String>), AppError> {
        let mut found = self.mailbox()?.list(cursor, limit + 1);
        let has_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| has_more).map(|it| it.id.clone());
        Ok((found, next))
    }

    /// One received mail.
    pub async fn inbox_get(&self, _: &CanRead, id: &str) -> Result<InboxMessage, AppError> {
        let mailbox = self.mailbox()?.clone();
        let wanted = id.to_owned();
        let found = tokio::task::spawn_blocking(move || mailbox.get(&wanted)).await;
        let found: Result<Option<InboxMessage>, DeliverError> = match found {
            Ok(it) => it,
            Err(_) => Ok(None), // a panic was reported where it happened
        };
        found
            .map_err(AppError::Deliver)?
            .ok_or_else(|| AppError::not_found("message", id))
    }
}
