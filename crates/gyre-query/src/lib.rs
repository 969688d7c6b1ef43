//! Behavioural operators over event segments, run as DataFusion plans.
//!
//! An operator streams one bucket of people at a time: its rows lie in a few runs, and the people's state
//! stays in cache. [`BucketExec`] wraps an operator as an `ExecutionPlan`; [`run`] executes it. This crate knows
//! segments, people and definitions of events and filters; it knows no chart, no permission and no SQL.

mod activity;
mod bind;
mod catalog;
mod chosen;
mod counts;
mod error;
mod exec;
mod funnel;
mod gather;
mod groups;
mod merges;
mod paths;
mod prepare;
mod retention;
mod scan;
mod segmentation;
mod sessions;
mod snapshot;
mod tally;
mod tie;
mod timeline;
mod units;
mod whole;

pub use activity::{ActivityCount, ActivityOperator, ActivityPlan, LIFECYCLE_STATES};
pub use catalog::{CatalogEvent, CatalogProperty, catalog_event_properties, catalog_events};
pub use chosen::{ChosenOperator, ChosenRows};
pub use counts::{CountOperator, CountSpec};
pub use error::QueryError;
pub use exec::{BucketExec, BucketOperator, RunStats, run};
pub use funnel::matching::{Chain, StepEvent, longest_chain};
pub use funnel::{FunnelOperator, FunnelPlan, FunnelRow};
pub use groups::{GroupDict, NO_GROUP, OTHER};
pub use merges::Merges;
pub use paths::{Anchor, EXIT, PathCount, PathTest, PathsOperator, PathsPlan, node_of, node_parts};
pub use prepare::{PersonTables, PreparedSelector, Segments};
pub use retention::{Clock, RetentionOperator, RetentionPlan, ReturnTest, StartRule};
pub use segmentation::{
    CellFilter, Cut, GroupTest, NumericMeasure, OTHER_GROUP, PersonHit, Reach,
    SegmentationOperator, SegmentationPlan, SegmentationRow, SeriesPlan, TOTAL_BUCKET, UNION_CUT,
};
pub use sessions::{SessionSlot, SessionsOperator, SessionsPlan};
pub use snapshot::Snapshot;
pub use tally::{Count, RowPlan, TallyCell, TallyOperator, tally_hits, tally_rows};
pub use timeline::{TimelineCursor, TimelineEvent, timeline};
pub use whole::{
    EventSummary, History, HistoryPage, WholeEvent, each_received, history, received_count,
};
