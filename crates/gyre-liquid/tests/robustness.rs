//! No source, however it is written, makes the engine fall over, run on or lose the place of a mistake.

#![allow(clippy::unwrap_used, reason = "a test may fall over")]

use gyre_base::Timestamp;
use gyre_liquid::{Answer, Dialect, Need, RenderOptions, Template};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

const DIALECTS: [Dialect; 3] = [Dialect::Braze, Dialect::Shopify, Dialect::ShopifyLax];

/// What templates are made of, in any order.
const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "{{-",
    "-}}",
    "{%-",
    "-%}",
    "${",
    "}",
    "{",
    "%",
    "-",
    "|",
    ":",
    ",",
    ".",
    "..",
    "...",
    "[",
    "]",
    "(",
    ")",
    "=",
    "==",
    "!=",
    "<",
    ">",
    "'",
    "\"",
    "'x'",
    "\"y\"",
    "0",
    "1",
    "-7",
    "3.5",
    "99999999999999999999",
    "a",
    "b",
    "first_name",
    "custom_attribute",
    "self",
    "forloop",
    "items",
    "nil",
    "true",
    "empty",
    "blank",
    "and",
    "or",
    "contains",
    "in",
    "if",
    "endif",
    "unless",
    "endunless",
    "elsif",
    "else",
    "for",
    "endfor",
    "limit",
    "offset",
    "continue",
    "reversed",
    "break",
    "case",
    "when",
    "endcase",
    "assign",
    "capture",
    "endcapture",
    "cycle",
    "increment",
    "decrement",
    "tablerow",
    "endtablerow",
    "cols",
    "raw",
    "endraw",
    "comment",
    "endcomment",
    "doc",
    "enddoc",
    "liquid",
    "echo",
    "render",
    "include",
    "with",
    "as",
    "ifchanged",
    "endifchanged",
    "#",
    "\n",
    " ",
    "  ",
    "é",
    "한",
    "\0",
    "abort_message",
    "promotion",
    "message_extras",
    ":key",
    ":value",
    "catalog_items",
    ":rerender",
    "catalog_selection_items",
    "connected_content",
    "https://a.test/",
    ":save",
    ":headers",
    ":body",
    "content_blocks",
    "(1..3)",
    "(1..99999999)",
    "'p'",
    "split",
    "join",
    "append",
    "times",
    "divided_by",
    "slice",
    "sort",
    "where",
    "date",
    "'%Y %-d %^a %9N'",
    "truncate",
    "replace",
    "json_parse",
    "map",
    "default",
    "concat",
    "uniq",
    "round",
];

fn data() -> Value {
    json!({
        "first_name": "Ji-won", "a": [1, 2.5, "x", null, true, {"k": [1]}], "b": {"k": "v", "n": {"m": 1}},
        "items": [{"x": 1}, {"x": 2}], "custom_attribute": {"a": "1"},
    })
}

/// Renders in every dialect; mistakes must have a place.
fn withstand(source: &str) {
    let data = data();
    let mut options = RenderOptions {
        now: Timestamp::parse("2024-01-01T00:01:58Z"),
        ..RenderOptions::default()
    };
    for dialect in DIALECTS {
        match Template::parse(source, dialect) {
            Err(errors) => {
                assert_eq!(errors.len(), 1);
                assert!(errors[0].line > 0 && errors[0].column > 0, "{source:?}");
            }
            Ok(template) => {
                assert_eq!(template.source(), source);
                options.partials.insert("p".to_owned(), template.clone());
                for strict in [false, true] {
                    options.strict = strict;
                    if let Err(error) = template.render(&data, &options) {
                        assert!(error.line > 0 && error.column > 0, "{source:?}");
                    }
                }
                drop(template.needs(&data, &options));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_text_is_withstood(source in "(\\PC|\\n){0,200}") {
        withstand(&source);
    }

    #[test]
    fn any_bytes_are_withstood(bytes in vec(any::<u8>(), 0..300)) {
        withstand(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_soup_of_words_is_withstood(words in vec(proptest::sample::select(WORDS), 0..60)) {
        withstand(&words.join(" "));
        withstand(&words.concat());
    }

    #[test]
    fn any_inside_of_a_tag_is_withstood(words in vec(proptest::sample::select(WORDS), 0..12)) {
        let inner = words.join(" ");
        withstand(&format!("a{{{{ {inner} }}}}b"));
        withstand(&format!("{{% {inner} %}}"));
        withstand(&format!("{{% for x in {inner} %}}{{{{ x | {inner} }}}}{{% endfor %}}"));
        withstand(&format!("{{% if {inner} %}}{{% assign a = {inner} %}}{{% endif %}}{{{{ a }}}}"));
        withstand(&format!("{{% liquid\n {inner}\n echo a\n%}}"));
    }
}

/// A template that must end in an error, soon.
#[track_caller]
fn check_bounded(source: &str) {
    let mut options = RenderOptions::default();
    let Ok(template) = Template::parse(source, Dialect::Braze) else {
        return;
    };
    options.partials.insert("p".to_owned(), template.clone());
    let outcome = template.render(&data(), &options);
    let start: String = source.chars().take(60).collect();
    assert!(outcome.is_err(), "{start}");
}

#[test]
fn hostile_templates_end_in_errors() {
    let big = "x".repeat(500_000);
    let object = (0..20_000)
        .map(|i| format!("\"k{i}\":1"))
        .collect::<Vec<_>>()
        .join(",");
    for source in [
        format!("{{% assign a = '{big}' %}}{{% for i in (1..100000) %}}{{{{ a.size }}}}{{% endfor %}}"),
        format!("{{% assign a = '{big}' %}}{{% for i in (1..100000) %}}{{% assign b = a | upcase %}}{{% endfor %}}"),
        format!("{{% assign o = '{{{object}}}' | json_parse %}}{{% for i in (1..100000) %}}{{{{ o.k19999 }}}}{{% endfor %}}"),
        format!("{{% assign o = '[{{{object}}}]' | json_parse %}}{{% for i in (1..100000) %}}{{% assign x = o | map: 'z' %}}{{% endfor %}}"),
        format!("{{% assign o = '{{{object}}}' | json_parse %}}{{% for i in (1..100000) %}}{{% for p in o %}}{{% break %}}{{% endfor %}}{{% endfor %}}"),
        format!("{{% for i in (1..100000) %}}{{{{ 1 | default: 1{} }}}}{{% endfor %}}", ", a: b".repeat(10_000)),
        "{% assign l = (1..9) %}{% assign l = l | concat: l %}".to_owned() + &"{% assign l = l | concat: l %}".repeat(40) + "{{ l | size }}",
        "{% assign a = 'xxxxxxxxxxxxxxxx' %}".to_owned() + &"{% assign a = a | append: a %}".repeat(40) + "{{ a }}",
        "{% assign a = 'a,b,c,d,e,f,g,h' %}".to_owned() + &"{% assign a = a | replace: ',', a %}".repeat(40),
        "{% render 'p' %}{% render 'p' %}".to_owned(),
        "{% include 'p' %}".to_owned(),
        "{{ (1..999999999) | join: ',' }}".to_owned(),
        "{{ (1..999999999) | reverse | size }}".to_owned(),
        "{% for i in (1..999999999) %}{% capture c %}{{ c }}{{ i }}{% endcapture %}{% endfor %}".to_owned(),
        "{% tablerow i in (1..999999999) %}x{% endtablerow %}".to_owned(),
        "{% for i in (1..99999) %}{% cycle 'a', 'b' %}{% increment q %}{% ifchanged %}{{ i }}{% endifchanged %}{% endfor %}".to_owned(),
    ] {
        check_bounded(&source);
    }
}

#[test]
fn long_and_deep_sources_are_read_in_time() {
    let many = |it: &str, count: usize| it.repeat(count);
    for source in [
        many("{%", 400_000),
        "{% comment %}".to_owned() + &many("{%", 400_000),
        "{% comment %}".to_owned()
            + &many("{% comment %}", 30_000)
            + &many("{% endcomment ", 30_000)
            + "%}",
        "{% raw %}".to_owned() + &many("{% endraw x ", 80_000) + "%}",
        many("{{", 400_000),
        many("{{ '", 200_000),
        many("${", 400_000),
        "{{ ".to_owned() + &many("a.", 200_000) + "a }}",
        "{% if a".to_owned() + &many(" or a", 150_000) + " %}{% endif %}",
        "{{ a".to_owned() + &many(" | upcase", 100_000) + " }}",
        "{{ ".to_owned() + &many("(", 500_000) + " }}",
        "{{ ".to_owned() + &many("[", 500_000) + " }}",
        "{% liquid\n".to_owned() + &many("liquid ", 100_000) + "%}",
        many("{% if a %}", 90_000),
        many("{% case a %}{% when 1 %}", 40_000),
    ] {
        withstand(&source);
    }
    assert!(Template::parse(&many("x", 2_000_000), Dialect::Braze).is_err());
}

#[test]
fn needs_are_gathered_until_nothing_is_missing() {
    let source = "{% catalog_items games g1 %}{% connected_content https://w.test/{{items[0].slug}} :save w %}{{w.name}} {% promotion('spring') %}";
    let template = Template::parse(source, Dialect::Braze).unwrap();
    let mut options = RenderOptions::default();
    let data = json!({});
    let mut rounds = 0;
    loop {
        let needs = template.needs(&data, &options).unwrap();
        // the first round asks for an address without the item: its answer is not used in the end
        if needs.is_empty() {
            break;
        }
        rounds += 1;
        for need in needs {
            let answer = match &need {
                Need::CatalogItems { .. } => Answer::Items(vec![json!({"slug": "tetris"})]),
                Need::Content(request) if request.url.ends_with("/tetris") => {
                    Answer::content(200, r#"{"name": "Tetris"}"#)
                }
                Need::Promotion { .. } => Answer::Code("ABC".to_owned()),
                Need::Content(_) | Need::CatalogSelection { .. } => Answer::Nothing,
            };
            options.answers.insert(need, answer);
        }
    }
    assert_eq!(rounds, 2);
    let rendered = template.render(&data, &options).unwrap();
    assert_eq!(rendered.output, "Tetris ABC");
}

#[test]
fn a_need_not_given_is_an_error_that_says_what_is_missing() {
    let source = "a\n{% connected_content https://w.test/x %}";
    let template = Template::parse(source, Dialect::Braze).unwrap();
    let error = template
        .render(&json!({}), &RenderOptions::default())
        .unwrap_err();
    assert_eq!((error.line, error.column), (2, 1));
    assert!(error.detail.contains("https://w.test/x"), "{error}");
}
