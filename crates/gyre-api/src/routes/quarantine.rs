//! Events that were refused: looking at them, trying them again, letting go of them.

use axum::Json;
use axum::extract::State;
use gyre_app::{CanRead, CanWrite};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::plan::read_since;
use crate::body::{ApiJson, ApiQuery};
use crate::page::page_limit;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::quarantine::{
    QuarantineDelete, QuarantineDeleted, QuarantinePage, QuarantineQuery, QuarantineReplay,
    QuarantineReplayed,
};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(quarantine_list, quarantine_delete))
        .routes(routes!(quarantine_replay))
}

/// Lists events that were refused, newest first.
#[utoipa::path(get, path = "/api/v1/quarantine", operation_id = "quarantineList", tag = "quarantine",
    params(QuarantineQuery), responses((status = 200, body = QuarantinePage)))]
async fn quarantine_list(
    State(state): State<ApiState>,
    access: CanRead,
    ApiQuery(query): ApiQuery<QuarantineQuery>,
) -> Result<Json<QuarantinePage>, Problem> {
    let limit = page_limit(query.limit)? as usize;
    let filter = query.filter(read_since(query.since.as_deref())?);
    let page = state
        .app()
        .quarantine_page(&access, &filter, limit, query.cursor.as_deref())
        .await?;
    Ok(Json(page.into()))
}

/// Tries refused events again, with the time at which they arrived; each counts once.
#[utoipa::path(post, path = "/api/v1/quarantine/replay", operation_id = "quarantineReplay", tag = "quarantine",
    request_body = QuarantineReplay, responses((status = 200, body = QuarantineReplayed)))]
async fn quarantine_replay(
    State(state): State<ApiState>,
    access: CanWrite,
    ApiJson(body): ApiJson<QuarantineReplay>,
) -> Result<Json<QuarantineReplayed>, Problem> {
    let selection = body.selection()?;
    let outcome = state.app().quarantine_replay(&access, &selection).await?;
    Ok(Json(outcome.into()))
}

/// Removes refused events for good: by their ids, or all of a reason.
#[utoipa::path(delete, path = "/api/v1/quarantine", operation_id = "quarantineDelete", tag = "quarantine",
    request_body = QuarantineDelete, responses((status = 200, body = QuarantineDeleted)))]
async fn quarantine_delete(
    State(state): State<ApiState>,
    access: CanWrite,
    ApiJson(body): ApiJson<QuarantineDelete>,
) -> Result<Json<QuarantineDeleted>, Problem> {
    let app = state.app();
    let deleted = match (&body.ids, &body.reason) {
        (Some(ids), None) => app.quarantine_delete(&access, ids).await?,
        (None, Some(reason)) => app.quarantine_delete_reason(&access, reason).await?,
        _ => return Err(Problem::field("", "name either `ids` or `reason`")),
    };
    Ok(Json(QuarantineDeleted { deleted }))
}
