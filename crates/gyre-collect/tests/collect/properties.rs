//! Whatever arrives: an answer, never a panic, and the same reading every time.

use gyre_collect::{Envelope, Hints, dialect_names, parse};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::{NOW, Stand, WORKSPACE, gzip, post, with};

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
            "$remote"
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
            "import",
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
                prop_assert!(event.time.ms() > 0 && event.time <= NOW.plus_ms(gyre_base::DAY_MS));
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
        read_everywhere(json!({"api_key": "k", "events": [value], "batch": [value], "identification": [value]}).to_string().as_bytes())?;
    }

    #[test]
    fn any_text_near_json_is_read_without_panic(text in r#"[\[\]{}",:\\ua-f0-9 \n]{0,60}"#) {
        read_everywhere(text.as_bytes())?;
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
}
