//! Browser, system and kind of device from a user agent, and whether nobody sits in front of it.
//!
//! The rules are uap-core's (`assets/user_agents.json`). They are compiled when the first user agent is met: 25 MB
//! and a tenth of a second. Reading one takes 10 microseconds, so the last few thousand are remembered.

use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use ua_parser::{Extractor, Regexes};

/// Longer texts are no browser's, and are not looked at.
const AGENT_BYTES_MAX: usize = 1_024;
/// User agents remembered: at most 4 MB of texts, 1 MB as they are.
const AGENTS_KNOWN_MAX: usize = 4_096;

static RULES: LazyLock<Option<Extractor<'static>>> = LazyLock::new(|| {
    let rules: Option<Regexes<'static>> =
        serde_json::from_str(include_str!("../../assets/user_agents.json")).ok();
    Extractor::try_from(rules?).ok()
});

/// What a user agent says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Agent {
    browser: Option<String>,
    browser_version: Option<String>,
    os: Option<String>,
    os_version: Option<String>,
    brand: Option<String>,
    model: Option<String>,
    device_type: Option<&'static str>,
    is_bot: bool,
}

/// User agents that were read, and what they say.
#[derive(Debug, Default)]
pub(super) struct Agents {
    known: Mutex<FxHashMap<Box<str>, Arc<Agent>>>,
}

impl Agents {
    /// Fills in what the context's `user_agent` says.
    pub(super) fn fill(&self, context: &mut Map<String, Value>) {
        let Some(Value::String(text)) = context.get("user_agent") else {
            return;
        };
        if text.is_empty() || text.len() > AGENT_BYTES_MAX {
            return;
        }
        let is_browser = text.starts_with("Mozilla/");
        let agent = self.read(text);
        let mut put = |key: &str, value: Option<&str>| {
            if let Some(value) = value
                && !context.contains_key(key)
            {
                context.insert(key.to_owned(), Value::from(value));
            }
        };
        put("browser", agent.browser.as_deref());
        put("browser_version", agent.browser_version.as_deref());
        put("device_manufacturer", agent.brand.as_deref());
        put("device_model", agent.model.as_deref());
        put("device_type", agent.device_type);
        put(
            "platform",
            Some("Web").filter(|_| is_browser && !agent.is_bot),
        );
        // a version belongs to the system that it was told with
        if !context.contains_key("os_name") {
            let mut put = |key: &str, value: &Option<String>| {
                if let Some(value) = value {
                    context.insert(key.to_owned(), Value::from(value.as_str()));
                }
            };
            put("os_name", &agent.os);
            put("os_version", &agent.os_version);
        }
        if agent.is_bot {
            context.insert("is_bot".to_owned(), Value::Bool(true));
        }
    }

    fn read(&self, text: &str) -> Arc<Agent> {
        if let Some(agent) = self.known.lock().get(text) {
            return Arc::clone(agent);
        }
        // not under the lock: two may read the same one, to the same end
        let agent = Arc::new(
            RULES
                .as_ref()
                .map_or_else(Agent::default, |it| parse(it, text)),
        );
        let mut known = self.known.lock();
        if known.len() >= AGENTS_KNOWN_MAX {
            known.clear();
        }
        known.insert(text.into(), Arc::clone(&agent));
        agent
    }
}

fn parse(rules: &Extractor<'static>, text: &str) -> Agent {
    // what the rules find lives no longer than the text, for which they ask as long as for themselves
    let rules: &Extractor<'_> = rules;
    let (browser, os, device) = rules.extract(text);
    let device_name = device.as_ref().map_or("", |it| it.device.as_ref());
    let is_bot = device_name == "Spider" || is_bot(text);
    let os_name = os.as_ref().map(|it| it.os.to_string());
    let is_generic = |it: &str| it.is_empty() || it.starts_with("Generic") || it == "Spider";
    let named = |it: Option<String>| it.filter(|it| !is_bot && !is_generic(it));
    let brand = device
        .as_ref()
        .and_then(|it| it.brand.as_deref().map(str::to_owned));
    let model = device
        .as_ref()
        .and_then(|it| it.model.as_deref().map(str::to_owned));
    let is_known = brand.as_deref().is_some_and(|it| !is_generic(it));
    Agent {
        browser_version: browser.as_ref().and_then(|it| version(it.major, it.minor)),
        browser: browser.map(|it| it.family.into_owned()),
        os_version: os
            .as_ref()
            .and_then(|it| version(it.major.as_deref(), it.minor.as_deref())),
        device_type: device_type(text, os_name.as_deref()).filter(|_| !is_bot),
        os: os_name,
        model: named(model).filter(|_| is_known),
        brand: named(brand),
        is_bot,
    }
}

/// `131.0`: what follows is frozen in today's browsers.
fn version(major: Option<&str>, minor: Option<&str>) -> Option<String> {
    let major = major?;
    Some(minor.map_or_else(|| major.to_owned(), |minor| format!("{major}.{minor}")))
}

/// Words of programs that look at pages with nobody in front of them, and that the rules take for browsers.
const BOT_WORDS: &[&str] = &[
    "bot/",
    "bot;",
    "bot)",
    "crawl",
    "spider",
    "headless",
    "phantomjs",
    "lighthouse",
    "puppeteer",
    "playwright",
    "selenium",
    "slurp",
    "pingdom",
    "facebookexternalhit",
    "bingpreview",
    "web preview",
];

fn is_bot(text: &str) -> bool {
    // telephones are called Cubot
    let text = text.to_ascii_lowercase().replace("cubot", "");
    BOT_WORDS.iter().any(|it| text.contains(it)) || text.ends_with("bot")
}

/// Words of television sets and the boxes beside them.
const TV_WORDS: &[&str] = &[
    "SmartTV", "SMART-TV", "Smart-TV", "AppleTV", "Apple TV", "GoogleTV", "HbbTV", "BRAVIA",
    "Roku", "CrKey", "AFTT", "NetCast", "Web0S", "WebOS",
];

fn device_type(text: &str, os: Option<&str>) -> Option<&'static str> {
    let has = |word: &str| text.contains(word);
    if TV_WORDS.iter().any(|it| has(it)) {
        return Some("tv");
    }
    match os? {
        "iOS" if has("iPad") => Some("tablet"),
        // Android tablets leave the word out
        "Android" if !has("Mobile") || has("Tablet") => Some("tablet"),
        "iOS" | "Android" | "Windows Phone" | "KaiOS" => Some("mobile"),
        "Windows" | "Mac OS X" | "Linux" | "Ubuntu" | "Fedora" | "Debian" | "Chrome OS" => {
            Some("desktop")
        }
        _ => has("Mobile").then_some("mobile"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Value) {
        let agents = Agents::default();
        let mut context = Map::from_iter([("user_agent".to_owned(), Value::from(text))]);
        agents.fill(&mut context);
        context.shift_remove("user_agent");
        let mut found = Value::Object(context);
        found.sort_all_objects();
        let mut expected = expected;
        expected.sort_all_objects();
        assert_eq!(found.to_string(), expected.to_string(), "{text}");
    }

    #[test]
    fn usual_browsers_are_known() {
        check(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
            json!({"browser": "Chrome", "browser_version": "131.0", "os_name": "Windows", "os_version": "10",
                "device_type": "desktop", "platform": "Web"}),
        );
        check(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.70",
            json!({"browser": "Edge", "browser_version": "131.0", "os_name": "Windows", "os_version": "10",
                "device_type": "desktop", "platform": "Web"}),
        );
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
            json!({"browser": "Mobile Safari", "browser_version": "18.1", "os_name": "iOS", "os_version": "18.1",
                "device_type": "mobile", "device_manufacturer": "Apple", "device_model": "iPhone", "platform": "Web"}),
        );
        check(
            "Mozilla/5.0 (Linux; Android 14; SM-S928B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
            json!({"browser": "Samsung Internet", "browser_version": "27.0", "os_name": "Android", "os_version": "14",
                "device_type": "mobile", "device_manufacturer": "Samsung", "device_model": "SM-S928B", "platform": "Web"}),
        );
        check(
            "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
            json!({"browser": "Mobile Safari", "browser_version": "17.0", "os_name": "iOS", "os_version": "17.0",
                "device_type": "tablet", "device_manufacturer": "Apple", "device_model": "iPad", "platform": "Web"}),
        );
        check(
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
            json!({"browser": "Firefox", "browser_version": "132.0", "os_name": "Ubuntu", "device_type": "desktop", "platform": "Web"}),
        );
    }

    #[test]
    fn programs_are_bots() {
        for text in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/98.0.4695.0 Safari/537.36 Chrome-Lighthouse",
            "AdsBot",
        ] {
            let agent = Agents::default().read(text);
            assert!(agent.is_bot, "{text}");
            assert_eq!((agent.device_type, &agent.brand), (None, &None), "{text}");
        }
        // a phone of this name
        for model in ["CUBOT NOTE 20", "CUBOT"] {
            let phone = format!(
                "Mozilla/5.0 (Linux; Android 9; {model}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.93 Mobile Safari/537.36"
            );
            assert!(!Agents::default().read(&phone).is_bot, "{phone}");
        }
    }

    #[test]
    fn what_the_sender_says_of_itself_stands() {
        let mut context = Map::from_iter([
            ("os_name".to_owned(), json!("Chrome")),
            ("device_type".to_owned(), json!("Apple iPhone")),
            (
                "user_agent".to_owned(),
                json!(
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
                ),
            ),
        ]);
        Agents::default().fill(&mut context);
        assert_eq!(
            (&context["os_name"], &context["device_type"]),
            (&json!("Chrome"), &json!("Apple iPhone"))
        );
        assert_eq!(
            context.get("os_version"),
            None,
            "of another system than the one named"
        );
        assert_eq!(context["browser"], "Mobile Safari");
    }

    #[test]
    fn what_is_no_browser_says_nothing() {
        check("", json!({}));
        check("x", json!({}));
        check(&"Mozilla/5.0 ".repeat(200), json!({}));
    }

    #[test]
    fn memory_is_bounded() {
        let agents = Agents::default();
        for idx in 0..AGENTS_KNOWN_MAX + 10 {
            agents
                .known
                .lock()
                .insert(format!("{idx}").into(), Arc::default());
            if idx % 1_000 == 0 {
                agents.read(&format!("x{idx}"));
            }
        }
        agents.read("y");
        assert!(agents.known.lock().len() < AGENTS_KNOWN_MAX);
    }
}
