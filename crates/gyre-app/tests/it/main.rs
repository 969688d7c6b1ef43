//! The application on its real parts: SQLite, the log and segments in a temporary folder, a virtual clock.

// what is shared between tests is not seen as a test by the lint
#![allow(clippy::unwrap_used)]

mod engine;
mod governance;
mod identity;
mod imports;
mod sources;
