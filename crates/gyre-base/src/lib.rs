//! Ground that every crate stands on: ids, time, calendar arithmetic, limits, error classes.
//!
//! No I/O and no clock of its own: [`Clock`] is implemented at the edge (the command) and in the test kit.

pub mod calendar;
pub mod clock;
pub mod dice;
pub mod failure;
pub mod ids;
pub mod limits;
pub mod secret;
pub mod time;

pub use calendar::{Interval, WeekStart, Zone};
pub use clock::Clock;
pub use dice::Dice;
pub use failure::{Blame, Failure, Retry};
pub use ids::{CampaignId, CohortId, ImportId, KeyId, MessageId, SourceId, UserId, WorkspaceId};
pub use secret::Secret;
pub use time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
