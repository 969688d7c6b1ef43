//! Use cases and workers: permissions are proved here, transactions are made here, one file per resource.
//!
//! The edge parses a request, calls one function of [`App`] with a proof of access, and shows the result. No HTTP,
//! no SQL text and no rule of a chart lives here.

pub mod access;
pub mod auth;
pub mod campaigns;
pub mod catalog;
pub mod channels;
pub mod charts;
pub mod cohorts;
pub mod engine;
pub mod error;
pub mod inbox;
pub mod keys;
pub mod messages;
pub mod people;
pub mod quarantine;
mod questions;
pub mod results;
pub mod templates;
pub mod tracking;
pub mod workspaces;

use std::sync::Arc;

use gyre_base::Clock;
use gyre_deliver::mailbox::Mailbox;
use gyre_meta::Meta;

pub use access::{Access, CanAdmin, CanRead, CanWrite, Forbidden};
pub use auth::{Auth, AuthError, SignedIn};
pub use engine::{Engine, EngineConfig, EngineError, EngineTask, PersonView};
pub use error::AppError;
pub use keys::WriteKeys;
pub use workspaces::{BootstrapError, BootstrapInput, Bootstrapped, bootstrap};

/// Everything the application is made of; cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) meta: Meta,
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) auth: Auth,
    pub(crate) mailbox: Option<Mailbox>,
}

impl App {
    /// Puts the parts together.
    pub fn new(meta: Meta, engine: Engine, clock: Arc<dyn Clock>) -> Self {
        let auth = Auth::new(meta.clone(), Arc::clone(&clock));
        Self { meta, engine, clock, auth, mailbox: None }
    }

    /// The same with a development inbox.
    #[must_use]
    pub fn with_mailbox(mut self, mailbox: Mailbox) -> Self {
        self.mailbox = Some(mailbox);
        self
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
