//! Charts and audiences on small worlds: the worked examples, and every cell against its list of people.

// what is shared between tests is not seen as a test by the lint; examples read best as values
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

mod activity;
mod audiences;
mod cells;
mod examples;
mod facts;
mod funnels;
mod merged;
mod paths;
mod retention;
mod segmentations;
mod sessions;
mod world;
