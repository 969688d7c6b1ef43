//! The workspace and its settings.

use axum::Json;
use axum::extract::State;
use gyre_app::{CanAdmin, CanRead};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::ApiJson;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::workspace::{Workspace, WorkspacePatch};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(workspace_get, workspace_update))
}

/// Shows the workspace.
#[utoipa::path(get, path = "/api/v1/workspace", operation_id = "workspaceGet", tag = "workspace",
    responses((status = 200, body = Workspace)))]
async fn workspace_get(
    State(state): State<ApiState>,
    access: CanRead,
) -> Result<Json<Workspace>, Problem> {
    let workspace = state.app().workspace_get(&access).await?;
    Ok(Json(workspace.into()))
}

/// Changes settings of the workspace.
#[utoipa::path(patch, path = "/api/v1/workspace", operation_id = "workspaceUpdate", tag = "workspace",
    request_body = WorkspacePatch, responses((status = 200, body = Workspace)))]
async fn workspace_update(
    State(state): State<ApiState>,
    access: CanAdmin,
    ApiJson(body): ApiJson<WorkspacePatch>,
) -> Result<Json<Workspace>, Problem> {
    let workspace = state.app().workspace_update(&access, body.into()).await?;
    Ok(Json(workspace.into()))
}
