//! Routes of messages.

use crate::wire::messages::MessageDetail;

/// Shows a message and what happened to it.
#[utoipa::path(get, path = "/api/v1/messages/{id}", operation_id = "messageGet", tag = "messages", params(("id" = String, Path, description = "Id of the message")), responses((status = 200, body = MessageDetail)))]
pub(crate) fn message_get() {}
