//! The log from outside: in fair weather and in bad.

// what is shared between tests is not seen as a test by the lint
#![allow(clippy::unwrap_used)]

mod crash;
mod fair_weather;
mod fault_disk;
mod support;
