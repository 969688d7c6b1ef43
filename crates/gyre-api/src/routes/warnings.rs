//! What was downgraded on the way in.

use axum::Json;
use axum::extract::State;
use gyre_app::CanRead;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::plan::read_since;
use crate::body::ApiQuery;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::plan::SinceQuery;
use crate::wire::warnings::WarningList;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(warnings_list))
}

/// Lists ingestion warnings, newest first.
#[utoipa::path(get, path = "/api/v1/warnings", operation_id = "warningsList", tag = "quarantine",
    params(SinceQuery), responses((status = 200, body = WarningList)))]
async fn warnings_list(
    State(state): State<ApiState>,
    access: CanRead,
    ApiQuery(query): ApiQuery<SinceQuery>,
) -> Result<Json<WarningList>, Problem> {
    let since = read_since(query.since.as_deref())?;
    let warnings = state.app().warnings_list(&access, since);
    let warnings = warnings.into_iter().map(Into::into).collect();
    Ok(Json(WarningList { warnings }))
}
