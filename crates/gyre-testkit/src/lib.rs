//! What tests stand on: a clock that only moves when told, and seeded chance.
//!
//! A development dependency; no crate of the product depends on it.

mod virtual_clock;

pub use gyre_base::Dice;
pub use virtual_clock::VirtualClock;
