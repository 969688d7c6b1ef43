//! Events that could not be understood.

use axum::Json;
use axum::extract::State;
use gyre_app::CanRead;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::ApiQuery;
use crate::page::page_limit;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::page::PageQuery;
use crate::wire::quarantine::QuarantinePage;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(quarantine_list))
}

/// Lists events that could not be understood, newest first.
#[utoipa::path(get, path = "/api/v1/quarantine", operation_id = "quarantineList", tag = "quarantine",
    params(PageQuery), responses((status = 200, body = QuarantinePage)))]
async fn quarantine_list(
    State(state): State<ApiState>,
    access: CanRead,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Json<QuarantinePage>, Problem> {
    let limit = page_limit(query.limit)? as usize;
    let page = state
        .app()
        .quarantine_page(&access, limit, query.cursor.as_deref())
        .await?;
    Ok(Json(page.into()))
}
