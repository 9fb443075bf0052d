//! SQLite as every role uses it: what is committed survives the power cord.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Sqlite, SqliteConnection, Transaction};

/// Connections that only read.
const READERS: u32 = 4;

/// A database that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Its file cannot be made or looked at.
    #[error("the database file {0} cannot be made")]
    File(PathBuf, #[source] io::Error),
    /// Others than its owner may read or write it.
    #[error("{0} can be read by others than its owner (mode {1:03o}): run `chmod 600 {0}`")]
    Readable(PathBuf, u32),
    /// Cannot be opened or made.
    #[error("the database {0} cannot be opened")]
    Open(PathBuf, #[source] sqlx::Error),
    /// Of another program or a later version.
    #[error("the database {0} cannot be brought to this version")]
    Migrate(PathBuf, #[source] MigrateError),
}

/// A role's database.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    readers: SqlitePool,
    /// One connection: writers wait their turn here, in order, and not in SQLite's busy handler, which
    /// sleeps and lets anybody pass.
    writer: SqlitePool,
}

impl Database {
    /// For what only reads.
    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// A transaction that holds the write lock from its beginning, so that what it reads stays true
    /// until it commits.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Moves what the log of writes holds into the file and empties it, as far as nobody is reading: what
    /// was erased from the file would otherwise stand there until others write over it.
    pub(crate) async fn empty_log(&self) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.acquire().await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *writer).await?;
        Ok(())
    }

    /// Returns once nobody uses it any more.
    pub(crate) async fn close(self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Opens a role's database and brings it to this version.
pub(crate) async fn open(path: &Path, migrator: &Migrator) -> Result<Database, DatabaseError> {
    make_private(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode only FULL syncs the log at every commit.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        // What is erased is overwritten.
        .pragma("secure_delete", "on");
    let pool = async |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(10))
            // A file does not hang up.
            .test_before_acquire(false)
            .connect_with(options.clone())
            .await
            .map_err(|e| DatabaseError::Open(path.to_owned(), e))
    };
    let writer = pool(1).await?;
    migrator.run(&writer).await.map_err(|e| DatabaseError::Migrate(path.to_owned(), e))?;
    Ok(Database { readers: pool(READERS).await?, writer })
}

/// Opens a role's database to look at it, as it is; the role may run meanwhile.
pub(crate) async fn open_to_read(path: &Path) -> Result<SqliteConnection, DatabaseError> {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(Duration::from_secs(5))
        .connect()
        .await
        .map_err(|e| DatabaseError::Open(path.to_owned(), e))
}

/// Makes the file for its owner alone when there is none, and refuses one that others can read.
/// SQLite gives its log and index the mode of the database, but leaves those that are there as they
/// are.
fn make_private(path: &Path) -> Result<(), DatabaseError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            return Err(DatabaseError::File(path.to_owned(), e));
        }
        _ => {}
    }
    for end in ["", "-wal", "-shm"] {
        let mut file = OsString::from(path);
        file.push(end);
        let file = PathBuf::from(file);
        let mode = match fs::metadata(&file) {
            Ok(metadata) => metadata.permissions().mode() & 0o777,
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(DatabaseError::File(file, e)),
        };
        if mode & 0o077 != 0 {
            return Err(DatabaseError::Readable(file, mode));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("a file").permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn a_database_is_its_owners_alone_and_one_that_others_read_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("office.sqlite");
        let migrator = sqlx::migrate!("migrations/office");
        let database = open(&path, &migrator).await.expect("made");
        let log = folder.path().join("office.sqlite-wal");
        for file in [&path, &log, &folder.path().join("office.sqlite-shm")] {
            assert_eq!(mode(file), 0o600, "{file:?}");
        }
        database.close().await;
        open(&path, &migrator).await.expect("opened again").close().await;

        fs::write(&log, b"").expect("written");
        for readable in [&log, &path] {
            fs::set_permissions(readable, fs::Permissions::from_mode(0o640)).expect("changed");
            let error = open(&path, &migrator).await.expect_err("refused");
            let DatabaseError::Readable(found, 0o640) = &error else { panic!("{error:?}") };
            assert_eq!(found, readable);
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }
}
