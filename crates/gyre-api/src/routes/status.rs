//! How much data there is and how fresh it is.

use axum::Json;
use axum::extract::State;
use gyre_app::CanRead;
use gyre_base::Timestamp;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::status::Status;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(status_get))
}

/// Says how much data there is and how fresh it is.
#[utoipa::path(get, path = "/api/v1/status", operation_id = "statusGet", tag = "status",
    responses((status = 200, body = Status)))]
async fn status_get(
    State(state): State<ApiState>,
    access: CanRead,
) -> Result<Json<Status>, Problem> {
    let indexed_lag_ms = state.app().indexed_lag_ms().await?;
    let status = state.app().status(&access);
    Ok(Json(Status {
        version: state.config().version.clone(),
        data_version: status.data_version,
        events: status.events,
        people: status.people,
        log_bytes: state.app().log_bytes(),
        indexed_lag_ms,
        last_event_at: status.last_event_at.map(|it| Timestamp(it).into()),
    }))
}
