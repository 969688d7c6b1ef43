//! The dialects: one folder each, and one list.

pub(crate) mod amplitude;
pub(crate) mod braze;
pub(crate) mod events;
pub(crate) mod internal;
pub(crate) mod jitsu;
pub(crate) mod mixpanel;
pub(crate) mod posthog;
pub(crate) mod segment;
pub(crate) mod snowplow;
pub(crate) mod webhook;

use std::fmt::Debug;

use bytes::Bytes;
use gyre_base::Timestamp;
use gyre_base::limits::BODY_BYTES_MAX;
use gyre_model::Event;
use gyre_model::event::Rejection;

use crate::answer::Answer;
use crate::envelope::Envelope;
use crate::incoming::Incoming;

/// Every dialect. Where two take the same path, the first one whose shape fits is asked.
static DIALECTS: &[&dyn Dialect] = &[
    &amplitude::Amplitude,
    &braze::Braze,
    &mixpanel::Mixpanel,
    &posthog::PostHog,
    &posthog::PostHogV1,
    &segment::Segment,
    &jitsu::Jitsu,
    &snowplow::Snowplow,
    &webhook::Webhook,
    &events::Events,
    &internal::Internal,
];

/// The names of all dialects, as they stand in envelopes.
pub fn names() -> Vec<&'static str> {
    DIALECTS.iter().map(|it| it.name()).collect()
}

/// The dialect of a name.
pub(crate) fn named(name: &str) -> Option<&'static dyn Dialect> {
    DIALECTS.iter().copied().find(|it| it.name() == name)
}

/// The dialects that take a path.
pub(crate) fn at(plain_path: &str) -> Vec<Route> {
    let routes = DIALECTS.iter().filter_map(|dialect| {
        Some(Route {
            dialect: *dialect,
            endpoint: dialect.endpoint(plain_path)?,
        })
    });
    routes.collect()
}

/// A way of sending events.
pub(crate) trait Dialect: Debug + Send + Sync {
    /// Name in envelopes; never changed.
    fn name(&self) -> &'static str;

    /// The endpoint at a path without a slash at its end.
    fn endpoint(&self, plain_path: &str) -> Option<Endpoint>;

    /// Whether a body has this dialect's shape; asked where two dialects share a path.
    fn fits(&self, _request: &Request<'_>) -> bool {
        true
    }

    /// Looks through a request: whose is it, how many events has it.
    fn check(&self, request: &Request<'_>) -> Result<Claim, Refusal>;

    /// The answer once the events are durable.
    fn accepted(&self, receipt: &Receipt<'_>) -> Answer;

    /// The answer when they are not taken.
    fn refused(&self, refusal: &Refusal) -> Answer;

    /// The answer when they are not taken at an endpoint that answers in its own way.
    fn refused_at(&self, _endpoint: &Endpoint, refusal: &Refusal) -> Answer {
        self.refused(refusal)
    }

    /// The answer at an endpoint that forgets what it takes.
    fn discarded(&self) -> Answer {
        Answer::text(200, "")
    }

    /// The answer where the original has something that we do not.
    fn absent(&self) -> Answer {
        Answer::text(404, "no endpoint here")
    }

    /// What a library asks for before it starts; `key` is good, `base_url` has no slash at its end.
    fn settings(&self, endpoint: &Endpoint, _key: &str, _base_url: &str) -> Answer {
        let refusal = Refusal::Unreadable("no settings here".to_owned());
        self.refused_at(endpoint, &refusal)
    }

    /// Reads the events of an accepted request; must never panic.
    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>>;
}

/// A dialect at one of its paths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) endpoint: Endpoint,
}

impl Route {
    /// The answer when a request is not taken here.
    pub(crate) fn refused(&self, refusal: &Refusal) -> Answer {
        self.dialect.refused_at(&self.endpoint, refusal)
    }
}

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Takes events.
    Events,
    /// Takes what is not about people, and forgets it.
    Discard,
    /// Tells a library how to behave.
    Settings,
    /// Is not here, and says so: otherwise a library would be given the console's page.
    Absent,
}

/// One path of a dialect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint {
    /// Name in envelopes.
    pub(crate) name: &'static str,
    pub(crate) purpose: Purpose,
    pub(crate) methods: &'static [&'static str],
}

impl Endpoint {
    pub(crate) const fn events(name: &'static str) -> Self {
        Self {
            name,
            purpose: Purpose::Events,
            methods: &["POST"],
        }
    }

    /// The same, for a `GET` with the events in its query as well.
    pub(crate) const fn events_or_query(name: &'static str) -> Self {
        Self {
            methods: &["POST", "GET"],
            ..Self::events(name)
        }
    }
}

/// A request with its body inflated.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) incoming: &'a Incoming,
    pub(crate) endpoint: Endpoint,
    /// The inflated body; of a `GET`, the query.
    pub(crate) body: Bytes,
    /// What may be inflated inside the body before the request is too large to be looked through here.
    pub(crate) bytes_max: usize,
}

/// What a request says of itself.
#[derive(Debug, Default)]
pub(crate) struct Claim {
    pub(crate) key: Option<String>,
    pub(crate) events_count: usize,
    /// When it was sent, where the request says so in a way of this dialect alone; see [`crate::Hints::sent_at`].
    pub(crate) sent_at: Option<Timestamp>,
}

/// Events that are durable.
#[derive(Debug)]
pub(crate) struct Receipt<'a> {
    pub(crate) incoming: &'a Incoming,
    pub(crate) envelope: &'a Envelope,
    pub(crate) events_count: usize,
    pub(crate) received_at: Timestamp,
}

/// Why a request is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No key anywhere.
    MissingKey,
    /// A key that no workspace has.
    BadKey(String),
    /// The body is not what the endpoint takes.
    Unreadable(String),
    /// Over a limit; what is allowed is told.
    TooLarge(String),
    /// The body did not arrive in time; it may be sent again.
    TooSlow,
    /// Too much at once: try again after these seconds.
    Overloaded(u32),
    /// The log or the key directory is out of order: try again after these seconds.
    Unavailable(u32),
    /// The path exists, the method does not.
    Method,
}

impl Refusal {
    /// The body is over the limit, before or after inflating.
    pub(crate) fn body_too_large() -> Self {
        Self::TooLarge(format!("the body is over {BODY_BYTES_MAX} bytes"))
    }

    /// What is wrong, for a person.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::MissingKey => "no write key in the request".to_owned(),
            Self::BadKey(_) => "no workspace has this write key".to_owned(),
            Self::Unreadable(detail) | Self::TooLarge(detail) => detail.clone(),
            Self::TooSlow => "the body did not arrive in time".to_owned(),
            Self::Overloaded(_) => "too many events at once".to_owned(),
            Self::Unavailable(_) => "events cannot be stored at the moment".to_owned(),
            Self::Method => "this path does not take this method".to_owned(),
        }
    }

    /// Seconds after which to try again.
    pub(crate) fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::Overloaded(seconds) | Self::Unavailable(seconds) => Some(*seconds),
            _ => None,
        }
    }
}

/// The start of a key, so that a person recognises it and a log does not hold it.
pub(crate) fn key_start(key: &str) -> String {
    let start: String = key.chars().take(6).collect();
    if start.len() < key.len() {
        format!("{start}...")
    } else {
        start
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn every_dialect_has_a_name_of_its_own_and_is_found_by_it() {
        let mut found = names();
        for name in &found {
            assert_eq!(named(name).map(Dialect::name), Some(*name));
        }
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), DIALECTS.len());
    }

    /// Every dialect's answer to every refusal, under the names by which `tests/sdk` asks for them.
    fn refusals() -> Value {
        let refusals = [
            ("bad_key", Refusal::BadKey("no-such-key".to_owned())),
            ("missing_key", Refusal::MissingKey),
            (
                "unreadable",
                Refusal::Unreadable("not to be read".to_owned()),
            ),
            ("too_large", Refusal::body_too_large()),
            ("too_slow", Refusal::TooSlow),
            ("overloaded", Refusal::Overloaded(3)),
            ("unavailable", Refusal::Unavailable(30)),
        ];
        let answers = DIALECTS.iter().map(|dialect| {
            let answers = refusals.iter().map(|(name, refusal)| {
                let answer = dialect.refused(refusal);
                let headers: BTreeMap<_, _> = answer.headers.into_iter().collect();
                let body = String::from_utf8_lossy(&answer.body).into_owned();
                let told = json!({"status": answer.status, "headers": headers, "body": body});
                ((*name).to_owned(), told)
            });
            (dialect.name().to_owned(), Value::Object(answers.collect()))
        });
        Value::Object(answers.collect())
    }

    #[test]
    fn real_libraries_are_tested_with_the_refusals_that_are_sent() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/sdk/refusals.json");
        let sent = format!("{:#}\n", refusals());
        if std::env::var_os("GYRE_BLESS").is_some() {
            std::fs::write(path, &sent).unwrap();
        }
        let replayed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            replayed, sent,
            "tests/sdk/refusals.json is stale: run this test with GYRE_BLESS=1 and commit it"
        );
    }
}
