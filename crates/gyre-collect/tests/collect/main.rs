//! The collector from outside: what it answers, what it keeps, what it reads.

// what is shared between tests is not seen as a test by the lint
#![allow(clippy::unwrap_used)]

mod answers;
mod braze;
mod captures;
mod clocks;
mod identity;
mod jitsu;
mod mixpanel;
mod operations;
mod parsing;
mod places;
mod posthog;
mod properties;
mod routes;
mod snowplow;
mod support;
mod surface;
