//! What a counter's screen asks its agent, which hands it to the office: a closed set. The agent holds the
//! session's token; the screen never sees it.

use serde::{Deserialize, Serialize};

use crate::clerk::{
    Called, Case, Change, Check, Confirmation, FieldDecision, FinishedForm, FormConfirmation,
    Issuing, LogIn, NewPassword, NewTicket, Opening, QueueEntry, Reconciliation, Rejection,
    Session, Step,
};
use crate::core_api::{OfficeAlert, Problem};
use crate::ids::{AlertId, ApplicationId};

/// What a counter's screen may ask for. Answered by [`ClerkAnswer`], in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "clerk", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClerkRequest {
    /// Log in. The lines come as [`CounterEvent::Change`] from then on, all of today's first. Answered by
    /// [`ClerkAnswer::Session`].
    LogIn {
        /// Who.
        log_in: LogIn,
    },
    /// Log out, or lock the screen: everything of the session is wiped.
    LogOut {},
    /// Change the password.
    ChangePassword {
        /// From which to which.
        password: NewPassword,
    },
    /// Call whoever is next. Answered by [`ClerkAnswer::Called`].
    CallNext {},
    /// Do something with a number. Answered by [`ClerkAnswer::Entry`].
    Step {
        /// Which.
        turn: i64,
        /// What.
        step: Step,
    },
    /// Give a number. Answered by [`ClerkAnswer::Entry`].
    MakeTicket {
        /// Which.
        ticket: NewTicket,
    },
    /// Stop the giving of a section's numbers, or go on.
    Issue {
        /// Which.
        issuing: Issuing,
    },
    /// Go to a device that calls. Answered by [`ClerkAnswer::Alert`].
    GoTo {
        /// Which call.
        alert: AlertId,
    },
    /// Open an application. Answered by [`ClerkAnswer::Case`].
    Open {
        /// Which.
        application: ApplicationId,
        /// By its call, or why.
        opening: Opening,
    },
    /// Say who stands there. Answered by [`ClerkAnswer::Case`].
    Identify {
        /// Of which application.
        application: ApplicationId,
        /// Who.
        confirmation: Confirmation,
    },
    /// Decide a field. Answered by [`ClerkAnswer::Case`].
    Decide {
        /// Of which application.
        application: ApplicationId,
        /// Which, and how.
        decision: FieldDecision,
    },
    /// Be done with the differences. Answered by [`ClerkAnswer::Case`].
    Submit {
        /// Of which application.
        application: ApplicationId,
    },
    /// Refuse it. Answered by [`ClerkAnswer::Case`].
    Reject {
        /// Which application.
        application: ApplicationId,
        /// Why.
        rejection: Rejection,
    },
    /// Open it for the check by a second person. Answered by [`ClerkAnswer::Case`].
    OpenCheck {
        /// Which application.
        application: ApplicationId,
    },
    /// Decide as the second person. Answered by [`ClerkAnswer::Case`].
    Check {
        /// Which application.
        application: ApplicationId,
        /// How.
        check: Check,
    },
    /// The finished form, for the visitor to see. Answered by [`ClerkAnswer::Form`].
    ShowForm {
        /// Of which application.
        application: ApplicationId,
    },
    /// The visitor has confirmed it. Answered by [`ClerkAnswer::Case`].
    Confirm {
        /// Of which application.
        application: ApplicationId,
        /// Which form.
        confirmation: FormConfirmation,
    },
    /// Say what became of something that came late.
    Reconcile {
        /// Which application.
        application: ApplicationId,
        /// What.
        reconciliation: Reconciliation,
    },
}

/// The office's answer, as the agent hands it over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClerkAnswer {
    /// Nothing more to say.
    Done,
    /// Logged in; without the token.
    Session(Session),
    /// Who was called.
    Called(Called),
    /// A number as it is now.
    Entry(Box<QueueEntry>),
    /// An application as it is now.
    Case(Box<Case>),
    /// A finished form.
    Form(FinishedForm),
    /// A call to which somebody goes.
    Alert(OfficeAlert),
    /// The office does not do it.
    Refused(Problem),
    /// The office cannot be reached, or did not answer in time. It may have been done: look before it is
    /// asked for again.
    Away,
}

/// What an agent tells a counter's screen by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterEvent {
    /// Something changed in the lines.
    Change(Change),
    /// The office cannot be reached: what is shown may be old.
    OfficeAway,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::{
        Answer, AnswerFrame, Event, EventFrame, FromAgent, Outcome, Request, RequestFrame, ToAgent,
    };

    #[test]
    fn what_counter_and_agent_say_is_read_as_it_is_written() {
        let log_in = r#"{"clerk":"1001","proof":{"by":"password","password":"long enough"}}"#;
        let requests = [
            format!(r#"{{"clerk":"log_in","log_in":{log_in}}}"#),
            r#"{"clerk":"call_next"}"#.to_owned(),
            r#"{"clerk":"step","turn":7,"step":{"step":"hold","note":"印鑑を取りに"}}"#.to_owned(),
            r#"{"clerk":"decide","application":"0199aa00-0000-7000-8000-000000000000",
                "decision":{"field":"name","decision":{"take":"corrected","value":"検証"}}}"#
                .to_owned(),
        ];
        for json in requests {
            let request: ClerkRequest = serde_json::from_str(&json).expect("a request");
            let frame = RequestFrame {
                id: 1,
                visit: None,
                request: Request::Clerk { request: Box::new(request) },
            };
            let frame = ToAgent::Request(frame);
            let written = serde_json::to_string(&frame).expect("written");
            assert_eq!(
                serde_json::from_str::<ToAgent>(&written).expect("read"),
                frame,
                "{written}"
            );
        }
        for answer in
            [ClerkAnswer::Done, ClerkAnswer::Called(Called { entry: None }), ClerkAnswer::Away]
        {
            let outcome = Outcome::Answer(Answer::Clerk { answer: Box::new(answer) });
            let frame = FromAgent::Answer(AnswerFrame { id: 1, outcome });
            let written = serde_json::to_string(&frame).expect("written");
            assert_eq!(serde_json::from_str::<FromAgent>(&written).expect("read"), frame);
        }
        for event in [
            CounterEvent::OfficeAway,
            CounterEvent::Change(Change::UpToDate {}),
            CounterEvent::Change(Change::Gone { turn: 7, revision: 9 }),
        ] {
            let event = Event::Counter { event: Box::new(event) };
            let frame = FromAgent::Event(EventFrame { visit: None, event });
            let written = serde_json::to_string(&frame).expect("written");
            assert_eq!(serde_json::from_str::<FromAgent>(&written).expect("read"), frame);
        }
    }
}
