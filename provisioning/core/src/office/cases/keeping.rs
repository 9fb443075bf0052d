//! A case as the database keeps it: the application, its number's turn, and its review.

use jiff::Timestamp;
use madoguchi_casework::compare::Person;
use madoguchi_casework::review::Review;
use madoguchi_procedure::Pack;
use madoguchi_protocol::ApplicationId;
use madoguchi_protocol::application::{Application, Content, Field, TicketOnlyReason};
use madoguchi_protocol::clerk::{Ending, Progress, RegisterSays, Role};
use madoguchi_protocol::core_api::QueueState;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use sqlx::{FromRow, Sqlite, SqliteConnection, Transaction};
use zeroize::Zeroizing;

use super::super::audit::{self, Act};
use super::super::hall::turns::{self, Kept};
use super::super::queue::queue_state;
use super::super::refused::refused;
use super::super::staff::OnDuty;
use super::super::{Office, register};
use super::form;
use crate::problem::{Code, Refusal};

/// An application with everything that was done to it.
pub(super) struct Case {
    pub(super) application: Application,
    pub(super) kept: Kept,
    pub(super) state: QueueState,
    pub(super) has_ended: bool,
    /// None before it was first opened.
    pub(super) work: Option<Work>,
}

/// What was found and decided.
pub(super) struct Work {
    pub(super) says: RegisterSays,
    pub(super) person: Option<Person>,
    pub(super) protected: bool,
    pub(super) review: Review,
}

#[derive(FromRow)]
struct Row {
    content: Vec<u8>,
    visit: String,
    section: String,
    state: String,
    ended: Option<String>,
}

impl Case {
    /// The application, if its number is in a line of the clerk's sections at their site.
    pub(super) async fn find(
        connection: &mut SqliteConnection,
        on_duty: &OnDuty,
        id: &str,
    ) -> Result<Self, Refusal> {
        let id: ApplicationId = id
            .parse()
            .map_err(|_| Refusal::new(Code::RequestParameter, "the id is not a UUIDv7"))?;
        let unknown = || Refusal::new(Code::ApplicationUnknown, "it is in no line of this site");
        let row: Option<Row> = sqlx::query_as(
            "SELECT content, visit, section, state, ended FROM application
             WHERE id = ? AND section IS NOT NULL",
        )
        .bind(id.as_bytes().as_slice())
        .fetch_optional(&mut *connection)
        .await?;
        let row = row.ok_or_else(unknown)?;
        let content = Zeroizing::new(row.content);
        let kept: Option<Kept> =
            sqlx::query_as("SELECT * FROM turn WHERE visit = ? AND origin = ? AND site = ?")
                .bind(&row.visit)
                .bind(&row.section)
                .bind(on_duty.site.as_str())
                .fetch_optional(&mut *connection)
                .await?;
        let kept = kept.ok_or_else(unknown)?;
        if !on_duty.at_work.works_for(kept.turn.section) {
            return Err(refused(madoguchi_casework::Refused::Section));
        }
        let bad = |e: &(dyn std::error::Error + 'static)| Refusal::internal(e);
        // Without the parser's reason, which would quote what stands there.
        let application = serde_json::from_slice(&content).map_err(|_| bad(&Unreadable(id)))?;
        let state = queue_state(&row.state).map_err(|e| bad(&e))?;
        let work = Work::find(connection, id).await?;
        Ok(Self { application, kept, state, has_ended: row.ended.is_some(), work })
    }

    /// Whether its number is with this clerk now.
    pub(super) fn is_at_hand(&self, on_duty: &OnDuty) -> bool {
        self.kept.turn.check_at_hand(&on_duty.at_work).is_ok()
    }

    /// Why there is no whole form.
    pub(super) fn without_form(&self) -> Option<TicketOnlyReason> {
        match self.application.content {
            Content::Filled { .. } => None,
            Content::TicketOnly { reason, .. } => Some(reason),
        }
    }

    /// The form's pack and fields, of a case that has one.
    pub(super) fn pack<'a>(
        &'a self,
        office: &'a Office,
    ) -> Result<Option<(&'a Pack, &'a [Field])>, Refusal> {
        let Some((version, fields)) = self.application.form() else { return Ok(None) };
        let pack = office.checks.pack(version).map_err(|e| Refusal::internal(&e))?;
        Ok(Some((pack, fields)))
    }

    /// Refuses whoever may not open the application of somebody under 支援措置.
    pub(super) fn check_protection(&self, on_duty: &OnDuty) -> Result<(), Refusal> {
        let is_protected = self.work.as_ref().is_some_and(|work| work.protected);
        if !is_protected || on_duty.at_work.is(Role::Protection) {
            return Ok(());
        }
        let detail = "call the colleague in charge, and say nothing of it in the hall";
        Err(Refusal::new(Code::CaseLocked, detail))
    }

    /// What was found and decided, of a case that was opened, is not over, and is with this clerk now.
    pub(super) fn work_at_hand(&mut self, on_duty: &OnDuty) -> Result<&mut Work, Refusal> {
        self.kept.turn.check_at_hand(&on_duty.at_work).map_err(refused)?;
        self.check_protection(on_duty)?;
        self.work_in_progress()
    }

    /// What was found and decided, of a case that was opened and is not over.
    pub(super) fn work_in_progress(&mut self) -> Result<&mut Work, Refusal> {
        if self.has_ended {
            return Err(refused(madoguchi_casework::Refused::OutOfOrder));
        }
        let not_opened = || Refusal::new(Code::TurnOutOfOrder, "it was never opened");
        self.work.as_mut().ok_or_else(not_opened)
    }

    /// Keeps what was decided, with its entry in the record, and has every counter told.
    pub(super) async fn store(
        &self,
        mut transaction: Transaction<'static, Sqlite>,
        office: &Office,
        on_duty: &OnDuty,
        act: Act<'_>,
    ) -> Result<(), Refusal> {
        if let Some(work) = &self.work {
            work.store(&mut transaction, self.application.id).await?;
        }
        turns::touch(&mut transaction, &self.kept.visit).await?;
        audit::append(&mut transaction, on_duty.who(), Timestamp::now(), act).await?;
        transaction.commit().await?;
        office.changed.ring();
        Ok(())
    }
}

impl Work {
    /// What the register says, and a review that begins.
    pub(super) fn begin(answer: register::Answer, review: Review) -> Self {
        let register::Answer { says, person, protected } = answer;
        Self { says, person, protected, review }
    }

    async fn find(
        connection: &mut SqliteConnection,
        id: ApplicationId,
    ) -> Result<Option<Self>, Refusal> {
        let row: Option<(String, Option<String>, bool, String)> = sqlx::query_as(
            "SELECT found, person, protected, review FROM review WHERE application = ?",
        )
        .bind(id.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
        let Some((says, person, protected, review)) = row else { return Ok(None) };
        let person = person.map(Zeroizing::new);
        let review = Zeroizing::new(review);
        let says: Result<_, serde::de::value::Error> =
            RegisterSays::deserialize(says.as_str().into_deserializer());
        let unreadable = || Refusal::internal(&Unreadable(id));
        Ok(Some(Self {
            says: says.map_err(|e| Refusal::internal(&e))?,
            person: person
                .map(|json| serde_json::from_str(&json))
                .transpose()
                .map_err(|_| unreadable())?,
            protected,
            review: serde_json::from_str(&review).map_err(|_| unreadable())?,
        }))
    }

    async fn store(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        id: ApplicationId,
    ) -> Result<(), Refusal> {
        let json = |value: Result<String, serde_json::Error>| {
            value.map(Zeroizing::new).map_err(|e| Refusal::internal(&e))
        };
        let person = self.person.as_ref().map(|p| json(serde_json::to_string(p))).transpose()?;
        let review = json(serde_json::to_string(&self.review))?;
        let progress = json(serde_json::to_string(&self.review.progress()))?;
        let says = serde_json::to_value(self.says).map_err(|e| Refusal::internal(&e))?;
        sqlx::query(
            "INSERT INTO review (application, found, person, protected, progress, review)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET
                 found = ?2, person = ?3, protected = ?4, progress = ?5, review = ?6",
        )
        .bind(id.as_bytes().as_slice())
        .bind(says.as_str().unwrap_or_default())
        .bind(person.as_ref().map(|person| person.as_str()))
        .bind(self.protected)
        .bind(progress.as_str())
        .bind(review.as_str())
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }
}

/// Whether every application of a number may be finished.
pub(in crate::office) async fn are_cleared(
    office: &Office,
    transaction: &mut Transaction<'static, Sqlite>,
    on_duty: &OnDuty,
    kept: &Kept,
) -> Result<bool, Refusal> {
    for id in open_applications(transaction, kept).await? {
        let case = Case::find(transaction, on_duty, &id.to_string()).await?;
        if case.state == QueueState::AwaitingReconciliation {
            return Ok(false);
        }
        // A number without a whole form has nothing that could be finished here.
        if case.without_form().is_some() {
            continue;
        }
        let Some(work) = &case.work else { return Ok(false) };
        let is_rejected = matches!(work.review.progress(), Progress::Rejected { .. });
        if !is_rejected && work.review.clear(&form::digest_of(office, &case)?).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whoever stood there is gone: who comes next is confirmed anew.
pub(in crate::office) async fn leave(
    transaction: &mut Transaction<'static, Sqlite>,
    kept: &Kept,
) -> Result<(), Refusal> {
    for id in open_applications(transaction, kept).await? {
        if let Some(mut work) = Work::find(transaction, id).await? {
            work.review.leave();
            work.store(transaction, id).await?;
        }
    }
    Ok(())
}

/// Ends every application of a number that is open still.
pub(in crate::office) async fn finish(
    transaction: &mut Transaction<'static, Sqlite>,
    on_duty: &OnDuty,
    kept: &Kept,
    now: Timestamp,
) -> Result<(), Refusal> {
    for id in open_applications(transaction, kept).await? {
        let work = Work::find(transaction, id).await?;
        let progress = work.map(|work| work.review.progress());
        let ending = match progress {
            Some(Progress::Rejected { .. }) => Ending::Rejected,
            _ => Ending::Finished,
        };
        end(transaction, id, ending).await?;
        let act = Act::ApplicationEnded { application: id, ending };
        audit::append(transaction, on_duty.who(), now, act).await?;
    }
    Ok(())
}

/// An application is over.
pub(super) async fn end(
    transaction: &mut Transaction<'static, Sqlite>,
    id: ApplicationId,
    ending: Ending,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE application SET ended = ? WHERE id = ?")
        .bind(ending.as_str())
        .bind(id.as_bytes().as_slice())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn open_applications(
    connection: &mut SqliteConnection,
    kept: &Kept,
) -> Result<Vec<ApplicationId>, Refusal> {
    let rows: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT id FROM application WHERE visit = ? AND section = ? AND ended IS NULL ORDER BY id",
    )
    .bind(&kept.visit)
    .bind(&kept.origin)
    .fetch_all(connection)
    .await?;
    let id = |bytes: Vec<u8>| {
        let bytes = bytes.as_slice().try_into().unwrap_or_default();
        ApplicationId::from_bytes(bytes).map_err(|e| Refusal::internal(&e))
    };
    rows.into_iter().map(id).collect()
}

/// Without the parser's reason, which would quote what stands there.
#[derive(Debug, thiserror::Error)]
#[error("what is stored of application {0} cannot be read")]
pub(super) struct Unreadable(pub(super) ApplicationId);
