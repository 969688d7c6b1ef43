//! Events as they arrive.

use axum::Json;
use axum::extract::State;
use gyre_app::CanRead;
use gyre_app::live::LIVE_WAIT_SECONDS_MAX;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::ApiQuery;
use crate::page::page_limit;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::live::{LivePage, LiveQuery};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(live_list))
}

/// Lists events as they pass, the oldest first; waits for one if asked to. Kept in memory for a short while only.
#[utoipa::path(get, path = "/api/v1/events/live", operation_id = "liveList", tag = "catalog",
    params(LiveQuery), responses((status = 200, body = LivePage)))]
async fn live_list(
    State(state): State<ApiState>,
    access: CanRead,
    ApiQuery(query): ApiQuery<LiveQuery>,
) -> Result<Json<LivePage>, Problem> {
    let limit = page_limit(query.limit)? as usize;
    let (after, wait) = (query.after, query.wait.unwrap_or(0));
    if wait > LIVE_WAIT_SECONDS_MAX {
        let detail = format!("expected a whole number from 0 to {LIVE_WAIT_SECONDS_MAX}");
        return Err(Problem::field("/wait", detail));
    }
    let page = state
        .app()
        .live_events(&access, &query.filter(), after, limit, wait)
        .await?;
    Ok(Json(page.into()))
}
