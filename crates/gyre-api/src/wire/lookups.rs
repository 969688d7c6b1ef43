//! Lookup tables.

use gyre_app::lookups as app;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::instant::Instant;

/// What stands in a column.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookupType {
    /// Texts, or values of several types as texts.
    Text,
    /// Numbers.
    Number,
    /// True and false.
    Boolean,
}

/// One column.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LookupColumn {
    /// Its name.
    pub name: String,
    /// What stands in it.
    #[serde(rename = "type")]
    pub kind: LookupType,
}

/// A lookup table without its rows.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Lookup {
    /// Its name.
    pub name: String,
    /// The column that tells its rows apart.
    pub key: String,
    /// Its columns, the key first.
    pub columns: Vec<LookupColumn>,
    /// How many rows it has.
    pub rows: u64,
    /// When it was written.
    pub updated_at: Instant,
}

/// Every lookup table of the workspace.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LookupList {
    /// By name.
    pub lookups: Vec<Lookup>,
}

/// Which rows of a table.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LookupQuery {
    /// Most rows, 1 to 1,000; 100 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// The one row of this key.
    pub key: Option<String>,
}

/// A page of rows.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LookupRows {
    /// By key, each an object of its columns.
    #[schema(value_type = Vec<Value>)]
    pub rows: Vec<Map<String, Value>>,
    /// Cursor of the next page; null after the last.
    #[schema(required)]
    pub next: Option<String>,
}

impl From<app::LookupView> for Lookup {
    fn from(it: app::LookupView) -> Self {
        let columns = it.columns.into_iter().map(|it| LookupColumn {
            name: it.name,
            kind: match it.kind {
                app::LookupType::Text => LookupType::Text,
                app::LookupType::Number => LookupType::Number,
                app::LookupType::Boolean => LookupType::Boolean,
            },
        });
        Self {
            name: it.name,
            key: it.key,
            columns: columns.collect(),
            rows: it.rows,
            updated_at: it.updated_at.into(),
        }
    }
}

impl From<app::LookupPage> for LookupRows {
    fn from(it: app::LookupPage) -> Self {
        Self {
            rows: it.rows,
            next: it.next,
        }
    }
}
