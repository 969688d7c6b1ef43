//! Audiences: a tree of conditions becomes a bitmap of people.
//!
//! Evaluated for everyone known, people without events included. Source: audience.md, charts.md 2.8.

use std::sync::Arc;

use futures::future::BoxFuture;
use gyre_base::Timestamp;
use gyre_model::FieldError;
use gyre_model::audience::{Audience, CountTest, Window};
use gyre_model::filter::{Filter, PropertyRef, Test};
use gyre_model::selector::Selector;
use gyre_query::{CountOperator, CountSpec, PreparedSelector, QueryError, run};
use roaring::RoaringBitmap;

use crate::context::{CohortRule, Context};
use crate::reader::person_tables;

/// Cohorts inside cohorts, at most.
const NESTING_MAX: usize = 16;

/// The people of an audience at the context's instant, and the events that were read.
pub async fn audience_people(
    ctx: &Context,
    audience: &Audience,
) -> Result<(RoaringBitmap, u64), QueryError> {
    let mut scanned = 0;
    let people = evaluate(ctx, audience, 0, &mut scanned).await?;
    Ok((people, scanned))
}

/// The members of a saved cohort at the context's instant.
pub(crate) async fn cohort_people(
    ctx: &Context,
    id: &str,
    depth: usize,
    scanned: &mut u64,
) -> Result<RoaringBitmap, QueryError> {
    if depth > NESTING_MAX {
        return Err(FieldError::new("", format!("cohort `{id}` is nested too deeply")).into());
    }
    match ctx.cohorts.cohort(id).await {
        None => Err(FieldError::new("", format!("cohort `{id}` does not exist")).into()),
        Some(CohortRule::Static(people)) => Ok(RoaringBitmap::clone(&people)),
        Some(CohortRule::Live(audience)) => evaluate(ctx, &audience, depth + 1, scanned).await,
    }
}

fn evaluate<'a>(
    ctx: &'a Context,
    audience: &'a Audience,
    depth: usize,
    scanned: &'a mut u64,
) -> BoxFuture<'a, Result<RoaringBitmap, QueryError>> {
    Box::pin(async move {
        let everyone = ctx.snapshot.map.persons();
        Ok(match audience {
            Audience::All(parts) => {
                let mut people = RoaringBitmap::clone(everyone);
                for part in parts {
                    people &= evaluate(ctx, part, depth, scanned).await?;
                }
                people
            }
            Audience::Any(parts) => {
                let mut people = RoaringBitmap::new();
                for part in parts {
                    people |= evaluate(ctx, part, depth, scanned).await?;
                }
                people
            }
            Audience::Not(inner) => &**everyone - &evaluate(ctx, inner, depth, scanned).await?,
            Audience::Did {
                select,
                count,
                within,
            } => did(ctx, (select, *count, *within), depth, scanned).await?,
            Audience::Profile { property, test } => {
                profile(ctx, property, test, depth, scanned).await?
            }
            Audience::FirstSeen(window) => seen(ctx, *window, |first, _| first),
            Audience::LastSeen(window) => seen(ctx, *window, |_, last| last),
            Audience::Cohort(id) => &cohort_people(ctx, id, depth, scanned).await? & &**everyone,
            Audience::Random { salt, from, to } => {
                let range = *from..*to;
                everyone
                    .iter()
                    .filter(|it| range.contains(&random_bucket(salt, *it)))
                    .collect()
            }
        })
    })
}

async fn did(
    ctx: &Context,
    (select, count, within): (&Selector, CountTest, Window),
    depth: usize,
    scanned: &mut u64,
) -> Result<RoaringBitmap, QueryError> {
    if select.occurrence.is_some() {
        let detail = "occurrence is not available in audiences in this version";
        return Err(FieldError::new("", detail).into());
    }
    let prepared = PreparedSelector::new(&ctx.snapshot, select, &Filter::pass());
    let tables = person_tables(ctx, prepared.filters(), &[], depth, scanned).await?;
    let (from, to) = within.bounds(ctx.as_of, &ctx.zone);
    let spec = CountSpec {
        select: prepared,
        range: (from, to),
        life_ms: within.life_ms(),
        tables,
        as_of: ctx.as_of,
    };
    let (batches, stats) = run(Arc::new(CountOperator::new(&ctx.snapshot, spec))).await?;
    *scanned += stats.events_scanned;
    let mut passing = RoaringBitmap::new();
    let mut failing = RoaringBitmap::new();
    for (person, events) in CountOperator::counts(&batches) {
        if count.holds(events as f64) {
            passing.insert(person);
        } else {
            failing.insert(person);
        }
    }
    if !count.holds(0.0) {
        return Ok(passing);
    }
    // people without a matching event count as 0: everyone who was not counted out is in
    Ok(&**ctx.snapshot.map.persons() - &failing)
}

async fn profile(
    ctx: &Context,
    property: &PropertyRef,
    test: &Test,
    depth: usize,
    scanned: &mut u64,
) -> Result<RoaringBitmap, QueryError> {
    let refs = [property.clone()];
    let tables = person_tables(ctx, [], &refs, depth, scanned).await?;
    let people = ctx.snapshot.map.persons().iter();
    let passes = |it: &u32| test.holds(&tables.value(property, *it, i64::MAX), ctx.as_of);
    Ok(people.filter(passes).collect())
}

fn seen(ctx: &Context, window: Window, pick: fn(i64, i64) -> i64) -> RoaringBitmap {
    let (from, to) = window.bounds(ctx.as_of, &ctx.zone);
    let people = ctx.snapshot.people.read();
    let is_in = |person: &u32| {
        let activity = people.activity(&ctx.snapshot.map, *person);
        let at = Timestamp(pick(activity.first, activity.last));
        activity.events > 0 && at >= from && at < to
    };
    ctx.snapshot.map.persons().iter().filter(is_in).collect()
}

/// One of 10,000 buckets, stable for a salt and a person: `SplitMix64` over both.
fn random_bucket(salt: &str, person: u32) -> u32 {
    let mut state = salt.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    state = state.wrapping_add(u64::from(person).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((state ^ (state >> 31)) % 10_000) as u32
}
