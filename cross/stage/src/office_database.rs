//! What the office's database says, read beside the running office.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result};
use madoguchi_protocol::ApplicationId;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use uuid::Uuid;

/// How many applications it holds.
pub(crate) fn applications(file: &Path) -> Result<i64> {
    read(file, async |office| {
        sqlx::query_scalar("SELECT COUNT(*) FROM application").fetch_one(office).await
    })
}

/// Under how many numbers of a device's series an application came in.
pub(crate) fn numbers_of(file: &Path, application: &str) -> Result<i64> {
    let id: Uuid = application.parse().context("an application's id")?;
    read(file, async |office| {
        sqlx::query_scalar("SELECT COUNT(*) FROM sequence WHERE application = ?")
            .bind(&id.as_bytes()[..])
            .fetch_one(office)
            .await
    })
}

/// Numbers missing in the devices' series, below the highest seen of each.
pub(crate) fn missing_numbers(file: &Path) -> Result<i64> {
    read(file, async |office| {
        sqlx::query_scalar(
            "SELECT COALESCE(SUM(missing), 0) FROM (
                 SELECT MAX(number) - COUNT(*) AS missing FROM sequence GROUP BY device, device_key
             )",
        )
        .fetch_one(office)
        .await
    })
}

/// What the office holds beside what it should.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Applications that it should have and has not.
    pub missing: BTreeSet<ApplicationId>,
    /// Applications that came under more than one number of their device's series.
    pub doubled: BTreeSet<ApplicationId>,
    /// Applications that it has and nobody told of.
    pub unexpected: BTreeSet<ApplicationId>,
    /// Envelopes that it could not take.
    pub set_aside: i64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [
            ("missing", &self.missing),
            ("under two numbers", &self.doubled),
            ("of nobody", &self.unexpected),
        ];
        for (what, found) in kinds {
            let some: Vec<_> = found.iter().take(3).map(ToString::to_string).collect();
            write!(f, "{} {what} [{}], ", found.len(), some.join(" "))?;
        }
        write!(f, "{} set aside", self.set_aside)
    }
}

/// Compares what it holds with what it should.
pub(crate) fn tally(file: &Path, expected: &BTreeSet<ApplicationId>) -> Result<Tally> {
    let ids = |query: &'static str| -> Result<_> {
        parsed(read(file, async |office| sqlx::query_scalar(query).fetch_all(office).await)?)
    };
    let there = ids("SELECT id FROM application")?;
    let doubled = ids("SELECT application FROM sequence GROUP BY application HAVING COUNT(*) > 1")?;
    let set_aside = read(file, async |office| {
        sqlx::query_scalar("SELECT COUNT(*) FROM set_aside").fetch_one(office).await
    })?;
    let missing = expected.difference(&there).copied().collect();
    let unexpected = there.difference(expected).copied().collect();
    Ok(Tally { missing, doubled, unexpected, set_aside })
}

fn parsed(ids: Vec<Vec<u8>>) -> Result<BTreeSet<ApplicationId>> {
    let id = |bytes: Vec<u8>| {
        let bytes = bytes.try_into().ok().context("16 bytes")?;
        ApplicationId::from_bytes(bytes).context("an application's id")
    };
    ids.into_iter().map(id).collect()
}

fn read<T>(
    file: &Path,
    query: impl AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<T>,
) -> Result<T> {
    let answer = async {
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        query(&mut options.connect().await?).await
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("start a runtime")?.block_on(answer).context("read the office's database")
}
