//! Selectors: which events a chart or an audience looks at.
//!
//! Source: charts.md 1.1 ("Selector"), 2.1 ("Nth-time filters") and part 3 ("Filters").

use gyre_base::limits;

use crate::doc::{Doc, Read};
use crate::filter::Filter;

/// Which of a person's occurrences of an event counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// The n-th of its type in all history; it must then pass the filter. `first_ever` is 1.
    NthEver(u32),
    /// The first that passes the filter, in all history.
    FirstMatching,
}

/// Which events of the store a selector names, before its filter.
#[derive(Clone, Debug)]
pub enum Target {
    /// One event by its verbatim name.
    Event(String),
    /// Every active event: everything a person did.
    AnyEvent,
    /// A union; each part keeps its own filter.
    AnyOf(Vec<Selector>),
}

/// A named set of events.
#[derive(Clone, Debug)]
pub struct Selector {
    /// Which events.
    pub target: Target,
    /// Which of them.
    pub filter: Filter,
    /// Name shown for it, if the caller gave one.
    pub label: Option<String>,
    /// Which occurrence of each person, if limited.
    pub occurrence: Option<Occurrence>,
}

impl Selector {
    /// All events of one name.
    pub fn event(name: impl Into<String>) -> Self {
        Self {
            target: Target::Event(name.into()),
            filter: Filter::pass(),
            label: None,
            occurrence: None,
        }
    }

    /// The same events without any filter: the selector's type.
    #[must_use]
    pub fn unfiltered(&self) -> Self {
        let target = match &self.target {
            Target::AnyOf(parts) => Target::AnyOf(parts.iter().map(Self::unfiltered).collect()),
            other => other.clone(),
        };
        Self {
            target,
            filter: Filter::pass(),
            ..self.clone()
        }
    }

    /// Everything a person did.
    pub fn any_event() -> Self {
        Self {
            target: Target::AnyEvent,
            filter: Filter::pass(),
            label: None,
            occurrence: None,
        }
    }

    /// Reads a selector.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        Self::read_at(doc, 0, &[])
    }

    /// Reads a selector that may carry `more` fields of the place it stands in.
    pub fn read_with(doc: &Doc<'_>, more: &[&str]) -> Read<Self> {
        Self::read_at(doc, 0, more)
    }

    fn read_at(doc: &Doc<'_>, depth: usize, more: &[&str]) -> Read<Self> {
        if depth > 4 {
            return Err(doc.error("is nested too deeply"));
        }
        doc.object()?;
        for later in ["custom_event", "metric"] {
            if let Some(field) = doc.get(later) {
                return Err(field.error("saved events and metrics do not exist in this workspace"));
            }
        }
        let mut known = vec![
            "event",
            "any_event",
            "any_of",
            "where",
            "label",
            "occurrence",
        ];
        known.extend(more);
        doc.only(&known)?;
        let target = if let Some(name) = doc.get("event") {
            let text = name.text()?;
            if text.is_empty() || text.len() > limits::NAME_BYTES_MAX {
                return Err(name.error("expected an event's name"));
            }
            Target::Event(text.to_owned())
        } else if let Some(any) = doc.get("any_event") {
            if !any.boolean()? {
                return Err(any.error("can only be true"));
            }
            Target::AnyEvent
        } else if let Some(list) = doc.get("any_of") {
            let items = list.items(100)?;
            if items.is_empty() {
                return Err(list.error("needs at least one event"));
            }
            let parts: Read<Vec<_>> = items
                .iter()
                .map(|it| Self::read_at(it, depth + 1, &[]))
                .collect();
            Target::AnyOf(parts?)
        } else {
            return Err(doc.error("expected event, any_event or any_of"));
        };
        if depth > 0
            && let Some(field) = doc.get("occurrence")
        {
            return Err(field.error("belongs to the whole union"));
        }
        Ok(Self {
            target,
            filter: Filter::read_field(doc, "where")?,
            label: doc
                .get("label")
                .map(|it| it.text().map(str::to_owned))
                .transpose()?,
            occurrence: doc
                .get("occurrence")
                .map(|it| read_occurrence(&it))
                .transpose()?,
        })
    }

    /// The label, or a name made of the events.
    pub fn name(&self) -> String {
        if let Some(label) = &self.label {
            return label.clone();
        }
        match &self.target {
            Target::Event(name) => name.clone(),
            Target::AnyEvent => "Any event".to_owned(),
            Target::AnyOf(parts) => parts
                .iter()
                .map(Self::name)
                .collect::<Vec<_>>()
                .join(" or "),
        }
    }

    /// Calls `visit` for every filter in the selector.
    pub fn each_filter<'a>(&'a self, visit: &mut dyn FnMut(&'a Filter)) {
        visit(&self.filter);
        if let Target::AnyOf(parts) = &self.target {
            for it in parts {
                it.each_filter(visit);
            }
        }
    }
}

fn read_occurrence(doc: &Doc<'_>) -> Read<Occurrence> {
    doc.only(&["first_ever", "first_matching", "nth_ever"])?;
    if let Some(flag) = doc.get("first_ever") {
        return flag.boolean().map(|_| Occurrence::NthEver(1));
    }
    if let Some(flag) = doc.get("first_matching") {
        return flag.boolean().map(|_| Occurrence::FirstMatching);
    }
    let nth = doc.need("nth_ever")?.integer(1, 1_000_000)?;
    Ok(Occurrence::NthEver(u32::try_from(nth).unwrap_or(1)))
}

/// Message verbs that are ours, not acts of the person.
const PASSIVE_VERBS: &[&str] = &[
    "planned",
    "held",
    "skipped",
    "capped",
    "suppressed",
    "aborted",
    "retry",
    "handed_off",
    "sent",
    "delivered",
    "soft_bounced",
    "bounced",
    "rejected",
    "failed",
    "expired",
];

/// Whether an event of this name is something a person did; `any_event` means these.
///
/// Source: charts.md part 3 ("Names"). Property calls carry the names listed first.
pub fn is_active_event(name: &str) -> bool {
    match name {
        "$identify"
        | "$groupidentify"
        | "$alias"
        | "$create_alias"
        | "$merge"
        | "$merge_dangerously"
        | "$unmerge"
        | "$delete"
        | "$set"
        | "$set_once"
        | "$unset"
        | "identify"
        | "group"
        | "alias"
        | "campaign.enrolled_in_control" => false,
        _ => match name
            .strip_prefix("message.")
            .and_then(|it| it.rsplit_once('.'))
        {
            Some((_, verb)) => !PASSIVE_VERBS.contains(&verb),
            None => true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_are_read_and_named() {
        let union = json!({"any_of": [{"event": "A"}, {"event": "B", "label": "bee"}]});
        assert_eq!(
            Selector::read(&Doc::root(&union)).unwrap().name(),
            "A or bee"
        );
        let nth = json!({"event": "A", "occurrence": {"nth_ever": 2}});
        let nth = Selector::read(&Doc::root(&nth)).unwrap();
        assert_eq!(nth.occurrence, Some(Occurrence::NthEver(2)));
        let typo = json!({"event": "A", "were": {}});
        assert_eq!(
            Selector::read(&Doc::root(&typo)).unwrap_err().pointer,
            "/were"
        );
        let inner = json!({"any_of": [{"event": "A", "occurrence": {"nth_ever": 2}}]});
        assert_eq!(
            Selector::read(&Doc::root(&inner)).unwrap_err().pointer,
            "/any_of/0/occurrence"
        );
    }

    #[test]
    fn active_events_are_acts_of_the_person() {
        for (name, active) in [
            ("Order Completed", true),
            ("message.email.opened", true),
            ("message.email.clicked", true),
            ("message.email.unsubscribed", true),
            ("message.email.sent", false),
            ("message.email.planned", false),
            ("campaign.enrolled_in_control", false),
            ("$identify", false),
            ("$set_once", false),
            ("$alias", false),
            ("$merge", false),
            ("$unmerge", false),
            ("$delete", false),
        ] {
            assert_eq!(is_active_event(name), active, "{name}");
        }
    }
}
