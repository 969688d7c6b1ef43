//! People: User Profile, User Activity, User Search.

use axum::Json;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use gyre_app::CanRead;
use gyre_app::reads::{PersonDetails, SearchKind};
use gyre_query::{HistoryPage, WholeEvent};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{amplitude_id, app_number, event, failed, params, person_of};
use crate::compat::refused::Refused;
use crate::state::ApiState;

/// Most events of one answer, which is what Amplitude gives where nothing is said.
const ACTIVITY_EVENTS_MAX: usize = 1_000;

#[derive(Debug, Deserialize)]
struct ProfileParams {
    user_id: Option<String>,
    device_id: Option<String>,
    #[serde(default)]
    get_recs: bool,
    #[serde(default)]
    get_amp_props: bool,
    #[serde(default)]
    get_cohort_ids: bool,
}

#[derive(Debug, Deserialize)]
struct UserParams {
    user: Option<String>,
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
    direction: Option<String>,
}

fn user_of(params: &UserParams) -> Result<&str, Refused> {
    let user = params.user.as_deref().filter(|it| !it.is_empty());
    user.ok_or_else(|| Refused::bad("missing_parameter", "the parameter `user` is missing"))
}

/// `GET /v1/userprofile`: what was asked for is there, the rest is null.
///
/// There are no recommendations here, so that they are an empty list where they are asked for.
pub(super) async fn profile(
    state: &ApiState,
    access: &CanRead,
    request: &Parts,
) -> Result<Response, Refused> {
    let params: ProfileParams = params(request)?;
    if params.user_id.is_none() && params.device_id.is_none() {
        return Err(Refused::bad(
            "missing_parameter",
            "user_id or device_id is required",
        ));
    }
    let app = state.app();
    let by_user = params
        .user_id
        .as_deref()
        .and_then(|it| app.person_of_user(access, it));
    let by_device = || {
        params
            .device_id
            .as_deref()
            .and_then(|it| app.person_of_device(access, it))
    };
    let found = by_user.or_else(by_device);
    let found = found.and_then(|it| app.person_details(access, it));
    let Some(person) = found else {
        let message = "User id and device id not seen before";
        return Err(Refused::new(StatusCode::NOT_FOUND, "unknown_user", message));
    };
    let cohort_ids = if params.get_cohort_ids {
        let ids = app.person_cohort_ids(access, person.person).await;
        json!(ids.map_err(|it| failed(&it))?)
    } else {
        Value::Null
    };
    let device_id = params
        .device_id
        .or_else(|| person.device_ids.first().cloned());
    let user_data = json!({
        "recommendations": params.get_recs.then(Vec::<Value>::new),
        "user_id": person.user_id,
        "device_id": device_id,
        "amp_props": params.get_amp_props.then_some(person.properties),
        "cohort_ids": cohort_ids,
    });
    Ok(Json(json!({"userData": user_data})).into_response())
}

/// The newest event of a person, for what only events know: platform, country.
async fn newest(
    state: &ApiState,
    access: &CanRead,
    person: u32,
) -> Result<Option<WholeEvent>, Refused> {
    let page = HistoryPage {
        limit: 1,
        ..HistoryPage::default()
    };
    let history = state.app().person_history(access, person, page).await;
    Ok(history.map_err(|it| failed(&it))?.events.into_iter().next())
}

/// `GET /api/2/usersearch`.
pub(super) async fn search(
    state: &ApiState,
    access: &CanRead,
    request: &Parts,
) -> Result<Response, Refused> {
    let params: UserParams = params(request)?;
    let user = user_of(&params)?;
    let by_number = person_of(user).filter(|it| state.app().person_details(access, *it).is_some());
    let (kind, people) = if let Some(person) = by_number {
        ("match_amplitude_id", vec![person])
    } else {
        let found = state.app().people_found(access, user).await;
        let kind = match found.kind {
            SearchKind::Identifier => "match_user_or_device_id",
            SearchKind::UserPrefix => "match_user_id_prefix",
        };
        (kind, found.people)
    };
    let mut matches = Vec::new();
    for person in people {
        let Some(details) = state.app().person_details(access, person) else {
            continue;
        };
        let newest = newest(state, access, person).await?;
        let context = newest.as_ref().map(|it| &it.event.context);
        let of_context = |name: &str| context.and_then(|it| it.get(name)).cloned();
        let last_device = newest.as_ref().and_then(|it| it.device_id.clone());
        matches.push(json!({
            "user_id": details.user_id,
            "amplitude_id": amplitude_id(person),
            "last_device_id": last_device.or_else(|| details.device_ids.first().cloned()),
            "platform": of_context("platform"),
            "country": of_context("country"),
            "last_seen": details.last_seen.map(|it| event::day(it.ms())),
        }));
    }
    Ok(Json(json!({"matches": matches, "type": kind})).into_response())
}

/// `GET /api/2/useractivity`.
pub(super) async fn activity(
    state: &ApiState,
    access: &CanRead,
    request: &Parts,
) -> Result<Response, Refused> {
    let params: UserParams = params(request)?;
    let user = user_of(&params)?;
    let person = person_of(user).ok_or_else(|| {
        let message = "`user` must be an Amplitude ID: find it with /api/2/usersearch";
        Refused::bad("invalid_parameter", message)
    })?;
    let limit = params.limit.unwrap_or(ACTIVITY_EVENTS_MAX);
    if limit > ACTIVITY_EVENTS_MAX {
        let message = format!("`limit` must be at most {ACTIVITY_EVENTS_MAX}");
        return Err(Refused::bad("invalid_parameter", message));
    }
    let is_oldest_first = match params.direction.as_deref() {
        None | Some("latest") => false,
        Some("earliest") => true,
        Some(other) => {
            let message = format!("`direction` must be `earliest` or `latest`, not `{other}`");
            return Err(Refused::bad("invalid_parameter", message));
        }
    };
    let Some(details) = state.app().person_details(access, person) else {
        let message = "there is no user of this Amplitude ID";
        return Err(Refused::new(StatusCode::NOT_FOUND, "unknown_user", message));
    };
    let page = HistoryPage {
        event: None,
        is_oldest_first,
        offset: params.offset,
        limit,
    };
    let history = state.app().person_history(access, person, page).await;
    let history = history.map_err(|it| failed(&it))?;
    let newest = newest(state, access, person).await?;
    let mut user_data = user_data(&details, newest);
    user_data.insert("num_events".to_owned(), json!(history.events_count));
    user_data.insert("num_sessions".to_owned(), json!(history.sessions_count));
    user_data.insert("usage_time".to_owned(), json!(history.sessions_ms));
    let app = app_number(access.workspace());
    let events = history.events.into_iter();
    let events: Vec<Value> = events
        .map(|it| event::event(it, &details.properties, app))
        .collect();
    Ok(Json(json!({"userData": user_data, "events": events})).into_response())
}

fn user_data(details: &PersonDetails, newest: Option<WholeEvent>) -> Map<String, Value> {
    let context = newest.map(|it| it.event.context).unwrap_or_default();
    let of_context = |name: &str| context.get(name).cloned().unwrap_or_default();
    let words = |names: [&str; 2]| {
        let texts: Vec<&str> = names
            .iter()
            .filter_map(|it| context.get(*it).and_then(Value::as_str))
            .collect();
        (!texts.is_empty()).then(|| texts.join(" "))
    };
    let day = |it: Option<gyre_base::Timestamp>| it.map(|it| event::day(it.ms()));
    let number = amplitude_id(details.person);
    let fields = [
        ("user_id", json!(details.user_id)),
        ("canonical_amplitude_id", json!(number)),
        ("merged_amplitude_ids", json!([])),
        ("num_events", json!(0)),
        ("num_sessions", json!(0)),
        ("usage_time", json!(0)),
        ("first_used", json!(day(details.first_seen))),
        ("last_used", json!(day(details.last_seen))),
        ("platform", of_context("platform")),
        ("os", json!(words(["os_name", "os_version"]))),
        ("version", of_context("app_version")),
        (
            "device",
            json!(words(["device_manufacturer", "device_model"])),
        ),
        ("device_type", of_context("device_type")),
        ("carrier", of_context("carrier")),
        ("country", of_context("country")),
        ("region", of_context("region")),
        ("city", of_context("city")),
        ("dma", of_context("dma")),
        ("language", of_context("language")),
        ("start_version", of_context("start_version")),
        ("device_ids", json!(details.device_ids)),
        ("properties", Value::Object(details.properties.clone())),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
