//! One event of PostHog's.

use gyre_base::Timestamp;
use gyre_model::EventKind;
use serde_json::{Map, Value};

use super::identity::{Sender, session_start};
use crate::dialects::amplitude::groups;
use crate::draft::{Draft, Fault};
use crate::fields::{self, Fields};
use crate::{context, ops, super_properties};

const IDENTIFY: &str = "$identify";
const PYTHON: &str = "posthog-python";
/// The id that the browser library sends for everyone who may not be told apart.
const COOKIELESS: &str = "$posthog_cookieless";
/// Operators on a person's properties.
const OPERATORS: &[&str] = &["$set", "$set_once", "$unset"];
/// Orders to the server, keys and a library's notes on itself, which say nothing of what happened.
const PLUMBING: &[&str] = &[
    "$config_defaults",
    "$configured_session_timeout_ms",
    "$cookieless_mode",
    "$geoip_disable",
    "$initialization_time",
    "$lib_custom_api_host",
    "$lib_rate_limit_remaining_tokens",
    "$recording_status",
    "$sdk_dist_channel",
    "$sent_at",
    "$user_id",
    "api_key",
    "token",
];
/// What is the request's and stands beside an event that is sent alone.
const REQUESTS: &[&str] = &[
    "$token",
    "api_key",
    "batch",
    "created_at",
    "historical_migration",
    "sent_at",
    "token",
];

/// What the events of one request have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// Whether entries are properties of people, without an event's name.
    pub(super) is_engage: bool,
    pub(super) received_at: Timestamp,
    /// The `User-Agent`: the newer wire names the library nowhere else.
    pub(super) agent: Option<&'a str>,
}

/// Reads one event.
pub(super) fn draft(raw: &str, call: &Call<'_>) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let mut properties = fields.take_map(&["properties"])?;
    let mut options = fields.take_map(&["options"])?;
    let mut draft = Draft::new(EventKind::Track);
    let name = fields.take_text(&["event"]);
    draft.name = name.or_else(|| call.is_engage.then(|| IDENTIFY.to_owned()));
    // a null says that there is nothing, of which the browser library has dozens
    properties.retain(|_, value| !value.is_null());
    let insert_id = properties.shift_remove("$insert_id");
    draft.insert_id = fields
        .take_text(&["uuid"])
        .or_else(|| fields::text(&insert_id?));
    draft.client_time = time(&mut fields, &mut properties, call.received_at);
    let session_id = fields.take(&["session_id"]);
    let session_id = session_id.or_else(|| properties.shift_remove("$session_id"));
    draft.session_id = session_id.as_ref().and_then(session_start);
    let window_id = fields.take(&["window_id"]);
    let window_id = window_id.or_else(|| properties.shift_remove("$window_id"));
    user_ops(&mut draft, &mut fields, &mut properties);
    if let Some(Value::Object(map)) = properties.shift_remove("$groups") {
        draft.groups = groups(map);
    }
    let mut option = |name: &str| options.shift_remove(name).as_ref().and_then(fields::flag);
    let has_person = option("process_person_profile");
    let is_exact = option("disable_skew_correction");
    let ignores = properties.shift_remove("$ignore_sent_at");
    let is_exact = is_exact.or_else(|| fields::flag(&ignores?));
    let distinct_id = fields.take(&["distinct_id", "$distinct_id"]);
    let sender = Sender::take(distinct_id, has_person, &mut properties);
    if sender.distinct_id.as_ref().and_then(Value::as_str) == Some(COOKIELESS) {
        let detail =
            "the event is of a visitor without any id, whom nothing tells apart from others";
        return Err(Fault::new("cookieless-visitor", detail));
    }
    draft.is_exact = sender.is_server || is_exact == Some(true);

    let library = library(&mut properties, call.agent);
    let is_python = library.as_ref().is_some_and(|it| it.0 == PYTHON);
    let mut whole = place(&mut properties, library, sender.is_server);
    whole.extend(session_id.map(|it| ("session_uuid".to_owned(), it)));
    whole.extend(window_id.map(|it| ("window_id".to_owned(), it)));
    properties
        .retain(|name, _| !PLUMBING.contains(&name.as_str()) && !name.starts_with("$sdk_debug_"));
    draft.properties = properties;
    person(&mut draft, sender, is_python);
    if draft.kind == EventKind::Group {
        // the properties are the group's own; what the library says of its place is none of them
        let group_set = draft.properties.shift_remove("$group_set");
        whole.append(&mut draft.properties);
        if let Some(Value::Object(set)) = group_set {
            draft.properties = set;
        }
    }
    draft.context = context::flatten(whole);
    let rest = fields.rest().chain(options);
    for (key, value) in rest.filter(|it| !REQUESTS.contains(&it.0.as_str())) {
        context::put(&mut draft.context, &key, value);
    }
    Ok(draft)
}

/// Names the person, by what the event is.
fn person(draft: &mut Draft, sender: Sender, is_python: bool) {
    let mut take = |name: &str| {
        let value = draft.properties.shift_remove(name);
        value.filter(|it| !it.is_null())
    };
    match draft.name.as_deref() {
        Some(IDENTIFY) => {
            let anonymous_id = take("$anon_distinct_id");
            draft.kind = EventKind::Identify;
            sender.identify(anonymous_id, draft);
        }
        Some("$set" | "$set_once" | "$unset") => {
            draft.kind = EventKind::Identify;
            sender.name(draft);
        }
        Some("$create_alias" | "$merge_dangerously") => {
            let alias = take("alias");
            draft.kind = EventKind::Alias;
            sender.alias(alias, is_python, draft);
        }
        Some("$groupidentify") => {
            let group_type = take("$group_type").as_ref().and_then(fields::text);
            let key = take("$group_key").as_ref().and_then(fields::text);
            let group = group_type.zip(key);
            draft.kind = EventKind::Group;
            sender.group(group.as_ref(), draft);
            draft
                .groups
                .retain(|it| Some(&it.0) != group.as_ref().map(|it| &it.0));
            draft.groups.extend(group);
        }
        _ => sender.name(draft),
    }
}

/// The instant of the event: told, told as so long before its arrival, or told by an old browser library.
fn time(
    fields: &mut Fields,
    properties: &mut Map<String, Value>,
    received_at: Timestamp,
) -> Option<Timestamp> {
    let offset_ms = fields.take_integer(&["offset"]);
    let old = properties.shift_remove("$time");
    fields
        .take_time(&["timestamp"])
        .or_else(|| Some(received_at.plus_ms(offset_ms?.checked_neg()?)))
        .or_else(|| fields::time(&old?))
}

/// Operations stand in the properties and beside them; what stands beside comes last.
fn user_ops(draft: &mut Draft, fields: &mut Fields, properties: &mut Map<String, Value>) {
    for inside in [true, false] {
        for name in OPERATORS {
            let operand = if inside {
                properties.shift_remove(*name)
            } else {
                fields.take(&[name])
            };
            let operator = operand.map(|it| ((*name).to_owned(), it));
            draft.user_ops.extend(ops::read(Map::from_iter(operator)));
        }
    }
}

/// Name and version of the library; the browser's is called `web` in events.
fn library(
    properties: &mut Map<String, Value>,
    agent: Option<&str>,
) -> Option<(String, Option<String>)> {
    let name = properties
        .shift_remove("$lib")
        .as_ref()
        .and_then(fields::text);
    if let Some(name) = name {
        let name = if name == "web" {
            "posthog-js".to_owned()
        } else {
            name
        };
        let version = properties.shift_remove("$lib_version");
        return Some((name, version.as_ref().and_then(fields::text)));
    }
    let agent = agent.filter(|it| it.starts_with("posthog-"))?;
    let (name, version) = agent.split_once('/').unwrap_or((agent, ""));
    let version = version.split(' ').next().filter(|it| !it.is_empty());
    Some((name.to_owned(), version.map(str::to_owned)))
}

/// Where the event happened. A server's system is not the person's and stays among the properties.
fn place(
    properties: &mut Map<String, Value>,
    library: Option<(String, Option<String>)>,
    is_server: bool,
) -> Map<String, Value> {
    let mut whole = Map::new();
    if let Some((name, version)) = library {
        whole.insert("library_name".to_owned(), Value::from(name));
        whole.extend(version.map(|it| ("library_version".to_owned(), Value::from(it))));
    }
    let servers: Vec<(String, Value)> = ["$os", "$os_version", "$os_name"]
        .iter()
        .filter(|_| is_server)
        .filter_map(|it| Some(((*it).to_owned(), properties.shift_remove(*it)?)))
        .collect();
    whole.extend(super_properties::take(properties));
    properties.extend(servers);
    whole
}
