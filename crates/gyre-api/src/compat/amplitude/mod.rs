//! Amplitude's reads: Export, User Profile, User Activity and User Search.
//!
//! Authorisation is `Basic <anything>:<API key>`, as its clients send `api_key:secret_key`. Its numbers of users are
//! our numbers of people, moved so far up that none is taken for a user id.

mod event;
mod export;
mod people;
mod zip;

use axum::Json;
use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gyre_app::AppError;
use gyre_base::WorkspaceId;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Read;
use super::caller::reader;
use super::refused::Refused;
use crate::state::ApiState;

/// Amplitude's number of our person 0.
const AMPLITUDE_ID_MIN: u64 = 1_000_000_000_000;

/// Amplitude's number of a person.
fn amplitude_id(person: u32) -> u64 {
    AMPLITUDE_ID_MIN + u64::from(person)
}

/// The person of one of Amplitude's numbers.
fn person_of(text: &str) -> Option<u32> {
    let number: u64 = text.parse().ok()?;
    u32::try_from(number.checked_sub(AMPLITUDE_ID_MIN)?).ok()
}

/// Amplitude's number of a workspace: six digits that follow from its id.
fn app_number(workspace: WorkspaceId) -> u64 {
    let part = workspace.0.as_u128() % 900_000;
    100_000 + u64::try_from(part).unwrap_or_default()
}

/// The parameters of the address.
fn params<T: DeserializeOwned>(request: &Parts) -> Result<T, Refused> {
    let query = Query::try_from_uri(&request.uri);
    query
        .map(|it| it.0)
        .map_err(|why| Refused::bad("invalid_parameter", why.body_text()))
}

fn failed(error: &AppError) -> Refused {
    Refused::internal(error)
}

/// Answers one of Amplitude's reads.
pub(super) async fn answer(state: &ApiState, read: Read, request: &Parts) -> Response {
    let access = match reader(state, &request.headers).await {
        Ok(access) => access,
        Err(refused) => return told(read, &refused),
    };
    let answered = match read {
        Read::AmplitudeExport => export::export(state, &access, request).await,
        Read::AmplitudeUserActivity => people::activity(state, &access, request).await,
        Read::AmplitudeUserSearch => people::search(state, &access, request).await,
        Read::AmplitudeUserProfile => people::profile(state, &access, request).await,
        Read::BrazeExport => Err(Refused::bad("not_amplitude", "this is not Amplitude's")),
    };
    answered.unwrap_or_else(|refused| told(read, &refused))
}

/// A refusal as the endpoint's clients read it.
fn told(read: Read, refused: &Refused) -> Response {
    let status = refused.status;
    let mut response = match (read, refused.kind) {
        (Read::AmplitudeUserProfile, "missing_key") => {
            (status, "Missing Api-Key in Authorization header").into_response()
        }
        (Read::AmplitudeUserProfile, "invalid_key") => (status, "Invalid Api-Key").into_response(),
        (Read::AmplitudeUserProfile, _) => {
            (status, Json(json!({"error": refused.message}))).into_response()
        }
        (_, kind) => {
            let error =
                json!({"http_code": status.as_u16(), "type": kind, "message": refused.message});
            (status, Json(json!({"error": error}))).into_response()
        }
    };
    if status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Basic realm=\"Gyre\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amplitudes_numbers_lead_back_to_their_people() {
        for person in [0, 7, u32::MAX] {
            assert_eq!(person_of(&amplitude_id(person).to_string()), Some(person));
        }
        for other in ["7", "", "u-1", "-1", "999999999999", "99999999999999999999"] {
            assert_eq!(person_of(other), None, "{other}");
        }
    }
}
