//! What every handler can reach.

use std::sync::Arc;

use gyre_app::App;
use gyre_app::campaigns::Campaigns;
use gyre_app::channels::Channels;
use gyre_app::tracking::Tracking;
use gyre_base::Clock;
use gyre_collect::Collector;
use prometheus::Registry;

use crate::metrics::Metrics;
use crate::previews::Previews;
use crate::wire::session::Features;

/// Settings of the edge.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// Url by which people reach this server, without a slash at its end; cookies are `Secure` if it is https.
    pub public_url: String,
    /// Version of the server.
    pub version: String,
    /// What this server offers.
    pub features: Features,
    /// Whether a proxy in front of this server sets `X-Forwarded-For`.
    pub is_behind_proxy: bool,
}

/// What the edge is made of.
#[derive(Debug)]
pub struct ApiParts {
    /// The application.
    pub app: App,
    /// Takes events.
    pub collector: Collector,
    /// Settings.
    pub config: ApiConfig,
    /// Where metrics are kept; others may have registered theirs.
    pub registry: Registry,
}

/// What every handler can reach; cheap to clone.
#[derive(Clone, Debug)]
pub struct ApiState(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    app: App,
    collector: Collector,
    config: ApiConfig,
    metrics: Metrics,
    previews: Previews,
}

impl ApiState {
    /// Puts the parts together; fails if the registry has metrics of these names already.
    pub fn new(parts: ApiParts) -> Result<Self, prometheus::Error> {
        Ok(Self(Arc::new(Shared {
            metrics: Metrics::new(parts.registry)?,
            previews: Previews::default(),
            app: parts.app,
            collector: parts.collector,
            config: parts.config,
        })))
    }

    pub(crate) fn app(&self) -> &App {
        &self.0.app
    }

    pub(crate) fn campaigns(&self) -> &Campaigns {
        self.0.app.campaigns()
    }

    pub(crate) fn channels(&self) -> &Channels {
        self.0.app.channels()
    }

    pub(crate) fn tracking(&self) -> &Tracking {
        self.0.app.tracking()
    }

    pub(crate) fn previews(&self) -> &Previews {
        &self.0.previews
    }

    pub(crate) fn collector(&self) -> &Collector {
        &self.0.collector
    }

    pub(crate) fn config(&self) -> &ApiConfig {
        &self.0.config
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        self.0.app.clock()
    }
}
