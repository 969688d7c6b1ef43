//! Routes of inbox.

use crate::wire::inbox::{InboxMessage, InboxPage};
use crate::wire::page::PageQuery;

/// Lists mails of the development mailbox, newest first.
#[utoipa::path(get, path = "/api/v1/inbox", operation_id = "inboxList", tag = "inbox", params(PageQuery), responses((status = 200, body = InboxPage)))]
pub(crate) fn inbox_list() {}

/// Shows a mail.
#[utoipa::path(get, path = "/api/v1/inbox/{id}", operation_id = "inboxGet", tag = "inbox", params(("id" = String, Path, description = "Id of the mail")), responses((status = 200, body = InboxMessage)))]
pub(crate) fn inbox_get() {}

/// Shows a mail's HTML under a policy of its own.
#[utoipa::path(get, path = "/api/v1/inbox/{id}/html", operation_id = "inboxHtml", tag = "inbox", params(("id" = String, Path, description = "Id of the mail")), responses((status = 200, body = String, content_type = "text/html")))]
pub(crate) fn inbox_html() {}
