//! E-mail over SMTP, to a relay.
//!
//! Phases are told apart: what fails before the whole body has left was certainly not taken; only a lost answer to a
//! whole body is [`Outcome::Unknown`].

mod config;
mod reply;
mod session;
mod tls;
mod wire;

pub use config::{SECURITIES, Security, SmtpConfig};
pub use reply::{Reply, Stage};

use std::sync::Arc;

use async_trait::async_trait;
use gyre_base::{Clock, Timestamp};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use self::session::{Session, Stop};
use self::tls::Tls;
use super::{EmailProvider, Handoff, MimeMessage};
use crate::error::DeliverError;
use crate::outcome::Outcome;

/// An unused connection is closed after this: relays close theirs after a minute or more.
const IDLE_MS_MAX: i64 = 30_000;

/// A pool of sessions to one relay.
#[derive(Debug)]
pub struct SmtpProvider {
    config: SmtpConfig,
    tls: Option<Tls>,
    clock: Arc<dyn Clock>,
    places: Semaphore,
    idle: Mutex<Vec<(Session, Timestamp)>>,
    /// When the next message may leave, in microseconds since the epoch.
    next_slot_us: Mutex<i64>,
}

impl SmtpProvider {
    /// A provider that connects when there is something to send.
    pub fn new(config: SmtpConfig, clock: Arc<dyn Clock>) -> Result<Self, DeliverError> {
        let refuse = |detail: &str| {
            Err(DeliverError::Config {
                detail: detail.to_owned(),
            })
        };
        let one_word =
            |it: &str| !it.is_empty() && !it.contains(|c: char| c.is_control() || c == ' ');
        if !one_word(&config.host) || !one_word(&config.hello_name) {
            return refuse("host and hello name must be one word");
        }
        if config.connections == 0 || config.connections > SmtpConfig::CONNECTIONS_MAX {
            return refuse("connections must be from 1 to 100");
        }
        if config.per_connection == 0 || config.per_second == Some(0) {
            return refuse("per_connection and per_second must be at least 1");
        }
        let tls = match config.security {
            Security::None => None,
            Security::StartTls | Security::Tls => {
                Some(Tls::new(&config.host, config.ca_certificate.as_deref())?)
            }
        };
        Ok(Self {
            places: Semaphore::new(config.connections),
            tls,
            clock,
            idle: Mutex::new(Vec::new()),
            next_slot_us: Mutex::new(0),
            config,
        })
    }

    async fn open(&self) -> Result<Session, Stop> {
        Session::open(&self.config, self.tls.as_ref(), Arc::clone(&self.clock)).await
    }

    /// Takes a connection that is fresh enough from the pool.
    fn take_idle(&self) -> Option<Session> {
        let oldest = self.clock.now().plus_ms(-IDLE_MS_MAX);
        let mut idle = self.idle.lock();
        idle.retain(|(_, since)| *since >= oldest);
        idle.pop().map(|(session, _)| session)
    }

    async fn put_back(&self, session: Session) {
        if session.sent >= self.config.per_connection {
            session.quit().await;
            return;
        }
        self.idle.lock().push((session, self.clock.now()));
    }

    /// Waits until the rate allows one more message.
    async fn wait_for_slot(&self) {
        let Some(per_second) = self.config.per_second else {
            return;
        };
        let slot_us = {
            let mut next = self.next_slot_us.lock();
            let slot = (*next).max(self.clock.now().ms().saturating_mul(1_000));
            *next = slot + 1_000_000 / i64::from(per_second);
            slot
        };
        // rounded up: a message never leaves before its slot
        let at = Timestamp(slot_us.saturating_add(999).div_euclid(1_000));
        self.clock.sleep_until(at).await;
    }

    async fn deliver(&self, message: &MimeMessage, handoff: &dyn Handoff) -> Result<Reply, Stop> {
        if let Some(mut session) = self.take_idle() {
            match session.deliver(message, handoff).await {
                Ok(reply) => {
                    self.put_back(session).await;
                    return Ok(reply);
                }
                Err(stop) if stop.is_worn_out() => {
                    tracing::debug!(stage = stop.stage.name(), "renewing a worn smtp connection");
                }
                Err(stop) => return Err(stop),
            }
        }
        let mut session = self.open().await?;
        let reply = session.deliver(message, handoff).await?;
        self.put_back(session).await;
        Ok(reply)
    }
}

#[async_trait]
impl EmailProvider for SmtpProvider {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn send(&self, message: &MimeMessage, handoff: &dyn Handoff) -> Outcome {
        self.wait_for_slot().await;
        let Ok(_place) = self.places.acquire().await else {
            return Outcome::Transient {
                code: "closing".to_owned(),
                reason: "the provider is closing".to_owned(),
                retry_after_ms: None,
            };
        };
        match self.deliver(message, handoff).await {
            Ok(reply) => Outcome::Accepted {
                provider_message_id: reply.queue_id(),
                detail: reply.text(),
            },
            Err(stop) => stop.outcome(),
        }
    }

    async fn check(&self) -> Result<String, String> {
        let told = |stop: Stop| match stop.outcome() {
            Outcome::Misconfigured { reason }
            | Outcome::Transient { reason, .. }
            | Outcome::Rejected { reason, .. }
            | Outcome::Unknown { reason } => reason,
            Outcome::Accepted { detail, .. } => detail,
        };
        let mut session = self.open().await.map_err(told)?;
        session.noop().await.map_err(told)?;
        session.quit().await;
        let SmtpConfig { host, port, .. } = &self.config;
        let how = match (&self.config.security, &self.config.credentials) {
            (Security::None, None) => "without encryption or login",
            (Security::None, Some(_)) => "without encryption, logged in",
            (_, None) => "encrypted, without login",
            (_, Some(_)) => "encrypted and logged in",
        };
        Ok(format!("connected to {host}:{port} {how}"))
    }
}
