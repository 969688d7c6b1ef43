//! Charts and audiences: from a definition through a plan to an answer, and to the people behind it.
//!
//! One folder per chart kind under `charts/`, one list in [`charts::CHARTS`]. The number in a cell and the list of
//! its people come from the same operator over the same snapshot.

pub mod audiences;
pub mod cell;
pub mod charts;
pub mod context;
mod reader;

pub use audiences::audience_people;
pub use cell::{CellPeople, Minter};
pub use charts::{Answer, CHARTS, Chart, answer, list_cell};
pub use context::{CohortRule, CohortSource, Context};
