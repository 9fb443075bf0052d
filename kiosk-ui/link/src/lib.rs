//! The UI's end of the local protocol: one Unix socket, two threads, no runtime.
//!
//! [`Link::open`] connects, says hello, and from then on reports what the agent says as
//! [`LinkEvent`]s. When the connection is lost it says so and connects again by itself, first after
//! 100 ms, then more and more patiently, at most every 2 s.
//!
//! [`Link::send`] never blocks. At most [`QUEUE`] frames wait for an agent that does not read; the
//! next one drops the connection, which is reported as lost. A request that cannot be sent is not
//! kept for later: after a loss the visit is gone in the agent.

mod backoff;
mod connection;

use std::path::Path;
use std::sync::Arc;

use madoguchi_protocol::Failure;
use madoguchi_protocol::local::{AnswerFrame, EventFrame, RequestFrame, ToAgent};

use crate::connection::Shared;

/// How many frames may wait for the agent to read them. A visitor's fastest typing stays far
/// below it.
pub const QUEUE: usize = 64;

/// What the link reports, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkEvent {
    /// Both have said hello.
    Connected {
        /// For [`Link::send`], until the next [`LinkEvent::Lost`].
        connection: Connection,
    },
    /// The agent cannot be reached, or no longer. Said once a loss, and again when the reason
    /// changes.
    Lost {
        /// `agent.away`, or `protocol.version` when it does not speak this protocol.
        failure: Failure,
    },
    /// An answer.
    Answer(AnswerFrame),
    /// An event.
    Event(EventFrame),
}

/// One connection: requests that were meant for an earlier one are not sent on a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection(u64);

/// The UI's end. Dropping it closes the connection, which ends the visit in the agent.
pub struct Link {
    shared: Arc<Shared>,
}

impl Link {
    /// Begins to connect to the agent's socket, and goes on for as long as the link lives.
    ///
    /// `program` is said in the hello, for the agent's log. `report` is called on the link's own
    /// thread; it must hand over quickly and not wait for the UI.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open(
        socket: impl AsRef<Path>,
        program: &str,
        report: impl FnMut(LinkEvent) + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        connection::start(
            Arc::clone(&shared),
            socket.as_ref().to_owned(),
            program.to_owned(),
            report,
        )?;
        Ok(Self { shared })
    }

    /// Hands a request over for sending; never blocks. What cannot be sent is dropped: either the
    /// connection is not the present one any more, or it is dropped now and reported as lost.
    pub fn send(&self, connection: Connection, frame: RequestFrame) {
        self.shared.send(connection, &ToAgent::Request(frame));
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.close();
    }
}
