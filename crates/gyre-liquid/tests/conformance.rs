//! Shopify's conformance cases, and Braze's of our own, against the engine.
//!
//! A case that fails must stand in `known_failures.json` with the reason; one that stands there must fail.

#![allow(clippy::unwrap_used, reason = "a test may fall over")]

use std::collections::{BTreeMap, BTreeSet};

use gyre_base::Timestamp;
use gyre_liquid::{Answer, Dialect, Need, RenderOptions, Rendered, Template, TemplateError};
use serde_json::Value;

/// The instant that the cases call now.
const NOW: &str = "2024-01-01T00:01:58Z";

fn cases(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/cases/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let mut json: Value = serde_json::from_str(&text).unwrap();
    let shared = json["data"].take();
    let mut cases: Vec<Value> = serde_json::from_value(json["tests"].take()).unwrap();
    for case in &mut cases {
        if case["data"].is_null() {
            case["data"] = shared.clone();
        }
    }
    cases
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_default()
}

fn need(asked: &Value) -> Need {
    let name = |key: &str| text(asked, key).to_owned();
    match text(asked, "kind") {
        "items" => Need::CatalogItems {
            catalog: name("catalog"),
            ids: serde_json::from_value(asked["ids"].clone()).unwrap(),
        },
        "selection" => Need::CatalogSelection {
            catalog: name("catalog"),
            selection: name("selection"),
        },
        "promotion" => Need::Promotion { list: name("list") },
        "content" => {
            let mut request = gyre_liquid::ContentRequest {
                url: name("url"),
                method: "GET".to_owned(),
                content_type: "application/json".to_owned(),
                ..gyre_liquid::ContentRequest::default()
            };
            if asked["method"].is_string() {
                request.method = name("method");
                request.content_type = String::from("application/x-www-form-urlencoded");
            }
            if asked["content_type"].is_string() {
                request.content_type = name("content_type");
            }
            if asked["body"].is_string() {
                request.body = Some(name("body"));
            }
            if asked["basic_auth"].is_string() {
                request.basic_auth = Some(name("basic_auth"));
            }
            request.is_retried = asked["retry"] == true;
            request.cache_seconds = asked["cache_max_age"].as_u64();
            for (key, value) in asked["headers"].as_object().into_iter().flatten() {
                let value = value.as_str().unwrap().to_owned();
                request.headers.push((key.clone(), value));
            }
            Need::Content(request)
        }
        other => panic!("unknown kind of need {other:?}"),
    }
}

fn answer(asked: &Value) -> Answer {
    if let Some(items) = asked["items"].as_array() {
        return Answer::Items(items.clone());
    }
    if let Some(code) = asked["code"].as_str() {
        return Answer::Code(code.to_owned());
    }
    match asked["status"].as_u64() {
        Some(status) => Answer::content(u16::try_from(status).unwrap(), text(asked, "body_text")),
        None => Answer::Nothing,
    }
}

fn run(case: &Value, dialect: Dialect) -> Result<Rendered, TemplateError> {
    let first = |errors: Vec<TemplateError>| errors.into_iter().next().unwrap();
    let template = Template::parse(text(case, "template"), dialect).map_err(first)?;
    let mut options = RenderOptions {
        strict: case["strict"] == true,
        now: Timestamp::parse(NOW),
        ..RenderOptions::default()
    };
    for (name, source) in case["templates"].as_object().into_iter().flatten() {
        let source = source.as_str().unwrap_or_default();
        match Template::parse(source, dialect) {
            Ok(partial) => drop(options.partials.insert(name.clone(), partial)),
            Err(errors) => return Err(first(errors)),
        }
    }
    for asked in case["needs"].as_array().into_iter().flatten() {
        options.answers.insert(need(asked), answer(asked));
    }
    template.render(&case["data"], &options)
}

/// What is wrong with the outcome of a case; nothing if it is right.
fn wrong(case: &Value, dialect: Dialect) -> Option<String> {
    let outcome = run(case, dialect);
    if case["invalid"] == true {
        return match outcome {
            Err(error) => place_wrong(case, &error),
            Ok(rendered) => Some(format!("should be refused, is {:?}", rendered.output)),
        };
    }
    if let Some(reason) = case["aborted"].as_str() {
        let aborted = outcome.as_ref().ok().and_then(|it| it.aborted.as_deref());
        return (aborted != Some(reason)).then(|| format!("{outcome:?}"));
    }
    let expected = text(case, "result");
    match outcome {
        // Shopify writes a mistake into the output; a message with such a text must not go out, so it is an error here
        Err(error) if expected.contains("Liquid error") => {
            let detail = error.detail.to_lowercase();
            let named = expected.to_lowercase();
            let last = detail.rsplit(": ").next().unwrap_or_default();
            (!named.contains(last)).then(|| error.to_string())
        }
        Err(error) => Some(error.to_string()),
        Ok(rendered) if rendered.output != expected => Some(format!("{:?}", rendered.output)),
        Ok(rendered) => side_effects_wrong(case, &rendered),
    }
}

fn place_wrong(case: &Value, error: &TemplateError) -> Option<String> {
    if error.line == 0 || error.column == 0 {
        return Some(format!("has no place: {error}"));
    }
    let place = serde_json::json!([error.line, error.column]);
    let is_elsewhere = !case["at"].is_null() && case["at"] != place;
    let detail = text(case, "detail");
    (is_elsewhere || !error.detail.contains(detail)).then(|| format!("another error: {error}"))
}

fn side_effects_wrong(case: &Value, rendered: &Rendered) -> Option<String> {
    let is = |key: &str, found: Value| case[key].is_null() || case[key] == found;
    if rendered.aborted.is_some() {
        return Some(format!("aborted: {:?}", rendered.aborted));
    }
    let is_right = is("reads", serde_json::json!(rendered.reads))
        && is("extras", serde_json::json!(rendered.extras));
    (!is_right).then(|| format!("{rendered:?}"))
}

/// Runs a file; the failures must be the known ones.
fn check(file: &str, dialect: Dialect) -> (usize, usize) {
    let cases = cases(file);
    let path = format!(
        "{}/tests/cases/known_failures.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let known: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let known = known.get(file).cloned().unwrap_or_default();
    let none = BTreeMap::new();
    let mut failed = BTreeSet::new();
    let (mut surprises, mut forgiven) = (Vec::new(), BTreeSet::new());
    for case in &cases {
        let name = text(case, "name").to_owned();
        if let Some(detail) = wrong(case, dialect) {
            // the suite holds cases of both modes of Shopify's parser, some of them contradicting each other
            let is_lax = known.get(&name).is_some_and(|it| it.starts_with("lax"));
            if is_lax && wrong(case, Dialect::ShopifyLax).is_none() {
                forgiven.insert(name);
                continue;
            }
            let known = if is_lax { &none } else { &known };
            if !known.contains_key(&name) {
                let template = text(case, "template");
                let expected = &case["result"];
                surprises.push(format!(
                    "{name}\n   {template:?}\n   {} wants {expected}\n   {detail}",
                    case["data"]
                ));
            }
            failed.insert(name);
        }
    }
    let held = known
        .keys()
        .filter(|it| !failed.contains(*it) && !forgiven.contains(*it));
    for name in held {
        surprises.push(format!("{name} is a known failure and passes"));
    }
    let passed = cases.len() - failed.len();
    assert!(
        surprises.is_empty(),
        "{} surprises:\n{}",
        surprises.len(),
        surprises.join("\n")
    );
    assert!(
        known.values().all(|it| !it.is_empty()),
        "each failure has a reason"
    );
    (passed, cases.len())
}

#[track_caller]
fn check_share((passed, all): (usize, usize)) {
    assert!(passed * 100 >= all * 99, "{passed} of {all}");
}

#[test]
fn basics_of_shopify_hold() {
    check_share(check("basics", Dialect::Shopify));
}

#[test]
fn behaviour_of_shopify_holds() {
    check_share(check("liquid_ruby", Dialect::Shopify));
}

#[test]
fn every_malformed_template_is_refused_with_its_place() {
    let (passed, all) = check("parser_errors", Dialect::Shopify);
    assert_eq!(passed, all);
}

#[test]
fn malformed_templates_are_refused_in_the_dialect_of_braze_too() {
    for case in cases("parser_errors") {
        let source = text(&case, "template");
        let errors = Template::parse(source, Dialect::Braze).map(|_| source);
        let errors = errors.expect_err("a malformed template is refused");
        assert!(errors[0].line > 0 && errors[0].column > 0, "{source:?}");
    }
}

#[test]
fn lax_templates_render_or_are_refused_but_never_fall_over() {
    for case in cases("liquid_ruby_lax") {
        if let Err(error) = run(&case, Dialect::Shopify) {
            assert!(error.line > 0 && error.column > 0, "{error}");
        }
    }
}

#[test]
fn the_dialect_of_braze_holds() {
    let (passed, all) = check("braze", Dialect::Braze);
    assert_eq!(passed, all);
}
