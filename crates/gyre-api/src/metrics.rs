//! Metrics of the edge; names and help texts stand here.

use prometheus::core::Collector;
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

/// Upper ends of the buckets of request times, in seconds.
const SECONDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// What is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    panics: IntGauge,
}

impl Metrics {
    pub(crate) fn new(registry: Registry) -> Result<Self, prometheus::Error> {
        let requests = Opts::new("gyre_http_requests_total", "HTTP requests answered.");
        let requests = IntCounterVec::new(requests, &["route", "method", "status"])?;
        let seconds = HistogramOpts::new("gyre_http_request_seconds", "Time to answer a request.");
        let seconds = HistogramVec::new(seconds.buckets(SECONDS.to_vec()), &["route"])?;
        let panics = "Requests that ended in a panic, which is a bug.";
        let panics = IntGauge::new("gyre_http_panics_total", panics)?;
        let all: [Box<dyn Collector>; 3] = [
            Box::new(requests.clone()),
            Box::new(seconds.clone()),
            Box::new(panics.clone()),
        ];
        for it in all {
            registry.register(it)?;
        }
        Ok(Self {
            registry,
            requests,
            seconds,
            panics,
        })
    }

    /// Counts an answer; `route` is the route's pattern, so that ids make no labels.
    pub(crate) fn answered(&self, route: &str, method: &str, status: u16, elapsed_ms: i64) {
        let status = status.to_string();
        self.requests
            .with_label_values(&[route, method, status.as_str()])
            .inc();
        let seconds = self.seconds.with_label_values(&[route]);
        seconds.observe(elapsed_ms as f64 / 1_000.0);
    }

    pub(crate) fn panicked(&self) {
        self.panics.inc();
    }

    /// Everything in the registry as Prometheus' text.
    pub(crate) fn text(&self) -> Result<String, prometheus::Error> {
        let mut bytes = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut bytes)?;
        String::from_utf8(bytes).map_err(|why| prometheus::Error::Msg(why.to_string()))
    }
}
