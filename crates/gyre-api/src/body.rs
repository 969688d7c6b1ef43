//! Reading bodies and queries: what cannot be read becomes a problem that names the field.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use bytes::Bytes;
use futures::future::{Either, select};
use gyre_base::{Clock, SECOND_MS, limits};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::Problem;
use crate::state::ApiState;

/// How long a client may take to send its body.
pub(crate) const BODY_DEADLINE_MS: i64 = 60 * SECOND_MS;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is larger than allowed.
    TooLarge,
    /// The client sends it too slowly.
    TooSlow,
    /// The connection broke.
    Broken,
}

/// Reads a whole body of at most `bytes_max`, within a deadline.
pub(crate) async fn read_body(
    body: Body,
    bytes_max: usize,
    clock: &dyn Clock,
) -> Result<Bytes, BodyError> {
    let whole = Limited::new(body, bytes_max).collect();
    let deadline = clock.sleep_ms(BODY_DEADLINE_MS);
    match select(Box::pin(whole), deadline).await {
        Either::Left((Ok(whole), _)) => Ok(whole.to_bytes()),
        Either::Left((Err(error), _)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
        Either::Left((Err(_), _)) => Err(BodyError::Broken),
        Either::Right(_) => Err(BodyError::TooSlow),
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => {
                let most = limits::API_BODY_BYTES_MAX;
                let detail = format!("the body is larger than {most} bytes");
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
            }
            BodyError::TooSlow => {
                let detail = "the body did not arrive in time";
                Self::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", detail)
            }
            BodyError::Broken => {
                let detail = "the body ended early";
                Self::new(StatusCode::BAD_REQUEST, "body-broken", detail)
            }
        }
    }
}

/// A JSON body.
#[derive(Clone, Debug)]
pub(crate) struct ApiJson<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<ApiState> for ApiJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|it| it.to_str().ok()).unwrap_or_default();
        // also what keeps a form of another site out: a page cannot send this type without being asked first
        if !kind.to_ascii_lowercase().starts_with("application/json") {
            let detail = "send the body as application/json";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::new(status, "not-json", detail));
        }
        let clock = state.clock().as_ref();
        let bytes = read_body(request.into_body(), limits::API_BODY_BYTES_MAX, clock).await?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|why| {
            let detail = format!("the body is not JSON: {why}");
            Problem::new(StatusCode::BAD_REQUEST, "invalid-json", detail)
        })?;
        let read = serde_json::from_value(value);
        read.map(Self).map_err(|why| wrong_shape(&why.to_string()))
    }
}

/// The refusal of a body that has another shape, pointing at the field that serde names.
fn wrong_shape(why: &str) -> Problem {
    let named = why
        .strip_prefix("missing field `")
        .or_else(|| why.strip_prefix("unknown field `"));
    let field = named.and_then(|it| it.split('`').next());
    match (field, why.starts_with("missing")) {
        (Some(field), true) => Problem::field(format!("/{field}"), "is missing"),
        (Some(field), false) => Problem::field(format!("/{field}"), "unknown field"),
        (None, _) => Problem::field("", why),
    }
}

/// The query of the address.
#[derive(Clone, Debug)]
pub(crate) struct ApiQuery<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<ApiState> for ApiQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query.map(|it| Self(it.0)).map_err(|why| {
            let detail = why.body_text();
            Problem::new(StatusCode::BAD_REQUEST, "invalid-query", detail)
        })
    }
}
