//! Rows to values: reading columns by name, running statements.

use std::str::FromStr;

use gyre_base::Timestamp;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, Decode, Executor, Row, Type};

use crate::error::MetaError;

/// A statement with its parameters.
pub(crate) type Query<'q> = sqlx::query::Query<'q, Any, AnyArguments>;

/// A value that is one row of a table.
pub(crate) trait Record: Sized {
    /// The table, for errors.
    const TABLE: &'static str;

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError>;
}

/// One row, read by column name.
pub(crate) struct Fields<'a> {
    row: &'a AnyRow,
    table: &'static str,
}

impl Fields<'_> {
    fn corrupt(&self, column: &'static str) -> MetaError {
        let table = self.table;
        MetaError::Corrupt { table, column }
    }

    fn get<'r, T>(&'r self, column: &'static str) -> Result<T, MetaError>
    where
        T: Decode<'r, Any> + Type<Any>,
    {
        self.row.try_get(column).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn text(&self, column: &'static str) -> Result<String, MetaError> {
        self.get(column)
    }

    pub(crate) fn text_or_null(&self, column: &'static str) -> Result<Option<String>, MetaError> {
        self.get(column)
    }

    pub(crate) fn int(&self, column: &'static str) -> Result<i64, MetaError> {
        self.get(column)
    }

    pub(crate) fn int_or_null(&self, column: &'static str) -> Result<Option<i64>, MetaError> {
        self.get(column)
    }

    /// A count, size or position: never negative.
    pub(crate) fn count(&self, column: &'static str) -> Result<u64, MetaError> {
        u64::try_from(self.int(column)?).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn count_or_null(&self, column: &'static str) -> Result<Option<u64>, MetaError> {
        let number = self.int_or_null(column)?;
        number
            .map(|it| u64::try_from(it).map_err(|_| self.corrupt(column)))
            .transpose()
    }

    pub(crate) fn time(&self, column: &'static str) -> Result<Timestamp, MetaError> {
        self.int(column).map(Timestamp)
    }

    pub(crate) fn time_or_null(
        &self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, MetaError> {
        Ok(self.int_or_null(column)?.map(Timestamp))
    }

    pub(crate) fn flag(&self, column: &'static str) -> Result<bool, MetaError> {
        self.int(column).map(|it| it != 0)
    }

    /// A value that has a text form: ids, states.
    pub(crate) fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, MetaError> {
        let text = self.text(column)?;
        text.parse().map_err(|_| self.corrupt(column))
    }

    pub(crate) fn parsed_or_null<T: FromStr>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, MetaError> {
        let text = self.text_or_null(column)?;
        text.map(|it| it.parse().map_err(|_| self.corrupt(column)))
            .transpose()
    }

    /// A value read by a function of its own.
    pub(crate) fn with<T>(
        &self,
        column: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, MetaError> {
        read(&self.text(column)?).ok_or_else(|| self.corrupt(column))
    }
}

/// Every row of the answer.
pub(crate) async fn all<'c, T: Record>(
    query: Query<'_>,
    on: impl Executor<'c, Database = Any>,
) -> Result<Vec<T>, MetaError> {
    let rows = query.fetch_all(on).await?;
    rows.iter()
        .map(|row| {
            let table = T::TABLE;
            T::read(&Fields { row, table })
        })
        .collect()
}

/// The one row of the answer, if there is one.
///
/// Reads the answer to its end: a writing statement with `returning` must not be left half-way.
pub(crate) async fn one<'c, T: Record>(
    query: Query<'_>,
    on: impl Executor<'c, Database = Any>,
) -> Result<Option<T>, MetaError> {
    let mut rows = all::<T>(query, on).await?;
    debug_assert!(rows.len() <= 1, "{} rows of {}", rows.len(), T::TABLE);
    Ok(rows.pop())
}

/// Rows changed.
pub(crate) async fn execute<'c>(
    query: Query<'_>,
    on: impl Executor<'c, Database = Any>,
) -> Result<u64, MetaError> {
    Ok(query.execute(on).await?.rows_affected())
}

/// A single number, such as a count; named `n` in the statement.
pub(crate) struct Number(pub(crate) i64);

impl Record for Number {
    const TABLE: &'static str = "(number)";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        fields.int("n").map(Self)
    }
}
