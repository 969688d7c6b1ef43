//! Rendering a template by itself.

use axum::Json;
use axum::extract::State;
use gyre_app::CanRead;
use gyre_app::templates;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::ApiJson;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::templates::{TemplateOutput, TemplateRender};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(template_render))
}

/// Renders a template.
#[utoipa::path(post, path = "/api/v1/templates/render", operation_id = "templateRender", tag = "templates",
    request_body = TemplateRender, responses((status = 200, body = TemplateOutput)))]
async fn template_render(
    State(state): State<ApiState>,
    access: CanRead,
    ApiJson(body): ApiJson<Value>,
) -> Result<Json<TemplateOutput>, Problem> {
    let rendered = templates::template_render(&access, &body, state.clock().now())?;
    Ok(Json(TemplateOutput {
        output: rendered.output,
        reads: rendered.reads,
        aborted: rendered.aborted,
    }))
}
