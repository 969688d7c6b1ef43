//! Group values as small numbers within one query.

use gyre_model::value::Scalar;
use parking_lot::RwLock;
use rustc_hash::FxHashMap;

use crate::QueryError;

/// Number of the empty group tuple: no `group_by`.
pub const NO_GROUP: u32 = 0;
/// Text that stands for the rest of the groups.
pub const OTHER: &str = "(other)";
/// Most distinct group tuples of one query: one row each in memory.
const GROUPS_MAX: usize = 1_000_000;

#[derive(Debug, Default)]
struct Tables {
    value_ids: FxHashMap<Scalar, u32>,
    values: Vec<Scalar>,
    tuple_ids: FxHashMap<Box<[u32]>, u32>,
    tuples: Vec<Box<[u32]>>,
}

/// Values and tuples of values of one query, shared by its partitions.
#[derive(Debug)]
pub struct GroupDict {
    tables: RwLock<Tables>,
}

impl Default for GroupDict {
    fn default() -> Self {
        let mut tables = Tables::default();
        tables.tuple_ids.insert(Box::default(), NO_GROUP);
        tables.tuples.push(Box::default());
        Self {
            tables: RwLock::new(tables),
        }
    }
}

impl GroupDict {
    /// Number of a value.
    pub fn value(&self, value: &Scalar) -> u32 {
        if let Some(id) = self.tables.read().value_ids.get(value) {
            return *id;
        }
        let mut tables = self.tables.write();
        if let Some(id) = tables.value_ids.get(value) {
            return *id;
        }
        let id = tables.values.len() as u32;
        tables.values.push(value.clone());
        tables.value_ids.insert(value.clone(), id);
        id
    }

    /// Number of a tuple of value numbers.
    pub fn tuple(&self, values: &[u32]) -> Result<u32, QueryError> {
        if let Some(id) = self.tables.read().tuple_ids.get(values) {
            return Ok(*id);
        }
        let mut tables = self.tables.write();
        if let Some(id) = tables.tuple_ids.get(values) {
            return Ok(*id);
        }
        if tables.tuples.len() > GROUPS_MAX {
            let detail = format!("more than {GROUPS_MAX} groups; group by something coarser");
            return Err(QueryError::TooLarge { detail });
        }
        let id = tables.tuples.len() as u32;
        tables.tuples.push(values.into());
        tables.tuple_ids.insert(values.into(), id);
        Ok(id)
    }

    /// Number of a tuple of values.
    pub fn tuple_of(&self, values: &[Scalar]) -> Result<u32, QueryError> {
        let ids: Vec<u32> = values.iter().map(|it| self.value(it)).collect();
        self.tuple(&ids)
    }

    /// Values of a tuple.
    pub fn tuple_values(&self, tuple: u32) -> Vec<Scalar> {
        let tables = self.tables.read();
        tables.tuples[tuple as usize]
            .iter()
            .map(|it| tables.values[*it as usize].clone())
            .collect()
    }
}
