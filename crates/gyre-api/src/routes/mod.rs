//! Routes of the API, by resource.

mod campaigns;
mod catalog;
mod channels;
mod charts;
mod cohorts;
mod identity;
mod inbox;
mod keys;
mod live;
mod messages;
mod people;
mod previews;
mod quarantine;
mod session;
mod status;
mod templates;
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
        .merge(inbox::routes())
}
