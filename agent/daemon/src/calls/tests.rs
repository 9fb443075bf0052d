use std::collections::VecDeque;
use std::sync::Mutex;

use madoguchi_protocol::core_api::Problem;

use super::*;

/// An office that answers as told, and is away for whatever it was not told.
#[derive(Default)]
struct Told {
    /// To each attempt, in order.
    raise: Mutex<VecDeque<Result<(), UplinkError>>>,
    raised: Mutex<Vec<Alert>>,
    /// How often it is asked before somebody comes; none ever without.
    comes_after: Option<usize>,
    asked: Mutex<usize>,
}

fn away() -> UplinkError {
    UplinkError::NotTheCore("a portal".to_owned())
}

impl Office for Told {
    async fn raise(&self, alert: &Alert) -> Result<(), UplinkError> {
        self.raised.lock().expect("whole").push(alert.clone());
        self.raise.lock().expect("whole").pop_front().unwrap_or_else(|| Err(away()))
    }

    async fn state(&self, _id: AlertId) -> Result<AlertState, UplinkError> {
        let mut asked = self.asked.lock().expect("whole");
        *asked += 1;
        let comes = self.comes_after.is_some_and(|after| *asked > after);
        Ok(AlertState { acknowledged_at: comes.then(clock::now) })
    }
}

const DEVICE_KINDS: [AlertKind; 3] = [AlertKind::Printer, AlertKind::Reader, AlertKind::CardLeft];

struct Kiosk {
    office: Arc<Told>,
    calls: CallsHandle,
    visit: watch::Sender<Option<VisitId>>,
    reports: mpsc::Receiver<CallReport>,
}

impl Kiosk {
    fn with(office: Told) -> Self {
        let office = Arc::new(office);
        let (visit, current) = watch::channel(None);
        let (send, reports) = mpsc::channel(8);
        let calls = start(Arc::clone(&office), current, send);
        Self { office, calls, visit, reports }
    }

    fn begin(&self) -> VisitId {
        let visit = VisitId::random();
        self.visit.send_replace(Some(visit));
        visit
    }

    fn call(&self, kind: AlertKind, visit: Option<VisitId>) -> Result<(), Call> {
        let ticket = "A017".parse().expect("a ticket");
        self.calls.call(Call {
            kind,
            ticket: Some(ticket),
            visit,
            laying: visit.is_none().then_some(7),
        })
    }

    /// What is reported until the actor has nothing more to do; time runs by itself.
    async fn said(&mut self) -> Vec<ClerkState> {
        let mut said = Vec::new();
        let longest = Duration::from_secs(3600);
        while let Ok(Some(report)) = tokio::time::timeout(longest, self.reports.recv()).await {
            said.push(report.state);
        }
        said
    }
}

/// A visitor's call that nobody hears: they are told so in time.
async fn unheard_in_time(kiosk: &mut Kiosk) {
    let visit = kiosk.begin();
    let before = Instant::now();
    kiosk.call(AlertKind::CallClerk, Some(visit)).expect("room");
    let report = kiosk.reports.recv().await.expect("told");
    assert_eq!(report, CallReport { visit: Some(visit), laying: None, state: ClerkState::Unheard });
    assert!(before.elapsed() <= VISITOR_WAITS, "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_call_is_heard_and_somebody_comes() {
    let raise = Mutex::new([Ok(())].into());
    let mut kiosk = Kiosk::with(Told { raise, comes_after: Some(3), ..Told::default() });
    let visit = kiosk.begin();
    kiosk.call(AlertKind::CallClerk, Some(visit)).expect("room");
    assert_eq!(kiosk.said().await, [ClerkState::Called, ClerkState::Acknowledged]);
    let raised = kiosk.office.raised.lock().expect("whole");
    assert_eq!(raised.len(), 1);
    assert_eq!(raised[0].ticket, Some("A017".parse().expect("a ticket")));
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_is_repeated_as_the_same_alert() {
    let raise = Mutex::new([Err(away()), Err(away()), Ok(())].into());
    let mut kiosk = Kiosk::with(Told { raise, ..Told::default() });
    let visit = kiosk.begin();
    kiosk.call(AlertKind::CallClerk, Some(visit)).expect("room");
    assert_eq!(kiosk.said().await, [ClerkState::Called]);
    let raised = kiosk.office.raised.lock().expect("whole");
    assert!(raised.len() == 3 && raised.iter().all(|alert| *alert == raised[0]));
}

#[tokio::test(start_paused = true)]
async fn without_the_core_the_person_hears_so_within_ten_seconds() {
    let mut kiosk = Kiosk::with(Told::default());
    unheard_in_time(&mut kiosk).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_core_refuses_is_not_repeated() {
    let problem = Problem {
        kind: "urn:madoguchi:problem:alert".into(),
        title: "no".into(),
        status: 400,
        detail: "no".into(),
        retry: false,
    };
    let raise = Mutex::new([Err(UplinkError::Refused(problem))].into());
    let mut kiosk = Kiosk::with(Told { raise, ..Told::default() });
    let visit = kiosk.begin();
    kiosk.call(AlertKind::CallClerk, Some(visit)).expect("room");
    assert_eq!(kiosk.said().await, [ClerkState::Unheard]);
    assert_eq!(kiosk.office.raised.lock().expect("whole").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_about_the_call_of_an_ended_visit() {
    let raise = Mutex::new([Ok(())].into());
    let mut kiosk = Kiosk::with(Told { raise, comes_after: Some(30), ..Told::default() });
    let visit = kiosk.begin();
    kiosk.call(AlertKind::CallClerk, Some(visit)).expect("room");
    assert_eq!(kiosk.reports.recv().await.expect("told").state, ClerkState::Called);
    kiosk.begin();
    assert_eq!(kiosk.said().await, []);
    assert!(*kiosk.office.asked.lock().expect("whole") <= 1);
}

#[tokio::test(start_paused = true)]
async fn the_device_is_tried_for_longer_and_nobody_waits_for_its_outcome() {
    let many_failures = (0..30).map(|_| Err(away())).chain([Ok(())]);
    let mut kiosk =
        Kiosk::with(Told { raise: Mutex::new(many_failures.collect()), ..Told::default() });
    kiosk.call(AlertKind::Printer, None).expect("room");
    assert_eq!(kiosk.said().await, []);
    let raised = kiosk.office.raised.lock().expect("whole");
    assert_eq!((raised.len(), raised[0].kind), (31, AlertKind::Printer));
}

#[tokio::test(start_paused = true)]
async fn of_a_card_that_was_left_behind_it_is_said_that_the_office_has_heard() {
    let raise = Mutex::new([Err(away()), Ok(())].into());
    let mut kiosk = Kiosk::with(Told { raise, ..Told::default() });
    kiosk.call(AlertKind::CardLeft, None).expect("room");
    let report = kiosk.reports.recv().await.expect("told");
    assert_eq!(report, CallReport { visit: None, laying: Some(7), state: ClerkState::Called });
    assert_eq!(kiosk.said().await, []);
}

#[tokio::test(start_paused = true)]
async fn whatever_the_device_has_to_tell_a_visitors_call_starts_at_once() {
    let mut kiosk = Kiosk::with(Told::default());
    for kind in DEVICE_KINDS.into_iter().cycle().take(3 * QUEUE) {
        kiosk.call(kind, None).expect("room");
        tokio::task::yield_now().await;
    }
    unheard_in_time(&mut kiosk).await;
}

#[tokio::test(start_paused = true)]
async fn of_what_the_device_has_to_tell_the_newest_of_each_kind_is_told() {
    let mut kiosk = Kiosk::with(Told::default());
    for kind in DEVICE_KINDS.into_iter().cycle().take(12) {
        kiosk.call(kind, None).expect("room");
    }
    tokio::time::sleep(DEVICE_WAITS - Duration::from_secs(5)).await;
    for kind in [AlertKind::Printer, AlertKind::Printer, AlertKind::Reader] {
        kiosk.call(kind, None).expect("room");
    }
    // Past the patience with the first ones, not with the later ones.
    tokio::time::sleep(Duration::from_secs(10)).await;
    kiosk.office.raised.lock().expect("whole").clear();
    *kiosk.office.raise.lock().expect("whole") = (0..20).map(|_| Ok(())).collect();
    assert_eq!(kiosk.said().await, [ClerkState::Unheard], "of the card");
    let raised = kiosk.office.raised.lock().expect("whole");
    let count = |kind| raised.iter().filter(|alert| alert.kind == kind).count();
    assert_eq!(DEVICE_KINDS.map(count), [1, 1, 0], "{raised:?}");
}

#[tokio::test(start_paused = true)]
async fn too_many_calls_are_given_back() {
    let kiosk = Kiosk::with(Told::default());
    for _ in 0..QUEUE {
        kiosk.call(AlertKind::Printer, None).expect("room");
    }
    let visit = kiosk.begin();
    let back = kiosk.call(AlertKind::CallClerk, Some(visit)).expect_err("full");
    assert_eq!(back.visit, Some(visit));
}
