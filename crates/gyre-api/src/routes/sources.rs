//! Sources: webhooks, postbacks and write keys, and how they fare.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gyre_app::{CanAdmin, CanRead};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::ApiJson;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::sources::{
    RecentPayload, RecentPayloads, Source, SourceChange, SourceCreate, SourceKind, SourceList,
    SourcePreview, SourcePreviewRequest, SourceProblem,
};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(sources_list, source_create))
        .routes(routes!(source_change, source_delete))
        .routes(routes!(source_preview))
        .routes(routes!(source_recent))
}

/// Lists where events come from, and how that fares.
#[utoipa::path(get, path = "/api/v1/sources", operation_id = "sourcesList", tag = "sources",
    responses((status = 200, body = SourceList)))]
async fn sources_list(
    State(state): State<ApiState>,
    access: CanRead,
) -> Result<Json<SourceList>, Problem> {
    let sources = state.app().sources_list(&access).await?;
    let sources = sources.into_iter().map(Source::from).collect();
    Ok(Json(SourceList { sources }))
}

/// Makes a webhook or postback source; its address is shown this once.
#[utoipa::path(post, path = "/api/v1/sources", operation_id = "sourceCreate", tag = "sources",
    request_body = SourceCreate, responses((status = 201, body = Source)))]
async fn source_create(
    State(state): State<ApiState>,
    access: CanAdmin,
    ApiJson(body): ApiJson<SourceCreate>,
) -> Result<(StatusCode, Json<Source>), Problem> {
    let (view, secret) = state.app().source_create(&access, body.into()).await?;
    let mut source = Source::from(view);
    let path = match source.kind {
        SourceKind::Postback => "postback",
        SourceKind::Sdk | SourceKind::Webhook => "webhook",
    };
    let (public_url, secret) = (&state.config().public_url, secret.reveal());
    source.url = Some(format!("{public_url}/c/{secret}/{path}"));
    Ok((StatusCode::CREATED, Json(source)))
}

/// Changes a source; a changed map holds for payloads that come from now on.
#[utoipa::path(patch, path = "/api/v1/sources/{id}", operation_id = "sourceChange", tag = "sources",
    params(("id" = String, Path, description = "Id of the source")), request_body = SourceChange,
    responses((status = 200, body = Source)))]
async fn source_change(
    State(state): State<ApiState>,
    access: CanAdmin,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<SourceChange>,
) -> Result<Json<Source>, Problem> {
    let view = state.app().source_change(&access, &id, body.into()).await?;
    state.collector().forget_keys(); // it remembers the version of the map for some minutes
    Ok(Json(view.into()))
}

/// Removes a source; what came through it stays.
#[utoipa::path(delete, path = "/api/v1/sources/{id}", operation_id = "sourceDelete", tag = "sources",
    params(("id" = String, Path, description = "Id of the source")), responses((status = 204)))]
async fn source_delete(
    State(state): State<ApiState>,
    access: CanAdmin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    state.app().source_delete(&access, &id).await?;
    state.collector().forget_keys();
    Ok(StatusCode::NO_CONTENT)
}

/// Shows what a payload would become.
#[utoipa::path(post, path = "/api/v1/sources/{id}/preview", operation_id = "sourcePreview", tag = "sources",
    params(("id" = String, Path, description = "Id of the source")), request_body = SourcePreviewRequest,
    responses((status = 200, body = SourcePreview)))]
async fn source_preview(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<SourcePreviewRequest>,
) -> Result<Json<SourcePreview>, Problem> {
    let payload = match (&body.body, &body.query) {
        (Some(body), None) => body.to_string(),
        (None, Some(query)) => query.trim_start_matches('?').to_owned(),
        _ => return Err(Problem::field("", "needs one of `body` and `query`")),
    };
    let map = body.map.as_ref();
    let found = state
        .app()
        .source_preview(&access, &id, payload.as_bytes(), map)
        .await?;
    let mut preview = SourcePreview {
        events: Vec::new(),
        problems: Vec::new(),
    };
    for outcome in found {
        match outcome {
            Ok(event) => {
                let event = serde_json::to_value(&event);
                preview.events.push(event.unwrap_or_default());
            }
            Err(rejection) => preview.problems.push(SourceProblem {
                code: rejection.reason,
                detail: rejection.detail,
                raw: rejection.raw,
            }),
        }
    }
    Ok(Json(preview))
}

/// The newest payloads of a source, to make a map from.
#[utoipa::path(get, path = "/api/v1/sources/{id}/recent", operation_id = "sourceRecent", tag = "sources",
    params(("id" = String, Path, description = "Id of the source")), responses((status = 200, body = RecentPayloads)))]
async fn source_recent(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Json<RecentPayloads>, Problem> {
    let payloads = state.app().source_recent(&access, &id).await?;
    let payloads = payloads.into_iter().map(RecentPayload::from).collect();
    Ok(Json(RecentPayloads { payloads }))
}
