//! Who is who, by hand.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gyre_app::{CanAdmin, CanRead, CanWrite};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{ApiJson, ApiQuery};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::identity::{
    DeleteQuery, IdentityRules, IdentityRulesPatch, Merge, MergeBody, PersonLinks,
};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(person_merge))
        .routes(routes!(person_links))
        .routes(routes!(person_delete))
        .routes(routes!(link_undo))
        .routes(routes!(identity_rules_get, identity_rules_update))
}

/// Makes a person a part of another, or says what that would do.
#[utoipa::path(post, path = "/api/v1/people/{id}/merge", operation_id = "personMerge", tag = "people",
    params(("id" = String, Path, description = "User id or token of the person")),
    request_body = MergeBody, responses((status = 200, body = Merge)))]
async fn person_merge(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<MergeBody>,
) -> Result<Json<Merge>, Problem> {
    let merged = state.app().person_merge(&access, &body.of(id)).await?;
    Ok(Json(merged.into()))
}

/// Shows why a person's identifiers are linked, and why others are not.
#[utoipa::path(get, path = "/api/v1/people/{id}/links", operation_id = "personLinks", tag = "people",
    params(("id" = String, Path, description = "User id or token of the person")),
    responses((status = 200, body = PersonLinks)))]
async fn person_links(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Json<PersonLinks>, Problem> {
    let links = state.app().person_links(&access, &id)?;
    Ok(Json(links.into()))
}

/// Deletes a person: nothing of theirs is read any more.
#[utoipa::path(delete, path = "/api/v1/people/{id}", operation_id = "personDelete", tag = "people",
    params(("id" = String, Path, description = "User id or token of the person"), DeleteQuery),
    responses((status = 204)))]
async fn person_delete(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
    ApiQuery(query): ApiQuery<DeleteQuery>,
) -> Result<StatusCode, Problem> {
    let app = state.app();
    app.person_delete(&access, &id, query.suppress).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a link back, as if what made it had not been.
#[utoipa::path(post, path = "/api/v1/links/{id}/undo", operation_id = "linkUndo", tag = "people",
    params(("id" = String, Path, description = "Id of the link")),
    responses((status = 204)))]
async fn link_undo(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    state.app().link_undo(&access, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows what the workspace decided about identity.
#[utoipa::path(get, path = "/api/v1/identity", operation_id = "identityRulesGet", tag = "workspace",
    responses((status = 200, body = IdentityRules)))]
async fn identity_rules_get(
    State(state): State<ApiState>,
    access: CanRead,
) -> Result<Json<IdentityRules>, Problem> {
    let rules = state.app().identity_rules_get(&access).await?;
    Ok(Json(rules.into()))
}

/// Changes what the workspace decides about identity.
#[utoipa::path(patch, path = "/api/v1/identity", operation_id = "identityRulesUpdate", tag = "workspace",
    request_body = IdentityRulesPatch, responses((status = 200, body = IdentityRules)))]
async fn identity_rules_update(
    State(state): State<ApiState>,
    access: CanAdmin,
    ApiJson(body): ApiJson<IdentityRulesPatch>,
) -> Result<Json<IdentityRules>, Problem> {
    let app = state.app();
    let rules = app.identity_rules_update(&access, body.into()).await?;
    Ok(Json(rules.into()))
}
