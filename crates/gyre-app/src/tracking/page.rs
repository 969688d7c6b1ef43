//! The preference page: small, without scripts, in Korean or English.

use gyre_deliver::html::escape;
use gyre_meta::SubscriptionState;

/// Language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Korean,
    English,
}

impl Language {
    /// The better of the two by `Accept-Language`.
    pub(super) fn accepted(header: Option<&str>) -> Self {
        let mut best = (0.0, Self::English);
        for (i, range) in header.unwrap_or_default().split(',').take(20).enumerate() {
            let mut parts = range.trim().split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let quality = parts
                .find_map(|it| it.trim().strip_prefix("q=")?.parse::<f64>().ok())
                .unwrap_or(1.0);
            // of equal ones the first wins
            let weight = quality - i as f64 * 1e-6;
            let language = match tag.split('-').next() {
                Some("ko") => Self::Korean,
                Some("en") => Self::English,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Korean => "ko",
            Self::English => "en",
        }
    }
}

struct Words {
    title: &'static str,
    subscribed: &'static str,
    unsubscribed: &'static str,
    leave: &'static str,
    come_back: &'static str,
}

const KOREAN: Words = Words {
    title: "이메일 수신 설정",
    subscribed: "이 주소로 광고성 이메일을 받고 있습니다.",
    unsubscribed: "이 주소로 더 이상 광고성 이메일을 보내지 않습니다.",
    leave: "수신 거부",
    come_back: "다시 받기",
};

const ENGLISH: Words = Words {
    title: "Email preferences",
    subscribed: "This address receives marketing email.",
    unsubscribed: "This address receives no more marketing email.",
    leave: "Unsubscribe",
    come_back: "Subscribe again",
};

/// Writes the page. The form posts to the page's own address.
pub(super) fn preference_page(
    language: Language,
    address: &str,
    state: SubscriptionState,
) -> String {
    let words = match language {
        Language::Korean => &KOREAN,
        Language::English => &ENGLISH,
    };
    let is_out = state == SubscriptionState::Unsubscribed;
    let (said, action, button) = if is_out {
        (words.unsubscribed, "subscribe", words.come_back)
    } else {
        (words.subscribed, "unsubscribe", words.leave)
    };
    let (lang, title) = (language.tag(), words.title);
    let address = escape(&masked(address));
    format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;color:#1c1c1e}}\
         button{{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.5rem;background:#1c1c1e;color:#fff}}\
         @media(prefers-color-scheme:dark){{body{{background:#1c1c1e;color:#f2f2f7}}button{{background:#f2f2f7;color:#1c1c1e}}}}\
         </style></head><body><main><h1>{title}</h1><p><strong>{address}</strong></p><p>{said}</p>\
         <form method=\"post\"><button name=\"action\" value=\"{action}\">{button}</button></form></main></body></html>"
    )
}

/// `kim@person.test` as `k**@person.test`: whoever got the message forwarded need not learn the address.
fn masked(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return "*".to_owned();
    };
    let first: String = local.chars().take(1).collect();
    let stars = "*".repeat(local.chars().count().saturating_sub(1).min(8));
    format!("{first}{stars}@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, expected: Language) {
        assert_eq!(Language::accepted(Some(header)), expected, "{header}");
    }

    #[test]
    fn the_language_that_is_wanted_most_is_used() {
        check("ko-KR,ko;q=0.9,en-US;q=0.8", Language::Korean);
        check("en;q=0.5, ko;q=0.6", Language::Korean);
        check("fr, en, ko", Language::English);
        check("de", Language::English);
        check("", Language::English);
        check("ko;q=x", Language::Korean);
    }

    #[test]
    fn everything_foreign_is_escaped() {
        let page = preference_page(
            Language::English,
            "<b>@x\"><script>",
            SubscriptionState::Subscribed,
        );
        assert!(
            !page.contains("<script>") && !page.contains("<b>"),
            "{page}"
        );
        assert!(page.contains("value=\"unsubscribe\""));
    }

    #[test]
    fn an_address_is_masked() {
        assert_eq!(masked("kim@person.test"), "k**@person.test");
        assert_eq!(masked("k@person.test"), "k@person.test");
    }
}
