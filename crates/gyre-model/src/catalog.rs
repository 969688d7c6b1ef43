//! What people write about events and properties: names, owners, and whether they are hidden, blocked or merged.

use gyre_base::limits::NAME_BYTES_MAX;

use crate::doc::{Doc, Read};

/// Longest name shown for an event, and longest owner.
const SHORT_BYTES_MAX: usize = 256;
/// Longest description.
const DESCRIPTION_BYTES_MAX: usize = 4_096;
/// Most tags of one event.
const TAGS_MAX: usize = 20;
/// Longest tag.
const TAG_BYTES_MAX: usize = 64;

/// A change; what it does not name stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogPatch {
    /// Name shown instead; the inner `None` takes it away.
    pub display_name: Option<Option<String>>,
    /// What it means.
    pub description: Option<Option<String>>,
    /// Who answers for it.
    pub owner: Option<Option<String>>,
    /// Labels, all of them.
    pub tags: Option<Vec<String>>,
    /// Whether lists leave it out.
    pub hidden: Option<bool>,
    /// Whether it is kept out from now on.
    pub blocked: Option<bool>,
    /// Name that counts it as its own.
    pub merge_into: Option<Option<String>>,
}

impl CatalogPatch {
    /// Reads a change.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        doc.only(&[
            "display_name",
            "description",
            "owner",
            "tags",
            "hidden",
            "blocked",
            "merge_into",
        ])?;
        let flag = |key| doc.get(key).map(|it| it.boolean()).transpose();
        Ok(Self {
            display_name: text(doc, "display_name", SHORT_BYTES_MAX)?,
            description: text(doc, "description", DESCRIPTION_BYTES_MAX)?,
            owner: text(doc, "owner", SHORT_BYTES_MAX)?,
            tags: tags(doc)?,
            hidden: flag("hidden")?,
            blocked: flag("blocked")?,
            merge_into: text(doc, "merge_into", NAME_BYTES_MAX)?,
        })
    }
}

/// A text that null or an empty text takes away.
#[expect(
    clippy::option_option,
    reason = "absent, taken away and given are three things"
)]
fn text(doc: &Doc<'_>, key: &str, bytes_max: usize) -> Read<Option<Option<String>>> {
    let Some(field) = doc.get(key) else {
        let is_null = doc.value().get(key).is_some();
        return Ok(is_null.then_some(None));
    };
    let text = field.text()?.trim();
    if text.len() > bytes_max {
        return Err(field.error(format!("is longer than {bytes_max} bytes")));
    }
    Ok(Some((!text.is_empty()).then(|| text.to_owned())))
}

fn tags(doc: &Doc<'_>) -> Read<Option<Vec<String>>> {
    let Some(field) = doc.get("tags") else {
        return Ok(None);
    };
    let mut tags: Vec<String> = Vec::new();
    for item in field.items(TAGS_MAX)? {
        let tag = item.text()?.trim();
        let is_plain = !tag.is_empty() && !tag.chars().any(char::is_control);
        if !is_plain || tag.len() > TAG_BYTES_MAX {
            let detail = format!("expected a word or a few, of at most {TAG_BYTES_MAX} bytes");
            return Err(item.error(detail));
        }
        if !tags.iter().any(|it| it == tag) {
            tags.push(tag.to_owned());
        }
    }
    Ok(Some(tags))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "literals read better without a borrow"
    )]
    fn refused(value: Value, pointer: &str) {
        let error = CatalogPatch::read(&Doc::root(&value)).unwrap_err();
        assert_eq!(error.pointer, pointer, "{}", error.detail);
    }

    #[test]
    fn null_takes_away_and_absence_leaves() {
        let value = json!({"display_name": null, "owner": " kim ", "description": "", "tags": ["a", "a", "b"], "blocked": true});
        let patch = CatalogPatch::read(&Doc::root(&value)).unwrap();
        let expected = CatalogPatch {
            display_name: Some(None),
            owner: Some(Some("kim".to_owned())),
            description: Some(None),
            tags: Some(vec!["a".to_owned(), "b".to_owned()]),
            blocked: Some(true),
            ..CatalogPatch::default()
        };
        assert_eq!(patch, expected);
    }

    #[test]
    fn what_is_wrong_is_named() {
        refused(json!({"name": "x"}), "/name");
        refused(json!({"owner": 5}), "/owner");
        refused(json!({"owner": "x".repeat(257)}), "/owner");
        refused(json!({"tags": ["a", "b\nc"]}), "/tags/1");
        refused(json!({"hidden": "yes"}), "/hidden");
        refused(json!([]), "");
    }
}
