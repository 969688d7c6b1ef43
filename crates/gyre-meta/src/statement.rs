//! Statements over many rows: `{rows}` and `{items}` in a text become placeholders, never values.

use std::fmt::Write as _;

use sqlx::SqlStr;
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::store::Dialect;

/// Rows in one statement: 100 rows of the widest table (18 columns) are 1,800 parameters of SQLite's 32,766.
pub(crate) const ROWS_PER_STATEMENT: usize = 100;

/// Replaces `{rows}` by `rows` tuples of `columns` placeholders, beginning at `$first`.
pub(crate) fn with_rows(text: &str, rows: usize, columns: usize, first: usize) -> SqlStr {
    let mut tuples = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        tuples.push_str(if row == 0 { "(" } else { ", (" });
        push_list(&mut tuples, columns, first + row * columns);
        tuples.push(')');
    }
    AssertSqlSafe(text.replace("{rows}", &tuples)).into_sql_str()
}

/// Replaces `{items}` by `items` placeholders, beginning at `$first`.
pub(crate) fn with_items(text: &str, items: usize, first: usize) -> SqlStr {
    let mut list = String::with_capacity(items * 6);
    push_list(&mut list, items, first);
    AssertSqlSafe(text.replace("{items}", &list)).into_sql_str()
}

fn push_list(text: &mut String, count: usize, first: usize) {
    for i in 0..count {
        let comma = if i == 0 { "" } else { ", " };
        // writing to a String cannot fail
        let _ = write!(text, "{comma}${}", first + i);
    }
}

/// Activates `/*postgres … */`: row locks that SQLite, with its single writer, has no need of and no words for.
pub(crate) fn for_dialect(text: &'static str, dialect: Dialect) -> SqlStr {
    match dialect {
        Dialect::Sqlite => text.into_sql_str(),
        Dialect::Postgres => {
            let active = text.replace("/*postgres ", "").replace(" postgres*/", "");
            AssertSqlSafe(active).into_sql_str()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_through() {
        let text = with_rows("values {rows}", 2, 3, 1);
        assert_eq!(text.as_str(), "values ($1, $2, $3), ($4, $5, $6)");
        let text = with_items("in ({items})", 3, 2);
        assert_eq!(text.as_str(), "in ($2, $3, $4)");
    }

    #[test]
    fn only_postgres_sees_its_own_words() {
        let text = "select 1 /*postgres for update postgres*/";
        assert_eq!(for_dialect(text, Dialect::Sqlite).as_str(), text);
        let active = for_dialect(text, Dialect::Postgres);
        assert_eq!(active.as_str(), "select 1 for update");
    }
}
