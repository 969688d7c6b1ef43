//! Rendering a template by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Whose words a template uses.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// `{{${first_name}}}` and the tags of messages.
    Braze,
    /// Plain Liquid.
    Shopify,
    /// The same, passing over what cannot be understood inside a tag.
    ShopifyLax,
}

/// A template and what it reads.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateRender {
    /// Source.
    pub template: String,
    /// Variables.
    #[schema(value_type = Option<Object>)]
    pub data: Option<Map<String, Value>>,
    /// Sources of `render` and `include`, by name.
    pub partials: Option<BTreeMap<String, String>>,
    /// `braze` if absent.
    pub dialect: Option<Dialect>,
    /// Refuse unknown variables.
    pub strict: Option<bool>,
}

/// A rendered template.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TemplateOutput {
    /// The text.
    pub output: String,
    /// What was read: `profile.first_name`.
    pub reads: Vec<String>,
    /// Why the template stopped itself; null if it did not.
    #[schema(required)]
    pub aborted: Option<String>,
}
