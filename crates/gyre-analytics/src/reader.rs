//! What a question asks of people: tables of properties and cohorts, built once per question.

use std::collections::BTreeMap;
use std::sync::Arc;

use gyre_model::filter::{Filter, PropertyRef, Scope};
use gyre_query::{PersonTables, QueryError};
use roaring::RoaringBitmap;

use crate::audiences::cohort_people;
use crate::context::Context;

/// Tables of everything that `filters` and `more` ask of people.
pub(crate) async fn person_tables<'a>(
    ctx: &Context,
    filters: impl IntoIterator<Item = &'a Filter>,
    more: &'a [PropertyRef],
    depth: usize,
    scanned: &mut u64,
) -> Result<PersonTables, QueryError> {
    let mut refs = PersonTables::refs_of(filters);
    refs.extend(more);
    let mut cohorts: BTreeMap<String, Arc<RoaringBitmap>> = BTreeMap::new();
    for it in &refs {
        if let Scope::Cohort(id) = &it.scope
            && !cohorts.contains_key(id)
        {
            let people = cohort_people(ctx, id, depth + 1, scanned).await?;
            cohorts.insert(id.clone(), Arc::new(people));
        }
    }
    PersonTables::build(&ctx.snapshot, refs, &|id| cohorts.get(id).cloned())
}
