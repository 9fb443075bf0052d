//! Leasing ticket numbers: each number of a letter and day goes to one device, and no device gets
//! more than its share.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use madoguchi_protocol::core_api::{self, BlockRequest, Problem};
use madoguchi_protocol::ticket::TicketBlock;
use madoguchi_protocol::time::day_in_japan;

use super::Shared;
use crate::http::JsonBody;
use crate::peer::DevicePeer;
use crate::problem::{Code, Refusal};

/// Most numbers of one block.
const MOST: u16 = 100;

/// Most numbers of a letter and day for one device, so that a few owned ones cannot lease away
/// what the hall needs: a busy kiosk has a visitor every two minutes.
const MOST_OF_DEVICE: u16 = 300;

/// Leases the next free numbers of a letter for today, fewer when fewer are left for all or for this
/// device.
#[utoipa::path(post, path = core_api::TICKET_BLOCKS, tag = "intake", request_body = BlockRequest, responses(
    (status = 201, description = "These numbers are the device's alone", body = TicketBlock),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn lease(
    peer: DevicePeer,
    State(intake): State<Shared>,
    JsonBody(request): JsonBody<BlockRequest>,
) -> Result<(StatusCode, Json<TicketBlock>), Refusal> {
    let BlockRequest { letter, count } = request;
    if !(1..=MOST).contains(&count) {
        let detail = format!("a block has 1 to {MOST} numbers");
        return Err(Refusal::new(Code::RequestParameter, detail));
    }
    let now = Timestamp::now();
    let business_day = day_in_japan(now);

    let mut transaction = intake.database.write().await?;
    let numbers = intake.numbers;
    // Leased by another range, before the settings were changed, is as good as leased.
    let (highest, held): (u16, u16) = sqlx::query_as(
        "SELECT coalesce(max(last) FILTER (WHERE last BETWEEN ? AND ?), ?),
                coalesce(sum(last - first + 1) FILTER (WHERE device = ?), 0)
         FROM ticket_block WHERE business_day = ? AND letter = ?",
    )
    .bind(numbers.first())
    .bind(numbers.last())
    .bind(numbers.first() - 1)
    .bind(peer.device.as_str())
    .bind(business_day.to_string())
    .bind(letter.to_string())
    .fetch_one(&mut *transaction)
    .await?;
    if highest >= numbers.last() {
        let detail = format!("all numbers of {letter} are leased for {business_day}");
        return Err(Refusal::new(Code::TicketsExhausted, detail));
    }
    let count = count.min(MOST_OF_DEVICE.saturating_sub(held));
    if count == 0 {
        let detail = format!(
            "{} has leased {held} numbers of {letter} for {business_day}, the most of one device",
            peer.device
        );
        return Err(Refusal::new(Code::TicketsDeviceLimit, detail));
    }
    let first = highest + 1;
    let last = numbers.last().min(highest + count);
    sqlx::query(
        "INSERT INTO ticket_block (business_day, letter, first, last, device, leased_at)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(business_day.to_string())
    .bind(letter.to_string())
    .bind(first)
    .bind(last)
    .bind(peer.device.as_str())
    .bind(now.to_string())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(TicketBlock { business_day, letter, first, last })))
}
