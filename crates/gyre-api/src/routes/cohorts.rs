//! Cohorts and audiences.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gyre_app::{CanRead, CanWrite};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{ApiJson, ApiQuery};
use crate::id::read_id;
use crate::page::page_limit;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::cohorts::{
    AudiencePreview, AudiencePreviewBody, AudiencePreviewQuery, Cohort, CohortCreate,
    CohortCreateBody, CohortHistory, CohortList, CohortPatch, CohortPeople,
};
use crate::wire::page::PageQuery;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(cohort_create, cohorts_list))
        .routes(routes!(cohort_get, cohort_rename, cohort_delete))
        .routes(routes!(cohort_refresh))
        .routes(routes!(cohort_people))
        .routes(routes!(cohort_history))
        .routes(routes!(audience_preview))
}

/// Saves an audience, or the people behind a number.
#[utoipa::path(post, path = "/api/v1/cohorts", operation_id = "cohortCreate", tag = "cohorts",
    request_body = CohortCreate, responses((status = 201, body = Cohort)))]
async fn cohort_create(
    State(state): State<ApiState>,
    access: CanWrite,
    ApiJson(body): ApiJson<CohortCreateBody>,
) -> Result<(StatusCode, Json<Cohort>), Problem> {
    let app = state.app();
    let cohort = match (&body.cell, &body.definition) {
        (Some(cell), None) => {
            let is_live = body.live.unwrap_or(false);
            app.cohort_create_from_cell(&access, &body.name, cell, is_live)
                .await?
        }
        (None, Some(definition)) => {
            let kind = body.kind.into();
            app.cohort_create(&access, &body.name, definition, kind)
                .await?
        }
        _ => {
            return Err(Problem::field(
                "/definition",
                "give either definition or cell",
            ));
        }
    };
    Ok((StatusCode::CREATED, Json(cohort.into())))
}

/// Lists cohorts, newest first.
#[utoipa::path(get, path = "/api/v1/cohorts", operation_id = "cohortsList", tag = "cohorts",
    responses((status = 200, body = CohortList)))]
async fn cohorts_list(
    State(state): State<ApiState>,
    access: CanRead,
) -> Result<Json<CohortList>, Problem> {
    let cohorts = state.app().cohorts_list(&access).await?;
    let cohorts = cohorts.into_iter().map(Into::into).collect();
    Ok(Json(CohortList { cohorts }))
}

/// Shows a cohort.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}", operation_id = "cohortGet", tag = "cohorts",
    params(("id" = String, Path, description = "Id of the cohort")),
    responses((status = 200, body = Cohort)))]
async fn cohort_get(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Json<Cohort>, Problem> {
    let id = read_id("cohort", &id)?;
    let cohort = state.app().cohort_get(&access, id).await?;
    Ok(Json(cohort.into()))
}

/// Changes the name of a cohort.
#[utoipa::path(patch, path = "/api/v1/cohorts/{id}", operation_id = "cohortRename", tag = "cohorts",
    params(("id" = String, Path, description = "Id of the cohort")),
    request_body = CohortPatch, responses((status = 200, body = Cohort)))]
async fn cohort_rename(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<CohortPatch>,
) -> Result<Json<Cohort>, Problem> {
    let id = read_id("cohort", &id)?;
    let cohort = state.app().cohort_rename(&access, id, &body.name).await?;
    Ok(Json(cohort.into()))
}

/// Deletes a cohort.
#[utoipa::path(delete, path = "/api/v1/cohorts/{id}", operation_id = "cohortDelete", tag = "cohorts",
    params(("id" = String, Path, description = "Id of the cohort")), responses((status = 204)))]
async fn cohort_delete(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = read_id("cohort", &id)?;
    state.app().cohort_delete(&access, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Evaluates a cohort now.
#[utoipa::path(post, path = "/api/v1/cohorts/{id}/refresh", operation_id = "cohortRefresh", tag = "cohorts",
    params(("id" = String, Path, description = "Id of the cohort")),
    responses((status = 200, body = Cohort)))]
async fn cohort_refresh(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
) -> Result<Json<Cohort>, Problem> {
    let id = read_id("cohort", &id)?;
    let cohort = state.app().cohort_refresh(&access, id).await?;
    Ok(Json(cohort.into()))
}

/// Lists members of a cohort.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/people", operation_id = "cohortPeople", tag = "cohorts",
    params(("id" = String, Path, description = "Id of the cohort"), PageQuery),
    responses((status = 200, body = CohortPeople)))]
async fn cohort_people(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Json<CohortPeople>, Problem> {
    let id = read_id("cohort", &id)?;
    let limit = page_limit(query.limit)? as usize;
    let page = state
        .app()
        .cohort_people(&access, id, limit, query.cursor.as_deref())
        .await?;
    Ok(Json(page.into()))
}

/// Shows how the size of a cohort changed.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/history", operation_id = "cohortHistory", tag = "cohorts",
    params(("id" = String, Path, description = "Id of the cohort")),
    responses((status = 200, body = CohortHistory)))]
async fn cohort_history(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Json<CohortHistory>, Problem> {
    let id = read_id("cohort", &id)?;
    let points = state.app().cohort_history(&access, id).await?;
    Ok(Json(points.into()))
}

/// Counts an audience that is being written.
#[utoipa::path(post, path = "/api/v1/audiences/preview", operation_id = "audiencePreview", tag = "cohorts",
    request_body = AudiencePreviewQuery, responses((status = 200, body = AudiencePreview)))]
async fn audience_preview(
    State(state): State<ApiState>,
    access: CanRead,
    ApiJson(body): ApiJson<AudiencePreviewBody>,
) -> Result<Json<AudiencePreview>, Problem> {
    let preview = state
        .app()
        .audience_preview(&access, &body.definition)
        .await?;
    Ok(Json(preview.into()))
}
