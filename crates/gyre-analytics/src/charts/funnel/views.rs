//! A funnel by time of entry, and how long converting took.

use gyre_model::chart::{Bins, FunnelSpec};
use gyre_query::{FunnelRow, NO_GROUP};
use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use super::super::{Frame, ratio};
use super::Chains;
use super::rows::{Row, each_once, goal, has_reached, head, summary};
use crate::cell::{Minter, Place, RowGroup};

/// Entered and converted by the time of entry, for each row of the chart.
///
/// `complete`: whether every entry of the bucket has had its whole window.
pub(super) fn over_time(
    frame: &Frame,
    spec: &FunnelSpec,
    rows: &[Row<'_>],
    by_time: &Chains,
    minter: &Minter,
) -> Value {
    let edges = &frame.buckets.edges;
    let is_complete: Vec<bool> = edges[1..]
        .iter()
        .map(|end| end.plus_ms(spec.window_ms) <= frame.ctx.as_of)
        .collect();
    let goal = goal(spec);
    let members = chains_of_rows(rows, by_time);
    let series: Vec<Value> = rows
        .iter()
        .zip(members)
        .map(|(row, chains)| {
            let mut counts = vec![(0, 0); frame.buckets.len()];
            for chain in chains {
                let count = &mut counts[chain.bucket as usize];
                count.0 += 1;
                count.1 += usize::from(has_reached(spec, chain, goal));
            }
            let place = Place::new(row.cut, &row.group);
            let cell = |bucket: usize, step: usize, value: usize| {
                let place = Place {
                    bucket: Some(bucket),
                    step,
                    ..place.clone()
                };
                minter.cell(value, &place)
            };
            let counts = || counts.iter().enumerate();
            let entered: Vec<_> = counts().map(|(i, it)| cell(i, 0, it.0)).collect();
            let converted: Vec<_> = counts().map(|(i, it)| cell(i, goal, it.1)).collect();
            let rates: Vec<Value> = counts().map(|(_, it)| ratio(it.1, it.0)).collect();
            let mut out = head(frame, row);
            out["entered"] = json!(entered);
            out["converted"] = json!(converted);
            out["rate"] = json!(rates);
            out["complete"] = json!(is_complete);
            out
        })
        .collect();
    json!({"buckets": frame.buckets.labels, "series": series})
}

/// Chains that were matched by time of entry, for each row of the chart.
pub(super) fn chains_of_rows<'a>(rows: &[Row<'_>], by_time: &'a Chains) -> Vec<Vec<&'a FunnelRow>> {
    let mut out: Vec<Vec<&FunnelRow>> = vec![Vec::new(); rows.len()];
    let mut places: FxHashMap<(usize, u32), Option<usize>> = FxHashMap::default();
    let place_of = |cut: usize, group: u32| {
        let values = by_time.dict.tuple_values(group);
        let of_cut = |it: &Row<'_>| it.cut == Some(cut);
        let named = rows.iter().position(|it| {
            of_cut(it) && matches!(&it.group, RowGroup::Values(own) if *own == values)
        });
        let is_rest = |it: &Row<'_>| of_cut(it) && matches!(it.group, RowGroup::Other(_));
        match named {
            None if group != NO_GROUP => rows.iter().position(is_rest),
            found => found,
        }
    };
    for chain in &by_time.rows {
        let mut segments = chain.segments;
        while segments != 0 {
            let cut = segments.trailing_zeros() as usize;
            let place = places
                .entry((cut, chain.group))
                .or_insert_with(|| place_of(cut, chain.group));
            if let Some(place) = place {
                out[*place].push(chain);
            }
            segments &= segments - 1;
        }
        if chain.is_first
            && let Some(place) = rows.iter().position(|it| it.is_overall)
        {
            out[place].push(chain);
        }
    }
    for (row, chains) in rows.iter().zip(&mut out) {
        if matches!(row.group, RowGroup::Other(_)) {
            *chains = each_once(std::mem::take(chains));
        }
    }
    out
}

/// How long converting took: everyone's histogram, and each row's over the same edges.
pub(super) fn histogram(
    frame: &Frame,
    spec: &FunnelSpec,
    rows: &[Row<'_>],
    minter: &Minter,
) -> Value {
    let edges = edges_of(spec, rows);
    let series: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut counts: FxHashMap<usize, usize> = FxHashMap::default();
            let mut all = Vec::new();
            for chain in &row.chains {
                if let Some(seconds) = seconds_to_convert(spec, chain) {
                    all.push(seconds);
                    if let Some(bin) = bin_of(&edges, seconds) {
                        *counts.entry(bin).or_default() += 1;
                    }
                }
            }
            let place = Place::new(row.cut, &row.group);
            let cells: Vec<_> = (0..edges.len().saturating_sub(1))
                .map(|bin| {
                    let place = Place {
                        slot: Some(bin),
                        ..place.clone()
                    };
                    minter.cell(counts.get(&bin).copied().unwrap_or(0), &place)
                })
                .collect();
            let mut out = head(frame, row);
            out["counts"] = json!(cells);
            out["seconds"] = summary(&mut all);
            out
        })
        .collect();
    let counts = series.last().map_or(json!([]), |it| it["counts"].clone());
    let seconds = series
        .last()
        .map_or(Value::Null, |it| it["seconds"].clone());
    json!({"edges": edges, "counts": counts, "seconds": seconds, "series": series})
}

/// Chains of a row that converted within a bin.
pub(super) fn chains_of_bin<'a>(
    spec: &FunnelSpec,
    rows: &[Row<'_>],
    row: &Row<'a>,
    bin: usize,
) -> Vec<&'a FunnelRow> {
    let edges = edges_of(spec, rows);
    let is_in = |it: &&FunnelRow| {
        seconds_to_convert(spec, it).and_then(|it| bin_of(&edges, it)) == Some(bin)
    };
    row.chains.iter().copied().filter(is_in).collect()
}

/// Edges in seconds: as asked, or of equal width, in whole seconds, up to the longest.
fn edges_of(spec: &FunnelSpec, rows: &[Row<'_>]) -> Vec<f64> {
    match &spec.bins {
        Bins::Edges(edges) => edges.clone(),
        Bins::Equal(bins) => {
            let chains = rows.iter().flat_map(|it| &it.chains);
            let longest = chains
                .filter_map(|it| seconds_to_convert(spec, it))
                .fold(0.0, f64::max);
            let width = (longest / *bins as f64).ceil().max(1.0);
            (0..=*bins).map(|it| it as f64 * width).collect()
        }
    }
}

/// The bin of some seconds: half-open bins, the last closed; `None` outside all.
fn bin_of(edges: &[f64], seconds: f64) -> Option<usize> {
    let after = edges.partition_point(|it| *it <= seconds);
    if after == edges.len() && edges.last() == Some(&seconds) {
        return after.checked_sub(2);
    }
    (after < edges.len())
        .then(|| after.checked_sub(1))
        .flatten()
}

/// From the first step to the last.
fn seconds_to_convert(spec: &FunnelSpec, chain: &FunnelRow) -> Option<f64> {
    let end = chain.time(goal(spec))?;
    // an event that came early by the tolerance took no time
    Some((end - chain.entered()).max(0) as f64 / 1_000.0)
}
