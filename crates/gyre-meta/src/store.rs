//! The pools: opening, closing, transactions.

use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyPool, Executor, Transaction};

use crate::error::MetaError;
use crate::migration;

/// How the database is used.
#[derive(Clone, Debug)]
pub struct MetaConfig {
    /// Most connections that read (SQLite) or read and write (PostgreSQL) at once.
    pub connections: u32,
    /// Longest wait for another process that holds SQLite's write lock, in milliseconds.
    pub busy_timeout_ms: u32,
    /// Longest wait for a free connection, in milliseconds.
    pub acquire_timeout_ms: u64,
}

impl Default for MetaConfig {
    /// 8 connections, 10 s for SQLite's lock, 30 s for a connection.
    fn default() -> Self {
        Self {
            connections: 8,
            busy_timeout_ms: 10_000,
            acquire_timeout_ms: 30_000,
        }
    }
}

/// Everything kept in SQL. Clones share the pools.
#[derive(Clone, Debug)]
pub struct Meta {
    pub(crate) reads: AnyPool,
    /// On SQLite a pool of one connection, so that writers queue here and never meet `database is locked`.
    writes: AnyPool,
    dialect: Dialect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

pub(crate) type Tx = Transaction<'static, Any>;

impl Meta {
    /// Opens the database and brings its schema to this version.
    ///
    /// `url` is `sqlite://` followed by a path (made if missing; its folder must exist), or `postgres://…`.
    pub async fn open(url: &str, config: MetaConfig) -> Result<Self, MetaError> {
        sqlx::any::install_default_drivers();
        let meta = match url.strip_prefix("sqlite://") {
            Some(path) => open_sqlite(path, &config).await?,
            None if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                open_postgres(url, &config).await?
            }
            None => return Err(MetaError::Url),
        };
        migration::run(&meta.writes).await?;
        Ok(meta)
    }

    /// Asks the database something trivial; an error means it cannot be used now.
    pub async fn ping(&self) -> Result<(), MetaError> {
        self.reads.execute("select 1").await?;
        Ok(())
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        self.reads.close().await;
        self.writes.close().await;
    }

    /// A transaction that writes; dropped without commit it is rolled back.
    pub(crate) async fn begin(&self) -> Result<Tx, MetaError> {
        // a deferred transaction that reads first and writes later can fail on SQLite when another process writes between
        let begin = match self.dialect {
            Dialect::Sqlite => "begin immediate",
            Dialect::Postgres => "begin",
        };
        Ok(self.writes.begin_with(begin).await?)
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }
}

async fn open_sqlite(path: &str, config: &MetaConfig) -> Result<Meta, MetaError> {
    let path = std::path::absolute(Path::new(path)).map_err(|_| MetaError::Url)?;
    let url = format!("sqlite://{}?mode=rwc", url_path(&path)?);
    let options = AnyConnectOptions::from_str(&url)?;
    let pool = |connections: u32| {
        let pragmas = sqlite_pragmas(config.busy_timeout_ms);
        AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms))
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(move |connection, _| {
                let pragmas = pragmas.clone();
                Box::pin(async move {
                    for pragma in pragmas {
                        sqlx::raw_sql(sqlx::AssertSqlSafe(pragma))
                            .execute(&mut *connection)
                            .await?;
                    }
                    Ok(())
                })
            })
    };
    let writes = pool(1).connect_with(options.clone()).await?;
    let reads = pool(config.connections.max(1)).connect_lazy_with(options);
    Ok(Meta {
        reads,
        writes,
        dialect: Dialect::Sqlite,
    })
}

fn sqlite_pragmas(busy_timeout_ms: u32) -> Vec<String> {
    vec![
        format!("pragma busy_timeout = {busy_timeout_ms}"),
        "pragma journal_mode = wal".to_owned(),
        // with WAL, `normal` may lose the last commits when the machine loses power: a message could leave twice
        "pragma synchronous = full".to_owned(),
        "pragma foreign_keys = on".to_owned(),
        "pragma temp_store = memory".to_owned(),
    ]
}

async fn open_postgres(url: &str, config: &MetaConfig) -> Result<Meta, MetaError> {
    let options = AnyConnectOptions::from_str(url).map_err(|_| MetaError::Url)?;
    let pool = AnyPoolOptions::new()
        .max_connections(config.connections.max(2))
        .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms))
        .connect_with(options)
        .await?;
    Ok(Meta {
        reads: pool.clone(),
        writes: pool,
        dialect: Dialect::Postgres,
    })
}

/// The path with everything percent-encoded that a url would read as something else.
fn url_path(path: &Path) -> Result<String, MetaError> {
    let mut text = String::new();
    for byte in path.to_str().ok_or(MetaError::Url)?.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_') {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").map_err(|_| MetaError::Url)?;
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_the_url_it_is_put_in() {
        let text = url_path(Path::new("/data/my shop/50%?#.db")).unwrap();
        assert_eq!(text, "/data/my%20shop/50%25%3F%23.db");
    }
}
