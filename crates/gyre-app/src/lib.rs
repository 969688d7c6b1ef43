//! Use cases and workers: permissions are proved here, transactions are made here, one file per resource.
//!
//! The edge parses a request, calls one function of [`App`] with a proof of access, and shows the result. No HTTP,
//! no SQL text and no rule of a chart lives here.

pub mod access;
pub mod catalog;
pub mod charts;
pub mod cohorts;
pub mod engine;
pub mod error;
pub mod people;
mod questions;

use std::sync::Arc;

use gyre_base::Clock;
use gyre_meta::Meta;

pub use access::{CanRead, CanWrite};
pub use engine::{Engine, EngineConfig, EngineError, EngineTask, PersonView};
pub use error::AppError;

/// Everything the application is made of; cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) meta: Meta,
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<dyn Clock>,
}

impl App {
    /// Puts the parts together.
    pub fn new(meta: Meta, engine: Engine, clock: Arc<dyn Clock>) -> Self {
        Self { meta, engine, clock }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
