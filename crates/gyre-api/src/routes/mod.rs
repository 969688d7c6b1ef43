//! Routes of the API, by resource.

mod campaigns;
mod catalog;
mod channels;
mod charts;
mod cohorts;
mod identity;
pub(crate) mod imports;
mod inbox;
mod keys;
mod live;
mod lookups;
mod messages;
mod people;
mod plan;
mod previews;
mod quarantine;
mod session;
mod sources;
mod status;
mod templates;
mod warnings;
mod workspace;

use utoipa_axum::router::OpenApiRouter;

use crate::openapi;
use crate::state::ApiState;

/// Every route, with its part of the contract.
pub(crate) fn all() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(openapi::head())
        .merge(session::routes())
        .merge(workspace::routes())
        .merge(keys::routes())
        .merge(status::routes())
        .merge(catalog::routes())
        .merge(charts::routes())
        .merge(people::routes())
        .merge(identity::routes())
        .merge(cohorts::routes())
        .merge(campaigns::routes())
        .merge(messages::routes())
        .merge(previews::routes())
        .merge(templates::routes())
        .merge(channels::routes())
        .merge(live::routes())
        .merge(quarantine::routes())
        .merge(plan::routes())
        .merge(warnings::routes())
        .merge(imports::routes())
        .merge(lookups::routes())
        .merge(sources::routes())
        .merge(inbox::routes())
}
