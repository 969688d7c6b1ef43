//! Routes of catalog.

use crate::wire::catalog::{CatalogEvents, CatalogProperties, PropertiesQuery};

/// Lists event names.
#[utoipa::path(get, path = "/api/v1/catalog/events", operation_id = "catalogEvents", tag = "catalog", responses((status = 200, body = CatalogEvents)))]
pub(crate) fn catalog_events() {}

/// Lists properties of an event and of people.
#[utoipa::path(get, path = "/api/v1/catalog/properties", operation_id = "catalogProperties", tag = "catalog", params(PropertiesQuery), responses((status = 200, body = CatalogProperties)))]
pub(crate) fn catalog_properties() {}
