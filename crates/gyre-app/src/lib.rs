//! Use cases and workers: permissions are proved here, transactions are made here, one file per resource.
//!
//! The edge parses a request, calls one function of [`App`] with a proof of access, and shows the result. No HTTP,
//! no SQL text and no rule of a chart lives here.

pub mod access;
pub mod auth;
pub mod campaigns;
pub mod catalog;
pub mod catalog_entry;
pub mod channels;
pub mod charts;
pub mod cohorts;
pub mod engine;
pub mod error;
mod freshness;
pub mod identity;
pub mod imports;
pub mod inbox;
pub mod keys;
pub mod live;
pub mod lookups;
pub mod messages;
pub mod people;
pub mod plan;
pub mod quarantine;
mod quarantine_replay;
mod questions;
pub mod reads;
pub mod results;
pub mod sources;
pub mod templates;
pub mod tracking;
pub mod warnings;
pub mod workspaces;

use std::sync::Arc;

use gyre_base::Clock;
use gyre_deliver::mailbox::Mailbox;
use gyre_deliver::tracking::TrackingKey;
use gyre_meta::Meta;

use campaigns::{CampaignParts, Campaigns};
use channels::{Channels, Sealer};
use tracking::{Links, Tracking};

pub use access::{Access, CanAdmin, CanRead, CanWrite, Forbidden};
pub use auth::{Auth, AuthError, SignedIn};
pub use engine::{Engine, EngineConfig, EngineError, EngineTask, PersonView};
pub use error::AppError;
pub use keys::WriteKeys;
pub use workspaces::{BootstrapError, BootstrapInput, Bootstrapped, bootstrap};

/// What the application is made of.
#[derive(Debug)]
pub struct AppParts {
    /// Everything kept in SQL.
    pub meta: Meta,
    /// Snapshots and questions.
    pub engine: Engine,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The instance's secret: signs tracking links, seals channel secrets.
    pub secret: [u8; 32],
    /// Where links and pixels in messages point to.
    pub public_url: String,
    /// The development inbox, if there is one.
    pub mailbox: Option<Mailbox>,
}

/// Everything the application can do; cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) meta: Meta,
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) auth: Auth,
    pub(crate) mailbox: Option<Mailbox>,
    pub(crate) channels: Channels,
    pub(crate) campaigns: Campaigns,
    pub(crate) tracking: Tracking,
    pub(crate) sealer: Sealer,
    pub(crate) objects: Option<Arc<dyn imports::ObjectReader>>,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: AppParts) -> Self {
        let AppParts {
            meta,
            engine,
            clock,
            secret,
            public_url,
            mailbox,
        } = parts;
        let sealer = Sealer::new(&secret);
        let hello_name = host_of(&public_url);
        let channels = Channels::new(meta.clone(), Arc::clone(&clock), sealer.clone(), hello_name);
        let campaigns = Campaigns::new(CampaignParts {
            meta: meta.clone(),
            people: Arc::new(engine.clone()),
            clock: Arc::clone(&clock),
            channels: channels.clone(),
            links: Links::new(&public_url, TrackingKey::new(&secret)),
        });
        Self {
            auth: Auth::new(meta.clone(), Arc::clone(&clock)),
            tracking: Tracking::new(campaigns.clone()),
            meta,
            engine,
            clock,
            mailbox,
            channels,
            campaigns,
            sealer,
            objects: None,
        }
    }

    /// Lets imports read from object storage.
    #[must_use]
    pub fn with_objects(mut self, objects: Arc<dyn imports::ObjectReader>) -> Self {
        self.objects = Some(objects);
        self
    }

    /// Campaigns: write, launch, watch.
    pub fn campaigns(&self) -> &Campaigns {
        &self.campaigns
    }

    /// Configuration of channels.
    pub fn channels(&self) -> &Channels {
        &self.channels
    }

    /// Opens, clicks and unsubscribes.
    pub fn tracking(&self) -> &Tracking {
        &self.tracking
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Who may come in.
    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}

/// Host of a url: what this server calls itself when it sends mail.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |it| it.1);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.rfind(']') {
        Some(end) => &authority[..=end], // an IPv6 address keeps its brackets
        None => authority.split(':').next().unwrap_or_default(),
    };
    if host.is_empty() { "localhost" } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_url_is_found() {
        for (url, host) in [
            ("https://gyre.shop.test/x", "gyre.shop.test"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:8080", "[::1]"),
            ("", "localhost"),
        ] {
            assert_eq!(host_of(url), host, "{url}");
        }
    }
}
