//! Plans as documents, and what they do to events.

#![expect(
    clippy::needless_pass_by_value,
    reason = "literals read better without a borrow"
)]

use gyre_base::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::event::{Event, EventKind, PropOp, PropOpKind};

fn plan(value: Value) -> InForce {
    InForce::new(3, Plan::read(&Doc::root(&value)).unwrap()).unwrap()
}

fn event(name: &str, properties: Value) -> Event {
    let mut event = Event::new(EventKind::Track, name, Timestamp(1));
    event.properties = properties.as_object().unwrap().clone();
    crate::flatten(&mut event.properties);
    event
}

fn order(mode: &str, action: &str, unplanned: &str) -> InForce {
    plan(
        json!({"mode": mode, "default_action": action, "unplanned": unplanned, "events": [
            {"name": "order", "schema": {"required": ["total"], "additionalProperties": false, "properties": {
                "total": {"type": "number"}, "cart": {"type": "object", "properties": {"size": {"type": "integer"}}}}}}
        ]}),
    )
}

#[track_caller]
fn refused(value: Value, pointer: &str) {
    let error = Plan::read(&Doc::root(&value)).unwrap_err();
    assert_eq!(error.pointer, pointer, "{}", error.detail);
}

#[test]
fn a_plan_reads_back_as_written() {
    let value = json!({"mode": "shadow", "default_action": "omit", "unplanned": "flag", "events": [
        {"name": "order", "description": "주문", "owner": "kim", "schema": {"type": "object"}, "action": "block"},
        {"name": "view", "description": "", "owner": "", "schema": {}, "action": null},
    ]});
    let plan = Plan::read(&Doc::root(&value)).unwrap();
    assert_eq!(plan.to_json(), value);
    let empty = Plan::read(&Doc::root(&json!({}))).unwrap();
    assert_eq!(empty, Plan::default());
}

#[test]
fn what_is_wrong_is_named() {
    refused(json!({"mode": "on"}), "/mode");
    refused(json!({"default_action": "drop"}), "/default_action");
    refused(json!({"rules": []}), "/rules");
    refused(json!({"events": [{"schema": {}}]}), "/events/0/name");
    refused(
        json!({"events": [{"name": "a"}, {"name": "a"}]}),
        "/events/1/name",
    );
    refused(
        json!({"events": [{"name": "a", "schema": {"properties": {"b": {"$ref": "http://x/y"}}}}]}),
        "/events/0/schema/properties/b/$ref",
    );
}

#[test]
fn an_event_that_fits_carries_the_version_only() {
    let mut fits = event(
        "order",
        json!({"total": 5, "cart": {"size": 2}, "$lib": "js"}),
    );
    let judgement = order("enforce", "block", "block").judge(&mut fits);
    assert!(
        judgement.findings.is_empty() && judgement.is_planned,
        "{judgement:?}"
    );
    assert_eq!(fits.properties[PLAN_VERSION], json!(3));
    assert!(!fits.properties.contains_key(VIOLATIONS));
    assert_eq!(fits.properties["cart.size"], json!(2));
}

#[test]
fn violations_are_flagged_omitted_or_blocked() {
    let wrong = || {
        event(
            "order",
            json!({"total": "5", "cart": {"size": "L"}, "extra": 1}),
        )
    };
    let mut flagged = wrong();
    let judgement = order("enforce", "flag", "allow").judge(&mut flagged);
    assert_eq!(judgement.omitted, Vec::<String>::new());
    assert_eq!(
        flagged.properties[VIOLATIONS],
        json!(["cart.size:type", "extra:additionalProperties", "total:type"])
    );
    assert_eq!(flagged.properties["total"], json!("5"));

    let mut omitted = wrong();
    let judgement = order("enforce", "omit", "allow").judge(&mut omitted);
    assert_eq!(judgement.omitted, ["cart", "extra", "total"]);
    let keys: Vec<&String> = omitted.properties.keys().collect();
    assert_eq!(keys, [PLAN_VERSION, VIOLATIONS], "with what was flattened");

    let mut blocked = wrong();
    let judgement = order("enforce", "block", "allow").judge(&mut blocked);
    let why = judgement.blocked.unwrap();
    assert!(
        why.contains("`total` expected number, got `\"5\"`"),
        "{why}"
    );
    assert_eq!(blocked, wrong(), "kept as it was understood");
}

#[test]
fn a_shadow_only_watches() {
    let mut wrong = event("order", json!({"total": "5"}));
    let judgement = order("shadow", "block", "block").judge(&mut wrong);
    assert!(judgement.would_block && judgement.blocked.is_none());
    assert_eq!(wrong.properties["total"], json!("5"));
    assert_eq!(wrong.properties[VIOLATIONS], json!(["total:type"]));
    let mut off = event("order", json!({"total": "5"}));
    let before = off.clone();
    assert_eq!(
        order("off", "block", "block").judge(&mut off),
        Judgement::default()
    );
    assert_eq!(off, before);
}

#[test]
fn unplanned_events_are_allowed_flagged_or_blocked() {
    for (unplanned, marks, is_blocked) in [
        ("allow", Value::Null, false),
        ("flag", json!([":unplanned"]), false),
        ("block", Value::Null, true),
    ] {
        let mut other = event("other", json!({}));
        let judgement = order("enforce", "flag", unplanned).judge(&mut other);
        assert_eq!(judgement.blocked.is_some(), is_blocked, "{unplanned}");
        let found = other.properties.get(VIOLATIONS).cloned();
        assert_eq!(found.unwrap_or_default(), marks, "{unplanned}");
    }
    let plan = order("enforce", "flag", "block");
    let mut identify = Event::new(EventKind::Identify, "$identify", Timestamp(1));
    assert!(
        plan.judge(&mut identify).blocked.is_none(),
        "sets properties only"
    );
    let mut own = Event::new(EventKind::Internal, "message_sent", Timestamp(1));
    assert!(plan.judge(&mut own).blocked.is_none(), "ours");
}

#[test]
fn traits_are_held_against_the_plan_of_identify() {
    let plan = plan(
        json!({"mode": "enforce", "default_action": "omit", "events": [
        {"name": "$identify", "schema": {"properties": {"age": {"type": "integer"}}}}]}),
    );
    let mut identify = Event::new(EventKind::Identify, "$identify", Timestamp(1));
    for (key, value) in [("age", json!("old")), ("city", json!("Seoul"))] {
        let (op, key) = (PropOpKind::Set, key.to_owned());
        identify.user_ops.push(PropOp { op, key, value });
    }
    let judgement = plan.judge(&mut identify);
    assert_eq!(judgement.omitted, ["age"]);
    assert_eq!(identify.user_ops.len(), 1);
}

#[test]
fn a_table_has_a_row_for_each_property() {
    let plan = Plan::read(&Doc::root(
        &json!({"events": [{"name": "=cmd", "description": "a, \"b\"", "schema": {
        "required": ["total"], "properties": {"total": {"type": ["number", "null"]}, "sku": {}}}}]}),
    ));
    let csv = plan.unwrap().to_csv();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[1], "'=cmd,,,,\"a, \"\"b\"\"\",,,");
    assert!(
        lines[2].starts_with("'=cmd,total,number|null,yes,,,,"),
        "{csv}"
    );
    assert!(lines[3].starts_with("'=cmd,sku,,,,,,"), "{csv}");
}
