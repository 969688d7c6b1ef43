//! A small world: events go the way they go in the product, into people and segments.

use std::sync::Arc;

use gyre_analytics::charts::read_query;
use gyre_analytics::context::NoCohorts;
use gyre_analytics::{Answer, CellPeople, Context, Minter, answer, audience_people, list_cell};
use gyre_base::{Timestamp, WeekStart, Zone};
use gyre_identity::People;
use gyre_lake::{ColumnCache, ColumnNames, LakeStore, Row};
use gyre_model::event::{PropOp, PropOpKind};
use gyre_model::{Audience, Doc, Event, EventKind};
use gyre_query::{QueryError, Snapshot};
use parking_lot::RwLock;
use serde_json::{Map, Value};

pub(crate) struct World {
    people: People,
    lake: LakeStore,
    zone: Zone,
    folder: tempfile::TempDir,
    flushes: u32,
    applied: Vec<(u32, u32, Event)>,
}

impl World {
    pub(crate) fn new(zone: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Arc::new(ColumnCache::new(64 << 20));
        let lake = LakeStore::open(folder.path(), &[], cache).unwrap();
        let zone = Zone::parse(zone).unwrap();
        Self {
            people: People::default(),
            lake,
            zone,
            folder,
            flushes: 0,
            applied: Vec::new(),
        }
    }

    /// Adds an event; `who` is a user, or a device if it begins with `@`, or `@device user`.
    pub(crate) fn add(&mut self, who: &str, name: &str, time: i64, properties: Value) -> &mut Self {
        let mut event = Event::new(EventKind::Track, name, Timestamp(time));
        for id in who.split_whitespace() {
            match id.strip_prefix('@') {
                Some(device) => event.device_id = Some(device.to_owned()),
                None => event.user_id = Some(id.to_owned()),
            }
        }
        event.properties = properties.as_object().cloned().unwrap_or_default();
        self.apply(&event)
    }

    /// Sets properties of a user at a time.
    pub(crate) fn set(&mut self, user: &str, time: i64, properties: Value) -> &mut Self {
        let mut event = Event::new(EventKind::Identify, "$identify", Timestamp(time));
        event.user_id = Some(user.to_owned());
        let properties: Map<String, Value> = properties.as_object().cloned().unwrap();
        event.user_ops = properties
            .into_iter()
            .map(|(key, value)| PropOp {
                op: PropOpKind::Set,
                key,
                value,
            })
            .collect();
        self.apply(&event)
    }

    /// Makes so many people without events, so that nodes before and after lie in different buckets.
    pub(crate) fn fill(&mut self, count: usize) -> &mut Self {
        for i in 0..count {
            let mut event = Event::new(EventKind::Identify, "$identify", Timestamp(0));
            event.user_id = Some(format!("filler{i}"));
            self.people.apply(&event);
        }
        self
    }

    /// Like [`World::fill`], with people that were not there before.
    pub(crate) fn fill_more(&mut self, count: usize) -> &mut Self {
        let known = self.people.nodes().len();
        for i in known..known + count {
            let mut event = Event::new(EventKind::Identify, "$identify", Timestamp(0));
            event.user_id = Some(format!("filler{i}"));
            self.people.apply(&event);
        }
        self
    }

    /// Adds an event as it stands.
    pub(crate) fn apply(&mut self, event: &Event) -> &mut Self {
        let resolved = self.people.apply(event).0.unwrap();
        self.applied
            .push((resolved.node, resolved.device, event.clone()));
        let names = &mut ColumnNames::default();
        let row = Row::new(event.clone(), resolved.node, resolved.device, names);
        self.lake.append(&[row]);
        self
    }

    /// A request about identity, on our own word.
    pub(crate) fn request(&mut self, event: &Event) -> &mut Self {
        self.people.apply_from(event, "internal");
        self
    }

    pub(crate) fn people(&self) -> &People {
        &self.people
    }

    /// Writes what is in memory to a file.
    pub(crate) fn flush(&mut self) -> &mut Self {
        self.flushes += 1;
        let name = format!("f{}", self.flushes);
        if let Some(pending) = self.lake.write_flush(&name).unwrap() {
            self.lake.install(pending);
        }
        assert!(self.folder.path().exists());
        self
    }

    pub(crate) fn context(&self, as_of: &str) -> Context {
        // the people themselves move in when the building ends
        let nobody = People::default();
        Context {
            snapshot: Snapshot {
                version: 1,
                lake: self.lake.view(),
                map: self.people.map(),
                people: Arc::new(RwLock::new(nobody)),
                merges: Arc::default(),
            },
            zone: self.zone.clone(),
            week_start: WeekStart::Monday,
            as_of: Timestamp::parse(as_of).unwrap(),
            cohorts: Arc::new(NoCohorts),
        }
    }

    /// Ends the building and answers questions.
    pub(crate) fn ask(self, as_of: &str) -> Asker {
        let mut ctx = self.context(as_of);
        ctx.snapshot.people = Arc::new(RwLock::new(self.people));
        Asker {
            ctx,
            applied: self.applied,
            _folder: self.folder,
        }
    }
}

pub(crate) struct Asker {
    pub(crate) ctx: Context,
    /// Node, device and event of everything that was added.
    pub(crate) applied: Vec<(u32, u32, Event)>,
    _folder: tempfile::TempDir,
}

impl Asker {
    pub(crate) fn block<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    pub(crate) fn answer(&self, query: &Value) -> Answer {
        self.try_answer(query)
            .unwrap_or_else(|it| panic!("{query}: {it}"))
    }

    pub(crate) fn try_answer(&self, query: &Value) -> Result<Answer, QueryError> {
        let query = read_query(query)?;
        Self::block(answer(&self.ctx, &query, &Minter::new("q")))
    }

    pub(crate) fn list(&self, query: &Value, token: &str) -> CellPeople {
        let query = read_query(query).unwrap();
        let place = token.strip_prefix("q.").unwrap();
        Self::block(list_cell(&self.ctx, &query, place)).unwrap()
    }

    /// User ids of an audience, sorted.
    pub(crate) fn audience(&self, audience: &Value) -> Vec<String> {
        let audience = Audience::read(&Doc::root(audience)).unwrap();
        let (people, _) = Self::block(audience_people(&self.ctx, &audience)).unwrap();
        let known = self.ctx.snapshot.people.read();
        let name = |it: u32| known.nodes().get(it).unwrap().1.into_owned();
        let mut names: Vec<String> = people.iter().map(name).collect();
        names.sort();
        names
    }
}

/// Reads the values of a list of cells.
pub(crate) fn values(cells: &Value) -> Vec<Value> {
    cells
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["value"].clone())
        .collect()
}
