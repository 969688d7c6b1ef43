//! Routes of status.

use crate::wire::status::Status;

/// Says how much data there is and how fresh it is.
#[utoipa::path(get, path = "/api/v1/status", operation_id = "statusGet", tag = "status", responses((status = 200, body = Status)))]
pub(crate) fn status_get() {}
