//! Event names as small numbers, per workspace, in order of first appearance.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// Number of an event name within a process; files carry the names themselves.
pub type EventId = u32;

/// Interned event names. Cheap to clone: readers keep the version they began with.
#[derive(Clone, Debug, Default)]
pub struct Names {
    ids: Arc<FxHashMap<Arc<str>, EventId>>,
    names: Arc<Vec<Arc<str>>>,
}

impl Names {
    /// Number of `name`, giving it one if it is new.
    pub fn intern(&mut self, name: &str) -> EventId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.names.len() as EventId;
        let name: Arc<str> = Arc::from(name);
        Arc::make_mut(&mut self.names).push(Arc::clone(&name));
        Arc::make_mut(&mut self.ids).insert(name, id);
        id
    }

    /// Number of `name`, if any event ever had it.
    pub fn id(&self, name: &str) -> Option<EventId> {
        self.ids.get(name).copied()
    }

    /// Name of a number.
    pub fn name(&self, id: EventId) -> &str {
        self.names.get(id as usize).map_or("", |it| it)
    }

    /// All names with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (EventId, &str)> {
        self.names
            .iter()
            .enumerate()
            .map(|(i, it)| (i as EventId, &**it))
    }
}
