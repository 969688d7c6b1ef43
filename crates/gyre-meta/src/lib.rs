//! Everything kept in SQL: one struct, [`Meta`], with one file of Rust and one folder of SQL per resource.
//!
//! No rule of the product lives here and no wire type; rows come out as domain values. The same SQL text runs on
//! SQLite (embedded) and PostgreSQL: `$1` parameters, `on conflict`, `returning`.
//! Entry point: [`Meta::open`].

mod campaigns;
mod catalog;
mod channels;
mod cohorts;
mod error;
mod identity;
mod imports;
mod keys;
mod lake;
mod leases;
mod lookups;
mod messages;
mod migration;
mod outbox;
mod plans;
mod quarantine;
mod questions;
mod record;
mod sessions;
mod sources;
mod statement;
mod store;
mod subscriptions;
mod text_enum;
mod users;
mod workspaces;

pub use campaigns::{Campaign, CampaignState, CampaignStateChange};
pub use catalog::{CatalogBlock, CatalogChange, CatalogEntry};
pub use channels::Channel;
pub use cohorts::{
    Cohort, CohortHistoryPoint, CohortKind, CohortMembers, CohortNew, CohortRefresh, CohortSource,
};
pub use error::MetaError;
pub use identity::IdentitySettings;
pub use imports::{Import, ImportFault, ImportFileRow, ImportProgress, ImportState, ImportTally};
pub use keys::{Key, KeyKind};
pub use lake::{Checkpoint, CheckpointCommit, LakeFiles, PeopleDelta, Segment, WorkspaceFiles};
pub use leases::Lease;
pub use lookups::Lookup;
pub use messages::{
    CampaignCount, Gate, Message, MessageClaim, MessageCount, MessageCursor, MessageInsert,
    PersonMessageCursor, Transition,
};
pub use outbox::{OutboxItem, OutboxRow};
pub use plans::PlanVersion;
pub use quarantine::{QuarantineCount, QuarantineCursor, QuarantineFilter, Quarantined};
pub use sessions::Session;
pub use sources::{Source, SourceKind, SourceMap, SourceSlot};
pub use store::{Meta, MetaConfig};
pub use subscriptions::{Subscription, SubscriptionState};
pub use users::{Role, User};
pub use workspaces::{Workspace, WorkspaceChange};
