//! The mailbox of a development server.

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
