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
pub mod funnel;
pub mod identity;
pub mod imports;
pub mod inbox;
pub mod instant;
pub mod keys;
pub mod live;
pub mod lookups;
pub mod messages;
pub mod page;
pub mod people;
pub mod plan;
pub mod quarantine;
pub mod segmentation;
pub mod session;
pub mod sources;
pub mod status;
pub mod templates;
pub mod warnings;
pub mod workspace;
