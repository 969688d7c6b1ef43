//! Opens, clicks and opt-outs: what comes back from messages.
//!
//! A token that is not ours, whole and unchanged, leads nowhere. GET never changes a subscription: mail programs and
//! scanners fetch links; POST does, at once and without a question (RFC 8058).

mod page;
mod visitor;

use gyre_base::failure::error_chain;
use gyre_base::{MessageId, WorkspaceId};
use gyre_deliver::{Tracked, TrackingKey};
use gyre_meta::{Message, Subscription, SubscriptionState};
use gyre_model::message::event_name;
use serde_json::{Value, json};
use uuid::Uuid;

pub use visitor::Visitor;

use self::page::{Language, preference_page};
use crate::campaigns::events::{MessageEvent, event_id, outbox_item};
use crate::campaigns::{CampaignError, Campaigns};

/// A transparent picture of one pixel.
const PIXEL: &[u8] = &[
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x21, 0xf9, 0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x2c, 0x00, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x01, 0x00, 0x00, 0x02, 0x02, 0x44, 0x01, 0x00, 0x3b,
];

/// Addresses that messages carry.
#[derive(Clone, Debug)]
pub struct Links {
    public_url: String,
    key: TrackingKey,
}

impl Links {
    /// Links below `public_url`, signed with `key`.
    pub fn new(public_url: &str, key: TrackingKey) -> Self {
        Self {
            public_url: public_url.trim_end_matches('/').to_owned(),
            key,
        }
    }

    /// Address of the open pixel.
    pub fn open(&self, workspace: WorkspaceId, message: MessageId) -> String {
        let token = self.key.sign(&Tracked::Open { workspace, message });
        format!("{}/t/o/{}.gif", self.public_url, token.unwrap_or_default())
    }

    /// Address of a tracked link; `None` if the url cannot be tracked.
    pub fn click(
        &self,
        workspace: WorkspaceId,
        message: MessageId,
        link_id: u16,
        url: &str,
    ) -> Option<String> {
        let token = self.key.sign(&Tracked::Click {
            workspace,
            message,
            link_id,
            url: url.to_owned(),
        })?;
        Some(format!("{}/t/c/{token}", self.public_url))
    }

    /// Address of the way out.
    pub fn unsubscribe(&self, workspace: WorkspaceId, message: MessageId) -> String {
        let token = self.key.sign(&Tracked::Unsubscribe { workspace, message });
        format!("{}/t/u/{}", self.public_url, token.unwrap_or_default())
    }

    /// What stands for the way out in a preview.
    pub fn preview_unsubscribe(&self) -> String {
        format!("{}/t/u/preview", self.public_url)
    }

    /// Whether an address is one of these.
    pub fn is_ours(&self, url: &str) -> bool {
        url.strip_prefix(&self.public_url)
            .is_some_and(|it| it.starts_with("/t/"))
    }
}

/// A request to a tracking address, without its transport.
#[derive(Clone, Copy, Debug)]
pub struct TrackingRequest<'a> {
    /// `GET`, `HEAD` or `POST`.
    pub method: &'a str,
    /// Path, `/t/o/….gif` and the like.
    pub path: &'a str,
    /// Who asks.
    pub visitor: Visitor<'a>,
    /// `Accept-Language`.
    pub accept_language: Option<&'a str>,
    /// Body of a POST.
    pub body: &'a [u8],
}

/// The answer, without its transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackingAnswer {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl TrackingAnswer {
    fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![
                ("content-type", content_type.to_owned()),
                ("cache-control", "no-store, private".to_owned()),
                ("x-robots-tag", "noindex".to_owned()),
                ("referrer-policy", "no-referrer".to_owned()),
            ],
            body: body.into(),
        }
    }

    fn not_found() -> Self {
        Self::new(404, "text/plain; charset=utf-8", "not found")
    }

    fn failed() -> Self {
        Self::new(503, "text/plain; charset=utf-8", "try again later")
    }
}

/// Answers tracking requests; clones share everything.
#[derive(Clone, Debug)]
pub struct Tracking {
    campaigns: Campaigns,
}

impl Tracking {
    /// Tracking of these campaigns' messages.
    pub fn new(campaigns: Campaigns) -> Self {
        Self { campaigns }
    }

    /// Answers one request. What it tells is durable before the answer leaves.
    pub async fn handle(&self, request: TrackingRequest<'_>) -> TrackingAnswer {
        let Some((kind, token)) = request
            .path
            .strip_prefix("/t/")
            .and_then(|it| it.split_once('/'))
        else {
            return TrackingAnswer::not_found();
        };
        let token = token.strip_suffix(".gif").unwrap_or(token);
        let tracked = self.campaigns.inner.links.key.verify(token);
        let is_read = matches!(request.method, "GET" | "HEAD");
        match (kind, tracked) {
            ("o", Some(Tracked::Open { workspace, message })) if is_read => {
                self.opened(workspace, message, &request.visitor).await;
                TrackingAnswer::new(200, "image/gif", PIXEL)
            }
            (
                "c",
                Some(Tracked::Click {
                    workspace,
                    message,
                    link_id,
                    url,
                }),
            ) if is_read => {
                self.clicked(workspace, message, link_id, &url, &request.visitor)
                    .await;
                let mut answer = TrackingAnswer::new(302, "text/plain; charset=utf-8", "");
                answer.headers.push(("location", url));
                answer
            }
            ("u", Some(Tracked::Unsubscribe { workspace, message })) => {
                self.preferences(workspace, message, &request).await
            }
            _ => TrackingAnswer::not_found(),
        }
    }

    async fn opened(&self, workspace: WorkspaceId, id: MessageId, visitor: &Visitor<'_>) {
        let more = vec![("machine_open", json!(visitor.is_machine_open()))];
        self.tell(workspace, id, "opened", more).await;
    }

    async fn clicked(
        &self,
        workspace: WorkspaceId,
        id: MessageId,
        link_id: u16,
        url: &str,
        visitor: &Visitor<'_>,
    ) {
        let more = vec![
            ("link_id", json!(link_id)),
            ("url", json!(url)),
            ("is_suspected_bot", json!(visitor.is_suspected_bot())),
        ];
        self.tell(workspace, id, "clicked", more).await;
    }

    /// Appends an event about a message. A failure is logged and not shown: the reader of a message is owed the picture
    /// and the page whatever happens here.
    async fn tell(
        &self,
        workspace: WorkspaceId,
        id: MessageId,
        verb: &'static str,
        more: Vec<(&'static str, Value)>,
    ) {
        if let Err(error) = self.append(workspace, id, verb, more).await {
            let error = error_chain(&error);
            tracing::error!(error, message = %id, verb, "failed to record what became of a message");
        }
    }

    async fn append(
        &self,
        workspace: WorkspaceId,
        id: MessageId,
        verb: &'static str,
        more: Vec<(&'static str, Value)>,
    ) -> Result<(), CampaignError> {
        let inner = &self.campaigns.inner;
        let message = inner.meta.message_get(workspace, id).await?;
        let prepared = self
            .campaigns
            .prepared_by_id(workspace, message.campaign)
            .await?;
        let event = MessageEvent {
            campaign: &prepared.facts,
            device_id: self.campaigns.device_of(&message),
            message: &message,
            at: inner.clock.now(),
            more,
        };
        // opens and clicks repeat, and each is a fact
        let insert_id = format!("{id}:{verb}:{}", Uuid::new_v4());
        let event = event.event(event_name(&message.channel, verb), insert_id);
        inner.people.emit(workspace, vec![event]).await?;
        Ok(())
    }

    async fn preferences(
        &self,
        workspace: WorkspaceId,
        id: MessageId,
        request: &TrackingRequest<'_>,
    ) -> TrackingAnswer {
        let is_post = request.method == "POST";
        if !is_post && !matches!(request.method, "GET" | "HEAD") {
            return TrackingAnswer::new(405, "text/plain; charset=utf-8", "method not allowed");
        }
        let answered = async {
            let message = self.campaigns.inner.meta.message_get(workspace, id).await?;
            let Some(address) = message.address.clone() else {
                return Err(CampaignError::NotFound { what: "address" });
            };
            if is_post {
                let wanted = if wants_back(request.body) {
                    SubscriptionState::Subscribed
                } else {
                    SubscriptionState::Unsubscribed
                };
                let is_one_click = is_one_click(request.body);
                self.subscribe(&message, &address, wanted, is_one_click)
                    .await?;
            }
            let meta = &self.campaigns.inner.meta;
            let found = meta
                .subscription_get(workspace, &message.channel, &address)
                .await?;
            let state = found.map_or(SubscriptionState::Subscribed, |it| it.state);
            Ok((address, state))
        };
        match answered.await {
            Ok((address, state)) => {
                let language = Language::accepted(request.accept_language);
                let page = preference_page(language, &address, state);
                let mut answer = TrackingAnswer::new(200, "text/html; charset=utf-8", page);
                let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
                answer
                    .headers
                    .push(("content-security-policy", policy.to_owned()));
                answer.headers.push(("vary", "accept-language".to_owned()));
                answer
            }
            Err(CampaignError::NotFound { .. }) => TrackingAnswer::not_found(),
            Err(error) => {
                let error = error_chain(&error);
                tracing::error!(error, message = %id, "failed to change a subscription");
                TrackingAnswer::failed()
            }
        }
    }

    /// Writes what a person wants, with its event, in one transaction.
    async fn subscribe(
        &self,
        message: &Message,
        address: &str,
        state: SubscriptionState,
        is_one_click: bool,
    ) -> Result<(), CampaignError> {
        let inner = &self.campaigns.inner;
        let now = inner.clock.now();
        let present = inner
            .meta
            .subscription_get(message.workspace, &message.channel, address)
            .await?;
        let present = present.map_or(SubscriptionState::Subscribed, |it| it.state);
        let is_out = |it| it == SubscriptionState::Unsubscribed;
        if is_out(present) == is_out(state) {
            return Ok(());
        }
        let mut outbox = Vec::new();
        if state == SubscriptionState::Unsubscribed {
            let prepared = self
                .campaigns
                .prepared_by_id(message.workspace, message.campaign)
                .await?;
            let event = MessageEvent {
                campaign: &prepared.facts,
                device_id: self.campaigns.device_of(message),
                message,
                at: now,
                more: Vec::new(),
            };
            let name = event_name(&message.channel, "unsubscribed");
            // a person may leave, come back and leave again by the same link
            let id = event_id(message.id, "unsubscribed", 0) + &format!(":{}", now.ms());
            outbox.push(outbox_item(&event.event(name, id)));
        }
        let subscription = Subscription {
            workspace: message.workspace,
            channel: message.channel.clone(),
            address: address.to_owned(),
            state,
            source: if is_one_click {
                "one-click"
            } else {
                "preferences"
            }
            .to_owned(),
            updated_at: now,
        };
        inner.meta.subscription_put(&subscription, &outbox).await?;
        inner.wake.notify_waiters();
        Ok(())
    }
}

fn is_one_click(body: &[u8]) -> bool {
    fields(body).any(|it| it == "List-Unsubscribe=One-Click")
}

/// Only the page's own button asks to come back; every other POST is an opt-out.
fn wants_back(body: &[u8]) -> bool {
    !is_one_click(body) && fields(body).any(|it| it == "action=subscribe")
}

fn fields(body: &[u8]) -> impl Iterator<Item = &str> {
    let text = std::str::from_utf8(body).unwrap_or_default();
    text.split('&').map(str::trim)
}
