//! Pages of previews.

use axum::extract::{Path, State};
use axum::response::Response;
use gyre_app::CanRead;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::previews::mail_page;
use crate::problem::Problem;
use crate::state::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(preview_html))
}

/// Shows a rendered message's HTML under a policy of its own, for a while after it was rendered.
#[utoipa::path(get, path = "/api/v1/previews/{id}/html", operation_id = "previewHtml", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the preview, as in `html_url`")),
    responses((status = 200, body = String, content_type = "text/html")))]
async fn preview_html(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let html = state.previews().get(access.workspace(), &id);
    html.map(mail_page).ok_or_else(Problem::no_route)
}
