//! Answering requests: route, inflate, check the key, append, and only then say yes.

use std::sync::Arc;

use bytes::Bytes;
use gyre_base::failure::error_chain;
use gyre_base::limits::{
    BODY_BYTES_MAX, COLLECT_INLINE_BYTES_MAX, COLLECT_LARGE_BODIES_MAX, EVENTS_PER_REQUEST_MAX,
};
use gyre_base::{Clock, Failure, Timestamp};
use gyre_log::{Log, LogError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer::Answer;
use crate::dialects::{Claim, Endpoint, Purpose, Receipt, Refusal, Request, Route, webhook};
use crate::envelope::Envelope;
use crate::hints::Hints;
use crate::incoming::Incoming;
use crate::inflate::{InflateError, inflate};
use crate::keys::{KeyCache, KeyDirectory, KeyOwner};
use crate::rejected::{Rejected, RejectedCount};
use crate::route::Place;
use crate::webhook::signature;

/// What a client is told to wait when the queue is full: it empties in well under this.
const OVERLOADED_RETRY_S: u32 = 3;
/// What a client is told to wait when something is broken: a restart takes about this.
const UNAVAILABLE_RETRY_S: u32 = 30;

/// Configuration of the collector.
#[derive(Clone, Debug, Default)]
pub struct CollectConfig {
    /// Where browsers reach this server, `https://host[/path]`; without it the request's `Host` is used.
    pub public_url: Option<String>,
}

/// Takes requests of every dialect. Clones are handles of the same collector.
#[derive(Clone, Debug)]
pub struct Collector {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    keys: Arc<dyn KeyDirectory>,
    cache: KeyCache,
    log: Log,
    clock: Arc<dyn Clock>,
    cfg: CollectConfig,
    large: Arc<Semaphore>,
    rejected: Rejected,
}

/// What the address of a request says beside the path.
struct Address {
    key: Option<String>,
    /// Where this server is for the sender, without a slash at its end.
    base_url: String,
}

/// A request that was routed, inflated and looked through.
struct Prepared {
    route: Route,
    body: Bytes,
    outcome: Result<Claim, Refusal>,
}

impl Collector {
    /// A collector in front of a log.
    pub fn new(
        keys: Arc<dyn KeyDirectory>,
        log: Log,
        clock: Arc<dyn Clock>,
        cfg: CollectConfig,
    ) -> Self {
        let shared = Shared {
            keys,
            cache: KeyCache::default(),
            log,
            clock,
            cfg,
            large: Arc::new(Semaphore::new(COLLECT_LARGE_BODIES_MAX)),
            rejected: Rejected::default(),
        };
        let shared = Arc::new(shared);
        Self { shared }
    }

    /// Whether a dialect takes this path, with any method.
    pub fn takes(path: &str) -> bool {
        !Place::of(path).routes().is_empty()
    }

    /// Answers one request; a 200 means that its events are durable.
    ///
    /// Never fails: what goes wrong is told in the words of the request's dialect.
    pub async fn handle(&self, incoming: Incoming) -> Answer {
        let origin = incoming.header("origin").map(str::to_owned);
        self.answer(incoming).await.readable_by(origin.as_deref())
    }

    /// The answer to a request whose body was not even read because it is too large.
    pub fn refuse_too_large(&self, incoming: &Incoming) -> Answer {
        refuse_unread(incoming, &Refusal::body_too_large())
    }

    /// The answer to a request whose body did not arrive in time.
    pub fn refuse_too_slow(&self, incoming: &Incoming) -> Answer {
        refuse_unread(incoming, &Refusal::TooSlow)
    }

    /// Takes away how many requests of known senders were not taken since the last call.
    pub fn take_rejected(&self) -> Vec<RejectedCount> {
        self.shared.rejected.take()
    }

    /// Forgets every remembered key, so that a revocation counts at once.
    pub fn forget_keys(&self) {
        self.shared.cache.forget();
    }

    async fn answer(&self, mut incoming: Incoming) -> Answer {
        let place = Place::of(&incoming.path);
        let mut routes = place.routes();
        let Some(first) = routes.first().copied() else {
            return Answer::text(404, "no endpoint here");
        };
        if incoming.method == "OPTIONS" {
            return Answer::preflight(&incoming);
        }
        routes.retain(|it| it.endpoint.methods.contains(&incoming.method.as_str()));
        let Some(allowed) = routes.first().copied() else {
            let methods = first.endpoint.methods.join(", ");
            return first.refused(&Refusal::Method).with("allow", methods);
        };
        match allowed.endpoint.purpose {
            Purpose::Discard => return allowed.dialect.discarded(),
            Purpose::Absent => return allowed.dialect.absent(),
            Purpose::Events | Purpose::Settings => {}
        }
        if incoming.body.len() > BODY_BYTES_MAX {
            return allowed.refused(&Refusal::body_too_large());
        }
        let received_at = self.shared.clock.now();
        let address = Address {
            key: place.key.clone(),
            base_url: self.base_url(&incoming) + place.prefix,
        };
        // from here on the dialect sees its own path
        incoming.path = place.path.to_owned();
        let incoming = Arc::new(incoming);
        // held until the answer: it bounds the memory of inflated bodies
        let mut _permit = None;
        let prepared = match prepare(&routes, &incoming, COLLECT_INLINE_BYTES_MAX) {
            Some(prepared) => prepared,
            None => match self.prepare_large(routes, &incoming).await {
                Ok((prepared, permit)) => {
                    _permit = Some(permit);
                    prepared
                }
                Err(refusal) => return allowed.refused(&refusal),
            },
        };
        let route = prepared.route;
        let key = address.key.clone().or_else(|| incoming.header_key());
        match self.take(prepared, &incoming, address, received_at).await {
            Ok(answer) => answer,
            Err(refusal) => {
                self.count_refused(key, route.dialect.name(), &refusal, received_at)
                    .await;
                route.refused(&refusal)
            }
        }
    }

    /// Counts a request that its sender should have made otherwise, where it is known whose it is.
    async fn count_refused(
        &self,
        key: Option<String>,
        dialect: &'static str,
        refusal: &Refusal,
        now: Timestamp,
    ) {
        let is_senders = matches!(refusal, Refusal::Unreadable(_) | Refusal::TooLarge(_));
        let Some(key) = key.filter(|_| is_senders) else {
            return;
        };
        if let Ok(owner) = self.owner(&key, now).await
            && let Some(source) = &owner.source
        {
            let rejected = &self.shared.rejected;
            rejected.add(owner.workspace, source, dialect, now);
        }
    }

    /// Inflates and looks through a large body off the executor's threads, few at a time.
    async fn prepare_large(
        &self,
        routes: Vec<Route>,
        incoming: &Arc<Incoming>,
    ) -> Result<(Prepared, OwnedSemaphorePermit), Refusal> {
        let unavailable = Refusal::Unavailable(UNAVAILABLE_RETRY_S);
        let permit = Arc::clone(&self.shared.large).acquire_owned().await;
        let permit = permit.map_err(|_closed| unavailable.clone())?;
        let incoming = Arc::clone(incoming);
        let work = move || prepare(&routes, &incoming, BODY_BYTES_MAX);
        let prepared = tokio::task::spawn_blocking(work).await;
        let prepared = prepared.map_err(|error| {
            tracing::error!(%error, "looking through a body failed");
            unavailable
        })?;
        Ok((prepared.ok_or_else(Refusal::body_too_large)?, permit))
    }

    /// Checks the key, makes the body durable, and says so.
    async fn take(
        &self,
        prepared: Prepared,
        incoming: &Arc<Incoming>,
        address: Address,
        received_at: Timestamp,
    ) -> Result<Answer, Refusal> {
        let Route { dialect, endpoint } = prepared.route;
        let claim = prepared.outcome?;
        let key = address.key.or(claim.key).ok_or(Refusal::MissingKey)?;
        let owner = self.owner(&key, received_at).await?;
        // the secret of an address is known to another system, which may do with it what it is for and nothing else
        if owner.webhook.is_some() != (dialect.name() == webhook::NAME) {
            return Err(Refusal::BadKey(key));
        }
        if let Some(secret) = owner.webhook.as_ref().and_then(|it| it.signing.as_ref()) {
            let signed = signature::check(incoming, secret, received_at);
            signed.map_err(|why| Refusal::Unreadable(why.to_owned()))?;
        }
        if endpoint.purpose == Purpose::Settings {
            return Ok(dialect.settings(&endpoint, &key, &address.base_url));
        }
        if claim.events_count > EVENTS_PER_REQUEST_MAX {
            let detail = format!("more than {EVENTS_PER_REQUEST_MAX} events in one request");
            return Err(Refusal::TooLarge(detail));
        }
        let hints = Hints::of(incoming);
        let envelope = Envelope {
            workspace: owner.workspace,
            received_at,
            dialect: dialect.name().to_owned(),
            endpoint: endpoint.name.to_owned(),
            peer_ip: incoming.peer_ip,
            user_agent: incoming.header("user-agent").map(str::to_owned),
            hints: Hints {
                sent_at: claim.sent_at.or(hints.sent_at),
                source: owner.source.as_deref().map(str::to_owned),
                map: owner.webhook.as_ref().map(|it| it.map_version),
                ..hints
            },
            body: prepared.body,
        };
        if claim.events_count > 0 {
            let appended = self.shared.log.append(envelope.encode()).await;
            appended.map_err(|error| refusal_of(&error))?;
        }
        let is_large = envelope.body.len() > COLLECT_INLINE_BYTES_MAX;
        let incoming = Arc::clone(incoming);
        let accept = move || {
            dialect.accepted(&Receipt {
                incoming: &incoming,
                envelope: &envelope,
                events_count: claim.events_count,
                received_at,
            })
        };
        if !is_large {
            return Ok(accept());
        }
        let accepted = tokio::task::spawn_blocking(accept).await;
        // the events are durable all the same; a retry is dropped by its insert ids
        accepted.map_err(|error| {
            tracing::error!(%error, "answering for durable events failed");
            Refusal::Unavailable(UNAVAILABLE_RETRY_S)
        })
    }

    async fn owner(&self, key: &str, now: Timestamp) -> Result<KeyOwner, Refusal> {
        let shared = &self.shared;
        let verdict = shared.cache.owner(shared.keys.as_ref(), key, now).await;
        match verdict {
            Ok(Some(owner)) => Ok(owner),
            Ok(None) => Err(Refusal::BadKey(key.to_owned())),
            Err(error) => {
                tracing::error!(
                    code = error.code(),
                    error = error_chain(&error),
                    "refused events"
                );
                Err(Refusal::Unavailable(UNAVAILABLE_RETRY_S))
            }
        }
    }

    fn base_url(&self, incoming: &Incoming) -> String {
        if let Some(url) = &self.shared.cfg.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        let protocol = incoming.header("x-forwarded-proto").unwrap_or("http");
        let host = incoming.header("host").unwrap_or("localhost");
        format!("{protocol}://{host}")
    }
}

/// Inflates a body and lets the dialect look through it; `None` if it inflates to more than `bytes_max`.
fn prepare(routes: &[Route], incoming: &Incoming, bytes_max: usize) -> Option<Prepared> {
    let first = *routes.first()?;
    // a postback may be a POST with everything in its address
    let has_only_query = incoming.body.is_empty() && first.dialect.name() == webhook::NAME;
    let body = if incoming.method == "GET" || has_only_query {
        Ok(Bytes::from(incoming.query.clone()))
    } else {
        inflate(&incoming.body, bytes_max)
    };
    let body = match body {
        Ok(body) => body,
        Err(InflateError::TooLarge(_)) => return None,
        Err(InflateError::Broken(format)) => {
            return Some(Prepared {
                route: first,
                body: Bytes::new(),
                outcome: Err(Refusal::Unreadable(format!("the body is broken {format}"))),
            });
        }
    };
    let request = |endpoint: Endpoint| Request {
        incoming,
        endpoint,
        body: body.clone(),
        bytes_max,
    };
    let route = match routes {
        [only] => *only,
        many => many
            .iter()
            .copied()
            .find(|it| it.dialect.fits(&request(it.endpoint)))
            .unwrap_or(first),
    };
    let outcome = route.dialect.check(&request(route.endpoint));
    if bytes_max < BODY_BYTES_MAX && matches!(outcome, Err(Refusal::TooLarge(_))) {
        return None; // compressed once more inside: looked through where large bodies are
    }
    Some(Prepared {
        route,
        body,
        outcome,
    })
}

/// A refusal in the words of the first dialect at the request's path: without its body, no other can be told.
fn refuse_unread(incoming: &Incoming, refusal: &Refusal) -> Answer {
    let answer = match Place::of(&incoming.path).routes().first() {
        Some(route) => route.refused(refusal),
        None => Answer::text(404, "no endpoint here"),
    };
    answer.readable_by(incoming.header("origin"))
}

fn refusal_of(error: &LogError) -> Refusal {
    match error {
        LogError::Overloaded { .. } => Refusal::Overloaded(OVERLOADED_RETRY_S),
        LogError::RecordTooLarge { .. } | LogError::GroupTooLarge { .. } => {
            Refusal::body_too_large()
        }
        other => {
            tracing::error!(
                code = other.code(),
                error = error_chain(other),
                "refused events"
            );
            Refusal::Unavailable(UNAVAILABLE_RETRY_S)
        }
    }
}
