//! Braze's `POST /users/export/ids`: people by their identifiers, with what is known of them.
//!
//! Fields that we do not keep (devices, push tokens, messages received) are left out. Not here: exports by segment,
//! which answer later with a file.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gyre_app::CanRead;
use gyre_app::reads::PersonDetails;
use gyre_base::{Timestamp, limits};
use gyre_query::{EventSummary, HistoryPage, WholeEvent};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::caller::reader;
use super::refused::Refused;
use crate::body::{BodyError, read_body};
use crate::problem::Problem;
use crate::state::ApiState;

/// Most identifiers of one request.
const IDS_MAX: usize = 50;
/// Most purchases that are looked through for their products; a person has hundreds.
const PURCHASES_MAX: usize = 10_000;
/// Name of the event that a purchase becomes.
const PURCHASE: &str = "purchase";
/// Fields of a user that are properties of ours under the same or another name: (Braze's, ours).
const STANDARD: &[(&str, &str)] = &[
    ("first_name", "first_name"),
    ("last_name", "last_name"),
    ("email", "email"),
    ("phone", "phone"),
    ("dob", "date_of_birth"),
    ("gender", "gender"),
    ("country", "country"),
    ("home_city", "city"),
    ("language", "language"),
    ("time_zone", "time_zone"),
];
/// Everything that may be asked for.
const FIELDS: &[&str] = &[
    "braze_id",
    "country",
    "created_at",
    "custom_attributes",
    "custom_events",
    "dob",
    "email",
    "external_id",
    "first_name",
    "gender",
    "home_city",
    "language",
    "last_name",
    "phone",
    "purchases",
    "time_zone",
    "total_revenue",
    "user_aliases",
];

#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    external_ids: Vec<String>,
    #[serde(default)]
    user_aliases: Vec<Alias>,
    device_id: Option<String>,
    braze_id: Option<String>,
    email_address: Option<String>,
    phone: Option<String>,
    fields_to_export: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Alias {
    alias_name: String,
    alias_label: String,
}

/// Answers an export.
pub(super) async fn export(state: &ApiState, request: Request) -> Response {
    match exported(state, request).await {
        Ok(body) => (StatusCode::CREATED, Json(body)).into_response(),
        Err(refused) => {
            let message = match refused.kind {
                "missing_key" | "invalid_key" => "Invalid API key".to_owned(),
                _ => refused.message,
            };
            let body = json!({"message": message, "errors": []});
            (refused.status, Json(body)).into_response()
        }
    }
}

async fn exported(state: &ApiState, request: Request) -> Result<Value, Refused> {
    let (parts, body) = request.into_parts();
    let access = reader(state, &parts.headers).await?;
    let body = read_body(body, limits::API_BODY_BYTES_MAX, state.clock().as_ref()).await;
    let body = body.map_err(|error: BodyError| {
        let problem = Problem::from(error);
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
        Refused::new(status, "body", problem.detail.clone())
    })?;
    let asked: Asked = serde_json::from_slice(&body)
        .map_err(|why| Refused::bad("invalid_json", format!("the body cannot be read: {why}")))?;
    let fields = fields(&asked)?;
    let (people, invalid) = found(state, &access, asked).await?;
    let mut users = Vec::new();
    for person in people {
        let Some(details) = state.app().person_details(&access, person) else {
            continue;
        };
        let page = HistoryPage {
            event: Some(PURCHASE.to_owned()),
            is_oldest_first: true,
            offset: 0,
            limit: if fields.contains("purchases") || fields.contains("total_revenue") {
                PURCHASES_MAX
            } else {
                0
            },
        };
        let history = state.app().person_history(&access, person, page).await;
        let history = history.map_err(|it| Refused::internal(&it))?;
        let mut user = user(&details, &history.by_event, &history.events);
        user.retain(|name, _| fields.contains(name.as_str()));
        users.push(Value::Object(user));
    }
    let mut body = json!({"message": "success", "users": users});
    if !invalid.is_empty() {
        body["invalid_user_ids"] = json!(invalid);
    }
    Ok(body)
}

/// The fields that are wanted; without a list all.
fn fields(asked: &Asked) -> Result<BTreeSet<&'static str>, Refused> {
    let Some(wanted) = &asked.fields_to_export else {
        return Ok(FIELDS.iter().copied().collect());
    };
    // names of Braze's that we have nothing for are no mistake: the answer is without them, as it is where they are empty
    let known = |name: &String| FIELDS.iter().copied().find(|it| it == name);
    if wanted.is_empty() {
        return Err(Refused::bad(
            "invalid_fields",
            "'fields_to_export' must not be empty",
        ));
    }
    Ok(wanted.iter().filter_map(known).collect())
}

/// The people of all identifiers, each once, and those identifiers that are nobody's.
async fn found(
    state: &ApiState,
    access: &CanRead,
    asked: Asked,
) -> Result<(Vec<u32>, Vec<Value>), Refused> {
    let app = state.app();
    let count = asked.external_ids.len() + asked.user_aliases.len();
    if count > IDS_MAX {
        let message =
            format!("Max input length exceeded: {count} identifiers, where {IDS_MAX} are taken");
        return Err(Refused::bad("too_many", message));
    }
    let others = [
        &asked.device_id,
        &asked.braze_id,
        &asked.email_address,
        &asked.phone,
    ];
    let others = others.iter().filter(|it| it.is_some()).count();
    if count == 0 && others == 0 {
        let message = "'external_ids' or 'user_aliases' or 'device_id' or 'braze_id' or 'email_address' or 'phone' \
            is required";
        return Err(Refused::bad("missing_identifier", message));
    }
    if others > 1 {
        let message =
            "only one of 'device_id', 'braze_id', 'email_address' and 'phone' is taken at once";
        return Err(Refused::bad("too_many", message));
    }
    let (mut people, mut invalid) = (Vec::new(), Vec::new());
    let mut put = |found: Option<u32>, told: Value| match found {
        Some(person) if people.contains(&person) => {}
        Some(person) => people.push(person),
        None => invalid.push(told),
    };
    for id in asked.external_ids {
        put(app.person_of_user(access, &id), json!(id));
    }
    for Alias {
        alias_name,
        alias_label,
    } in asked.user_aliases
    {
        let device = format!("alias:{alias_label}:{alias_name}");
        let told = json!({"alias_name": alias_name, "alias_label": alias_label});
        put(app.person_of_device(access, &device), told);
    }
    if let Some(id) = asked.device_id {
        put(app.person_of_device(access, &id), json!(id));
    }
    if let Some(id) = asked.braze_id {
        let person = person_of_braze_id(&id);
        let known = person.filter(|it| app.person_details(access, *it).is_some());
        let sent = || app.person_of_device(access, &format!("braze_id:{id}"));
        put(known.or_else(sent), json!(id));
    }
    if let Some(phone) = asked.phone {
        let device = format!("phone:{}", phone.trim().to_lowercase());
        put(app.person_of_device(access, &device), json!(phone));
    }
    if let Some(email) = asked.email_address {
        let device = format!("email:{}", email.trim().to_lowercase());
        let mut matching = app.people_of_email(access, &email).await;
        matching.extend(app.person_of_device(access, &device));
        if matching.is_empty() {
            put(None, json!(email));
        }
        for person in matching {
            put(Some(person), Value::Null);
        }
    }
    Ok((people, invalid))
}

/// Braze's id of a person: our number, in as many digits as theirs.
fn braze_id(person: u32) -> String {
    format!("{person:024x}")
}

fn person_of_braze_id(text: &str) -> Option<u32> {
    let number = u128::from_str_radix(text, 16).ok()?;
    u32::try_from(number).ok().filter(|_| text.len() == 24)
}

/// `2026-03-01T09:00:00.000Z`.
fn time(ms: i64) -> String {
    Timestamp(ms).rfc3339()
}

/// Everything that is known of a person, in Braze's fields; what is unknown is left out.
fn user(
    details: &PersonDetails,
    by_event: &[EventSummary],
    purchases: &[WholeEvent],
) -> Map<String, Value> {
    let mut properties = details.properties.clone();
    let mut user = Map::new();
    let mut put = |name: &str, value: Value| {
        user.insert(name.to_owned(), value);
    };
    if let Some(user_id) = &details.user_id {
        put("external_id", json!(user_id));
    }
    let aliases = details.device_ids.iter().filter_map(|it| {
        let (label, name) = it.strip_prefix("alias:")?.split_once(':')?;
        Some(json!({"alias_name": name, "alias_label": label}))
    });
    put("user_aliases", aliases.collect());
    put("braze_id", json!(braze_id(details.person)));
    if let Some(first) = details.first_seen {
        put("created_at", json!(time(first.ms())));
    }
    for (name, ours) in STANDARD {
        if let Some(value) = properties.shift_remove(*ours) {
            put(name, value);
        }
    }
    put("custom_attributes", Value::Object(properties));
    let events = by_event
        .iter()
        .filter(|it| it.event != PURCHASE && !it.event.starts_with('$'));
    let events = events.map(|it| summary(&it.event, it.count, it.first, it.last));
    put("custom_events", events.collect());
    let (products, revenue) = bought(purchases);
    put("purchases", products);
    put("total_revenue", json!(revenue));
    user
}

fn summary(name: &str, count: usize, first: i64, last: i64) -> Value {
    json!({"name": name, "first": time(first), "last": time(last), "count": count})
}

/// Each product with how often and when it was bought, and what all cost together.
fn bought(purchases: &[WholeEvent]) -> (Value, f64) {
    let mut products: BTreeMap<&str, (usize, i64, i64)> = BTreeMap::new();
    let mut revenue = 0.0;
    for it in purchases {
        let properties = &it.event.properties;
        revenue += properties
            .get("revenue")
            .and_then(Value::as_f64)
            .unwrap_or(0.0);
        let Some(product) = properties.get("product_id").and_then(Value::as_str) else {
            continue;
        };
        let time = it.event.time;
        let seen = products.entry(product).or_insert((0, time, time));
        *seen = (seen.0 + 1, seen.1.min(time), seen.2.max(time));
    }
    let products = products.into_iter();
    let products = products.map(|(name, (count, first, last))| summary(name, count, first, last));
    (products.collect(), revenue)
}
