//! What can go wrong with the database, and the names of constraints on both backends.

use gyre_base::{Blame, Failure, Retry};
use sqlx::migrate::MigrateError;

/// Failure of a metadata operation.
#[derive(Debug, thiserror::Error)]
pub enum MetaError {
    /// No such row in this workspace.
    #[error("{what} does not exist")]
    NotFound {
        /// The resource, as a person says it: `campaign`.
        what: &'static str,
    },
    /// The row is not as the caller expected, or another row stands in the way.
    #[error("the change conflicts with `{constraint}`")]
    Conflict {
        /// Name of the constraint: `users_email_key`, `campaigns_version`, `messages_state`.
        constraint: String,
    },
    /// The database could not be asked, or did not answer.
    #[error("failed to ask the database")]
    Unavailable {
        /// What the driver says.
        #[source]
        source: sqlx::Error,
    },
    /// A stored value cannot be read: written by something else, or damaged.
    #[error("column `{column}` of `{table}` holds a value that cannot be read")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
    },
    /// The schema could not be brought to this version.
    #[error("failed to bring the database to the schema of this version")]
    Schema {
        /// What the migrator says.
        #[source]
        source: MigrateError,
    },
    /// The url names no database this program can open.
    #[error(
        "expected a database url such as `sqlite://data/meta.db` or `postgres://user@host/name`"
    )]
    Url,
}

impl MetaError {
    pub(crate) fn conflict(constraint: &str) -> Self {
        Self::Conflict {
            constraint: constraint.to_owned(),
        }
    }

    /// Whether this is a conflict with the constraint of this name.
    pub fn on_constraint(&self, name: &str) -> bool {
        matches!(self, Self::Conflict { constraint } if constraint == name)
    }
}

impl Failure for MetaError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not-found",
            Self::Conflict { .. } => "conflict",
            Self::Unavailable { .. } => "database-unavailable",
            Self::Corrupt { .. } => "database-corrupt",
            Self::Schema { .. } => "database-schema",
            Self::Url => "database-url",
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Unavailable { .. } => Retry::AfterMs(1_000),
            _ => Retry::Never,
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::NotFound { .. } | Self::Conflict { .. } | Self::Url => Blame::Caller,
            Self::Unavailable { .. } => Blame::Upstream,
            Self::Corrupt { .. } | Self::Schema { .. } => Blame::Us,
        }
    }
}

/// Unique indexes by the columns SQLite names in its message; PostgreSQL names the index itself.
const UNIQUE_INDEXES: &[(&str, &str)] = &[
    ("users.email", "users_email_key"),
    ("keys.hash", "keys_hash_key"),
    ("sources.hash", "sources_hash_key"),
];

impl From<sqlx::Error> for MetaError {
    fn from(source: sqlx::Error) -> Self {
        use sqlx::error::ErrorKind;

        let sqlx::Error::Database(error) = &source else {
            return Self::Unavailable { source };
        };
        match error.kind() {
            ErrorKind::Other => Self::Unavailable { source },
            _ => Self::Conflict {
                constraint: error
                    .constraint()
                    .map_or_else(|| sqlite_constraint(error.message()), str::to_owned),
            },
        }
    }
}

/// Name of the constraint in `UNIQUE constraint failed: users.workspace_id, users.id`.
fn sqlite_constraint(message: &str) -> String {
    let Some((kind, columns)) = message.split_once(" constraint failed: ") else {
        return "foreign_key".to_owned();
    };
    let index = UNIQUE_INDEXES.iter().find(|(it, _)| *it == columns);
    let table = columns.split('.').next().unwrap_or_default();
    match index {
        Some((_, name)) => (*name).to_owned(),
        None if kind == "UNIQUE" => format!("{table}_pkey"),
        None => columns.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: &str) {
        assert_eq!(sqlite_constraint(message), expected, "{message}");
    }

    #[test]
    fn constraints_have_one_name_on_both_databases() {
        check("UNIQUE constraint failed: users.email", "users_email_key");
        check(
            "UNIQUE constraint failed: users.workspace_id, users.id",
            "users_pkey",
        );
        check("FOREIGN KEY constraint failed", "foreign_key");
        check("NOT NULL constraint failed: users.name", "users.name");
    }
}
