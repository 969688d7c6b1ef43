//! Worked examples of every operation on a person's properties, from the request to the property: collect.md 2.3.

use gyre_collect::{DeviceClocks, Reader};
use gyre_identity::People;
use serde::Deserialize;
use serde_json::Value;

use crate::support::envelope;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    #[serde(rename = "example")]
    title: String,
    /// In the order of their arrival.
    requests: Vec<Request>,
    /// What the person has in the end.
    properties: Value,
    /// What was found wrong on the way.
    #[serde(default)]
    violations: Vec<String>,
}

#[derive(Deserialize)]
struct Request {
    dialect: String,
    endpoint: String,
    body: Value,
}

fn examples() -> Vec<Example> {
    serde_json::from_str(include_str!("../golden/operations.json")).unwrap()
}

#[track_caller]
fn check(it: &Example) {
    let mut people = People::default();
    let (reader, mut clocks) = (Reader::default(), DeviceClocks::default());
    let mut violations = Vec::new();
    for request in &it.requests {
        let envelope = envelope(&request.dialect, &request.endpoint, &request.body);
        for event in reader.settle(reader.parse(&envelope), &mut clocks) {
            let event = event.unwrap();
            let found = event.context.get("violations").and_then(Value::as_array);
            let found = found.into_iter().flatten().filter_map(Value::as_str);
            violations.extend(found.map(str::to_owned));
            people.apply(&event);
        }
    }
    let person = people.find("u").unwrap();
    let found = people.properties(&people.map(), person);
    assert_eq!(Value::Object(found), it.properties, "{}", it.title);
    assert_eq!(violations, it.violations, "{}", it.title);
}

#[test]
fn every_operation_does_what_its_table_says() {
    for it in &examples() {
        check(it);
    }
}

#[test]
fn every_operation_has_an_example() {
    let examples = examples();
    for row in [
        "set",
        "setOnce",
        "set_once",
        "add",
        "append",
        "prepend",
        "preInsert",
        "postInsert",
        "union",
        "remove",
        "unset",
        "clearAll",
        "nested",
        "objects of a list",
        "one event",
    ] {
        let begins = |it: &Example| it.title.split(':').next() == Some(row);
        assert!(examples.iter().any(begins), "{row}");
    }
}
