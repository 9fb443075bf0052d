//! Drafts of people who did not come are erased: at the end of the business day and so many days later.
//! What was finished is kept longer, and what takes effect as it is never goes by itself. That there was an
//! application stays known by its id, for ever; what they had entered does not, nor their number's turn.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use madoguchi_protocol::ApplicationId;
use madoguchi_protocol::time::day_in_japan;

use super::audit::{self, Act};
use crate::database::Database;

/// In whose name the office erases.
const OFFICE: &str = "office";

/// For how many days after its own something is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping {
    /// A draft of somebody who did not come, or whose errand was refused or done on paper.
    pub(crate) draft: u16,
    /// What was finished at the counter.
    pub(crate) finished: u16,
}

/// Erases what is over; how many. The day counts on which somebody could first have called it: that of
/// the ticket, or of the arrival when it came late.
pub(super) async fn erase(
    database: &Database,
    keeping: Keeping,
    now: Timestamp,
) -> Result<usize, sqlx::Error> {
    let today = day_in_japan(now);
    let (Some(last), Some(last_finished)) =
        (last_day_to_erase(today, keeping.draft), last_day_to_erase(today, keeping.finished))
    else {
        return Ok(0);
    };
    let mut transaction = database.write().await?;
    let over: Vec<Vec<u8>> = sqlx::query_scalar(
        "DELETE FROM application
         WHERE electronic = 0
           AND max(json_extract(header, '$.business_day'), date(received_at, '+9 hours'))
               <= CASE ended WHEN 'finished' THEN ? ELSE ? END
         RETURNING id",
    )
    .bind(last_finished.to_string())
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
    // Notes of clerks stand in turns. Those of an application that stays are kept with it.
    sqlx::query(
        "DELETE FROM turn WHERE day <= ? AND NOT EXISTS (
             SELECT 1 FROM application WHERE application.visit = turn.visit
                                         AND application.section = turn.origin)",
    )
    .bind(last.to_string())
    .execute(&mut *transaction)
    .await?;
    sqlx::query("DELETE FROM stopped WHERE day <= ?")
        .bind(last.to_string())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    if !over.is_empty() {
        tracing::info!(count = over.len(), "drafts of people who did not come are erased");
    }
    Ok(over.len())
}

/// None before there was any.
fn last_day_to_erase(today: Date, keep_days: u16) -> Option<Date> {
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
