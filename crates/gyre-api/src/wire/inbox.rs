//! The mailbox of a development server.

use gyre_deliver::mailbox;
use serde::Serialize;
use utoipa::ToSchema;

use super::instant::Instant;

/// A mail in the list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InboxRow {
    /// Id.
    pub id: String,
    /// Recipient.
    pub to: String,
    /// Sender.
    pub from: String,
    /// Subject.
    pub subject: String,
    /// When it arrived.
    pub received_at: Instant,
}

/// A page of mails.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InboxPage {
    /// Newest first.
    pub messages: Vec<InboxRow>,
    /// Cursor of the next page; null after the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InboxMessage {
    /// The row.
    #[serde(flatten)]
    pub row: InboxRow,
    /// (name, value), in order.
    #[schema(value_type = Vec<Vec<String>>)]
    pub headers: Vec<(String, String)>,
    /// Plain text body.
    #[schema(required)]
    pub text: Option<String>,
    /// Page that shows the HTML under a policy of its own.
    #[schema(required)]
    pub html_url: Option<String>,
}

impl From<mailbox::InboxSummary> for InboxRow {
    fn from(it: mailbox::InboxSummary) -> Self {
        Self {
            id: it.id,
            to: it.to,
            from: it.from,
            subject: it.subject,
            received_at: it.received_at.into(),
        }
    }
}

impl From<mailbox::InboxMessage> for InboxMessage {
    fn from(it: mailbox::InboxMessage) -> Self {
        let row = InboxRow::from(it.summary);
        let html_url = it.html.map(|_| format!("/api/v1/inbox/{}/html", row.id));
        Self {
            row,
            headers: it.headers,
            text: it.text,
            html_url,
        }
    }
}
