//! The rest of the total order, read only where two events of a person have the same time.

use std::cmp::Ordering;
use std::sync::Arc;

use gyre_lake::{ColumnData, LakeError};

use crate::bind::BindContext;

/// The client's counter, arrival, the sender's id.
#[derive(Debug)]
pub(crate) struct TieColumns {
    seq: Option<Arc<ColumnData>>,
    received: Option<Arc<ColumnData>>,
    insert_id: Option<Arc<ColumnData>>,
}

impl TieColumns {
    pub(crate) fn bind(ctx: &BindContext<'_>) -> Result<Self, LakeError> {
        Ok(Self {
            seq: ctx.column("seq")?,
            received: ctx.column("received")?,
            insert_id: ctx.column("insert_id")?,
        })
    }

    pub(crate) fn compare(&self, row: usize, other: &Self, other_row: usize) -> Ordering {
        let int = |column: &Option<Arc<ColumnData>>, row: usize| {
            column
                .as_ref()
                .and_then(|it| it.ints())
                .map_or(0, |it| it[row])
        };
        int(&self.seq, row)
            .cmp(&int(&other.seq, other_row))
            .then_with(|| int(&self.received, row).cmp(&int(&other.received, other_row)))
            .then_with(|| {
                let mine = self.insert_id.as_ref().and_then(|it| it.text(row));
                let theirs = other.insert_id.as_ref().and_then(|it| it.text(other_row));
                mine.cmp(&theirs)
            })
    }
}
