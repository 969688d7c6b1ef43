//! Imports: uploads, previews and jobs.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::future::{Either, select};
use gyre_app::{CanRead, CanWrite};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{ApiJson, ApiQuery, BODY_DEADLINE_MS, BodyError};
use crate::page::page_limit;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::imports::{
    Import, ImportPage, ImportPreview, ImportRequest, UploadQuery, UploadedFile,
};
use crate::wire::page::PageQuery;

/// Where files are sent to; they may take longer than any answer.
pub(crate) const UPLOAD_PATH: &str = "/api/v1/imports/files";

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(import_upload))
        .routes(routes!(import_preview))
        .routes(routes!(imports_list, import_create))
        .routes(routes!(import_get))
        .routes(routes!(import_cancel))
        .routes(routes!(import_resume))
        .routes(routes!(import_rejects))
}

/// Takes a file, which is kept for seven days.
#[utoipa::path(post, path = "/api/v1/imports/files", operation_id = "importUpload", tag = "imports",
    params(UploadQuery),
    request_body(content = String, content_type = "application/octet-stream", description = "The file as it is"),
    responses((status = 201, body = UploadedFile)))]
async fn import_upload(
    State(state): State<ApiState>,
    access: CanWrite,
    ApiQuery(query): ApiQuery<UploadQuery>,
    mut body: Body,
) -> Result<(StatusCode, Json<UploadedFile>), Problem> {
    let mut upload = state.app().import_upload(&access, &query.name).await?;
    loop {
        // a slow line may take hours; one that is silent is given up
        let deadline = state.clock().sleep_ms(BODY_DEADLINE_MS);
        let frame = match select(Box::pin(body.frame()), deadline).await {
            Either::Left((frame, _)) => frame,
            Either::Right(_) => return Err(BodyError::TooSlow.into()),
        };
        match frame {
            None => break,
            Some(Err(_)) => return Err(BodyError::Broken.into()),
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    upload.write(&bytes).await?;
                }
            }
        }
    }
    let file = state.app().import_uploaded(upload).await?;
    Ok((StatusCode::CREATED, Json(file.into())))
}

/// Shows the beginning of what is to be imported, and what would become of it.
#[utoipa::path(post, path = "/api/v1/imports/preview", operation_id = "importPreview", tag = "imports",
    request_body = ImportRequest, responses((status = 200, body = ImportPreview)))]
async fn import_preview(
    State(state): State<ApiState>,
    access: CanWrite,
    ApiJson(body): ApiJson<Value>,
) -> Result<Json<ImportPreview>, Problem> {
    let preview = state.app().import_preview(&access, &body).await?;
    Ok(Json(preview.into()))
}

/// Begins an import.
#[utoipa::path(post, path = "/api/v1/imports", operation_id = "importCreate", tag = "imports",
    request_body = ImportRequest, responses((status = 201, body = Import)))]
async fn import_create(
    State(state): State<ApiState>,
    access: CanWrite,
    ApiJson(body): ApiJson<Value>,
) -> Result<(StatusCode, Json<Import>), Problem> {
    let import = state.app().import_create(&access, &body).await?;
    Ok((StatusCode::CREATED, Json(import.into())))
}

/// Lists imports, newest first.
#[utoipa::path(get, path = "/api/v1/imports", operation_id = "importsList", tag = "imports",
    params(PageQuery), responses((status = 200, body = ImportPage)))]
async fn imports_list(
    State(state): State<ApiState>,
    access: CanRead,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Json<ImportPage>, Problem> {
    let limit = page_limit(query.limit)? as usize;
    let page = state
        .app()
        .imports_page(&access, limit, query.cursor.as_deref())
        .await?;
    Ok(Json(page.into()))
}

/// One import, as far as it is.
#[utoipa::path(get, path = "/api/v1/imports/{id}", operation_id = "importGet", tag = "imports",
    params(("id" = String, Path, description = "Id of the import")), responses((status = 200, body = Import)))]
async fn import_get(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Json<Import>, Problem> {
    let import = state.app().import_get(&access, &id).await?;
    Ok(Json(import.into()))
}

/// Stops an import; what it has imported stays.
#[utoipa::path(post, path = "/api/v1/imports/{id}/cancel", operation_id = "importCancel", tag = "imports",
    params(("id" = String, Path, description = "Id of the import")), responses((status = 200, body = Import)))]
async fn import_cancel(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
) -> Result<Json<Import>, Problem> {
    let import = state.app().import_cancel(&access, &id).await?;
    Ok(Json(import.into()))
}

/// Lets an import that was stopped or failed go on where it stands.
#[utoipa::path(post, path = "/api/v1/imports/{id}/resume", operation_id = "importResume", tag = "imports",
    params(("id" = String, Path, description = "Id of the import")), responses((status = 200, body = Import)))]
async fn import_resume(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
) -> Result<Json<Import>, Problem> {
    let import = state.app().import_resume(&access, &id).await?;
    Ok(Json(import.into()))
}

/// Rows that were not imported and why, one JSON object per line.
#[utoipa::path(get, path = "/api/v1/imports/{id}/rejects", operation_id = "importRejects", tag = "imports",
    params(("id" = String, Path, description = "Id of the import")),
    responses((status = 200, body = String, content_type = "application/x-ndjson")))]
async fn import_rejects(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = state.app().import_rejects(&access, &id).await?;
    let body = match found {
        None => Body::empty(),
        Some((file, bytes)) => Body::from_stream(ReaderStream::new(file.take(bytes))),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"rejects.ndjson\"",
        ),
    ];
    Ok((headers, body).into_response())
}
