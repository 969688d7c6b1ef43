//! The contract as one OpenAPI 3.1 document.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::problem::Problem;
use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(title = "Gyre", description = "Behaviour into messages, messages into measured behaviour.", license(name = "Apache-2.0")),
    servers((url = "/")),
    paths(routes::session::session_create, routes::session::session_get, routes::session::session_delete, routes::workspace::workspace_get, routes::workspace::workspace_update, routes::keys::keys_list, routes::keys::key_create, routes::keys::key_revoke, routes::status::status_get, routes::catalog::catalog_events, routes::catalog::catalog_properties, routes::charts::query_run, routes::people::people_behind_cell, routes::people::people_list, routes::people::person_get, routes::people::person_timeline, routes::people::person_messages, routes::cohorts::cohort_create, routes::cohorts::cohorts_list, routes::cohorts::cohort_get, routes::cohorts::cohort_rename, routes::cohorts::cohort_delete, routes::cohorts::cohort_refresh, routes::cohorts::cohort_people, routes::cohorts::cohort_history, routes::cohorts::audience_preview, routes::campaigns::campaign_create, routes::campaigns::campaigns_list, routes::campaigns::message_preview, routes::campaigns::campaign_get, routes::campaigns::campaign_update, routes::campaigns::campaign_delete, routes::campaigns::campaign_launch, routes::campaigns::campaign_pause, routes::campaigns::campaign_resume, routes::campaigns::campaign_stop, routes::campaigns::campaign_archive, routes::campaigns::campaign_test, routes::campaigns::campaign_preview, routes::campaigns::campaign_results, routes::campaigns::campaign_messages, routes::messages::message_get, routes::templates::template_render, routes::channels::email_channel_get, routes::channels::email_channel_put, routes::channels::email_channel_check, routes::quarantine::quarantine_list, routes::inbox::inbox_list, routes::inbox::inbox_get, routes::inbox::inbox_html),
    components(schemas(Problem)),
    security(("key" = []), ("session" = [])),
    modifiers(&Security, &Problems),
)]
struct Document;

/// The ways to prove who asks.
struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Default::default);
        let key = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("key", SecurityScheme::Http(key));
        let session = ApiKey::Cookie(ApiKeyValue::new(crate::auth::SESSION_COOKIE));
        components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    }
}

/// Every operation may answer with a problem.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let schema = Ref::from_schema_name("Problem");
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new()
            .description("What went wrong")
            .content("application/problem+json", content)
            .build();
        for item in document.paths.paths.values_mut() {
            let operations = [
                &mut item.get,
                &mut item.put,
                &mut item.post,
                &mut item.delete,
                &mut item.patch,
            ];
            for operation in operations.into_iter().flatten() {
                let answers = &mut operation.responses.responses;
                answers.insert("default".to_owned(), RefOr::T(response.clone()));
            }
        }
    }
}

/// The document as JSON.
pub fn openapi() -> serde_json::Value {
    serde_json::to_value(Document::openapi()).unwrap_or_default()
}
