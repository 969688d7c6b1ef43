//! Writing about events and properties: names, owners, and hiding, blocking, merging them.

use gyre_base::limits::NAME_BYTES_MAX;
use gyre_meta::{CatalogChange, CatalogEntry};
use gyre_model::{CatalogPatch, FieldError};

use crate::catalog::{empty_entry, property_key};
use crate::{App, AppError, CanWrite};

/// Most events and properties that something is written about: a plan's events with five properties each.
const ENTRIES_MAX: usize = 10_000;
/// Most names changed at once.
pub const BULK_MAX: usize = 1_000;

impl App {
    /// Changes what is written about an event.
    pub async fn catalog_event_change(
        &self,
        access: &CanWrite,
        event: &str,
        patch: &CatalogPatch,
    ) -> Result<CatalogEntry, AppError> {
        let names = [event.to_owned()];
        let changed = self.catalog_events_change(access, &names, patch).await?;
        Ok(changed
            .into_iter()
            .next()
            .unwrap_or_else(|| empty_entry(event, "")))
    }

    /// Changes what is written about each of the events.
    pub async fn catalog_events_change(
        &self,
        access: &CanWrite,
        events: &[String],
        patch: &CatalogPatch,
    ) -> Result<Vec<CatalogEntry>, AppError> {
        if events.len() > BULK_MAX {
            let detail = format!("has {} names; at most {BULK_MAX} are allowed", events.len());
            return Err(FieldError::new("/names", detail).into());
        }
        let keys = events.iter().map(|it| (it.clone(), String::new()));
        self.catalog_change(access, keys.collect(), patch).await
    }

    /// Changes what is written about a property of an event, or of all events without one.
    pub async fn catalog_property_change(
        &self,
        access: &CanWrite,
        event: Option<&str>,
        property: &str,
        patch: &CatalogPatch,
    ) -> Result<CatalogEntry, AppError> {
        let property = property_key(property);
        if event.is_some() && matches!(patch.merge_into, Some(Some(_))) {
            let detail = "properties are merged in all events; leave the event out";
            return Err(FieldError::new("/merge_into", detail).into());
        }
        if property.starts_with("profile.") {
            for (field, is_asked) in [
                ("/blocked", patch.blocked == Some(true)),
                ("/merge_into", matches!(patch.merge_into, Some(Some(_)))),
            ] {
                if is_asked {
                    let detail = "is not for properties of people";
                    return Err(FieldError::new(field, detail).into());
                }
            }
        }
        let event = event.unwrap_or_default();
        let key = (event.to_owned(), property.to_owned());
        let changed = self.catalog_change(access, vec![key], patch).await?;
        Ok(changed
            .into_iter()
            .next()
            .unwrap_or_else(|| empty_entry(event, property)))
    }

    async fn catalog_change(
        &self,
        access: &CanWrite,
        keys: Vec<(String, String)>,
        patch: &CatalogPatch,
    ) -> Result<Vec<CatalogEntry>, AppError> {
        let workspace = access.workspace();
        for (event, property) in &keys {
            let name = if property.is_empty() { event } else { property };
            if name.trim().is_empty() || name.len() > NAME_BYTES_MAX {
                return Err(FieldError::new("/name", "expected a name").into());
            }
        }
        let updated_at = self.clock.now();
        let mut refused = None;
        let changed = self.engine.change_rules(workspace, async |from| {
            // read while nobody else changes anything
            let known = self.meta.catalog_entries(workspace).await?;
            let change = match apply(&known, &keys, patch) {
                Ok(change) => change,
                Err(error) => {
                    refused = Some(error);
                    return Ok(Vec::new());
                }
            };
            let mut change = change;
            for entry in &mut change.entries {
                entry.updated_at = updated_at;
            }
            self.meta.catalog_put(workspace, &change, from).await?;
            Ok(change.entries)
        });
        let changed = changed.await?;
        match refused {
            Some(error) => Err(error),
            None => Ok(changed),
        }
    }
}

/// What a patch makes of entries, or why it may not.
fn apply(
    known: &[CatalogEntry],
    keys: &[(String, String)],
    patch: &CatalogPatch,
) -> Result<CatalogChange, AppError> {
    let mut change = CatalogChange::default();
    for (event, property) in keys {
        let before = known
            .iter()
            .find(|it| it.event == *event && it.property == *property);
        if before.is_none() && known.len() + change.entries.len() >= ENTRIES_MAX {
            return Err(AppError::Conflict {
                code: "catalog-full",
                detail: format!(
                    "something is written about {ENTRIES_MAX} events and properties already"
                ),
            });
        }
        let before = before
            .cloned()
            .unwrap_or_else(|| empty_entry(event, property));
        let mut entry = before.clone();
        if let Some(it) = &patch.display_name {
            entry.display_name.clone_from(it);
        }
        if let Some(it) = &patch.description {
            entry.description.clone_from(it);
        }
        if let Some(it) = &patch.owner {
            entry.owner.clone_from(it);
        }
        if let Some(it) = &patch.tags {
            entry.tags.clone_from(it);
        }
        if let Some(it) = &patch.merge_into {
            entry.merge_into.clone_from(it);
        }
        entry.is_hidden = patch.hidden.unwrap_or(entry.is_hidden);
        entry.is_blocked = patch.blocked.unwrap_or(entry.is_blocked);
        if let Some(target) = &entry.merge_into {
            check_merge(known, keys, &entry, target)?;
        }
        let key = (event.clone(), property.clone());
        match (before.is_blocked, entry.is_blocked) {
            (false, true) => change.blocks_begun.push(key),
            (true, false) => change.blocks_ended.push(key),
            _ => {}
        }
        change.entries.push(entry);
    }
    Ok(change)
}

/// Merges have one step: what is counted as another's is nobody's target.
fn check_merge(
    known: &[CatalogEntry],
    keys: &[(String, String)],
    entry: &CatalogEntry,
    target: &str,
) -> Result<(), AppError> {
    let refuse = |detail: String| Err(FieldError::new("/merge_into", detail).into());
    let is_event = entry.property.is_empty();
    let name_of = |it: &CatalogEntry| {
        let name = if is_event { &it.event } else { &it.property };
        (it.property.is_empty() == is_event).then(|| name.clone())
    };
    let own = if is_event {
        &entry.event
    } else {
        &entry.property
    };
    if own == target {
        return refuse(format!("`{target}` cannot be merged into itself"));
    }
    let merged = known.iter().filter(|it| it.merge_into.is_some());
    if merged
        .clone()
        .any(|it| name_of(it).as_deref() == Some(target))
    {
        return refuse(format!("`{target}` is merged into another itself"));
    }
    let is_asked_too = keys.iter().any(|(event, property)| {
        let name = if is_event { event } else { property };
        name == target
    });
    if is_asked_too {
        return refuse(format!("`{target}` is among the names to be merged"));
    }
    let mut into_own = merged.filter(|it| name_of(it).is_some());
    if into_own.any(|it| it.merge_into.as_ref() == Some(own)) {
        return refuse(format!("others are merged into `{own}`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(merge_into: Option<&str>) -> CatalogPatch {
        CatalogPatch {
            merge_into: Some(merge_into.map(str::to_owned)),
            ..CatalogPatch::default()
        }
    }

    fn key(event: &str) -> (String, String) {
        (event.to_owned(), String::new())
    }

    fn merged(event: &str, into: &str) -> CatalogEntry {
        CatalogEntry {
            merge_into: Some(into.to_owned()),
            ..empty_entry(event, "")
        }
    }

    #[test]
    fn merges_have_one_step() {
        let known = [merged("buy", "purchase")];
        let check = |event: &str, into: &str| apply(&known, &[key(event)], &patch(Some(into)));
        assert!(check("order", "purchase").is_ok());
        assert!(check("buy", "order").is_ok(), "moved to another");
        for (event, into, part) in [
            ("order", "order", "itself"),
            ("order", "buy", "is merged into another"),
            ("purchase", "order", "others are merged into"),
        ] {
            let error = check(event, into).unwrap_err().to_string();
            assert!(error.contains(part), "{event} into {into}: {error}");
        }
        let both = [key("a"), key("b")];
        let error = apply(&[], &both, &patch(Some("b"))).unwrap_err();
        assert!(
            error.to_string().contains("among the names") || error.to_string().contains("itself")
        );
    }

    #[test]
    fn blocking_begins_and_ends_once() {
        let blocked = |it: bool| CatalogPatch {
            blocked: Some(it),
            ..CatalogPatch::default()
        };
        let begun = apply(&[], &[key("a")], &blocked(true)).unwrap();
        assert_eq!(begun.blocks_begun, [key("a")]);
        let again = apply(&begun.entries, &[key("a")], &blocked(true)).unwrap();
        assert!(again.blocks_begun.is_empty() && again.blocks_ended.is_empty());
        let ended = apply(&begun.entries, &[key("a")], &blocked(false)).unwrap();
        assert_eq!(ended.blocks_ended, [key("a")]);
        let other = apply(&begun.entries, &[key("a")], &patch(None)).unwrap();
        assert!(other.entries[0].is_blocked && other.blocks_ended.is_empty());
    }
}
