//! The tracking plan.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use gyre_app::{CanRead, CanWrite};
use gyre_base::Timestamp;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{ApiJson, ApiQuery};
use crate::page::page_limit;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::page::PageQuery;
use crate::wire::plan::{
    PlanCheckBody, PlanInfer, PlanProposal, PlanVerdicts, PlanVersions, PlanViolationList,
    SinceQuery, TrackingPlan, TrackingPlanPut,
};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(plan_get, plan_put))
        .routes(routes!(plan_versions))
        .routes(routes!(plan_infer))
        .routes(routes!(plan_check))
        .routes(routes!(plan_violations))
        .routes(routes!(plan_csv))
}

/// The instant of a query's `since`.
pub(super) fn read_since(text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let wrong = || Problem::field("/since", "expected an instant such as 2026-03-01T00:00:00Z");
    text.map(|it| Timestamp::parse(it).ok_or_else(wrong))
        .transpose()
}

/// The version that `If-Match` names: `3` or `"3"`; any without it or with `*`.
fn expected_version(headers: &HeaderMap) -> Result<Option<u32>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let number = text.trim_start_matches("W/").trim_matches('"').parse();
    let wrong = |_| Problem::field("/If-Match", "expected the version of the plan");
    number.map(Some).map_err(wrong)
}

/// Shows the tracking plan; this is its export as JSON too.
#[utoipa::path(get, path = "/api/v1/plan", operation_id = "planGet", tag = "plan",
    responses((status = 200, body = TrackingPlan)))]
async fn plan_get(
    State(state): State<ApiState>,
    access: CanRead,
) -> Result<([(HeaderName, String); 1], Json<TrackingPlan>), Problem> {
    let view = state.app().plan_get(&access).await?;
    let tag = [(header::ETAG, format!("\"{}\"", view.version))];
    Ok((tag, Json(view.into())))
}

/// Writes the next version of the plan, which holds for what arrives from now on.
#[utoipa::path(put, path = "/api/v1/plan", operation_id = "planPut", tag = "plan",
    params(("If-Match" = Option<String>, Header, description = "Version the change was made from")),
    request_body = TrackingPlanPut, responses((status = 200, body = TrackingPlan)))]
async fn plan_put(
    State(state): State<ApiState>,
    access: CanWrite,
    headers: HeaderMap,
    ApiJson(mut body): ApiJson<Value>,
) -> Result<Json<TrackingPlan>, Problem> {
    let expected = expected_version(&headers)?;
    if let Some(members) = body.as_object_mut() {
        // what was exported can be imported as it is
        members.shift_remove("version");
        members.shift_remove("valid_from");
    }
    let view = state.app().plan_put(&access, &body, expected).await?;
    Ok(Json(view.into()))
}

/// Lists versions of the plan, newest first.
#[utoipa::path(get, path = "/api/v1/plan/versions", operation_id = "planVersions", tag = "plan",
    params(PageQuery), responses((status = 200, body = PlanVersions)))]
async fn plan_versions(
    State(state): State<ApiState>,
    access: CanRead,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Json<PlanVersions>, Problem> {
    let limit = page_limit(query.limit)? as usize;
    let cursor = query.cursor.as_deref();
    let (versions, next) = state.app().plan_versions(&access, limit, cursor).await?;
    let versions = versions.into_iter().map(Into::into).collect();
    Ok(Json(PlanVersions { versions, next }))
}

/// Proposes entries for the plan from what was seen.
#[utoipa::path(post, path = "/api/v1/plan/infer", operation_id = "planInfer", tag = "plan",
    request_body = PlanInfer, responses((status = 200, body = PlanProposal)))]
async fn plan_infer(
    State(state): State<ApiState>,
    access: CanRead,
    ApiJson(body): ApiJson<PlanInfer>,
) -> Result<Json<PlanProposal>, Problem> {
    let events = body.events.as_deref();
    let events = state.app().plan_infer(&access, events).await?;
    let events = events.into_iter().map(Into::into).collect();
    Ok(Json(PlanProposal { events }))
}

/// Holds events against the plan without sending them.
#[utoipa::path(post, path = "/api/v1/plan/check", operation_id = "planCheck", tag = "plan",
    request_body = PlanCheckBody, responses((status = 200, body = PlanVerdicts)))]
async fn plan_check(
    State(state): State<ApiState>,
    access: CanRead,
    ApiJson(body): ApiJson<PlanCheckBody>,
) -> Result<Json<PlanVerdicts>, Problem> {
    let results = state.app().plan_check(&access, &body.events).await?;
    let results = results.into_iter().map(Into::into).collect();
    Ok(Json(PlanVerdicts { results }))
}

/// Lists what the plan found, and what it kept out or would have.
#[utoipa::path(get, path = "/api/v1/plan/violations", operation_id = "planViolations", tag = "plan",
    params(SinceQuery), responses((status = 200, body = PlanViolationList)))]
async fn plan_violations(
    State(state): State<ApiState>,
    access: CanRead,
    ApiQuery(query): ApiQuery<SinceQuery>,
) -> Result<Json<PlanViolationList>, Problem> {
    let since = read_since(query.since.as_deref())?;
    let found = state.app().plan_violations(&access, since);
    Ok(Json(found.into()))
}

/// The plan as a table: a row for each event and each property of it.
#[utoipa::path(get, path = "/api/v1/plan.csv", operation_id = "planCsv", tag = "plan",
    responses((status = 200, body = String, content_type = "text/csv")))]
async fn plan_csv(
    State(state): State<ApiState>,
    access: CanRead,
) -> Result<([(HeaderName, &'static str); 2], String), Problem> {
    let view = state.app().plan_get(&access).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"plan.csv\"",
        ),
    ];
    // the mark tells spreadsheets that it is UTF-8
    Ok((headers, format!("\u{feff}{}", view.plan.to_csv())))
}
