//! Lookup tables; they are written by imports.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gyre_app::{CanRead, CanWrite};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::ApiQuery;
use crate::page::page_limit;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::lookups::{Lookup, LookupList, LookupQuery, LookupRows};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(lookups_list))
        .routes(routes!(lookup_get, lookup_delete))
        .routes(routes!(lookup_rows))
}

/// Lists lookup tables.
#[utoipa::path(get, path = "/api/v1/lookups", operation_id = "lookupsList", tag = "lookups",
    responses((status = 200, body = LookupList)))]
async fn lookups_list(
    State(state): State<ApiState>,
    access: CanRead,
) -> Result<Json<LookupList>, Problem> {
    let lookups = state.app().lookups_list(&access).await?;
    let lookups = lookups.into_iter().map(Lookup::from).collect();
    Ok(Json(LookupList { lookups }))
}

/// One lookup table.
#[utoipa::path(get, path = "/api/v1/lookups/{name}", operation_id = "lookupGet", tag = "lookups",
    params(("name" = String, Path, description = "Name of the table")), responses((status = 200, body = Lookup)))]
async fn lookup_get(
    State(state): State<ApiState>,
    access: CanRead,
    Path(name): Path<String>,
) -> Result<Json<Lookup>, Problem> {
    let lookup = state.app().lookup_get(&access, &name).await?;
    Ok(Json(lookup.into()))
}

/// Rows of a table, by key.
#[utoipa::path(get, path = "/api/v1/lookups/{name}/rows", operation_id = "lookupRows", tag = "lookups",
    params(("name" = String, Path, description = "Name of the table"), LookupQuery),
    responses((status = 200, body = LookupRows)))]
async fn lookup_rows(
    State(state): State<ApiState>,
    access: CanRead,
    Path(name): Path<String>,
    ApiQuery(query): ApiQuery<LookupQuery>,
) -> Result<Json<LookupRows>, Problem> {
    let limit = page_limit(query.limit)? as usize;
    let (cursor, key) = (query.cursor.as_deref(), query.key.as_deref());
    let page = state
        .app()
        .lookup_rows(&access, &name, limit, cursor, key)
        .await?;
    Ok(Json(page.into()))
}

/// Removes a table.
#[utoipa::path(delete, path = "/api/v1/lookups/{name}", operation_id = "lookupDelete", tag = "lookups",
    params(("name" = String, Path, description = "Name of the table")), responses((status = 204)))]
async fn lookup_delete(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    state.app().lookup_delete(&access, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
