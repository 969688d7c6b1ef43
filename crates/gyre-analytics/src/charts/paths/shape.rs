//! Paths as nodes, links and whole paths: the most frequent by name, the rest as `(other)`.

use std::collections::BTreeMap;
use std::sync::Arc;

use gyre_model::value::Scalar;
use gyre_query::{EXIT, GroupDict, NO_GROUP, OTHER, Snapshot, node_parts};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value, json};

use crate::cell::{Minter, Place, RowGroup};

/// Stands where a path ended.
const EXIT_NAME: &str = "(exit)";
/// Whole paths shown.
const TOP_PATHS: usize = 20;

/// Names of nodes.
pub(super) struct Names {
    snapshot: Snapshot,
    dict: Arc<GroupDict>,
}

impl Names {
    pub(super) fn new(snapshot: Snapshot, dict: Arc<GroupDict>) -> Self {
        Self { snapshot, dict }
    }

    pub(super) fn dict(&self) -> &Arc<GroupDict> {
        &self.dict
    }

    fn name(&self, node: u64) -> String {
        if node == EXIT {
            return EXIT_NAME.to_owned();
        }
        let (event, tuple) = node_parts(node);
        let event = self.snapshot.lake.names.name(event);
        if tuple == NO_GROUP {
            return event.to_owned();
        }
        let value = RowGroup::Values(self.dict.tuple_values(tuple)).sort_text();
        format!("{event}: {}", value.join(", "))
    }

    fn names(&self, path: &[u64]) -> Vec<String> {
        path.iter().map(|it| self.name(*it)).collect()
    }
}

/// Nodes, links and paths of one segment.
pub(super) struct Shape {
    is_end: bool,
    /// By position, the nodes that keep their name.
    tops: FxHashMap<i64, FxHashSet<String>>,
    nodes: Vec<(i64, String, u64)>,
    links: Vec<(i64, String, String, u64)>,
    paths: Vec<(Vec<String>, u64)>,
}

impl Shape {
    pub(super) fn new<'a>(
        names: &Names,
        paths: impl Iterator<Item = (&'a [u64], u64)>,
        top: usize,
        is_end: bool,
    ) -> Self {
        let named: Vec<(Vec<String>, u64)> = paths
            .map(|(path, count)| (names.names(path), count))
            .collect();
        let mut by_position: BTreeMap<i64, FxHashMap<&str, u64>> = BTreeMap::new();
        for (path, count) in &named {
            for (i, name) in path.iter().enumerate() {
                let nodes = by_position.entry(position(is_end, path, i)).or_default();
                *nodes.entry(name).or_default() += count;
            }
        }
        let mut shape = Self {
            is_end,
            tops: FxHashMap::default(),
            nodes: Vec::new(),
            links: Vec::new(),
            paths: Vec::new(),
        };
        for (position, mut nodes) in by_position {
            let exits = nodes.remove(EXIT_NAME);
            let mut ranked: Vec<(&str, u64)> = nodes.into_iter().collect();
            ranked.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
            let rest: u64 = ranked.iter().skip(top).map(|it| it.1).sum();
            ranked.truncate(top);
            let tops = ranked.iter().map(|it| it.0.to_owned()).collect();
            shape.tops.insert(position, tops);
            let mut put = |name: &str, count: u64| {
                shape.nodes.push((position, name.to_owned(), count));
            };
            for (name, count) in &ranked {
                put(name, *count);
            }
            if rest > 0 {
                put(OTHER, rest);
            }
            if let Some(exits) = exits {
                put(EXIT_NAME, exits);
            }
        }
        let mut links: BTreeMap<(i64, String, String), u64> = BTreeMap::new();
        let mut whole: FxHashMap<Vec<String>, u64> = FxHashMap::default();
        for (path, count) in named {
            for i in 1..path.len() {
                let key = (
                    position(is_end, &path, i - 1),
                    shape.shown(&path, i - 1).to_owned(),
                    shape.shown(&path, i).to_owned(),
                );
                *links.entry(key).or_default() += count;
            }
            *whole.entry(without_exit(path)).or_default() += count;
        }
        shape.links = links
            .into_iter()
            .map(|((p, a, b), n)| (p, a, b, n))
            .collect();
        shape
            .links
            .sort_by_key(|it| (it.0, std::cmp::Reverse(it.3)));
        shape.paths = whole.into_iter().collect();
        shape
            .paths
            .sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        shape.paths.truncate(TOP_PATHS);
        shape
    }

    /// The name under which a path's node is shown.
    fn shown<'a>(&self, path: &'a [String], i: usize) -> &'a str {
        let tops = self.tops.get(&position(self.is_end, path, i));
        let name = path[i].as_str();
        if name == EXIT_NAME || tops.is_some_and(|it| it.contains(name)) {
            name
        } else {
            OTHER
        }
    }

    /// Whether a path is one of a cell's.
    pub(super) fn takes(&self, names: &Names, path: &[u64], wanted: &[Value]) -> bool {
        let path = names.names(path);
        let shown = |at: i64, name: &Value| {
            let found = (0..path.len()).find(|i| position(self.is_end, &path, *i) == at);
            found.is_some_and(|i| name == self.shown(&path, i))
        };
        match wanted {
            [kind, at, name] if kind == "n" => shown(at.as_i64().unwrap_or(0), name),
            [kind, at, from, to] if kind == "l" => {
                let at = at.as_i64().unwrap_or(0);
                shown(at, from) && shown(at + 1, to)
            }
            [kind, names @ ..] if kind == "p" => {
                let own = without_exit(path);
                own.len() == names.len() && own.iter().zip(names).all(|(a, b)| b == a)
            }
            _ => false,
        }
    }

    pub(super) fn to_json(&self, segment: usize, minter: &Minter) -> Map<String, Value> {
        let cell = |count: u64, path: Vec<Value>| {
            let place = Place {
                path: Some(path),
                ..Place::new(Some(segment), &RowGroup::Values(Vec::<Scalar>::new()))
            };
            minter.cell(count, &place)
        };
        let nodes = self.nodes.iter().map(|(at, name, count)| {
            let count = cell(*count, vec![json!("n"), json!(at), json!(name)]);
            json!({"position": at, "name": name, "count": count})
        });
        let links = self.links.iter().map(|(at, from, to, count)| {
            let place = vec![json!("l"), json!(at), json!(from), json!(to)];
            json!({"from": [at, from], "to": [at + 1, to], "count": cell(*count, place)})
        });
        let paths = self.paths.iter().map(|(names, count)| {
            let mut place = vec![json!("p")];
            place.extend(names.iter().map(|it| json!(it)));
            json!({"names": names, "count": cell(*count, place)})
        });
        let mut shape = Map::new();
        shape.insert("nodes".to_owned(), nodes.collect());
        shape.insert("links".to_owned(), links.collect());
        shape.insert("top_paths".to_owned(), paths.collect());
        shape
    }
}

/// Position of a path's node: from its start on, or back from its end.
fn position(is_end: bool, path: &[String], i: usize) -> i64 {
    if is_end {
        i as i64 - (path.len() as i64 - 1)
    } else {
        i as i64
    }
}

fn without_exit(mut path: Vec<String>) -> Vec<String> {
    if path.last().is_some_and(|it| it == EXIT_NAME) {
        path.pop();
    }
    path
}
