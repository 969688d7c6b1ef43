//! Routes of workspace.

use crate::wire::workspace::{Workspace, WorkspacePatch};

/// Shows the workspace.
#[utoipa::path(get, path = "/api/v1/workspace", operation_id = "workspaceGet", tag = "workspace", responses((status = 200, body = Workspace)))]
pub(crate) fn workspace_get() {}

/// Changes settings of the workspace.
#[utoipa::path(patch, path = "/api/v1/workspace", operation_id = "workspaceUpdate", tag = "workspace", request_body = WorkspacePatch, responses((status = 200, body = Workspace)))]
pub(crate) fn workspace_update() {}
