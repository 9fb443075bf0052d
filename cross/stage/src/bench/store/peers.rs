//! What else could keep an envelope: each durably, one at a time.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use madoguchi_store::KeptEnvelope;
use redb::{Database, TableDefinition};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use tokio::runtime::Runtime;

/// Keeps one envelope; durable on return.
pub trait Keeper {
    fn keep(&mut self, envelope: &KeptEnvelope) -> Result<()>;
}

/// The least that can be done: the bytes at the end of a file, and fdatasync.
pub struct Appended(File);

impl Appended {
    pub fn begin(path: &Path) -> Result<Self> {
        Ok(Self(File::create_new(path).context("make a file")?))
    }
}

impl Keeper for Appended {
    fn keep(&mut self, envelope: &KeptEnvelope) -> Result<()> {
        self.0.write_all(&envelope.bytes).context("append")?;
        self.0.sync_data().context("fdatasync")
    }
}

/// SQLite as the core uses it, with the setting under which a commit survives a power cut.
pub struct Sqlite {
    runtime: Runtime,
    connection: SqliteConnection,
}

impl Sqlite {
    pub fn begin(folder: &Path) -> Result<Self> {
        fs::create_dir(folder).context("make a folder")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let options = SqliteConnectOptions::new()
            .filename(folder.join("outbox.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let connection = runtime.block_on(async {
            let mut connection = options.connect().await?;
            sqlx::query("CREATE TABLE envelope (key BLOB PRIMARY KEY, bytes BLOB NOT NULL)")
                .execute(&mut connection)
                .await?;
            Ok::<_, sqlx::Error>(connection)
        })?;
        Ok(Self { runtime, connection })
    }
}

impl Keeper for Sqlite {
    fn keep(&mut self, envelope: &KeptEnvelope) -> Result<()> {
        let insert = sqlx::query("INSERT INTO envelope (key, bytes) VALUES (?, ?)")
            .bind(&envelope.key.application.as_bytes()[..])
            .bind(&envelope.bytes[..])
            .execute(&mut self.connection);
        self.runtime.block_on(insert).context("insert into SQLite")?;
        Ok(())
    }
}

/// redb with its default, which is durable on commit.
pub struct Redb(Database);

const ENVELOPES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("envelope");

impl Redb {
    pub fn begin(folder: &Path) -> Result<Self> {
        fs::create_dir(folder).context("make a folder")?;
        Ok(Self(Database::create(folder.join("outbox.redb")).context("make a redb")?))
    }
}

impl Keeper for Redb {
    fn keep(&mut self, envelope: &KeptEnvelope) -> Result<()> {
        let write = self.0.begin_write().context("write to redb")?;
        let mut table = write.open_table(ENVELOPES).context("open redb's table")?;
        table
            .insert(&envelope.key.application.as_bytes()[..], &envelope.bytes[..])
            .context("insert into redb")?;
        drop(table);
        write.commit().context("commit to redb")
    }
}
