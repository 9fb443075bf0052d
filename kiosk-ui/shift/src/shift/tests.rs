use madoguchi_protocol::clerk::{Called, QueueEntry, Stage};
use madoguchi_protocol::core_api::Problem;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

/// A counter with its agent, and how often it asked.
#[derive(Default)]
struct Counter {
    shift: Shift,
}

impl Counter {
    fn connected() -> Self {
        let mut counter = Self::default();
        counter.shift.take(Input::Connected);
        counter
    }

    fn logged_in() -> Self {
        let mut counter = Self::connected();
        let id = counter.asks(Action::LogIn { clerk: " 1001 ".to_owned(), password: "x".into() });
        counter.answer(id, ClerkAnswer::Session(session()));
        counter
    }

    fn act(&mut self, action: Action) -> Vec<Command> {
        self.shift.take(Input::Action(action, Duration::ZERO))
    }

    /// What the action asks for; its id.
    fn asks(&mut self, action: Action) -> u64 {
        match &self.act(action)[..] {
            [Command::Ask { id, .. }] => *id,
            other => panic!("{other:?}"),
        }
    }

    fn answer(&mut self, id: u64, answer: ClerkAnswer) {
        assert_eq!(self.shift.take(Input::Answer { id, answer }), []);
    }

    fn open(&mut self) {
        let application = case("A017").application;
        let id = self.asks(Action::Open(application, Opening { reason: None }));
        self.answer(id, ClerkAnswer::Case(Box::new(case("A017"))));
    }

    fn shows_a_person(&self) -> bool {
        matches!(self.shift.view().page, Page::Case { .. })
    }
}

fn session() -> Session {
    let json = r#"{"clerk":"1001","name":"検証 太郎","roles":["clerk"],"sections":{},"counter":1,
        "idle_minutes":10,"change_password":false}"#;
    serde_json::from_str(json).expect("a session")
}

fn case(ticket: &str) -> Case {
    let field = |key: &str, differs: bool| {
        format!(
            r#"{{"key":"{key}","label":{{"ja":"{key}","en":"{key}"}},"choices":{{}},"said":null,
                "register":null,"differs":{differs},"marks":[],"decided":null,"disagreed":[]}}"#
        )
    };
    let json = format!(
        r#"{{"application":"0199aa00-0000-7000-8000-000000000000","ticket":"{ticket}","at_hand":true,
            "pack":null,"title":null,"without_form":null,"register":"found","needs_check":true,
            "identity":null,"progress":{{"at":"identity"}},"fields":[{},{}]}}"#,
        field("name", true),
        field("sex", false)
    );
    serde_json::from_str(&json).expect("a case")
}

fn entry(turn: i64, revision: i64, stage: &str) -> QueueEntry {
    let json = format!(
        r#"{{"turn":{turn},"revision":{revision},"ticket":"A017","business_day":"2026-11-22","section":"A",
            "stage":"{stage}","arrived_at":"2026-11-22T00:00:00Z","priority":null,"consider":null,
            "note":null,"reserved":null,"counter":null,"clerk":null,"elsewhere":null,"calls":0,
            "applications":[]}}"#
    );
    serde_json::from_str(&json).expect("an entry")
}

fn change(entry: QueueEntry) -> Input {
    Input::Event(CounterEvent::Change(Change::Entry { entry: Box::new(entry) }))
}

fn refused(code: &str) -> ClerkAnswer {
    ClerkAnswer::Refused(Problem {
        kind: format!("urn:madoguchi:problem:{code}"),
        title: String::new(),
        status: 409,
        detail: String::new(),
        retry: false,
    })
}

#[test]
fn a_second_touch_asks_for_nothing_twice() {
    let mut counter = Counter::logged_in();
    let id = counter.asks(Action::CallNext);
    assert!(counter.shift.view().is_busy);
    assert_eq!(counter.act(Action::CallNext), []);
    counter.answer(id, ClerkAnswer::Called(Called { entry: None }));
    assert_eq!(counter.shift.view().notice.map(|words| words.code), Some("turn.nobody"));
    // An answer to nothing is nothing.
    counter.answer(id, refused("turn.taken"));
    assert_eq!(counter.shift.view().notice.map(|words| words.code), Some("turn.nobody"));
    counter.asks(Action::CallNext);
    assert_eq!(counter.shift.view().notice, None, "it was about the last thing");
}

#[test]
fn nothing_of_a_person_outlives_what_it_was_open_for() {
    type End = fn(&mut Counter);
    let ends: [(&str, End); 6] = [
        ("closed", |counter| drop(counter.act(Action::Close))),
        ("locked", |counter| drop(counter.act(Action::Lock))),
        ("left alone", |counter| drop(counter.shift.take(Input::Time(10 * MINUTE)))),
        ("without its agent", |counter| drop(counter.shift.take(Input::Lost))),
        ("over", |counter| {
            let over = CounterEvent::Change(Change::SessionOver {});
            counter.shift.take(Input::Event(over));
        }),
        ("over, as it is told when it asks", |counter| {
            let id = counter.asks(Action::Submit);
            counter.answer(id, refused("clerk.no_session"));
        }),
    ];
    for (what, end) in ends {
        let mut counter = Counter::logged_in();
        counter.open();
        assert!(counter.shows_a_person());
        end(&mut counter);
        assert!(!counter.shows_a_person(), "{what}");
        assert_eq!(counter.shift.opened, None, "{what}");
    }
}

#[test]
fn a_late_answer_to_a_locked_counter_belongs_to_nobody() {
    let mut counter = Counter::logged_in();
    let application = case("A017").application;
    let id = counter.asks(Action::Open(application, Opening { reason: None }));
    let [Command::Ask { request: ClerkRequest::LogOut {}, .. }] = counter.act(Action::Lock)[..]
    else {
        panic!("it does not log out")
    };
    counter.answer(id, ClerkAnswer::Case(Box::new(case("A017"))));
    assert_eq!(counter.shift.view().page, Page::LogIn);
    assert_eq!(counter.shift.opened, None);
    // Also what is told of the lines meanwhile.
    counter.shift.take(change(entry(7, 1, "waiting")));
    assert_eq!(counter.shift.lines, Lines::default());
}

#[test]
fn it_locks_itself_when_nobody_touches_it_and_not_before() {
    let mut counter = Counter::logged_in();
    assert_eq!(counter.shift.take(Input::Time(9 * MINUTE)), []);
    counter.shift.take(Input::Action(Action::Touch, 9 * MINUTE));
    assert_eq!(counter.shift.take(Input::Time(18 * MINUTE)), []);
    assert_eq!(counter.shift.take(Input::Time(19 * MINUTE)).len(), 1);
    let view = counter.shift.view();
    assert_eq!(
        (view.page, view.notice.map(|words| words.code)),
        (Page::LogIn, Some("counter.locked"))
    );
}

#[test]
fn the_second_person_decides_here_until_they_are_done() {
    let mut counter = Counter::logged_in();
    let application = case("A017").application;
    let id = counter.asks(Action::OpenCheck(application));
    counter.answer(id, ClerkAnswer::Case(Box::new(case("A017"))));
    let name: FieldKey = "name".parse().expect("a key");
    assert_eq!(counter.act(Action::Decide(name.clone(), Decision::Register {})), []);
    // A field that is not to be checked is not decided.
    let sex = "sex".parse().expect("a key");
    assert_eq!(counter.act(Action::Decide(sex, Decision::Register {})), []);
    let [Command::Ask { request: ClerkRequest::Check { check, .. }, .. }] =
        &counter.act(Action::Submit)[..]
    else {
        panic!("it is not told")
    };
    assert_eq!(check.decisions, [(name, Decision::Register {})].into());
}

#[test]
fn the_visitor_confirms_the_form_that_is_shown() {
    let mut counter = Counter::logged_in();
    counter.open();
    assert_eq!(counter.act(Action::Confirm), [], "nothing is shown");
    let id = counter.asks(Action::ShowForm);
    let form =
        r#"{"ticket":"A017","title":{"ja":"転居届","en":"Move"},"fields":[],"form_sha256":"ab"}"#;
    counter.answer(id, ClerkAnswer::Form(serde_json::from_str(form).expect("a form")));
    let [Command::Ask { id, request: ClerkRequest::Confirm { confirmation, .. } }] =
        &counter.act(Action::Confirm)[..]
    else {
        panic!("it is not confirmed")
    };
    assert_eq!(confirmation.form_sha256, "ab");
    // What the office says then is the case as it is now: the form is to be shown again.
    counter.answer(*id, ClerkAnswer::Case(Box::new(case("A017"))));
    assert_eq!(counter.act(Action::Confirm), []);
}

#[test]
fn lines_are_as_the_office_said_last() {
    let mut counter = Counter::logged_in();
    counter.shift.take(change(entry(7, 2, "called")));
    counter.shift.take(change(entry(7, 1, "waiting")));
    assert_eq!(counter.shift.lines.entry(7).map(|entry| entry.stage), Some(Stage::Called));
    assert!(!counter.shift.lines.are_live(), "not all of it was told");
    counter.shift.take(Input::Event(CounterEvent::Change(Change::UpToDate {})));
    assert!(counter.shift.lines.are_live());
    counter.shift.take(Input::Event(CounterEvent::OfficeAway));
    assert!(!counter.shift.lines.are_live());
    counter.shift.take(Input::Event(CounterEvent::Change(Change::Gone { turn: 7, revision: 3 })));
    assert_eq!(counter.shift.lines.entry(7), None);
}

#[test]
fn without_the_office_it_is_said_that_nothing_is_known() {
    let mut counter = Counter::logged_in();
    let id = counter.asks(Action::CallNext);
    counter.answer(id, ClerkAnswer::Away);
    assert_eq!(counter.shift.view().notice, Some(&AWAY));
    assert!(!counter.shift.view().is_busy);
}
