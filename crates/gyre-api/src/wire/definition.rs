//! The documents that say what is asked for: filters, selectors, audiences, chart queries.
//!
//! These types only describe; requests are read by `gyre-model`, so that a refusal names the field.
#![allow(
    missing_debug_implementations,
    reason = "types of the OpenAPI document; no value is ever made"
)]

use serde_json::Value;
use utoipa::ToSchema;

/// A property, written `event.category`, `user.plan`, `profile.country`, `message.variant`, `event.items/category`,
/// `cohort:<id>`; a name with a dot is written `{"on": "event", "name": "a.b"}`.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum PropertyRef {
    /// The short form.
    Text(String),
    /// The long form.
    Parts {
        /// `event`, `user`, `profile`, `message`.
        on: String,
        /// Name, dots included.
        name: String,
    },
}

/// Test of a property's value.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FilterOp {
    Is,
    IsNot,
    Contains,
    NotContains,
    StartsWith,
    EndsWith,
    Matches,
    Gt,
    Gte,
    Lt,
    Lte,
    Between,
    Set,
    NotSet,
    Before,
    After,
    InLast,
    InNext,
}

/// A filter on events.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Filter {
    /// All of them hold.
    All {
        #[schema(no_recursion)]
        all: Vec<Filter>,
    },
    /// Any of them holds.
    Any {
        #[schema(no_recursion)]
        any: Vec<Filter>,
    },
    /// It does not hold.
    Not {
        #[schema(no_recursion)]
        not: Box<Filter>,
    },
    /// A property's value.
    Leaf(FilterLeaf),
}

/// Test of one property.
#[derive(ToSchema)]
pub struct FilterLeaf {
    /// Which property.
    pub property: PropertyRef,
    /// Which test.
    pub op: FilterOp,
    /// Operands; absent for `set` and `not_set`.
    pub values: Option<Vec<Value>>,
}

/// Which of a person's events.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Occurrence {
    /// The first of its type in all history.
    FirstEver { first_ever: bool },
    /// The first that passes the filter.
    FirstMatching { first_matching: bool },
    /// The n-th of its type in all history.
    NthEver { nth_ever: u32 },
}

/// Which events.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Selector {
    /// One event name.
    Event {
        /// Name, verbatim.
        event: String,
        #[serde(rename = "where")]
        filter: Option<Filter>,
        /// Shown instead of the name.
        label: Option<String>,
        occurrence: Option<Occurrence>,
    },
    /// Anything a person did.
    AnyEvent {
        any_event: bool,
        #[serde(rename = "where")]
        filter: Option<Filter>,
        label: Option<String>,
        occurrence: Option<Occurrence>,
    },
    /// Any of several.
    AnyOf {
        #[schema(no_recursion)]
        any_of: Vec<Selector>,
        #[serde(rename = "where")]
        filter: Option<Filter>,
        label: Option<String>,
        occurrence: Option<Occurrence>,
    },
}

/// A unit of time.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

/// An elapsed time.
#[derive(ToSchema)]
pub struct Duration {
    /// How many.
    pub n: u32,
    /// Of what.
    pub unit: Unit,
}

/// A stretch of time, seen from the instant of evaluation.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Window {
    /// All of history.
    Ever { ever: bool },
    /// The last n units, today included unless `complete`.
    Last {
        last: u32,
        unit: Unit,
        complete: Option<bool>,
    },
    /// Everything before the last n units.
    BeforeLast { before_last: u32, unit: Unit },
    /// Local dates, both included.
    Dates { from: String, to: String },
    /// From a local date on.
    Since { since: String },
    /// The first n units of the person's life.
    First { first: u32, unit: Unit },
}

/// A comparison of numbers.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountOp {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    Between,
}

/// One number, or the two of `between`.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum CountValue {
    One(f64),
    Two(Vec<f64>),
}

/// A test of a count.
#[derive(ToSchema)]
pub struct CountTest {
    pub op: CountOp,
    pub value: CountValue,
}

/// Which message events.
#[derive(ToSchema)]
pub struct MessageTest {
    /// `sent`, `opened`, `clicked` and the like.
    pub verb: String,
    /// Id of the campaign.
    pub campaign: Option<String>,
    /// Id of the journey's step.
    pub step: Option<String>,
    /// `email` and the like.
    pub channel: Option<String>,
}

/// A stable random part of the people, in 10,000 buckets.
#[derive(ToSchema)]
pub struct RandomPart {
    /// Another salt is another draw.
    pub salt: String,
    /// First bucket.
    pub from: u32,
    /// One past the last bucket.
    pub to: u32,
}

/// Which people.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Audience {
    /// All of them hold.
    All {
        #[schema(no_recursion)]
        all: Vec<Audience>,
    },
    /// Any of them holds.
    Any {
        #[schema(no_recursion)]
        any: Vec<Audience>,
    },
    /// It does not hold.
    Not {
        #[schema(no_recursion)]
        not: Box<Audience>,
    },
    /// They did something, once or as often as `count` says.
    Did {
        did: Selector,
        count: Option<CountTest>,
        within: Option<Window>,
    },
    /// They did not do something.
    DidNot {
        did_not: Selector,
        within: Option<Window>,
    },
    /// A property as it stands now.
    Profile {
        profile: PropertyRef,
        op: FilterOp,
        values: Option<Vec<Value>>,
    },
    /// Something became of a message to them.
    Message {
        message: MessageTest,
        count: Option<CountTest>,
        within: Option<Window>,
    },
    /// When they were first seen.
    FirstSeen { first_seen: Window },
    /// When they were last seen.
    LastSeen { last_seen: Window },
    /// Members of a saved cohort.
    Cohort { cohort: String },
    /// A random part.
    Random { random: RandomPart },
}
