//! Routes of quarantine.

use crate::wire::page::PageQuery;
use crate::wire::quarantine::QuarantinePage;

/// Lists events that could not be understood, newest first.
#[utoipa::path(get, path = "/api/v1/quarantine", operation_id = "quarantineList", tag = "quarantine", params(PageQuery), responses((status = 200, body = QuarantinePage)))]
pub(crate) fn quarantine_list() {}
