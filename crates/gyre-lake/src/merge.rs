//! Sorting and merging of column sets: new batches, flushes and compactions are all this one operation.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::bucket_of;
use crate::column::{ColumnData, IdColumn, NULL_CODE, TextBuilder};
use crate::columns::{Columns, INSERT_ID, NODE, RECEIVED, Run, SEQ, TIME};
use crate::names::EventId;

/// (bucket, event, node, time)
type SortKey = (u32, EventId, u32, i64);
/// A row's key, the source it is in, and its place there.
type OrderedRow = (SortKey, u32, u32);

/// The columns that decide the order of rows.
struct Keys<'a> {
    events: Vec<EventId>,
    nodes: &'a [u32],
    times: &'a [i64],
    seqs: Option<&'a [i64]>,
    received: &'a [i64],
    insert_ids: Option<&'a ColumnData>,
}

impl<'a> Keys<'a> {
    fn new(columns: &'a Columns, events: Vec<EventId>) -> Self {
        let get = |name: &str| columns.get(name).map(Arc::as_ref);
        Self {
            events,
            nodes: get(NODE).and_then(ColumnData::nodes).unwrap_or_default(),
            times: get(TIME).and_then(ColumnData::ints).unwrap_or_default(),
            seqs: get(SEQ).and_then(ColumnData::ints),
            received: get(RECEIVED).and_then(ColumnData::ints).unwrap_or_default(),
            insert_ids: get(INSERT_ID),
        }
    }

    fn sort_key(&self, row: usize) -> SortKey {
        let node = self.nodes[row];
        (bucket_of(node), self.events[row], node, self.times[row])
    }

    /// The rest of the total order: the client's counter, arrival, the sender's id.
    fn tie(&self, row: usize, other: &Self, other_row: usize) -> Ordering {
        let seq = |seqs: Option<&[i64]>, row: usize| seqs.map_or(0, |it| it[row]);
        seq(self.seqs, row)
            .cmp(&seq(other.seqs, other_row))
            .then_with(|| self.received[row].cmp(&other.received[other_row]))
            .then_with(|| {
                let mine = self.insert_ids.and_then(|it| it.text(row));
                let theirs = other.insert_ids.and_then(|it| it.text(other_row));
                mine.cmp(&theirs)
            })
    }
}

/// Sorts columns whose rows stand in arrival order.
pub(crate) fn sort_single(columns: &Columns, events: &[EventId]) -> Columns {
    let keys = [Keys::new(columns, events.to_vec())];
    merge_keys(&[columns], &keys)
}

/// Merges sorted column sets into one.
pub(crate) fn merge(sources: &[&Columns]) -> Columns {
    let keys: Vec<Keys<'_>> = sources
        .iter()
        .map(|columns| {
            let mut events = vec![0; columns.rows];
            for run in &columns.runs {
                events[run.start as usize..run.end as usize].fill(run.event);
            }
            Keys::new(columns, events)
        })
        .collect();
    merge_keys(sources, &keys)
}

fn merge_keys(sources: &[&Columns], keys: &[Keys<'_>]) -> Columns {
    let total: usize = sources.iter().map(|it| it.rows).sum();
    let mut order: Vec<OrderedRow> = Vec::with_capacity(total);
    for (source, key) in keys.iter().enumerate() {
        for row in 0..sources[source].rows {
            order.push((key.sort_key(row), source as u32, row as u32));
        }
    }
    order.sort_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| {
            let (left, right) = (&keys[a.1 as usize], &keys[b.1 as usize]);
            left.tie(a.2 as usize, right, b.2 as usize)
        })
    });
    let runs = find_runs(&order);
    let picks: Vec<(u32, u32)> = order
        .into_iter()
        .map(|(_, source, row)| (source, row))
        .collect();
    let mut columns: BTreeMap<Arc<str>, Arc<ColumnData>> = BTreeMap::new();
    for source in sources {
        for (name, data) in &source.columns {
            if !columns.contains_key(name) {
                let parts: Vec<Option<&ColumnData>> = sources
                    .iter()
                    .map(|it| it.get(name).map(Arc::as_ref))
                    .collect();
                let mut gathered = gather(&parts, &picks, data);
                if **name == *SEQ
                    && let ColumnData::Int(seqs) = &mut gathered
                {
                    // a batch without counters has no such column: its rows count as 0
                    seqs.iter_mut()
                        .filter(|it| **it == i64::MIN)
                        .for_each(|it| *it = 0);
                }
                columns.insert(Arc::clone(name), Arc::new(gathered));
            }
        }
    }
    let merged = Columns {
        rows: total,
        runs,
        columns,
    };
    debug_assert!(
        merged.columns.values().all(|it| it.len() == total),
        "columns of unequal length"
    );
    merged
}

fn find_runs(order: &[OrderedRow]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (row, ((bucket, event, _, time), _, _)) in order.iter().enumerate() {
        let row = row as u32;
        match runs.last_mut() {
            Some(run) if run.bucket == *bucket && run.event == *event => {
                run.end = row + 1;
                run.time_min = run.time_min.min(*time);
                run.time_max = run.time_max.max(*time);
            }
            _ => runs.push(Run {
                bucket: *bucket,
                event: *event,
                start: row,
                end: row + 1,
                time_min: *time,
                time_max: *time,
            }),
        }
    }
    runs
}

fn gather(parts: &[Option<&ColumnData>], picks: &[(u32, u32)], like: &ColumnData) -> ColumnData {
    macro_rules! pick {
        ($variant:ident, $missing:expr) => {
            ColumnData::$variant(
                picks
                    .iter()
                    .map(|(source, row)| match parts[*source as usize] {
                        Some(ColumnData::$variant(it)) => it[*row as usize],
                        _ => $missing,
                    })
                    .collect(),
            )
        };
    }
    match like {
        ColumnData::Node(_) => pick!(Node, crate::NO_NODE),
        ColumnData::Int(_) => pick!(Int, i64::MIN),
        ColumnData::Number(_) => pick!(Number, f64::NAN),
        ColumnData::Bool(_) => pick!(Bool, 2),
        ColumnData::Id(_) => gather_ids(parts, picks),
        ColumnData::Text { .. } => gather_text(parts, picks),
    }
}

fn gather_ids(parts: &[Option<&ColumnData>], picks: &[(u32, u32)]) -> ColumnData {
    let bytes = parts.iter().map(|part| match part {
        Some(ColumnData::Id(it)) => it.text_bytes(),
        _ => 0,
    });
    let mut ids = IdColumn::with_capacity(picks.len(), bytes.sum());
    for (source, row) in picks {
        let part = parts[*source as usize];
        ids.push(part.and_then(|it| it.text(*row as usize)));
    }
    ColumnData::Id(ids)
}

fn gather_text(parts: &[Option<&ColumnData>], picks: &[(u32, u32)]) -> ColumnData {
    let mut builder = TextBuilder::default();
    let mut remaps: Vec<Vec<u32>> = parts
        .iter()
        .map(|part| match part {
            Some(ColumnData::Text { dict, .. }) => vec![NULL_CODE; dict.len()],
            _ => Vec::new(),
        })
        .collect();
    for (source, row) in picks {
        let part = parts[*source as usize];
        let Some(ColumnData::Text { codes, dict }) = part else {
            builder.push(part.and_then(|it| it.text(*row as usize)));
            continue;
        };
        let code = codes[*row as usize];
        if code == NULL_CODE {
            builder.push(None);
            continue;
        }
        let remap = &mut remaps[*source as usize][code as usize];
        if *remap == NULL_CODE {
            *remap = builder.code(&dict[code as usize]);
        }
        builder.push_code(*remap);
    }
    builder.finish()
}
