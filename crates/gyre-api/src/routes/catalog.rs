//! What there is to ask about, and what is written about it.

use axum::Json;
use axum::extract::{Path, State};
use gyre_app::{CanRead, CanWrite};
use gyre_model::{CatalogPatch, Doc};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{ApiJson, ApiQuery};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::catalog::{
    CatalogBulk, CatalogBulkBody, CatalogEntries, CatalogEntry, CatalogEvents,
    CatalogPatch as CatalogPatchDoc, CatalogProperties, EventsQuery, PropertiesQuery,
    PropertyEventQuery,
};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(catalog_events))
        .routes(routes!(catalog_events_change))
        .routes(routes!(catalog_event_change))
        .routes(routes!(catalog_properties))
        .routes(routes!(catalog_property_change))
}

/// Lists event names.
#[utoipa::path(get, path = "/api/v1/catalog/events", operation_id = "catalogEvents", tag = "catalog",
    params(EventsQuery), responses((status = 200, body = CatalogEvents)))]
async fn catalog_events(
    State(state): State<ApiState>,
    access: CanRead,
    ApiQuery(query): ApiQuery<EventsQuery>,
) -> Result<Json<CatalogEvents>, Problem> {
    let events = state.app().catalog_events(&access, query.all).await?;
    let events = events.into_iter().map(Into::into).collect();
    Ok(Json(CatalogEvents { events }))
}

/// Changes what is written about an event; blocking keeps it out from now on.
#[utoipa::path(patch, path = "/api/v1/catalog/events/{name}", operation_id = "catalogEventChange", tag = "catalog",
    params(("name" = String, Path, description = "Name of the event, verbatim")),
    request_body = CatalogPatchDoc, responses((status = 200, body = CatalogEntry)))]
async fn catalog_event_change(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(name): Path<String>,
    ApiJson(body): ApiJson<Value>,
) -> Result<Json<CatalogEntry>, Problem> {
    let patch = CatalogPatch::read(&Doc::root(&body))?;
    let app = state.app();
    let entry = app.catalog_event_change(&access, &name, &patch).await?;
    Ok(Json(entry.into()))
}

/// Changes what is written about many events at once.
#[utoipa::path(post, path = "/api/v1/catalog/events/bulk", operation_id = "catalogEventsChange", tag = "catalog",
    request_body = CatalogBulk, responses((status = 200, body = CatalogEntries)))]
async fn catalog_events_change(
    State(state): State<ApiState>,
    access: CanWrite,
    ApiJson(body): ApiJson<CatalogBulkBody>,
) -> Result<Json<CatalogEntries>, Problem> {
    let patch = CatalogPatch::read(&Doc::at(&body.set, "/set"))?;
    let app = state.app();
    let entries = app.catalog_events_change(&access, &body.names, &patch);
    let entries = entries.await?.into_iter().map(Into::into).collect();
    Ok(Json(CatalogEntries { entries }))
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
    let app = state.app();
    let properties = app.catalog_properties(&access, event, query.all).await?;
    let properties = properties.into_iter().map(Into::into).collect();
    Ok(Json(CatalogProperties { properties }))
}

/// Changes what is written about a property; blocking takes it out of events from now on.
#[utoipa::path(patch, path = "/api/v1/catalog/properties/{name}", operation_id = "catalogPropertyChange",
    tag = "catalog",
    params(("name" = String, Path, description = "Name of the property, or its reference"), PropertyEventQuery),
    request_body = CatalogPatchDoc, responses((status = 200, body = CatalogEntry)))]
async fn catalog_property_change(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(name): Path<String>,
    ApiQuery(query): ApiQuery<PropertyEventQuery>,
    ApiJson(body): ApiJson<Value>,
) -> Result<Json<CatalogEntry>, Problem> {
    let patch = CatalogPatch::read(&Doc::root(&body))?;
    let event = query.event.as_deref();
    let app = state.app();
    let entry = app.catalog_property_change(&access, event, &name, &patch);
    Ok(Json(entry.await?.into()))
}
