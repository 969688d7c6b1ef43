//! Wire types: what requests and answers look like in JSON, and in the OpenAPI document.
//!
//! They live only here. Definitions (filters, audiences, charts, campaigns) are documented by the types of
//! [`definition`], and read by the readers of `gyre-model`, which name the field that is wrong.

pub mod campaigns;
pub mod catalog;
pub mod channels;
pub mod chart_kinds;
pub mod charts;
pub mod cohorts;
pub mod definition;
pub mod identity;
pub mod inbox;
pub mod instant;
pub mod keys;
pub mod live;
pub mod messages;
pub mod page;
pub mod people;
pub mod quarantine;
pub mod session;
pub mod status;
pub mod templates;
pub mod workspace;
