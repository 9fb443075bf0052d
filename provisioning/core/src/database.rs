//! SQLite as every role uses it: what is committed survives the power cord.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};

/// A database that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Cannot be opened or made.
    #[error("the database {0} cannot be opened")]
    Open(PathBuf, #[source] sqlx::Error),
    /// Of another program or a later version.
    #[error("the database {0} cannot be brought to this version")]
    Migrate(PathBuf, #[source] MigrateError),
}

/// Opens a role's database and brings it to this version.
pub(crate) async fn open(path: &Path, migrator: &Migrator) -> Result<SqlitePool, DatabaseError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode only FULL syncs the log at every commit.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        // What is erased is overwritten.
        .pragma("secure_delete", "on");
    let pool = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await
        .map_err(|e| DatabaseError::Open(path.to_owned(), e))?;
    migrator.run(&pool).await.map_err(|e| DatabaseError::Migrate(path.to_owned(), e))?;
    Ok(pool)
}

/// A transaction that holds the write lock from its beginning, so that what it reads stays true
/// until it commits.
pub(crate) async fn write(pool: &SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    pool.begin_with("BEGIN IMMEDIATE").await
}
