//! Charts and audiences on small worlds: the worked examples, and every cell against its list of people.

mod audiences;
mod cells;
mod examples;
mod world;
