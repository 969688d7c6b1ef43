//! Who fetches a pixel or follows a link: a person, or a machine that looks first.
//!
//! Source: campaigns.md ("Message events": `machine_open`, `is_suspected_bot`).

/// What a request says of its sender.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visitor<'a> {
    /// `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// `Sec-Purpose`, `Purpose` or `X-Moz`.
    pub purpose: Option<&'a str>,
    /// The method was HEAD: nobody saw an answer.
    pub is_head: bool,
}

/// Words of security scanners and crawlers that fetch whatever a message holds.
const SCANNERS: &[&str] = &[
    "barracuda",
    "bot",
    "crawl",
    "facebookexternalhit",
    "headless",
    "mimecast",
    "preview",
    "proofpoint",
    "safelinks",
    "scanner",
    "slurp",
    "spider",
    "symantec",
    "trendmicro",
];

/// Programs that follow links without a person in front.
const LIBRARIES: &[&str] = &[
    "aiohttp",
    "axios",
    "curl",
    "go-http-client",
    "httpclient",
    "java/",
    "libwww",
    "okhttp",
    "python",
    "wget",
];

impl Visitor<'_> {
    fn agent(&self) -> String {
        self.user_agent
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    }

    fn is_prefetch(&self) -> bool {
        let purpose = self.purpose.unwrap_or_default().to_ascii_lowercase();
        purpose.contains("prefetch") || purpose.contains("prerender") || purpose.contains("preview")
    }

    fn is_scanner(&self) -> bool {
        let agent = self.agent();
        SCANNERS.iter().any(|it| agent.contains(it))
    }

    /// Whether the pixel was fetched without the message being looked at.
    ///
    /// Apple's Mail Privacy Protection fetches everything on arrival and calls itself `Mozilla/5.0`, nothing more. The
    /// image proxies of Gmail and Yahoo fetch when a person opens the message, so they count as people.
    pub fn is_machine_open(&self) -> bool {
        self.is_head || self.is_prefetch() || self.is_scanner() || self.agent() == "mozilla/5.0"
    }

    /// Whether the link was probably followed by a machine.
    pub fn is_suspected_bot(&self) -> bool {
        let agent = self.agent();
        self.is_head
            || self.is_prefetch()
            || self.is_scanner()
            || agent.is_empty()
            || LIBRARIES.iter().any(|it| agent.contains(it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(user_agent: &str, machine_open: bool, suspected_bot: bool) {
        let visitor = Visitor {
            user_agent: Some(user_agent),
            ..Visitor::default()
        };
        let got = (visitor.is_machine_open(), visitor.is_suspected_bot());
        assert_eq!(got, (machine_open, suspected_bot), "{user_agent}");
    }

    #[test]
    fn machines_are_told_from_people() {
        check("Mozilla/5.0", true, false);
        check(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15",
            false,
            false,
        );
        check(
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            false,
            false,
        );
        check(
            "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
            false,
            false,
        );
        check("Barracuda Sentinel (EE)", true, true);
        check("Mozilla/5.0 (compatible; bingbot/2.0)", true, true);
        check("curl/8.5.0", false, true);
        check("python-requests/2.32", false, true);
    }

    #[test]
    fn a_look_ahead_is_no_look() {
        let ahead = Visitor {
            user_agent: Some("Mozilla/5.0 (X11) Chrome/130"),
            purpose: Some("prefetch;prerender"),
            is_head: false,
        };
        assert!(ahead.is_machine_open() && ahead.is_suspected_bot());
        let head = Visitor {
            is_head: true,
            purpose: None,
            ..ahead
        };
        assert!(head.is_machine_open() && head.is_suspected_bot());
    }
}
