//! The demonstration: a real shop's year of orders, and simulated visitors around it.
//!
//! Speaks HTTP to a running server and nothing else. What is real comes from the data set; everything made up carries
//! `simulated: true`.

pub mod category;
pub mod crowd;
pub mod dataset;
pub mod history;
pub mod load;
pub mod mail;
pub mod profile;
pub mod simulator;
pub mod visit;

pub use load::{LoadOptions, LoadSummary, run_demo_load};

use gyre_base::{Blame, Failure, Retry};

use crate::client::ClientError;

/// Seed of the demonstration unless another is asked for.
pub const SEED: u64 = 20_101_201;

/// What can go wrong with the demonstration's data.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The embedded file is damaged.
    #[error("cannot unpack the data set")]
    Unpack(#[source] std::io::Error),
    /// The embedded file is no table.
    #[error("cannot read the data set")]
    Csv(#[source] csv::Error),
    /// A time that is none.
    #[error("the data set has a time that cannot be read: {0}")]
    Time(String),
    /// No order of a known customer.
    #[error("the data set has no orders")]
    Empty,
    /// An event that is no JSON.
    #[error("cannot write an event")]
    Write(#[source] serde_json::Error),
    /// The server did not take it.
    #[error("cannot send the demonstration's data")]
    Send(#[source] ClientError),
    /// The server took a request and refused events in it.
    #[error("the server refused {count} events of the demonstration, the first because: {reason}")]
    Refused {
        /// How many.
        count: usize,
        /// Why, in the server's words.
        reason: String,
    },
}

impl Failure for DemoError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unpack(_) | Self::Csv(_) | Self::Time(_) | Self::Empty => "demo-data-damaged",
            Self::Write(_) => "demo-data-unwritable",
            Self::Send(_) => "demo-data-not-sent",
            Self::Refused { .. } => "demo-data-refused",
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Send(error) => error.retry(),
            _ => Retry::Never,
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::Send(error) => error.blame(),
            _ => Blame::Us,
        }
    }
}
