//! The application on its real parts: SQLite, the log and segments in a temporary folder, a virtual clock.

mod engine;
