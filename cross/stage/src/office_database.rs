//! What the office's database says, read beside the running office.

use std::path::Path;

use anyhow::{Context as _, Result};
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
