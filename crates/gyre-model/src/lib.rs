//! The domain's words: events, people's properties, filters, audiences, chart queries, campaigns, messages.
//!
//! No I/O. Definitions are read from JSON documents by hand-written readers ([`doc`]), so that every
//! refusal names the field it is about.

pub mod audience;
pub mod campaign;
pub mod catalog;
pub mod chart;
pub mod doc;
pub mod event;
pub mod filter;
pub mod flatten;
pub mod message;
pub mod people;
pub mod plan;
pub mod schema;
pub mod selector;
pub mod value;

pub use audience::{Audience, CountTest, Window};
pub use campaign::{CampaignDraft, EmailContent};
pub use catalog::CatalogPatch;
pub use chart::{ChartQuery, ChartSpec};
pub use doc::{Doc, FieldError};
pub use event::{Event, EventKind, PropOp, PropOpKind, TimeQuality};
pub use filter::{Filter, FilterOp, Leaf, PropertyRef, Scope};
pub use flatten::flatten;
pub use plan::{InForce, Plan};
pub use schema::Schema;
pub use selector::{Occurrence, Selector};
