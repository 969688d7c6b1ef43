//! The contract as one OpenAPI 3.1 document.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::problem::ProblemDocument;
use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(title = "Gyre", description = "Behaviour into messages, messages into measured behaviour.", license(name = "Apache-2.0")),
    servers((url = "/")),
    components(schemas(ProblemDocument)),
    security(("key" = []), ("session" = [])),
    modifiers(&Security),
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
fn add_problems(document: &mut utoipa::openapi::OpenApi) {
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

/// The document without routes, which they are added to.
pub(crate) fn head() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The document as JSON.
pub fn openapi() -> serde_json::Value {
    let (_, mut document) = routes::all().split_for_parts();
    add_problems(&mut document);
    serde_json::to_value(document).unwrap_or_default()
}
