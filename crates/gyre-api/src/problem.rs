//! Problems: what went wrong, as RFC 9457 documents; the one place that reads errors.

use std::ops::{Deref, DerefMut};

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gyre_app::campaigns::CampaignError;
use gyre_app::imports::ObjectError;
use gyre_app::{AppError, AuthError, Forbidden};
use gyre_base::failure::error_chain;
use gyre_base::{Blame, Failure, Retry};
use gyre_meta::MetaError;
use gyre_model::FieldError;
use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemField {
    /// JSON pointer to the field; absent for templates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What is wrong and what would be right.
    pub detail: String,
    /// Line in a template, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in a template, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl ProblemField {
    fn of_field(error: &FieldError) -> Self {
        Self {
            pointer: Some(error.pointer.clone()),
            detail: error.detail.clone(),
            line: None,
            column: None,
        }
    }
}

/// What went wrong; boxed, because most results carry none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Problem(Box<ProblemDocument>);

impl Deref for Problem {
    type Target = ProblemDocument;

    fn deref(&self) -> &ProblemDocument {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut ProblemDocument {
        &mut self.0
    }
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Name of the kind of problem, as a URN that ends in the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// One line.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable name.
    pub code: String,
    /// What is wrong here.
    pub detail: String,
    /// What is wrong with each field.
    pub errors: Vec<ProblemField>,
    /// Name of the request in the server's log.
    pub request_id: String,
    #[serde(skip)]
    #[schema(ignore)]
    retry_after_s: Option<i64>,
}

impl Problem {
    /// A problem without fields.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self(Box::new(ProblemDocument {
            kind: format!("urn:gyre:problem:{code}"),
            title: title(status).to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            errors: Vec::new(),
            request_id: String::new(),
            retry_after_s: None,
        }))
    }

    /// One field of the request is wrong.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let (pointer, detail) = (pointer.into(), detail.into());
        let text = if pointer.is_empty() {
            detail.clone()
        } else {
            format!("{detail} at {pointer}")
        };
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-field", text);
        problem.errors.push(ProblemField {
            pointer: Some(pointer),
            detail,
            line: None,
            column: None,
        });
        problem
    }

    /// There is nothing at this address.
    pub fn no_route() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "no-route",
            "there is nothing at this address",
        )
    }

    /// Who asks is not known.
    pub fn unauthorized(code: &str, detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
    }

    /// An error of ours or of a peer: logged here, once, with its sources; the caller learns its code only.
    pub fn internal(error: &(impl Failure + 'static)) -> Self {
        tracing::error!(
            error = error_chain(error),
            code = error.code(),
            "request failed"
        );
        let status = match error.blame() {
            Blame::Upstream => StatusCode::SERVICE_UNAVAILABLE,
            Blame::Caller | Blame::Us => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let detail = "something went wrong here; the request id leads to it in the server's log";
        let mut problem = Self::new(status, error.code(), detail);
        problem.retry_after_s = retry_after_s(error.retry());
        problem
    }

    /// An error of the caller is told in its own words, any other is [`Problem::internal`].
    pub(crate) fn told(status: StatusCode, error: &(impl Failure + 'static)) -> Self {
        if error.blame() != Blame::Caller {
            return Self::internal(error);
        }
        let mut problem = Self::new(status, error.code(), error.to_string());
        problem.retry_after_s = retry_after_s(error.retry());
        problem
    }
}

fn retry_after_s(retry: Retry) -> Option<i64> {
    match retry {
        Retry::AfterMs(ms) => Some(ms.div_euclid(1_000) + 1),
        Retry::Now => Some(1),
        Retry::Never | Retry::Unknown => None,
    }
}

fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "The request cannot be read",
        401 => "Sign in first",
        403 => "You may not do this",
        404 => "This does not exist",
        405 => "This cannot be done here",
        408 | 504 => "It took too long",
        409 => "Something stands in the way",
        502 => "The other server refused",
        413 => "The request is too large",
        415 => "The request has the wrong type",
        422 => "Something in the request is not right",
        429 => "Too many attempts",
        503 => "Not available right now",
        _ => "Something went wrong",
    }
}

impl IntoResponse for Problem {
    /// The request id is filled in by the outermost layer, which finds the problem among the extensions.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after_s;
        let mut response = (status, Json(&self)).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        Self::field(error.pointer, error.detail)
    }
}

impl From<Forbidden> for Problem {
    fn from(error: Forbidden) -> Self {
        Self::told(StatusCode::FORBIDDEN, &error)
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let status = match &error {
            AuthError::InvalidCredentials => StatusCode::UNAUTHORIZED,
            AuthError::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
            AuthError::Secret => StatusCode::INTERNAL_SERVER_ERROR,
            AuthError::Meta(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::told(status, &error)
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            // exhaustive on purpose: a new variant must choose its status
            AppError::Field(it) => it.into(),
            AppError::NotFound { .. } => Self::told(StatusCode::NOT_FOUND, &error),
            AppError::Conflict { .. } => Self::told(StatusCode::CONFLICT, &error),
            AppError::Meta(MetaError::NotFound { .. }) => {
                Self::new(StatusCode::NOT_FOUND, "not-found", chain(&error))
            }
            AppError::Meta(MetaError::Conflict { .. }) => {
                Self::new(StatusCode::CONFLICT, "conflict", chain(&error))
            }
            AppError::Auth(it) => it.into(),
            AppError::Import(_) => Self::told(StatusCode::UNPROCESSABLE_ENTITY, &error),
            AppError::Objects(ObjectError::Io(_)) => Self::internal(&error),
            // what the storage said is what whoever set it up needs
            AppError::Objects(_) => Self::told(StatusCode::BAD_GATEWAY, &error),
            AppError::Engine(_) | AppError::Meta(_) | AppError::Deliver(_) | AppError::Disk(_) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<CampaignError> for Problem {
    fn from(error: CampaignError) -> Self {
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        match &error {
            CampaignError::Invalid(fields) => {
                let mut problem = Self::told(unprocessable, &error);
                problem.errors = fields.iter().map(ProblemField::of_field).collect();
                if let [only] = fields.as_slice() {
                    problem.detail = format!("{} at {}", only.detail, only.pointer);
                }
                problem
            }
            CampaignError::Template(errors) => {
                let mut problem = Self::told(unprocessable, &error);
                let errors = errors.iter().map(|it| ProblemField {
                    pointer: None,
                    detail: it.detail.clone(),
                    line: u32::try_from(it.line).ok(),
                    column: u32::try_from(it.column).ok(),
                });
                problem.errors = errors.collect();
                problem
            }
            CampaignError::NotFound { .. } => Self::told(StatusCode::NOT_FOUND, &error),
            CampaignError::State { .. } | CampaignError::ChannelMissing => {
                Self::told(StatusCode::CONFLICT, &error)
            }
            // the provider's words are what the author of a test message needs
            CampaignError::NotTaken { .. } => {
                Self::new(StatusCode::BAD_GATEWAY, error.code(), error.to_string())
            }
            CampaignError::Meta(MetaError::Conflict { .. }) => {
                Self::new(StatusCode::CONFLICT, "conflict", error.to_string())
            }
            CampaignError::Deliver(_) => Self::told(unprocessable, &error),
            CampaignError::Sealed
            | CampaignError::Meta(_)
            | CampaignError::People(_)
            | CampaignError::Definition(_) => Self::internal(&error),
        }
    }
}

/// What the store says about a row, which is the caller's own.
fn chain(error: &AppError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internal_error_tells_nothing_but_its_code() {
        let error = AppError::Meta(MetaError::Corrupt {
            table: "secret_table",
            column: "x",
        });
        let problem = Problem::from(error);
        assert_eq!(
            (problem.status, problem.code.as_str()),
            (500, "database-corrupt")
        );
        let text = serde_json::to_string(&problem).unwrap();
        assert!(!text.contains("secret_table"), "{text}");
    }

    #[test]
    fn a_wrong_field_is_pointed_at() {
        let problem = Problem::from(FieldError::new("/steps/1/where", "expected an object"));
        assert_eq!(problem.status, 422);
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/steps/1/where"));
        assert_eq!(problem.detail, "expected an object at /steps/1/where");
    }

    #[test]
    fn a_missing_row_is_not_found() {
        let missing = AppError::Meta(MetaError::NotFound { what: "cohort" });
        let problem = Problem::from(missing);
        assert_eq!(
            (problem.status, problem.detail.as_str()),
            (404, "cohort does not exist")
        );
        let conflict = AppError::Conflict {
            code: "campaign-running",
            detail: "the campaign is running".to_owned(),
        };
        let problem = Problem::from(conflict);
        assert_eq!(
            (problem.status, problem.code.as_str()),
            (409, "campaign-running")
        );
    }
}
