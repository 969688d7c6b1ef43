//! The schema's history, embedded: forward only, applied when the database is opened.

use sqlx::AnyPool;
use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::error::MetaError;

/// (version, name, text) of every migration, oldest first. A released text never changes.
pub(crate) const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "initial", include_str!("../migrations/0001_initial.sql")),
    (
        5,
        "tracking_plan",
        include_str!("../migrations/0005_tracking_plan.sql"),
    ),
    (
        6,
        "imports_and_sources",
        include_str!("../migrations/0006_imports_and_sources.sql"),
    ),
    (
        7,
        "identity",
        include_str!("../migrations/0007_identity.sql"),
    ),
];

/// Applies what is missing; refuses a database made by a later version.
pub(crate) async fn run(pool: &AnyPool) -> Result<(), MetaError> {
    let migrations = MIGRATIONS
        .iter()
        .map(|(version, name, text)| {
            let sql = SqlStr::from_static(text);
            Migration::new(*version, (*name).into(), MigrationType::Simple, sql, false)
        })
        .collect();
    let result = Migrator::with_migrations(migrations).run(pool).await;
    result.map_err(|source| MetaError::Schema { source })
}
