//! API keys and write keys.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gyre_app::{CanAdmin, CanRead};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::ApiJson;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::keys::{ApiKey, CreatedKey, KeyCreate, KeyList};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(keys_list, key_create))
        .routes(routes!(key_revoke))
}

/// Lists keys, revoked ones too.
#[utoipa::path(get, path = "/api/v1/keys", operation_id = "keysList", tag = "keys",
    responses((status = 200, body = KeyList)))]
async fn keys_list(
    State(state): State<ApiState>,
    access: CanRead,
) -> Result<Json<KeyList>, Problem> {
    let keys = state.app().keys_list(&access).await?;
    let keys = keys.into_iter().map(ApiKey::from).collect();
    Ok(Json(KeyList { keys }))
}

/// Makes a key; its secret is shown this once.
#[utoipa::path(post, path = "/api/v1/keys", operation_id = "keyCreate", tag = "keys",
    request_body = KeyCreate, responses((status = 201, body = CreatedKey)))]
async fn key_create(
    State(state): State<ApiState>,
    access: CanAdmin,
    ApiJson(body): ApiJson<KeyCreate>,
) -> Result<(StatusCode, Json<CreatedKey>), Problem> {
    let made = state
        .app()
        .key_create(&access, body.kind.into(), &body.name)
        .await;
    let (key, secret) = made?;
    let created = CreatedKey {
        key: key.into(),
        secret: secret.reveal().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Stops a key from working.
#[utoipa::path(delete, path = "/api/v1/keys/{id}", operation_id = "keyRevoke", tag = "keys",
    params(("id" = String, Path, description = "Id of the key")), responses((status = 204)))]
async fn key_revoke(
    State(state): State<ApiState>,
    access: CanAdmin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    state.app().key_revoke(&access, &id).await?;
    state.collector().forget_keys(); // it remembers good keys for some minutes
    Ok(StatusCode::NO_CONTENT)
}
