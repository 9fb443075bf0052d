//! The desk among its actors: what it asks for is done, and what they say reaches the screen.

use std::collections::VecDeque;
use std::future::Future;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use madoguchi_card::{CardConfig, CardNews, CardReport};
use madoguchi_daemon::calls::{self, Office};
use madoguchi_daemon::clock;
use madoguchi_daemon::desk::{Anew, Desk};
use madoguchi_daemon::local::{FromScreen, OUT_QUEUE};
use madoguchi_daemon::reception::{self, Helpers, Sources};
use madoguchi_printing::{PrintHandle, Timing};
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::bundle::Printer;
use madoguchi_protocol::core_api::{Alert, AlertKind, AlertState};
use madoguchi_protocol::local::{
    Answer, AnswerFrame, ClerkState, DeviceState, Event, FromAgent, Outcome, Paper, PrintState,
    Request, RequestFrame,
};
use madoguchi_protocol::{AlertId, FailureCode, VisitId};
use madoguchi_uplink::{CoreState, UplinkError};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use crate::city::{City, Extras};
use crate::device::Device;

const PATIENCE: Duration = Duration::from_secs(20);

/// An office that hears at once and comes when it is asked for the first time.
#[derive(Default)]
struct Attentive(Mutex<Vec<Alert>>);

impl Office for Attentive {
    async fn raise(&self, alert: &Alert) -> Result<(), UplinkError> {
        self.0.lock().expect("whole").push(alert.clone());
        Ok(())
    }

    async fn state(&self, _id: AlertId) -> Result<AlertState, UplinkError> {
        Ok(AlertState { acknowledged_at: Some(clock::now()) })
    }
}

/// A screen at a running desk.
struct Screen {
    device: Device,
    office: Arc<Attentive>,
    print: PrintHandle,
    core: watch::Sender<CoreState>,
    /// The desk's visit.
    current: watch::Receiver<Option<VisitId>>,
    end: watch::Sender<bool>,
    desk: JoinHandle<Option<Anew>>,
    screens: mpsc::Sender<FromScreen>,
    /// How often the screen has connected.
    number: u64,
    out: mpsc::Sender<FromAgent>,
    from: mpsc::Receiver<FromAgent>,
    /// What came while something else was waited for.
    heard: VecDeque<FromAgent>,
    visit: Option<VisitId>,
    id: u64,
}

impl Screen {
    async fn open(folder: &std::path::Path) -> Self {
        // Nobody listens there.
        Self::open_with(folder, "ipp://127.0.0.1:9/ipp/print".into()).await
    }

    /// With a printer at that address.
    async fn open_with(folder: &std::path::Path, uri: String) -> Self {
        let device = Device::start(folder);
        device.lease().await;
        let printer = Some(Printer { uri, slip_width_mm: 80, forms: false });
        let settings = City::new().settings(Extras { printer, ..Extras::default() });

        let (screens, from_screens) = mpsc::channel(8);
        let (cards_send, cards) = mpsc::channel(8);
        let (papers_send, papers) = mpsc::channel(32);
        let (calls_send, called) = mpsc::channel(8);
        let (core, core_state) = watch::channel(CoreState::unknown());
        let (_, settings) = watch::channel(Some(Arc::new(settings)));
        let (end, shutdown) = watch::channel(false);
        let (_, pings) = mpsc::channel(1);
        let (visit, current) = watch::channel(None);
        let office = Arc::new(Attentive::default());
        let config =
            CardConfig { command_deadline: Duration::from_secs(1), ..CardConfig::default() };
        let timing = Timing { cancel: Duration::from_millis(100), ..Timing::default() };
        let print = madoguchi_printing::spawn_with(timing, move |report| {
            papers_send.try_send(report).expect("room");
        });
        let helpers = Helpers {
            card: madoguchi_card::spawn(config, |_| {}),
            keeper: device.keeper.clone(),
            deliver: Arc::new(Notify::new()),
            print: print.clone(),
            calls: calls::start(Arc::clone(&office), current.clone(), calls_send),
            visit,
        };
        let sources = Sources {
            screens: from_screens,
            cards,
            papers,
            calls: called,
            settings,
            core: core_state,
            store: device.state.clone(),
            pings,
            shutdown,
        };
        let desk = tokio::spawn(reception::run(Desk::new(), sources, helpers));
        let news = CardNews::Reader { problem: None, card_present: false };
        cards_send.send(CardReport { visit: None, news }).await.expect("a desk");
        let (out, from) = mpsc::channel(OUT_QUEUE);
        let mut screen = Self {
            device,
            office,
            print,
            core,
            current,
            end,
            desk,
            screens,
            number: 0,
            out,
            from,
            heard: VecDeque::new(),
            visit: None,
            id: 0,
        };
        screen.connect().await;
        screen
    }

    /// Takes the place of the screen that was there.
    async fn connect(&mut self) {
        let (out, from) = mpsc::channel(OUT_QUEUE);
        (self.out, self.from, self.heard) = (out, from, VecDeque::new());
        self.number += 1;
        let arrived = FromScreen::Arrived { screen: self.number, out: self.out.clone() };
        self.screens.send(arrived).await.expect("a desk");
    }

    /// From now on the screen does not read, and nothing more fits on the way to it.
    fn stop_reading(&self) {
        let anything =
            || FromAgent::Answer(AnswerFrame { id: 0, outcome: Outcome::Answer(Answer::Done {}) });
        while self.out.try_send(anything()).is_ok() {}
    }

    /// The first message that is what is waited for; the others stay.
    async fn hear<T>(&mut self, mut wanted: impl FnMut(&FromAgent) -> Option<T>) -> T {
        let found = self.heard.iter().enumerate().find_map(|(at, m)| Some((at, wanted(m)?)));
        if let Some((at, found)) = found {
            self.heard.remove(at);
            return found;
        }
        loop {
            let message = within(self.from.recv()).await.expect("the desk goes on");
            match wanted(&message) {
                Some(found) => return found,
                None => self.heard.push_back(message),
            }
        }
    }

    async fn event(&mut self, wanted: Event) {
        self.hear(|message| {
            matches!(message, FromAgent::Event(frame) if frame.event == wanted).then_some(())
        })
        .await;
    }

    async fn send(&mut self, request: Request) -> u64 {
        self.id += 1;
        let (id, screen) = (self.id, self.number);
        let frame = RequestFrame { id, visit: self.visit, request };
        self.screens.send(FromScreen::Request { screen, frame }).await.expect("a desk");
        id
    }

    async fn ask(&mut self, request: Request) -> Outcome {
        let id = self.send(request).await;
        self.hear(|message| match message {
            FromAgent::Answer(answer) if answer.id == id => Some(answer.outcome.clone()),
            _ => None,
        })
        .await
    }

    async fn begin(&mut self) {
        self.visit = None;
        match self.ask(Request::Begin {}).await {
            Outcome::Answer(Answer::Begun { visit, .. }) => self.visit = Some(visit),
            other => panic!("no visit begins: {other:?}"),
        }
    }

    async fn close(self) {
        self.end.send_replace(true);
        assert_eq!(within(self.desk).await.expect("the desk ends"), None);
        self.device.end().await;
    }
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("in time")
}

#[tokio::test]
async fn a_call_for_a_clerk_is_kept_raised_and_answered_by_the_office() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut screen = Screen::open(folder.path()).await;
    screen.begin().await;
    let reason = TicketOnlyReason::CallClerk;
    let kept = screen.ask(Request::KeepTicketOnly { reason }).await;
    let Outcome::Answer(Answer::Kept { ticket }) = kept else { panic!("{kept:?}") };
    assert_eq!(screen.device.waiting().await.len(), 1);
    screen.event(Event::Clerk { state: ClerkState::Called }).await;
    screen.event(Event::Clerk { state: ClerkState::Acknowledged }).await;
    let raised = screen.office.0.lock().expect("whole").clone();
    // The printer, which is not there, is an alert of its own.
    let calls = raised.iter().filter(|alert| alert.kind == AlertKind::CallClerk);
    assert_eq!(calls.map(|alert| alert.ticket).collect::<Vec<_>>(), [Some(ticket)]);
    screen.close().await;
}

#[tokio::test]
async fn a_slip_that_cannot_be_printed_is_said_and_the_number_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut screen = Screen::open(folder.path()).await;
    screen.begin().await;
    let reason = TicketOnlyReason::DoNotKnow;
    let kept = screen.ask(Request::KeepTicketOnly { reason }).await;
    assert!(matches!(kept, Outcome::Answer(Answer::Kept { .. })), "{kept:?}");
    let failed = |message: &FromAgent| match message {
        FromAgent::Event(frame) => match &frame.event {
            Event::Print { paper: Paper::Slip, state: PrintState::Failed { failure } } => {
                Some((frame.visit, failure.code))
            }
            _ => None,
        },
        _ => None,
    };
    assert_eq!(screen.hear(failed).await, (screen.visit, FailureCode::PrinterMissing));
    screen.close().await;
}

#[tokio::test]
async fn nothing_is_printed_of_a_visit_whose_screen_does_not_hear_that_it_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    // It takes connections and never answers: a job that is wanted stays under way.
    let printer = TcpListener::bind("127.0.0.1:0").expect("a port");
    let uri = format!("ipp://{}/ipp/print", printer.local_addr().expect("an address"));
    let mut screen = Screen::open_with(folder.path(), uri).await;
    screen.begin().await;
    screen.stop_reading();
    let reason = TicketOnlyReason::DoNotKnow;
    screen.send(Request::KeepTicketOnly { reason }).await;
    within(screen.current.wait_for(Option::is_none)).await.expect("a desk");
    assert_eq!(screen.device.waiting().await.len(), 1, "it was kept before the visit ended");

    screen.connect().await;
    screen.begin().await;
    let kept = screen.ask(Request::KeepTicketOnly { reason }).await;
    assert!(matches!(kept, Outcome::Answer(Answer::Kept { .. })), "{kept:?}");
    assert_eq!(screen.print.mismatches(), 0, "its slip met one of the visit that had ended");
    screen.close().await;
}

#[tokio::test]
async fn a_device_that_the_core_revokes_ends_the_visit_and_takes_none_until_it_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut screen = Screen::open(folder.path()).await;
    screen.begin().await;
    let revoked = FailureCode::DeviceRevoked;
    screen.core.send_replace(CoreState { problem: Some(revoked), ..CoreState::unknown() });
    let ended = |message: &FromAgent| match message {
        FromAgent::Event(frame) => match &frame.event {
            Event::VisitEnded { failure } => Some(failure.code),
            _ => None,
        },
        _ => None,
    };
    assert_eq!(screen.hear(ended).await, revoked);
    screen.visit = None;
    let refused = screen.ask(Request::Begin {}).await;
    assert!(matches!(&refused, Outcome::Failure(f) if f.code == revoked), "{refused:?}");
    screen.core.send_replace(CoreState { reachable: true, ..CoreState::unknown() });
    let in_service = |message: &FromAgent| match message {
        FromAgent::Event(frame) => match &frame.event {
            Event::Device(DeviceState { out_of_service: None, core_reachable: true, .. }) => {
                Some(())
            }
            _ => None,
        },
        _ => None,
    };
    screen.hear(in_service).await;
    screen.begin().await;
    screen.close().await;
}
