//! Braze's user endpoints as a receiver: what is sent to Braze can be sent here.
//!
//! `POST /users/track` and its like with `Authorization: Bearer <write key>`. Objects that are left out are named in
//! `errors` and kept in quarantine; the others count. Reading people (`/users/export/ids`) is not here, and
//! `/users/track/sync` does not answer with the user. Source: collect.md 1.3 and 1.5, Braze's documentation.

mod id;
mod people;
mod track;

use std::collections::BTreeMap;

use gyre_model::Event;
use gyre_model::event::Rejection;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{Claim, Dialect, Endpoint, Receipt, Refusal, Request};
use crate::answer::Answer;
use crate::content::{self, Content};
use crate::draft::{Draft, Fault, Upload};
use crate::envelope::Envelope;
use crate::{fields, parse};

#[derive(Debug)]
pub(crate) struct Braze;

/// Most objects of one `/users/track` request, all three lists together. Contracts of 2024-25 have 50, older ones 75
/// in each list.
const TRACK_OBJECTS_MAX: usize = 75;
/// Most objects in each list of `/users/track/sync`.
const SYNC_OBJECTS_MAX: usize = 1;
/// Most objects in each list of the endpoints about identities.
const PEOPLE_OBJECTS_MAX: usize = 50;

/// What reads one object of a list.
type Reader = fn(&str) -> Result<Draft, Fault>;

/// A list that an endpoint takes.
struct List {
    name: &'static str,
    /// Key of the answer that counts what was taken; none where the answer has no such count.
    counted_as: &'static str,
    read: Reader,
}

const fn list(name: &'static str, counted_as: &'static str, read: Reader) -> List {
    List {
        name,
        counted_as,
        read,
    }
}

const TRACK: &[List] = &[
    list("attributes", "attributes_processed", track::attributes),
    list("events", "events_processed", track::event),
    list("purchases", "purchases_processed", track::purchase),
];
const IDENTIFY: &[List] = &[
    list("aliases_to_identify", "aliases_processed", people::identify),
    list("emails_to_identify", "emails_processed", people::identify),
    list(
        "phone_numbers_to_identify",
        "phone_numbers_processed",
        people::identify,
    ),
];
const ALIAS_NEW: &[List] = &[list("user_aliases", "aliases_processed", people::new_alias)];
const ALIAS_UPDATE: &[List] = &[list(
    "alias_updates",
    "aliases_processed",
    people::rename_alias,
)];
const MERGE: &[List] = &[list("merge_updates", "", people::merge)];
const DELETE: &[List] = &[
    list("external_ids", "deleted", people::delete_external_id),
    list("braze_ids", "deleted", people::delete_braze_id),
    list("user_aliases", "deleted", people::delete_person),
    list("email_addresses", "deleted", people::delete_person),
    list("phone_numbers", "deleted", people::delete_person),
];
const RENAME: &[List] = &[list("external_id_renames", "", people::rename)];

fn lists(endpoint: &str) -> &'static [List] {
    match endpoint {
        "track" | "track_sync" => TRACK,
        "identify" => IDENTIFY,
        "alias_new" => ALIAS_NEW,
        "alias_update" => ALIAS_UPDATE,
        "merge" => MERGE,
        "delete" => DELETE,
        "rename" => RENAME,
        _ => &[],
    }
}

/// A body, read as far as its objects.
struct Opened<'a> {
    key: Option<String>,
    /// Each object with the list it stands in and its place there, in the order of the lists.
    objects: Vec<(&'static List, usize, &'a str)>,
    /// Lists that are there, even empty.
    present: Vec<&'static List>,
}

fn open<'a>(text: &'a str, endpoint: &str) -> Option<Opened<'a>> {
    let body: BTreeMap<String, &'a RawValue> = serde_json::from_str(text).ok()?;
    let key = body
        .get("api_key")
        .and_then(|it| content::value(it.get()).ok());
    let mut opened = Opened {
        key: key.as_ref().and_then(fields::text),
        objects: Vec::new(),
        present: Vec::new(),
    };
    for list in lists(endpoint) {
        let Some(raw) = body
            .get(list.name)
            .map(|it| it.get())
            .filter(|it| *it != "null")
        else {
            continue;
        };
        let objects = if raw.starts_with('{') {
            vec![raw]
        } else {
            content::list(raw)?.into_iter().map(RawValue::get).collect()
        };
        let numbered = objects.into_iter().enumerate();
        opened
            .objects
            .extend(numbered.map(|(idx, it)| (list, idx, it)));
        opened.present.push(list);
    }
    Some(opened)
}

/// Whether there are more objects than the endpoint takes.
fn check_counts(opened: &Opened<'_>, endpoint: &str) -> Result<(), Refusal> {
    let in_list = |list: &List| {
        let objects = opened.objects.iter();
        objects.filter(|it| it.0.name == list.name).count()
    };
    let most = opened
        .present
        .iter()
        .map(|it| in_list(it))
        .max()
        .unwrap_or(0);
    let (count, count_max) = match endpoint {
        "track" => (opened.objects.len(), TRACK_OBJECTS_MAX),
        "track_sync" => (most, SYNC_OBJECTS_MAX),
        _ => (most, PEOPLE_OBJECTS_MAX),
    };
    if count <= count_max {
        return Ok(());
    }
    let detail = format!("Max input length exceeded: {count} objects, where {count_max} are taken");
    Err(Refusal::TooLarge(detail))
}

fn read(envelope: &Envelope, opened: &Opened<'_>) -> Vec<Result<Event, Rejection>> {
    let upload = Upload {
        envelope,
        sent_at: None,
        is_historical: false,
    };
    let raws: Vec<&str> = opened.objects.iter().map(|it| it.2).collect();
    let mut lists = opened.objects.iter().map(|it| it.0);
    parse::each(&raws, &upload, |raw| match lists.next() {
        Some(list) => (list.read)(raw),
        None => Err(Fault::new("unreadable-event", "an object of no list")),
    })
}

impl Dialect for Braze {
    fn name(&self) -> &'static str {
        "braze"
    }

    fn endpoint(&self, plain_path: &str) -> Option<Endpoint> {
        let name = match plain_path.strip_prefix("/users/")? {
            "track" => "track",
            "track/sync" => "track_sync",
            "identify" => "identify",
            "alias/new" => "alias_new",
            "alias/update" => "alias_update",
            "merge" => "merge",
            "delete" => "delete",
            "external_ids/rename" => "rename",
            _ => return None,
        };
        Some(Endpoint::events(name))
    }

    fn check(&self, request: &Request<'_>) -> Result<Claim, Refusal> {
        let endpoint = request.endpoint.name;
        let content = Content::read(&request.body);
        let opened = content.json().and_then(|it| open(it, endpoint));
        let Some(opened) = opened else {
            let detail = "the body is not a JSON object whose fields are lists";
            return Err(Refusal::Unreadable(detail.to_owned()));
        };
        if opened.present.is_empty() {
            let names: Vec<String> = lists(endpoint)
                .iter()
                .map(|it| format!("'{}'", it.name))
                .collect();
            let detail = format!("Valid data must be provided in {}", names.join(" or "));
            return Err(Refusal::Unreadable(detail));
        }
        check_counts(&opened, endpoint)?;
        Ok(Claim {
            key: request.incoming.header_key().or(opened.key),
            events_count: opened.objects.len(),
            ..Claim::default()
        })
    }

    fn accepted(&self, receipt: &Receipt<'_>) -> Answer {
        let envelope = receipt.envelope;
        let endpoint = envelope.endpoint.as_str();
        let mut answer = Map::new();
        answer.insert("message".to_owned(), Value::from("success"));
        let content = Content::read(&envelope.body);
        let opened = content.json().and_then(|it| open(it, endpoint));
        let Some(opened) = opened.filter(|_| endpoint != "merge") else {
            // Braze merges later, so it says accepted
            return Answer::json(202, &Value::Object(answer));
        };
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for list in opened.present.iter().filter(|it| !it.counted_as.is_empty()) {
            counts.insert(list.counted_as, 0);
        }
        let mut errors = Vec::new();
        let mut renamed = Vec::new();
        let outcomes = read(envelope, &opened);
        for ((list, idx, _), outcome) in opened.objects.iter().zip(outcomes) {
            match outcome {
                Ok(event) => {
                    if let Some(count) = counts.get_mut(list.counted_as) {
                        *count += 1;
                    }
                    renamed.extend(event.user_id);
                }
                Err(it) => {
                    errors.push(json!({"type": it.detail, "input_array": list.name, "index": idx}));
                }
            }
        }
        answer.extend(
            counts
                .into_iter()
                .map(|(key, it)| (key.to_owned(), Value::from(it))),
        );
        if endpoint == "rename" {
            answer.insert("external_ids".to_owned(), json!(renamed));
            answer.insert("rename_errors".to_owned(), Value::Array(errors));
        } else if !errors.is_empty() {
            answer.insert("errors".to_owned(), Value::Array(errors));
        }
        Answer::json(201, &Value::Object(answer))
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        let (status, message) = match refusal {
            Refusal::MissingKey | Refusal::BadKey(_) => (401, "Invalid API key".to_owned()),
            Refusal::Unreadable(it) | Refusal::TooLarge(it) => (400, it.clone()),
            Refusal::TooSlow => (408, refusal.message()),
            Refusal::Overloaded(_) => (429, refusal.message()),
            Refusal::Unavailable(_) => (503, refusal.message()),
            Refusal::Method => (405, refusal.message()),
        };
        let body = json!({"message": message, "errors": []});
        Answer::json(status, &body).after(refusal.retry_after_s())
    }

    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        let content = Content::read(&envelope.body);
        let opened = content.json().and_then(|it| open(it, &envelope.endpoint));
        match opened.filter(|it| !it.present.is_empty()) {
            Some(opened) => read(envelope, &opened),
            None => parse::unreadable(envelope),
        }
    }
}
