//! People.

use axum::Json;
use axum::extract::{Path, State};
use gyre_app::CanRead;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{ApiJson, ApiQuery};
use crate::page::page_limit;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::messages::LedgerPage;
use crate::wire::page::PageQuery;
use crate::wire::people::{
    CellPeople, CellPeopleQuery, PeoplePage, PeopleQuery, Person, Timeline, TimelineQuery,
};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(people_behind_cell))
        .routes(routes!(people_list))
        .routes(routes!(person_get))
        .routes(routes!(person_timeline))
        .routes(routes!(person_messages))
}

/// Lists the people behind a number.
#[utoipa::path(post, path = "/api/v1/people/list", operation_id = "peopleBehindCell", tag = "people",
    request_body = CellPeopleQuery, responses((status = 200, body = CellPeople)))]
async fn people_behind_cell(
    State(state): State<ApiState>,
    access: CanRead,
    ApiJson(body): ApiJson<CellPeopleQuery>,
) -> Result<Json<CellPeople>, Problem> {
    let limit = page_limit(body.limit)? as usize;
    let page = state
        .app()
        .cell_page(&access, &body.cell, limit, body.cursor.as_deref())
        .await?;
    Ok(Json(page.into()))
}

/// Lists and searches people.
#[utoipa::path(get, path = "/api/v1/people", operation_id = "peopleList", tag = "people",
    params(PeopleQuery), responses((status = 200, body = PeoplePage)))]
async fn people_list(
    State(state): State<ApiState>,
    access: CanRead,
    ApiQuery(query): ApiQuery<PeopleQuery>,
) -> Result<Json<PeoplePage>, Problem> {
    let limit = page_limit(query.limit)? as usize;
    let search = query.search.unwrap_or_default();
    let page = state
        .app()
        .people_search(&access, &search, limit, query.cursor.as_deref())
        .await?;
    Ok(Json(page.into()))
}

/// Shows a person.
#[utoipa::path(get, path = "/api/v1/people/{id}", operation_id = "personGet", tag = "people",
    params(("id" = String, Path, description = "User id or token of the person")),
    responses((status = 200, body = Person)))]
async fn person_get(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Json<Person>, Problem> {
    let person = state.app().person_get(&access, &id).await?;
    Ok(Json(person.into()))
}

/// Lists a person's events, newest first.
#[utoipa::path(get, path = "/api/v1/people/{id}/timeline", operation_id = "personTimeline", tag = "people",
    params(("id" = String, Path, description = "User id or token of the person"), TimelineQuery),
    responses((status = 200, body = Timeline)))]
async fn person_timeline(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
    ApiQuery(query): ApiQuery<TimelineQuery>,
) -> Result<Json<Timeline>, Problem> {
    let limit = page_limit(query.limit)? as usize;
    let (event, cursor) = (query.event.as_deref(), query.cursor.as_deref());
    let page = state
        .app()
        .person_timeline(&access, &id, event, limit, cursor)
        .await?;
    Ok(Json(page.into()))
}

/// Lists the messages to a person, newest first.
#[utoipa::path(get, path = "/api/v1/people/{id}/messages", operation_id = "personMessages", tag = "people",
    params(("id" = String, Path, description = "User id or token of the person"), PageQuery),
    responses((status = 200, body = LedgerPage)))]
async fn person_messages(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Json<LedgerPage>, Problem> {
    let limit = page_limit(query.limit)? as usize;
    let cursor = query.cursor.as_deref();
    let page = state
        .app()
        .person_messages(&access, &id, limit, cursor)
        .await?;
    Ok(Json(page.into()))
}
