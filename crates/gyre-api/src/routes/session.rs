//! Routes of session.

use crate::wire::session::{Session, SessionCreate};

/// Signs in and sets the session cookie.
#[utoipa::path(post, path = "/api/v1/session", operation_id = "sessionCreate", tag = "session", request_body = SessionCreate, responses((status = 200, body = Session)), security(()))]
pub(crate) fn session_create() {}

/// Says who is signed in.
#[utoipa::path(get, path = "/api/v1/session", operation_id = "sessionGet", tag = "session", responses((status = 200, body = Session)))]
pub(crate) fn session_get() {}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "sessionDelete", tag = "session", responses((status = 204)))]
pub(crate) fn session_delete() {}
