//! Campaign and click ids of the page that an event happened on, and the domain it was come to from.

use gyre_model::Event;
use serde_json::{Map, Value};

use crate::content;

/// Parameters of addresses that say which campaign or which click led there.
///
/// Amplitude's browser library keeps these, and `igshid`, `sccid`, `yclid`, `epik`, `mc_cid`, `mc_eid` besides.
const PARAMETERS: &[&str] = &[
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "utm_id",
    "dclid",
    "fbclid",
    "gbraid",
    "gclid",
    "ko_click_id",
    "li_fat_id",
    "msclkid",
    "rdt_cid",
    "ttclid",
    "twclid",
    "wbraid",
    "igshid",
    "sccid",
    "yclid",
    "epik",
    "mc_cid",
    "mc_eid",
];

/// Properties that hold the address of the page, whatever the event.
const PAGE_PROPERTIES: &[&str] = &[
    "[Amplitude] Page Location",
    "[Amplitude] Page URL",
    "$current_url",
    "page_url",
    "page_location",
];
/// Properties that hold where the page was come to from.
const REFERRER_PROPERTIES: &[&str] = &["$referrer", "referrer", "page_referrer"];

/// Longest address that is looked at; browsers go to some 2,000 characters.
const URL_BYTES_MAX: usize = 8 * 1024;
/// Longest value that is taken out of one.
const VALUE_BYTES_MAX: usize = 1_024;

/// Fills in what the page's address and its referrer say.
pub(super) fn fill(event: &mut Event) {
    if let Some(url) = page_url(event).map(str::to_owned) {
        parameters(&mut event.context, &url);
    }
    if event.context.contains_key("referring_domain") {
        return;
    }
    let referrer = text(&event.context, "referrer").or_else(|| {
        let mut names = REFERRER_PROPERTIES.iter();
        names.find_map(|it| text(&event.properties, it))
    });
    if let Some(domain) = referrer.and_then(host) {
        let key = "referring_domain".to_owned();
        event.context.insert(key, Value::String(domain));
    }
}

fn text<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    let text = map.get(key)?.as_str()?;
    (!text.is_empty() && text.len() <= URL_BYTES_MAX).then_some(text)
}

fn page_url(event: &Event) -> Option<&str> {
    let in_context = text(&event.context, "page_url");
    let in_properties = || {
        let mut names = PAGE_PROPERTIES.iter();
        names.find_map(|it| text(&event.properties, it))
    };
    // elsewhere `url` may be anything, such as where a link leads
    let of_page = || text(&event.properties, "url").filter(|_| event.name == "page");
    in_context.or_else(in_properties).or_else(of_page)
}

/// Takes campaign and click out of an address, unless the event has any of its own.
fn parameters(context: &mut Map<String, Value>, url: &str) {
    let Some((_, query)) = url.split_once('?') else {
        return;
    };
    let query = query.split_once('#').map_or(query, |it| it.0);
    // half of one campaign and half of another would be neither
    let has_campaign = PARAMETERS
        .iter()
        .any(|it| it.starts_with("utm_") && context.contains_key(*it));
    for (name, value) in content::form_pairs(query) {
        let name = name.to_ascii_lowercase();
        let Some(name) = PARAMETERS.iter().find(|it| **it == name) else {
            continue;
        };
        let is_taken = context.contains_key(*name) || (has_campaign && name.starts_with("utm_"));
        if !is_taken && !value.is_empty() && value.len() <= VALUE_BYTES_MAX {
            context.insert((*name).to_owned(), Value::String(value));
        }
    }
}

/// The host of an address, in lower case, without port; nothing of what is none.
fn host(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    // a page within an application has its name where the host would be
    let is_known = ["http", "https", "android-app"]
        .iter()
        .any(|it| scheme.eq_ignore_ascii_case(it));
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |it| it.1);
    let host = match host.strip_prefix('[') {
        Some(address) => address.split_once(']')?.0,
        None => host.split(':').next()?,
    };
    (is_known && !host.is_empty()).then(|| host.to_lowercase())
}

#[cfg(test)]
mod tests {
    use gyre_base::Timestamp;
    use gyre_model::EventKind;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(name: &str, properties: Value, context: Value, expected: Value) {
        let [
            Value::Object(properties),
            Value::Object(context),
            Value::Object(expected),
        ] = [properties, context, expected]
        else {
            panic!("not objects");
        };
        let mut event = Event::new(EventKind::Track, name, Timestamp(1));
        event.properties = properties;
        event.context = context.clone();
        fill(&mut event);
        event.context.retain(|key, _| !context.contains_key(key));
        assert_eq!(event.context, expected);
    }

    #[test]
    fn campaign_and_click_come_from_the_address() {
        let url = "https://shop.test/p?utm_source=news&UTM_Medium=e%2Dmail&gclid=G1&x=1&utm_term=#utm_id=9";
        let expected = json!({"utm_source": "news", "utm_medium": "e-mail", "gclid": "G1"});
        check("A", json!({}), json!({"page_url": url}), expected.clone());
        check(
            "A",
            json!({"[Amplitude] Page Location": url}),
            json!({}),
            expected.clone(),
        );
        check(
            "A",
            json!({"$current_url": url}),
            json!({}),
            expected.clone(),
        );
        check("page", json!({"url": url}), json!({}), expected);
        check("Link Clicked", json!({"url": url}), json!({}), json!({}));
        check(
            "A",
            json!({"page_url": "https://shop.test/p"}),
            json!({}),
            json!({}),
        );
        check("A", json!({"page_url": 5}), json!({}), json!({}));
    }

    #[test]
    fn a_campaign_that_was_told_is_not_mixed_with_another() {
        check(
            "A",
            json!({}),
            json!({"page_url": "https://a.test/?utm_source=b&utm_term=c&fbclid=F", "utm_source": "told"}),
            json!({"fbclid": "F"}),
        );
    }

    #[test]
    fn the_referring_domain_is_the_referrers_host() {
        for (referrer, domain) in [
            ("https://www.Google.com/search?q=x", Some("www.google.com")),
            ("http://user@shop.test:8080/a", Some("shop.test")),
            ("https://[2001:db8::1]:443/", Some("2001:db8::1")),
            (
                "android-app://com.google.android.gm/",
                Some("com.google.android.gm"),
            ),
            ("about:blank", None),
            ("file:///home/kim", None),
            ("$direct", None),
            ("https://", None),
        ] {
            let expected = domain.map_or(json!({}), |it| json!({"referring_domain": it}));
            check(
                "A",
                json!({}),
                json!({"referrer": referrer}),
                expected.clone(),
            );
            check("page", json!({"referrer": referrer}), json!({}), expected);
        }
        check(
            "A",
            json!({}),
            json!({"referrer": "https://a.test/", "referring_domain": "told.test"}),
            json!({}),
        );
    }
}
