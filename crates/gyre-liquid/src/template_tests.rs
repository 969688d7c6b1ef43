//! Tests of the dialects, of laxness and of the bounds.

use serde_json::json;

use super::*;

fn data() -> Value {
    json!({
        "first_name": "Ji-won", "email": "jiwon@shop.test",
        "custom_attribute": {"last category": "shoes", "tier": "gold", "points": 7, "items": [{"sku": "a"}, {"sku": "b"}]},
        "event_properties": {"price": 12.5},
        "campaign": {"name": "Spring"},
        "set_user_to_unsubscribed_url": "https://u.test/t/u/x",
    })
}

fn render_with(source: &str, options: &RenderOptions) -> Result<Rendered, TemplateError> {
    Template::parse(source, Dialect::Braze)
        .unwrap()
        .render(&data(), options)
}

#[track_caller]
fn check(source: &str, expected: &str) {
    let rendered = render_with(source, &RenderOptions::default()).unwrap();
    assert_eq!(rendered.output, expected, "{source}");
}

#[test]
fn braze_spellings_read_the_profile() {
    check("Hi {{${first_name}}}!", "Hi Ji-won!");
    check("{{ ${email_address} | upcase }}", "JIWON@SHOP.TEST");
    check("{{custom_attribute.${last category}}}", "shoes");
    check("{{event_properties.${price}}}", "12.5");
    check("{{campaign.${name}}}", "Spring");
    check(
        "{{${set_user_to_unsubscribed_url}}}",
        "https://u.test/t/u/x",
    );
    check("{{custom_attribute.${items}[1].sku}}", "b");
    check(
        "{{${first_name} | default: 'you'}} {{${nick} | default: 'you'}}",
        "Ji-won you",
    );
}

#[test]
fn outputs_may_stand_inside_tags() {
    check(
        "{% if {{custom_attribute.${tier}}} == 'gold' %}G{% else %}-{% endif %}",
        "G",
    );
    check(
        "{% assign a = {{custom_attribute.${points} | plus: 50}} %}{{a}}",
        "57",
    );
    check("{% assign b = 2 %}{{ 5 | plus: {{b | times: 10}} }}", "25");
    check(
        "{% if 1 == 2 %}{% elsif {{${first_name} | upcase}} == 'JI-WON' %}ok{% endif %}",
        "ok",
    );
}

#[test]
fn what_is_missing_is_empty() {
    check("[{{ nothing }}{{ nothing.more.yet }}{{ ${nick} }}]", "[]");
    check("{% for x in nothing %}x{% else %}none{% endfor %}", "none");
    check(
        "{% for x in custom_attribute.items %}{{x.sku}}{{x.no.no}}{% endfor %}",
        "ab",
    );
    check("{{ nothing | plus: 1 }}{{ nothing | upcase }}", "1");
    check(
        "{% assign o = campaign %}{{ o.name }}{{ o.missing }}",
        "Spring",
    );
}

#[test]
fn strict_rendering_refuses_what_is_missing_and_says_where() {
    let options = RenderOptions {
        strict: true,
        ..RenderOptions::default()
    };
    assert!(render_with("{{ ${first_name} }}", &options).is_ok());
    let error = render_with("Hi\n  {{ ${nick} }}", &options).unwrap_err();
    assert_eq!((error.line, error.column), (2, 8), "{error}");
    assert!(error.detail.contains("`nick`"), "{error}");
}

#[test]
fn reads_are_named_as_property_references() {
    let source = "{{${first_name}}}{{custom_attribute.${last category}}}{{event_properties.${price}}}{{campaign.name}}{{${first_name}}}{{x}}";
    let rendered = render_with(source, &RenderOptions::default()).unwrap();
    assert_eq!(
        rendered.reads,
        [
            "profile.first_name",
            "profile.last category",
            "event.price",
            "campaign.name",
            "x"
        ]
    );
}

#[test]
fn a_template_can_stop_its_message() {
    for (source, reason) in [
        ("a{% abort_message('no stock') %}b", "no stock"),
        (
            "{% if true %}{% abort_message(\"it's off\") %}{% endif %}",
            "it's off",
        ),
        ("{% abort_message() %}", "abort_message was called"),
        ("{% abort_message %}", "abort_message was called"),
        (
            "{% for i in (1..3) %}{% abort_message('loop') %}{% endfor %}",
            "loop",
        ),
    ] {
        let rendered = render_with(source, &RenderOptions::default()).unwrap();
        assert_eq!(rendered.aborted.as_deref(), Some(reason), "{source}");
        assert_eq!(rendered.output, "");
    }
    check(
        "{% if false %}{% abort_message('x') %}{% endif %}sent",
        "sent",
    );
}

#[test]
fn remarks_raw_and_liquid_tags_are_understood() {
    check("a{% # a remark, don't mind %}b", "ab");
    check(
        "a {%- comment -%} {{ bad | }} {% if %} {%- endcomment -%} b",
        "ab",
    );
    check("{% raw %}{{ ${x} }}{% endraw %}", "{{ ${x} }}");
    check(
        "{% liquid\n assign a = 1\n if a == 1\n echo 'one'\n endif\n%}",
        "one",
    );
    check("{% doc %} text {{ {% enddoc %}x", "x");
}

#[test]
fn filters_of_braze_follow_its_vectors() {
    check("{{ 'hey' | md5 }}", "6057f13c496ecf7fd777ceb9e79ae285");
    check(
        "{{ 'hey' | sha1 }}",
        "7f550a9f4c44173a37664d938f1355f0f92a47a7",
    );
    check(
        "{{ 'hey' | sha2 }}",
        "fa690b82061edfd2852629aeba8a8977b57e40fcb77d1a7a28b26cba62591204",
    );
    check(
        "{{ 'hey' | hmac_sha1_hex: 'secret_key' }}",
        "2a3969bed25bfeefb00aca4063eb9590b4df8f0e",
    );
    check(
        "{{ 'hey' | hmac_sha256_hex: 'secret_key' }}",
        "8df897f8da3d7992fe57c8dbc6f27578cfbf2dcc4d0fbb4000b8c924841d508e",
    );
    check("{{ 1234567 | number_with_delimiter }}", "1,234,567");
    check("{{ 145 | money }} {{ 17.8 | money }}", "145.00 17.80");
    check("{{ 'a b&c' | url_encode }}", "a+b%26c");
    check("{{ 'say \"hi\"' | json_escape }}", "say \\\"hi\\\"");
}

#[test]
fn now_is_given_never_taken() {
    let options = RenderOptions {
        now: Timestamp::parse("2026-03-01T20:00:00Z"),
        ..RenderOptions::default()
    };
    let source = "{{ 'now' | time_zone: 'Asia/Seoul' | date: '%Y-%m-%d %H:%M' }}";
    assert_eq!(
        render_with(source, &options).unwrap().output,
        "2026-03-02 05:00"
    );
    check("{{ 'now' | date: '%Y' }}", "now");
}

#[test]
fn blocks_of_content_are_included() {
    let mut options = RenderOptions::default();
    let footer = Template::parse("bye {{${first_name}}}", Dialect::Braze).unwrap();
    options.partials.insert("footer".to_owned(), footer);
    let rendered = render_with("{{content_blocks.${footer}}}", &options).unwrap();
    assert_eq!(rendered.output, "bye Ji-won");
}

#[track_caller]
fn check_refused(source: &str, place: (usize, usize)) {
    let errors = Template::parse(source, Dialect::Braze).unwrap_err();
    let error = &errors[0];
    assert_eq!((error.line, error.column), place, "{source}: {error}");
}

#[test]
fn malformed_templates_are_refused_at_their_place() {
    check_refused("a\n{{ x ", (2, 1));
    check_refused("{% if a %}", (1, 1));
    check_refused("x{% endif %}", (1, 2));
    check_refused("{% if a %}{% endfor %}", (1, 11));
    check_refused("é\n  {{ 1 | nope }}", (2, 10));
    check_refused("é\n  {{ 1 } }}", (2, 8));
    check_refused("{% frob %}", (1, 1));
    check_refused("{{ ${ }}", (1, 1));
}

#[test]
fn runtime_errors_have_a_place() {
    let error = render_with(
        "ok {{ 1 }}\n{{ 4 | divided_by: 0 }}",
        &RenderOptions::default(),
    )
    .unwrap_err();
    assert_eq!((error.line, error.column), (2, 1), "{error}");
}

#[test]
fn hostile_templates_are_bounded() {
    let options = RenderOptions::default();
    let doubling = format!(
        "{{% assign a = 'xxxxxxxx' %}}{}{{{{ a }}}}",
        "{% assign a = a | append: a %}".repeat(40)
    );
    let hostile = [
        "{% for i in (1..1000000000000) %}x{% endfor %}".to_owned(),
        "{% for i in (1..100000) %}{% for j in (1..100000) %}{% endfor %}{% endfor %}".to_owned(),
        "{% capture c %}{% for i in (1..100000) %}0123456789012345678901234567890123456789012345678901234567890123456789{% endfor %}{% endcapture %}".to_owned(),
        doubling,
        "{{ 99999999999999999999999999 | plus: 1 }}".to_owned(),
    ];
    for source in hostile {
        let outcome =
            Template::parse(&source, Dialect::Braze).map(|it| it.render(&data(), &options));
        assert!(!matches!(outcome, Ok(Ok(_))), "{}", &source[..40]);
    }
}

#[test]
fn recursion_ends_before_the_stack_does() {
    let mut options = RenderOptions::default();
    let deep = "{% if true %}".repeat(99) + "{% include 'a' %}" + &"{% endif %}".repeat(99);
    let template = Template::parse(&deep, Dialect::Braze).unwrap();
    options.partials.insert("a".to_owned(), template.clone());
    let error = template.render(&data(), &options).unwrap_err();
    assert!(error.detail.contains("too deep"), "{error}");
    let too_deep = "{% if true %}".repeat(101) + &"{% endif %}".repeat(101);
    assert!(Template::parse(&too_deep, Dialect::Braze).is_err());
    let brackets = format!("{{{{ a{}b{} }}}}", "[a".repeat(5_000), "]".repeat(5_000));
    assert!(Template::parse(&brackets, Dialect::Braze).is_err());
}
