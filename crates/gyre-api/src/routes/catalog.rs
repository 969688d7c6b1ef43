//! What there is to ask about.

use axum::Json;
use axum::extract::State;
use gyre_app::CanRead;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::ApiQuery;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::catalog::{CatalogEvents, CatalogProperties, PropertiesQuery};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(catalog_events))
        .routes(routes!(catalog_properties))
}

/// Lists event names.
#[utoipa::path(get, path = "/api/v1/catalog/events", operation_id = "catalogEvents", tag = "catalog",
    responses((status = 200, body = CatalogEvents)))]
async fn catalog_events(State(state): State<ApiState>, access: CanRead) -> Json<CatalogEvents> {
    let events = state.app().catalog_events(&access);
    let events = events.into_iter().map(Into::into).collect();
    Json(CatalogEvents { events })
}

/// Lists properties of an event and of people.
#[utoipa::path(get, path = "/api/v1/catalog/properties", operation_id = "catalogProperties", tag = "catalog",
    params(PropertiesQuery), responses((status = 200, body = CatalogProperties)))]
async fn catalog_properties(
    State(state): State<ApiState>,
    access: CanRead,
    ApiQuery(query): ApiQuery<PropertiesQuery>,
) -> Result<Json<CatalogProperties>, Problem> {
    let event = query.event.as_deref();
    let properties = state.app().catalog_properties(&access, event).await?;
    let properties = properties.into_iter().map(Into::into).collect();
    Ok(Json(CatalogProperties { properties }))
}
