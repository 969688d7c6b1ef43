//! Charts and audiences on small worlds: the worked examples, and every cell against its list of people.

mod activity;
mod audiences;
mod cells;
mod examples;
mod facts;
mod paths;
mod retention;
mod sessions;
mod world;
