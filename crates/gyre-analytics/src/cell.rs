//! Cells: a number and the token that leads to the people behind it.
//!
//! A token is `<question>.<place>`: the application names the question (its hash, instant and data version), this
//! crate names the place in the answer as base64url of compact JSON.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gyre_model::value::Scalar;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A counted number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// The number; null where there is no value.
    pub value: Value,
    /// Token of the people behind it; null where no one is.
    pub cell: Option<String>,
}

/// Where a cell stands in its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Series of a segmentation.
    #[serde(rename = "s", default, skip_serializing_if = "is_zero")]
    pub(crate) series: usize,
    /// Segment; absent for the overall row.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub(crate) cut: Option<usize>,
    /// Group values.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<Vec<Value>>,
    /// The row of the rest.
    #[serde(rename = "o", default, skip_serializing_if = "is_false")]
    pub(crate) is_other: bool,
    /// Time bucket; absent for the range's total.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub(crate) bucket: Option<usize>,
    /// Step of a funnel, from 0.
    #[serde(rename = "k", default, skip_serializing_if = "is_zero")]
    pub(crate) step: usize,
    /// Whether a funnel's cell is of those lost before the step.
    #[serde(rename = "d", default, skip_serializing_if = "is_false")]
    pub(crate) is_dropped: bool,
    /// Whether it is of the days that the range is compared with.
    #[serde(rename = "v", default, skip_serializing_if = "is_false")]
    pub(crate) is_previous: bool,
    /// How many events each of the people has.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub(crate) times: Option<u64>,
    /// Slot of a row, where the operator numbers its cells.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub(crate) slot: Option<usize>,
    /// Node (`n`, position, name), link (`l`, position, from, to) or whole path (`p`, names).
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<Vec<Value>>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(it: &usize) -> bool {
    *it == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(it: &bool) -> bool {
    !it
}

impl Place {
    pub(crate) fn new(cut: Option<usize>, group: &RowGroup) -> Self {
        Self {
            series: 0,
            cut,
            group: match group {
                RowGroup::Values(values) if !values.is_empty() => {
                    Some(values.iter().map(Scalar::to_json).collect())
                }
                RowGroup::Values(_) | RowGroup::Other(_) => None,
            },
            is_other: matches!(group, RowGroup::Other(_)),
            bucket: None,
            step: 0,
            is_dropped: false,
            is_previous: false,
            times: None,
            slot: None,
            path: None,
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// What stands for a missing value in a row.
const NONE: &str = "(none)";

/// The group of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RowGroup {
    /// These values; none without `group_by`.
    Values(Vec<Scalar>),
    /// The rest, with the number of group places.
    Other(usize),
}

impl RowGroup {
    /// As rows show it: missing values are `(none)`, the rest `(other)` in every place.
    pub(crate) fn to_json(&self) -> Vec<Value> {
        match self {
            Self::Values(values) => values
                .iter()
                .map(|it| {
                    if it.is_null() {
                        Value::from(NONE)
                    } else {
                        it.to_json()
                    }
                })
                .collect(),
            Self::Other(places) => vec![Value::from(gyre_query::OTHER); *places],
        }
    }

    /// Text that orders rows of equal measure: as it is shown.
    pub(crate) fn sort_text(&self) -> Vec<String> {
        match self {
            Self::Values(values) => values
                .iter()
                .map(|it| {
                    if it.is_null() {
                        NONE.to_owned()
                    } else {
                        it.display()
                    }
                })
                .collect(),
            Self::Other(_) => Vec::new(),
        }
    }
}

/// Makes the tokens of one answer.
#[derive(Clone, Debug)]
pub struct Minter {
    question: String,
}

impl Minter {
    /// `question` names the question, its instant and its data version; it contains no dot at its end.
    pub fn new(question: impl Into<String>) -> Self {
        Self {
            question: question.into(),
        }
    }

    pub(crate) fn cell(&self, value: impl Into<Value>, place: &Place) -> Cell {
        let json = serde_json::to_vec(place).unwrap_or_default();
        let token = format!("{}.{}", self.question, URL_SAFE_NO_PAD.encode(json));
        Cell {
            value: value.into(),
            cell: Some(token),
        }
    }
}

/// Splits a token into the question's name and the place.
pub fn split_token(token: &str) -> Option<(&str, &str)> {
    token.rsplit_once('.')
}

/// The people behind a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellPeople {
    /// Everyone with the time they entered, earliest first, each person once.
    pub people: Vec<(u32, i64)>,
    /// The cell's value where it counts events.
    pub units: u64,
    /// Events that were read.
    pub scanned: u64,
}

/// A sum as JSON: rounded to a millionth, so that the order of additions never shows.
pub(crate) fn number_json(number: f64) -> Value {
    if !number.is_finite() {
        return Value::Null;
    }
    let rounded = if number.abs() < 1e9 {
        (number * 1e6).round() / 1e6
    } else {
        number
    };
    Scalar::Number(rounded).to_json()
}
