//! JSON Schema 2020-12 for the properties of events: reading a schema and checking a value against it.
//!
//! An implementation of our own, because what is written here meets every event: it is bounded in size, depth and
//! steps, its patterns run in linear time, and nothing outside the document is ever fetched. Keywords that would
//! change the verdict and are not here (`$dynamicRef`, `unevaluatedProperties` and the like) are refused where they
//! stand rather than ignored. Annotations are ignored, as the standard says.
//! Entry points: [`Schema::read`], [`Schema::violations`].
//! Source: JSON Schema 2020-12, Core and Validation; <https://json-schema.org/draft/2020-12>.

mod check;
mod compile;
mod format;

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use crate::doc::{Doc, Read};

pub use check::Violation;

/// Largest schema of one event, as JSON: some 500 properties with descriptions.
pub const SCHEMA_BYTES_MAX: usize = 64 * 1024;
/// Deepest nesting of a schema; properties of events are flattened to five names.
pub const SCHEMA_DEPTH_MAX: usize = 24;
/// Longest `pattern`.
pub const PATTERN_BYTES_MAX: usize = 1_024;
/// Memory of one compiled pattern.
const PATTERN_COMPILED_BYTES_MAX: usize = 256 * 1024;
/// Most values of an `enum`.
const ENUM_MAX: usize = 1_000;

/// A schema that was read; checking it takes no memory but for what is wrong.
#[derive(Debug)]
pub struct Schema {
    nodes: Vec<Node>,
    root: usize,
}

/// One (sub)schema.
#[derive(Debug)]
enum Node {
    /// `true` or `false`.
    Constant(bool),
    Keywords(Vec<Keyword>),
}

/// Types as bits: `integer` is a kind of `number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Types(u8);

/// One assertion or applicator.
#[derive(Debug)]
enum Keyword {
    Types(Types),
    Enum(Vec<Value>),
    Const(Value),
    MultipleOf(f64),
    Bound {
        name: &'static str,
        limit: f64,
    },
    Count {
        name: &'static str,
        limit: usize,
    },
    Pattern(Regex),
    Format(format::Format),
    UniqueItems,
    Required(Vec<String>),
    DependentRequired(Vec<(String, Vec<String>)>),
    DependentSchemas(Vec<(String, usize)>),
    /// What `properties`, `patternProperties` and `additionalProperties` say together.
    Members {
        named: BTreeMap<String, usize>,
        patterns: Vec<(Regex, usize)>,
        others: Option<usize>,
    },
    PropertyNames(usize),
    /// What `prefixItems` and `items` say together.
    Items {
        first: Vec<usize>,
        rest: Option<usize>,
    },
    Contains {
        node: usize,
        least: usize,
        most: usize,
    },
    AllOf(Vec<usize>),
    AnyOf(Vec<usize>),
    OneOf(Vec<usize>),
    Not(usize),
    If {
        test: usize,
        then: Option<usize>,
        otherwise: Option<usize>,
    },
    Ref(usize),
}

impl Schema {
    /// Reads a schema; refuses what is too large, too deep, leads outside, or is not understood, at its place.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        compile::compile(doc)
    }

    /// What is wrong with a value, at most [`check::VIOLATIONS_MAX`].
    pub fn violations(&self, value: &Value) -> Vec<Violation> {
        check::violations(self, value)
    }
}

#[cfg(test)]
mod tests;
