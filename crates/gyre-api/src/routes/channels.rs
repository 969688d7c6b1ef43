//! Channels' configuration.

use axum::Json;
use axum::extract::State;
use gyre_app::{CanAdmin, CanRead, CanWrite};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::ApiJson;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::channels::{ChannelCheck, EmailChannel, EmailChannelWrite};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(email_channel_get, email_channel_put))
        .routes(routes!(email_channel_check))
}

/// Shows how mail leaves, without secrets.
#[utoipa::path(get, path = "/api/v1/channels/email", operation_id = "emailChannelGet", tag = "channels",
    responses((status = 200, body = EmailChannel)))]
async fn email_channel_get(
    State(state): State<ApiState>,
    access: CanRead,
) -> Result<Json<Value>, Problem> {
    Ok(Json(state.channels().email_get(&access).await?))
}

/// Sets how mail leaves.
#[utoipa::path(put, path = "/api/v1/channels/email", operation_id = "emailChannelPut", tag = "channels",
    request_body = EmailChannelWrite, responses((status = 200, body = EmailChannel)))]
async fn email_channel_put(
    State(state): State<ApiState>,
    access: CanAdmin,
    ApiJson(body): ApiJson<Value>,
) -> Result<Json<Value>, Problem> {
    let shown = state
        .channels()
        .email_put(&access.as_write(), &body)
        .await?;
    Ok(Json(shown))
}

/// Says whether mail would leave; sends nothing.
#[utoipa::path(post, path = "/api/v1/channels/email/check", operation_id = "emailChannelCheck", tag = "channels",
    responses((status = 200, body = ChannelCheck)))]
async fn email_channel_check(
    State(state): State<ApiState>,
    access: CanWrite,
) -> Result<Json<ChannelCheck>, Problem> {
    let check = state.channels().email_check(&access).await?;
    Ok(Json(ChannelCheck {
        ok: check.ok,
        detail: check.detail,
    }))
}
