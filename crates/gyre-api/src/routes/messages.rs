//! Messages.

use axum::Json;
use axum::extract::{Path, State};
use gyre_app::CanRead;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::id::read_id;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::messages::MessageDetail;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(message_get))
}

/// Shows a message and what happened to it.
#[utoipa::path(get, path = "/api/v1/messages/{id}", operation_id = "messageGet", tag = "messages",
    params(("id" = String, Path, description = "Id of the message")),
    responses((status = 200, body = MessageDetail)))]
async fn message_get(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Json<MessageDetail>, Problem> {
    let id = read_id("message", &id)?;
    let (message, steps) = state.app().message_get(&access, id).await?;
    Ok(Json(MessageDetail::new(message, steps)))
}
