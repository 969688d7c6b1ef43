//! Names that are counted as another's: what people merged in the catalogue. Rows keep their own names.

use rustc_hash::FxHashMap;

/// Merged names by the name they are counted as. A merged name is nobody's target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merges {
    events: FxHashMap<String, Vec<String>>,
    properties: FxHashMap<String, Vec<String>>,
}

impl Merges {
    /// Counts `name` as `target` wherever that event is asked for.
    pub fn add_event(&mut self, name: impl Into<String>, target: impl Into<String>) {
        self.events
            .entry(target.into())
            .or_default()
            .push(name.into());
    }

    /// Reads `name` where the property `target` is asked for and missing.
    pub fn add_property(&mut self, name: impl Into<String>, target: impl Into<String>) {
        let names = self.properties.entry(target.into()).or_default();
        names.push(name.into());
    }

    /// Events that are counted as `target`, beside itself.
    pub fn events_of(&self, target: &str) -> &[String] {
        self.events.get(target).map_or(&[], Vec::as_slice)
    }

    /// Properties that are read as `target`, beside itself.
    pub fn properties_of(&self, target: &str) -> &[String] {
        self.properties.get(target).map_or(&[], Vec::as_slice)
    }
}
