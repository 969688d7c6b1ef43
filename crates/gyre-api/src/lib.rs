//! HTTP edge: wire types, problems, OpenAPI, console files. No SQL and no rule of the product.

mod auth;
mod openapi;
pub mod problem;
mod routes;
pub mod wire;

pub use openapi::openapi;
