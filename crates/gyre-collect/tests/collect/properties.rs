//! Whatever arrives: an answer, never a panic, and the same reading every time.

use std::fmt::Write;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gyre_collect::{Envelope, Hints, dialect_names, parse};
use gyre_model::Event;
use gyre_model::event::Rejection;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::{NOW, Stand, WORKSPACE, form_of, get, gzip, post, with};

/// Field names that mean something to some dialect.
const NAMES: &[&str] = &[
    "event",
    "event_type",
    "type",
    "name",
    "user_id",
    "userId",
    "device_id",
    "anonymousId",
    "distinct_id",
    "time",
    "timestamp",
    "sentAt",
    "properties",
    "event_properties",
    "user_properties",
    "traits",
    "context",
    "groups",
    "groupId",
    "previousId",
    "insert_id",
    "messageId",
    "session_id",
    "event_id",
    "price",
    "ip",
    "library",
    "$set",
    "$unset",
    "events",
    "batch",
    "identification",
    "historical",
    "campaign",
    "os",
    "email",
    "firstName",
    "x",
    "$set_once",
    "$union",
    "$delete",
    "$groups",
    "$group_type",
    "$group_key",
    "$group_id",
    "$group_set",
    "$token",
    "$distinct_id",
    "$distinct_ids",
    "$device_id",
    "$user_id",
    "$anon_distinct_id",
    "$is_identified",
    "$process_person_profile",
    "$session_id",
    "$lib",
    "$time",
    "alias",
    "offset",
    "options",
    "token",
    "uuid",
    "schema",
    "data",
    "e",
    "ue_pr",
    "ue_px",
    "co",
    "cx",
    "uid",
    "duid",
    "dtm",
    "url",
    "res",
    "se_va",
    "external_id",
    "user_alias",
    "alias_name",
    "alias_label",
    "attributes",
    "purchases",
    "currency",
    "$add",
    "$setOnce",
    "_merge_objects",
    "inc",
    "mapping",
    "global_user_id",
    "mergeProperties",
    "value",
    "user_agent",
    "userAgent",
    "utm_source",
    "page",
    "url",
    "referrer",
    "client_upload_time",
];

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|it| json!(it)),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "track",
            "identify",
            "alias",
            "group",
            "$identify",
            "u-1",
            "null",
            "$remote",
            "$groupidentify",
            "$create_alias",
            "$merge",
            "$device:d-1",
            "2d7e4cfb-4ce5-4084-b220-8a810006814a",
            "iglu:com.acme/a/jsonschema/1-0-0",
            "https://shop.test/?utm_source=%",
            "ue",
            "pv",
            "se",
            "merge",
            "2026-11-21T19:51:39Z",
            "https://shop.test/?utm_source=a&gclid=b",
            "Mozilla/5.0 (X11; Linux x86_64) Firefox/132.0",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let object = proptest::collection::vec((prop::sample::select(NAMES), inner.clone()), 0..8);
        prop_oneof![
            proptest::collection::vec(inner, 0..5).prop_map(Value::from),
            object.prop_map(|it| {
                let pairs = it.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::Object(pairs.collect::<Map<_, _>>())
            }),
        ]
    })
}

/// Some fields of these names.
fn any_map(
    names: &'static [&'static str],
    count: Range<usize>,
) -> impl Strategy<Value = Map<String, Value>> {
    let fields = proptest::collection::vec((prop::sample::select(names), any_value()), count);
    fields.prop_map(|it| {
        let pairs = it.into_iter().map(|(name, value)| (name.to_owned(), value));
        pairs.collect()
    })
}

/// Fields of an event, most of them known ones.
fn any_fields() -> impl Strategy<Value = Map<String, Value>> {
    any_map(NAMES, 0..12)
}

fn any_object(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    any_map(names, 0..8).prop_map(Value::Object)
}

const KEYS: &[&str] = &[
    "plan",
    "Email",
    "email",
    "E-Mail",
    "firstName",
    "first_name",
    "tags",
    "n",
    "a",
    "b",
    "$price",
    "price",
    "inc",
];
const OPERATORS: &[&str] = &[
    "$set",
    "$setOnce",
    "$set_once",
    "$add",
    "$unset",
    "$union",
    "$clearAll",
    "plan",
    "a",
    "b",
];
const CONTEXT: &[&str] = &[
    "userAgent",
    "user_agent",
    "user agent",
    "page",
    "campaign",
    "os",
    "osName",
    "os_name",
    "device",
    "library",
    "page_url",
    "locale",
    "language",
    "traits",
    "ip",
    "sessionId",
    "session_id",
    "groupId",
];
const FOLDER: &[&str] = &[
    "name", "Name", "version", "source", "url", "referrer", "id", "title",
];

/// Something that every dialect reads as an event, with much in it.
fn any_event() -> impl Strategy<Value = Value> {
    let users =
        proptest::collection::btree_map(prop::sample::select(OPERATORS), any_object(KEYS), 0..6);
    let context = proptest::collection::btree_map(
        prop::sample::select(CONTEXT),
        prop_oneof![any_object(FOLDER), any_value()],
        0..6,
    );
    let groups = proptest::collection::btree_map(prop::sample::select(KEYS), any_value(), 0..4);
    let call = prop::sample::select(vec!["track", "identify", "page", "group"]);
    let rest = any_object(NAMES);
    (users, context, groups, call, any_object(KEYS), any_object(KEYS), rest).prop_map(
        |(users, context, groups, call, properties, traits, rest)| {
            let mut event = json!({
                "event_type": "A", "event": "A", "name": "A", "userId": "u", "user_id": "u", "external_id": "u",
                "time": "2026-11-21T19:51:39Z", "currency": "USD", "product_id": "p", "price": 1.5
            });
            event["type"] = json!(call);
            event["user_properties"] = json!(users);
            event["context"] = json!(context);
            event["groups"] = json!(groups);
            event["event_properties"] = properties.clone();
            event["properties"] = properties;
            event["traits"] = traits;
            for (name, value) in rest.as_object().into_iter().flatten() {
                event.as_object_mut().unwrap().entry(name).or_insert(value.clone());
            }
            event
        },
    )
}

/// Reads a body in every dialect and at every endpoint, twice.
fn read_everywhere(body: &[u8]) -> Result<(), TestCaseError> {
    for dialect in dialect_names() {
        for endpoint in [
            "events",
            "batch",
            "httpapi",
            "identify",
            "groupidentify",
            "track",
            "alias",
            "merge",
            "import",
            "e",
            "engage",
            "groups",
            "tp2",
            "i",
            "server-event",
            "pixel-track",
            "usermap",
            "pixel.track",
            "alias_new",
            "rename",
            "delete",
            "",
        ] {
            let envelope = Envelope {
                workspace: WORKSPACE,
                received_at: NOW,
                dialect: dialect.to_owned(),
                endpoint: endpoint.to_owned(),
                peer_ip: None,
                user_agent: None,
                hints: Hints::default(),
                body: body.to_vec().into(),
            };
            let found = parse(&envelope);
            // compared as text: a rejected number may be NaN in neither, but 0.0 and -0.0 must not differ
            prop_assert_eq!(format!("{found:?}"), format!("{:?}", parse(&envelope)));
            for event in found
                .into_iter()
                .flatten()
                .filter(|_| dialect != "internal")
            {
                let has_person = event.user_id.is_some() || event.device_id.is_some();
                prop_assert!(has_person || event.kind == gyre_model::EventKind::Group);
                prop_assert!(!event.name.is_empty());
                prop_assert!(event.time.ms() > 0 && event.time <= NOW);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        read_everywhere(&body)?;
    }

    #[test]
    fn any_json_is_read_without_panic(value in any_value()) {
        read_everywhere(value.to_string().as_bytes())?;
        let lists = json!({"api_key": "k", "events": [value], "batch": [value], "identification": [value], "data": [value]});
        read_everywhere(lists.to_string().as_bytes())?;
        read_everywhere(json!([value]).to_string().as_bytes())?;
        read_everywhere(form_of(value.to_string().as_bytes()).as_bytes())?;
    }

    #[test]
    fn any_text_near_json_is_read_without_panic(text in r#"[\[\]{}",:\\ua-f0-9 \n]{0,60}"#) {
        read_everywhere(text.as_bytes())?;
    }
}

/// The same value with the members of every object in another order: by a hash of their name and `seed`.
fn shuffled(value: &Value, seed: u64) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|it| shuffled(it, seed)).collect(),
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by_key(|(name, _)| {
                let hash = name.bytes().fold(seed, |hash, it| {
                    (hash ^ u64::from(it))
                        .wrapping_mul(0x0100_0000_01b3)
                        .rotate_left(17)
                });
                (hash, (*name).clone())
            });
            let members = members
                .into_iter()
                .map(|(name, it)| (name.clone(), shuffled(it, seed)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

/// Spells JSON differently: spaces, and every letter of its texts as an escape.
fn respelled(value: &Value) -> String {
    let pretty = serde_json::to_string_pretty(value).unwrap();
    let mut out = String::new();
    let mut letters = pretty.chars();
    let mut is_text = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                is_text = !is_text;
                out.push('"');
            }
            // an escape already
            '\\' => {
                let kind = letters.next();
                let digits = if kind == Some('u') { 4 } else { 0 };
                out.push(letter);
                out.extend(kind);
                out.extend(letters.by_ref().take(digits));
            }
            it if is_text && (it.is_alphabetic() || it == '$' || it == '_') => {
                let mut units = [0; 2];
                for unit in it.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04X}").unwrap();
                }
            }
            it => out.push(it),
        }
    }
    out
}

/// What is compared of a reading: everything; of a rejection, all but its text, which quotes places in the body.
fn essence(found: Vec<Result<Event, Rejection>>) -> Vec<Result<Event, (String, Value)>> {
    let outcome = |it: Result<Event, Rejection>| it.map_err(|it| (it.reason, it.raw));
    found.into_iter().map(outcome).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_event_is_read_without_panic(value in any_event()) {
        let body = json!({"api_key": "k", "events": [value], "batch": [value], "attributes": [value], "mapping": [value]});
        read_everywhere(body.to_string().as_bytes())?;
        read_everywhere(value.to_string().as_bytes())?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn neither_the_order_of_members_nor_the_spelling_changes_what_is_read(
        values in proptest::collection::vec(any_event(), 1..4),
        seed: u64,
    ) {
        let mut values = values;
        // one at least is read by everybody
        values.push(json!({"event_type": "A", "type": "track", "event": "A", "userId": "u", "user_id": "u", "external_id": "u"}));
        let body = json!({
            "api_key": "k", "sentAt": "2026-11-21T19:51:30Z", "events": values, "batch": values, "attributes": values,
            "purchases": values, "mapping": values
        });
        for (dialect, endpoint) in [
            ("amplitude", "httpapi"), ("amplitude", "usermap"), ("segment", "batch"), ("gyre", "events"), ("braze", "track"),
        ] {
            let read = |body: String| {
                let mut envelope = crate::support::envelope(dialect, endpoint, &Value::Null);
                envelope.body = body.into();
                essence(parse(&envelope))
            };
            let first = read(body.to_string());
            let has_events = first.iter().any(Result::is_ok);
            prop_assert!(has_events || endpoint == "usermap", "{} {:?}", dialect, first);
            prop_assert_eq!(&first, &read(shuffled(&body, seed).to_string()), "{} by order", dialect);
            prop_assert_eq!(&first, &read(respelled(&body)), "{} by spelling", dialect);
            prop_assert_eq!(&first, &read(format!("\u{feff}\n {body}\r\n")), "{} by what is around", dialect);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_event_of_theirs_is_read_without_panic(fields in any_fields(), properties in any_fields()) {
        let mut event = fields;
        event.insert("properties".to_owned(), Value::Object(properties));
        let event = Value::Object(event);
        read_everywhere(json!({"batch": [event], "data": [event]}).to_string().as_bytes())?;
        read_everywhere(json!([event]).to_string().as_bytes())?;
    }

    #[test]
    fn any_form_is_read_without_panic(pairs in proptest::collection::vec(("[a-z_.$]{0,12}|data", "[ -~]{0,40}"), 0..6)) {
        let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        read_everywhere(pairs.join("&").as_bytes())?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn compression_and_labels_do_not_change_what_is_read(values in proptest::collection::vec(any_value(), 1..5)) {
        let body = json!({"api_key": "APIKEY_TEST", "events": values}).to_string();
        let stand = Stand::new();
        for sent in [body.clone().into_bytes(), gzip(body.as_bytes()), zstd::encode_all(body.as_bytes(), 1).unwrap()] {
            let answer = stand.handle(with(post("/2/httpapi", sent), "content-type", "text/plain"));
            prop_assert_eq!(answer.status, 200);
        }
        let found: Vec<String> = stand.envelopes().iter().map(|it| format!("{:?}", parse(it))).collect();
        prop_assert_eq!(found.len(), 3);
        prop_assert!(found.windows(2).all(|it| it[0] == it[1]));
    }

    #[test]
    fn every_wrapping_of_posthogs_and_mixpanels_json_reads_alike(values in proptest::collection::vec(any_fields(), 1..5)) {
        let events: Vec<Value> = values.into_iter().map(Value::Object).collect();
        let token = |it: &Value| {
            let mut it = it.clone();
            it["properties"] = json!({"token": "TOKEN_TEST", "$set": it["properties"]});
            it["$token"] = json!("TOKEN_TEST");
            it
        };
        let tokens: Vec<Value> = events.iter().map(token).collect();
        for (path, json) in [
            ("/e/", json!({"api_key": "phc_TEST", "batch": events})),
            ("/import", Value::Array(tokens.clone())),
            ("/engage", Value::Array(tokens)),
        ] {
            let json = json.to_string().into_bytes();
            let base64 = STANDARD.encode(&json);
            let stand = Stand::new();
            for sent in [
                json.clone(),
                gzip(&json),
                gzip(&gzip(&json)),
                form_of(&json).into_bytes(),
                form_of(&gzip(&json)).into_bytes(),
                gzip(form_of(&json).as_bytes()),
                base64.clone().into_bytes(),
                URL_SAFE_NO_PAD.encode(gzip(&json)).into_bytes(),
            ] {
                let answer = stand.handle(with(post(path, sent), "content-type", "text/plain"));
                prop_assert_eq!(answer.status, 200, "{}", path);
            }
            let answer = stand.handle(get(path, format!("ip=0&data={base64}")));
            prop_assert_eq!(answer.status, 200, "{}", path);
            let found: Vec<String> = stand.envelopes().iter().map(|it| format!("{:?}", parse(it))).collect();
            prop_assert_eq!(found.len(), 9);
            prop_assert!(found.windows(2).all(|it| it[0] == it[1]));
        }
    }
}
