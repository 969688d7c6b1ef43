//! HTTP edge: wire types, problems, OpenAPI, console files. No SQL and no rule of the product.
//!
//! A handler parses a request into domain values, calls one function of `gyre-app`, and shows the result.
//! Entry point: [`router`].

mod auth;
mod body;
mod client;
mod collect;
mod compat;
mod console;
mod health;
mod id;
mod layers;
mod listen;
mod metrics;
mod openapi;
mod page;
mod previews;
mod problem;
mod router;
mod routes;
mod state;
mod track;
pub mod wire;

pub use listen::serve;
pub use openapi::openapi;
pub use problem::{Problem, ProblemDocument, ProblemField};
pub use router::router;
pub use state::{ApiConfig, ApiParts, ApiState};
