//! Drafts of people who did not come are erased: at the end of the business day and so many days later.
//! That there was one stays known by its id, for ever; what they had entered does not.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use madoguchi_protocol::ApplicationId;
use madoguchi_protocol::time::day_in_japan;

use super::audit::{self, Act};
use crate::database::Database;

/// In whose name the office erases.
const OFFICE: &str = "office";

/// Erases what is over; how many. The day counts on which somebody could first have called it: that of
/// the ticket, or of the arrival when it came late.
pub(super) async fn erase(
    database: &Database,
    keep_days: u8,
    now: Timestamp,
) -> Result<usize, sqlx::Error> {
    let Some(last) = last_day_to_erase(day_in_japan(now), keep_days) else { return Ok(0) };
    let mut transaction = database.write().await?;
    let over: Vec<Vec<u8>> = sqlx::query_scalar(
        "DELETE FROM application
         WHERE max(json_extract(header, '$.business_day'), date(received_at, '+9 hours')) <= ?
         RETURNING id",
    )
    .bind(last.to_string())
    .fetch_all(&mut *transaction)
    .await?;
    for id in &over {
        let bytes = id.as_slice().try_into();
        let bytes = bytes.map_err(|_| sqlx::Error::Decode("an id has 16 bytes".into()))?;
        let application =
            ApplicationId::from_bytes(bytes).map_err(|e| sqlx::Error::Decode(e.into()))?;
        audit::append(&mut transaction, OFFICE, now, Act::ApplicationErased { application })
            .await?;
    }
    transaction.commit().await?;
    if !over.is_empty() {
        tracing::info!(count = over.len(), "drafts of people who did not come are erased");
    }
    Ok(over.len())
}

/// None before there was any.
fn last_day_to_erase(today: Date, keep_days: u8) -> Option<Date> {
    today.checked_sub((i64::from(keep_days) + 1).days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_kept_whole_and_so_many_after_it() {
        let day = |text: &str| text.parse::<Date>().expect("a day");
        assert_eq!(last_day_to_erase(day("2026-11-24"), 1), Some(day("2026-11-22")));
        assert_eq!(last_day_to_erase(day("2026-11-24"), 0), Some(day("2026-11-23")));
        assert_eq!(last_day_to_erase(day("2027-01-01"), 30), Some(day("2026-12-01")));
    }
}
