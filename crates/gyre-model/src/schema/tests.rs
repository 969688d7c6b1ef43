//! Each keyword, what is refused, and that nothing runs without end.

#![expect(
    clippy::needless_pass_by_value,
    reason = "literals read better without a borrow"
)]

use serde_json::{Value, json};

use super::*;
use crate::doc::Doc;

/// `good` pass and `bad` fail the schema, each bad one by the rule named.
#[track_caller]
fn check(schema: Value, good: &[Value], bad: &[(Value, &str)]) {
    let schema = Schema::read(&Doc::root(&schema)).unwrap();
    for value in good {
        assert_eq!(schema.violations(value), [], "{value}");
    }
    for (value, rule) in bad {
        let found = schema.violations(value);
        let rules: Vec<&str> = found.iter().map(|it| it.rule.as_str()).collect();
        assert!(rules.contains(rule), "{value}: {rules:?}");
    }
}

/// The pointer and the detail of a refusal.
#[track_caller]
fn refused(schema: Value, pointer: &str, part: &str) {
    let error = Schema::read(&Doc::root(&schema)).unwrap_err();
    assert_eq!(error.pointer, pointer, "{}", error.detail);
    assert!(error.detail.contains(part), "{}", error.detail);
}

#[test]
fn types_are_of_json_and_integers_are_numbers() {
    check(
        json!({"type": "integer"}),
        &[json!(1), json!(1.0), json!(-7)],
        &[
            (json!(1.5), "type"),
            (json!("1"), "type"),
            (json!(null), "type"),
        ],
    );
    check(
        json!({"type": ["string", "null"]}),
        &[json!("a"), json!(null)],
        &[(json!(0), "type"), (json!(["a"]), "type")],
    );
    check(json!(false), &[], &[(json!(1), "false")]);
    check(json!({}), &[json!(1), json!({"a": []})], &[]);
}

#[test]
fn values_are_compared_as_json_values() {
    check(
        json!({"enum": [1, "a", {"x": 1, "y": [2]}]}),
        &[json!(1.0), json!("a"), json!({"y": [2.0], "x": 1})],
        &[(json!("1"), "enum"), (json!({"x": 1}), "enum")],
    );
    check(
        json!({"const": null}),
        &[json!(null)],
        &[(json!(0), "const")],
    );
}

#[test]
fn numbers_texts_and_lists_have_bounds() {
    check(
        json!({"minimum": 0, "exclusiveMaximum": 10, "multipleOf": 0.1}),
        &[json!(0), json!(9.9), json!("text"), json!(0.3)],
        &[
            (json!(-1), "minimum"),
            (json!(10), "exclusiveMaximum"),
            (json!(0.25), "multipleOf"),
        ],
    );
    check(
        json!({"minLength": 2, "maxLength": 3, "pattern": "^[가-힣]+$"}),
        &[json!("가나"), json!(5)],
        &[
            (json!("가"), "minLength"),
            (json!("가나다라"), "maxLength"),
            (json!("ab"), "pattern"),
        ],
    );
    check(
        json!({"minItems": 1, "maxItems": 3, "uniqueItems": true, "prefixItems": [{"type": "string"}],
            "items": {"type": "number"}, "contains": {"const": 7}}),
        &[json!(["a", 7]), json!(["a", 7, 8.5])],
        &[
            (json!([]), "minItems"),
            (json!(["a", 7, 7.0]), "uniqueItems"),
            (json!([7]), "type"),
            (json!(["a", "b"]), "type"),
            (json!(["a", 1]), "contains"),
            (json!(["a", 1, 2, 7]), "maxItems"),
        ],
    );
}

#[test]
fn members_are_named_matched_or_others() {
    let schema = json!({"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}},
        "patternProperties": {"^utm_": {"type": "string"}}, "additionalProperties": false,
        "dependentRequired": {"utm_term": ["utm_source"]}, "maxProperties": 3});
    check(
        schema.clone(),
        &[
            json!({"sku": "a"}),
            json!({"sku": "a", "utm_source": "b", "utm_term": "c"}),
        ],
        &[
            (json!({}), "required"),
            (json!({"sku": 1}), "type"),
            (json!({"sku": "a", "utm_source": 1}), "type"),
            (json!({"sku": "a", "size": 1}), "additionalProperties"),
            (json!({"sku": "a", "utm_term": "x"}), "dependentRequired"),
        ],
    );
    let schema = Schema::read(&Doc::root(&schema)).unwrap();
    let found = schema.violations(&json!({"size": 1}));
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|it| (it.property.as_str(), it.rule.as_str()))
        .collect();
    assert_eq!(
        found,
        [("sku", "required"), ("size", "additionalProperties")]
    );
}

#[test]
fn alternatives_fail_as_one() {
    check(
        json!({"oneOf": [{"type": "integer"}, {"minimum": 2}]}),
        &[json!(1), json!(2.5)],
        &[(json!(3), "oneOf"), (json!(1.5), "oneOf")],
    );
    check(
        json!({"anyOf": [{"required": ["a"]}, {"required": ["b"]}], "not": {"required": ["c"]}}),
        &[json!({"a": 1}), json!({"b": 1})],
        &[(json!({}), "anyOf"), (json!({"a": 1, "c": 1}), "not")],
    );
    check(
        json!({"if": {"properties": {"kind": {"const": "gift"}}, "required": ["kind"]},
            "then": {"required": ["to"]}, "else": {"properties": {"to": false}}}),
        &[json!({"kind": "gift", "to": "u"}), json!({"kind": "own"})],
        &[
            (json!({"kind": "gift"}), "required"),
            (json!({"to": "u"}), "false"),
        ],
    );
}

#[test]
fn references_stay_inside() {
    check(
        json!({"$defs": {"money": {"type": "number", "minimum": 0}},
            "properties": {"price": {"$ref": "#/$defs/money"}, "child": {"$ref": "#"}}}),
        &[json!({"price": 1, "child": {"child": {"price": 2}}})],
        &[(json!({"child": {"price": -1}}), "minimum")],
    );
    refused(
        json!({"properties": {"a": {"$ref": "https://example.test/s.json"}}}),
        "/properties/a/$ref",
        "leads outside",
    );
    refused(
        json!({"$ref": "file:///etc/passwd"}),
        "/$ref",
        "leads outside",
    );
    refused(json!({"$ref": "#/$defs/none"}), "/$ref", "leads to nothing");
    refused(json!({"$ref": "#"}), "", "without end");
    refused(json!({"allOf": [{"$ref": "#/allOf/0"}]}), "", "without end");
}

#[test]
fn what_is_not_understood_is_refused_where_it_stands() {
    refused(
        json!({"unevaluatedProperties": false}),
        "/unevaluatedProperties",
        "not a keyword",
    );
    refused(
        json!({"properties": {"a": {"$dynamicRef": "#x"}}}),
        "/properties/a/$dynamicRef",
        "not a keyword",
    );
    refused(json!({"$id": "x"}), "/$id", "not a keyword");
    refused(json!({"type": "text"}), "/type", "expected one of");
    refused(
        json!({"properties": {"a/b": 5}}),
        "/properties/a~1b",
        "expected a schema",
    );
    refused(json!({"pattern": "(?=a)"}), "/pattern", "linear time");
    refused(
        json!({"pattern": "(a{1000}){1000}"}),
        "/pattern",
        "linear time",
    );
    refused(
        json!({"$schema": "http://json-schema.org/draft-07/schema#"}),
        "/$schema",
        "2020-12",
    );
    let mut deep = json!({});
    for _ in 0..=SCHEMA_DEPTH_MAX {
        deep = json!({"not": deep});
    }
    let error = Schema::read(&Doc::root(&deep)).unwrap_err();
    assert!(error.detail.contains("deeper"), "{error}");
    let large = json!({"description": "x".repeat(SCHEMA_BYTES_MAX)});
    refused(large, "", "bytes");
}

#[test]
fn annotations_and_unknown_formats_say_nothing() {
    check(
        json!({"title": "a", "description": "b", "default": {"$ref": "x"}, "format": "colour", "x-owner": "kim"}),
        &[json!("any"), json!(1)],
        &[],
    );
    let good = [
        ("date-time", "2026-03-01T00:00:00Z"),
        ("date", "2026-03-01"),
        ("email", "kim@shop.test"),
        ("uri", "https://shop.test/a?b"),
        ("uuid", "7f1c9a52-0000-4000-8000-000000000001"),
        ("ipv4", "203.0.113.7"),
        ("ipv6", "::1"),
    ];
    for (format, text) in good {
        check(
            json!({"format": format}),
            &[json!(text), json!(5)],
            &[(json!("no thing"), "format")],
        );
    }
}

#[test]
fn no_value_takes_more_than_its_steps() {
    // doubles with every level: two to the power of twenty branches
    let mut schema = json!({"type": "string"});
    for _ in 0..10 {
        schema = json!({"allOf": [schema.clone(), schema]});
    }
    let text = schema.to_string();
    let schema = json!({"$defs": {"d": schema}, "properties": {"a": {"allOf": vec![json!({"$ref": "#/$defs/d"}); 60]}}});
    if text.len() < SCHEMA_BYTES_MAX {
        let schema = Schema::read(&Doc::root(&schema)).unwrap();
        let found = schema.violations(&json!({"a": "x"}));
        assert_eq!(found[0].rule, "too-complex");
    }
    let unique = Schema::read(&Doc::root(&json!({"uniqueItems": true}))).unwrap();
    let many: Vec<Value> = (0..5_000).map(Value::from).collect();
    assert_eq!(
        unique.violations(&Value::Array(many))[0].rule,
        "too-complex"
    );
}

proptest::proptest! {
    /// Whatever the document, reading it ends with a schema or a refusal, and checking ends too.
    #[test]
    fn any_document_is_a_schema_or_a_refusal(words in proptest::collection::vec(0usize..12, 1..40)) {
        let schema = random(&mut words.iter().copied(), 0);
        if let Ok(schema) = Schema::read(&Doc::root(&schema)) {
            for value in [json!({"a": {"a": 1}}), json!([1, [2]]), json!("a"), json!(null)] {
                proptest::prop_assert!(schema.violations(&value).len() <= check::VIOLATIONS_MAX);
            }
        }
    }
}

fn random(words: &mut dyn Iterator<Item = usize>, depth: usize) -> Value {
    let Some(word) = words.next().filter(|_| depth < 30) else {
        return json!(true);
    };
    match word {
        0 => json!({"type": "object"}),
        1 => json!({"properties": {"a": random(words, depth + 1)}}),
        2 => json!({"$ref": "#"}),
        3 => json!({"not": random(words, depth + 1)}),
        4 => json!({"items": random(words, depth + 1)}),
        5 => json!({"anyOf": [random(words, depth + 1), random(words, depth + 1)]}),
        6 => json!({"if": random(words, depth + 1), "then": random(words, depth + 1)}),
        7 => json!({"additionalProperties": random(words, depth + 1)}),
        8 => json!({"enum": [1, "a", null]}),
        9 => json!({"$ref": "#/not"}),
        10 => json!({"oneOf": [random(words, depth + 1), random(words, depth + 1)]}),
        _ => json!(5),
    }
}
