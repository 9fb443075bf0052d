//! What version 1 looks like on the wire. Each golden file is read by today's types and written
//! again: nothing may be lost or renamed. `MADOGUCHI_BLESS=1` writes a file that is missing and
//! never replaces one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_protocol::application::{
    APPLICATION_FORMAT, Application, CardEvidence, Content, Field, Origin, PartlyFilled,
    SignatureCheck, TicketOnlyReason,
};
use madoguchi_protocol::batch::{Batch, envelopes};
use madoguchi_protocol::bundle::{Appearance, Bundle, Payload, Printer, Profile, SealingKey, Text};
use madoguchi_protocol::core_api::{
    Alert, AlertKind, AlertState, BatchAnswer, BlockRequest, EnvelopeAnswer, Epoch, Fetched,
    OfficeIntake, OfficeIntakes, OfficeSetAside, OpenedApplication, Problem, QueueEntries,
    QueueEntry, QueueState, Receipt, SetAsideEnvelope,
};
use madoguchi_protocol::export::{
    EXPORT_FORMAT, ExportManifest, ExportPermit, ExportedEnvelope, SignedManifest, SignedPermit,
};
use madoguchi_protocol::header::{EnvelopeHeader, EnvelopeKind, PackVersion, Part};
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardEvent, CardKey, ClerkState, DeviceState, Event, EventFrame, FromAgent,
    Hello, IssuedBy, Language, Outcome, Paper, PrintState, PrinterState, Request, RequestFrame,
    ToAgent,
};
use madoguchi_protocol::ticket::{TicketBlock, TicketNumber, TicketToken};
use madoguchi_protocol::{
    ApplicationId, AttributeName, Failure, FailureCode, Personal, PinDigit, VisitId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn golden<T: Serialize + DeserializeOwned>(name: &str, today: &T) {
    let path = format!("tests/golden/{name}.json");
    let written = serde_json::to_string_pretty(today).expect("serialises") + "\n";
    if std::env::var_os("MADOGUCHI_BLESS").is_some() && !std::path::Path::new(&path).exists() {
        std::fs::write(&path, &written).expect(&path);
    }
    let kept = std::fs::read_to_string(&path).expect(&path);
    assert_eq!(written, kept, "{name}: today's form is not version 1 any more");
    let read: T = serde_json::from_str(&kept).expect(name);
    assert_eq!(serde_json::to_string_pretty(&read).expect("serialises") + "\n", kept);
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect(text)
}

fn visit() -> VisitId {
    VisitId::from_bytes([0x11; 16])
}

fn application_id() -> ApplicationId {
    parsed("0192f0a0-0000-7000-8000-000000000001")
}

fn ticket() -> TicketNumber {
    parsed("A017")
}

fn pack() -> PackVersion {
    PackVersion { id: parsed("tenkyo"), version: 1 }
}

fn text() -> Text {
    Text { ja: "常盤市".into(), en: "Tokiwa City".into() }
}

/// A profile that says nothing but what it must.
fn profile() -> Profile {
    Profile {
        device: parsed("kiosk-01"),
        site: parsed("honcho"),
        municipality: text(),
        sections: vec!['A'.try_into().expect("a letter")],
        idle_seconds: 90,
        appearance: None,
        printer: None,
        packs_valid_days: None,
        municipality_code: None,
        municipality_codes_before: vec![],
        reader: None,
        practice: false,
    }
}

fn fields() -> Vec<Field> {
    let evidence = CardEvidence {
        attribute: AttributeName::Name,
        file: "TEXT/0002".into(),
        signature: SignatureCheck::NotChecked,
        substitutions: vec![],
    };
    vec![
        Field {
            key: parsed("name"),
            value: Personal::from("検証　花子"),
            origin: Origin::Card,
            evidence: Some(evidence),
        },
        Field {
            key: parsed("who_moves"),
            value: Personal::from("whole_household"),
            origin: Origin::Chosen,
            evidence: None,
        },
    ]
}

#[test]
fn local_protocol_to_the_agent() {
    let requests = [
        Request::Begin {},
        Request::ChoosePack { pack: parsed("tenkyo"), also: vec![] },
        Request::AgreePurpose {},
        Request::AwaitCard { by: CardKey::Pin },
        Request::PinDigit { digit: PinDigit::try_from(7).expect("a digit") },
        Request::PinErase {},
        Request::PinSubmit {},
        Request::Choose { field: parsed("who_moves"), choice: parsed("whole_household") },
        Request::Review {},
        Request::Keep {},
        Request::KeepTicketOnly { reason: TicketOnlyReason::CallClerk },
        Request::End {},
    ];
    let hello = ToAgent::Hello(Hello { protocol: 1, program: "madoguchi-kiosk 0.1.0".into() });
    let frame = |(request, id)| {
        let visit = (id > 1).then(visit);
        ToAgent::Request(RequestFrame { id, visit, request })
    };
    let frames: Vec<_> =
        std::iter::once(hello).chain(requests.into_iter().zip(1..).map(frame)).collect();
    golden("local-to-agent", &frames);
}

#[test]
fn local_protocol_from_the_agent() {
    let answers = [
        Answer::Done {},
        Answer::Begun {
            visit: visit(),
            packs: vec!["format = 1\n".into()],
            municipality: text(),
            life_events: vec![],
            towns: None,
        },
        Answer::PinDigits { entered: 3 },
        Answer::PinWrong { tries_left: 2 },
        Answer::Form {
            fields: fields(),
            asked: vec![],
            bring: vec![],
            notices: vec![],
            at_counter: vec![],
        },
        Answer::Kept { ticket: ticket() },
    ];
    let failure = Failure::new(FailureCode::StoreFull, "12 MiB of the disk are free");
    let outcomes =
        answers.into_iter().map(Outcome::Answer).chain([Outcome::Failure(failure.clone())]);
    let answers =
        outcomes.zip(1..).map(|(outcome, id)| FromAgent::Answer(AnswerFrame { id, outcome }));
    let card = |card| EventFrame { visit: Some(visit()), event: Event::Card { card } };
    let events = [
        EventFrame {
            visit: None,
            event: Event::Device(DeviceState {
                out_of_service: Some(failure.clone()),
                municipality: Some(text()),
                ..DeviceState::default()
            }),
        },
        card(CardEvent::Present {}),
        card(CardEvent::Usable { tries_left: 3 }),
        card(CardEvent::Unusable { failure: failure.clone(), issued_by: None }),
        card(CardEvent::Removed {}),
        EventFrame { visit: Some(visit()), event: Event::VisitEnded { failure } },
    ];
    let hello = FromAgent::Hello(Hello { protocol: 1, program: "madoguchi-agent 0.1.0".into() });
    let frames: Vec<_> =
        std::iter::once(hello).chain(answers).chain(events.map(FromAgent::Event)).collect();
    golden("local-from-agent", &frames);
}

/// What was added to version 1 for whole visits.
#[test]
fn local_protocol_of_whole_visits() {
    let requests = [
        Request::ChoosePack { pack: parsed("tenkyo"), also: vec![parsed("juminhyo")] },
        Request::AwaitCard { by: CardKey::ReferenceNumberB },
        Request::WithoutCard {},
        Request::Enter { field: parsed("moved_on"), value: "20261122".into() },
        Request::OpenForm { pack: parsed("juminhyo") },
        Request::Print { paper: Paper::Slip },
    ];
    let frame = |(request, id)| RequestFrame { id, visit: Some(visit()), request };
    let requests: Vec<_> = requests.into_iter().zip(1..).map(frame).map(ToAgent::Request).collect();
    golden("local-to-agent-whole-visits", &requests);

    let failure = Failure::new(FailureCode::PrinterPaper, "media-empty");
    let begun = Answer::Begun {
        visit: visit(),
        packs: vec!["format = 1\n".into()],
        municipality: text(),
        life_events: vec!["format = 1\n".into()],
        towns: Some("format = 1\n".into()),
    };
    let ours = |event| EventFrame { visit: Some(visit()), event };
    let print = |paper, state| ours(Event::Print { paper, state });
    let device = Event::Device(DeviceState {
        reader: Some(Failure::new(FailureCode::ReaderMissing, "no reader")),
        printer: Some(PrinterState::Unusable { failure: failure.clone() }),
        appearance: Some(Appearance { volume: 40, panel_mm: Some([268, 476]) }),
        ..DeviceState::default()
    });
    let events = [
        EventFrame { visit: None, event: device },
        print(Paper::Slip, PrintState::Printing {}),
        print(Paper::Slip, PrintState::Printed {}),
        print(Paper::Forms, PrintState::Failed { failure }),
        ours(Event::Clerk { state: ClerkState::Called }),
        ours(Event::Clerk { state: ClerkState::Acknowledged }),
        ours(Event::Clerk { state: ClerkState::Unheard }),
    ];
    let begun = FromAgent::Answer(AnswerFrame { id: 1, outcome: Outcome::Answer(begun) });
    let said: Vec<_> = [begun].into_iter().chain(events.map(FromAgent::Event)).collect();
    golden("local-from-agent-whole-visits", &said);
}

/// What was added to version 1 for screens that know no conditions, and for every state of a card.
#[test]
fn local_protocol_of_whole_cards() {
    let form = Answer::Form {
        fields: fields(),
        asked: vec![parsed("moved_on"), parsed("who")],
        bring: vec![text()],
        notices: vec![text()],
        at_counter: vec![],
    };
    let unusable = |issued_by| {
        let failure = Failure::new(FailureCode::CardPinLocked, "0 tries left");
        let card = CardEvent::Unusable { failure, issued_by: Some(issued_by) };
        FromAgent::Event(EventFrame { visit: Some(visit()), event: Event::Card { card } })
    };
    let answer = AnswerFrame { id: 1, outcome: Outcome::Answer(form) };
    let said = [
        FromAgent::Answer(answer),
        unusable(IssuedBy::ThisMunicipality),
        unusable(IssuedBy::AnotherMunicipality),
    ];
    golden("local-from-agent-whole-cards", &said);
}

/// What was added to version 1 for devices that are for practice.
#[test]
fn local_protocol_of_practice() {
    let event = Event::Device(DeviceState {
        municipality: Some(text()),
        practice: true,
        ..DeviceState::default()
    });
    let frame = EventFrame { visit: None, event };
    golden("local-from-agent-practice", &[FromAgent::Event(frame)]);
}

/// What was added to version 1 for papers in the visitor's language.
#[test]
fn local_protocol_of_languages() {
    let frame = |id, language| {
        let request = Request::Speak { language };
        ToAgent::Request(RequestFrame { id, visit: Some(visit()), request })
    };
    golden("local-to-agent-speak", &[frame(1, Language::Japanese), frame(2, Language::English)]);
}

/// What was added to version 1 for the review of a form whose conditions only the agent knows.
#[test]
fn local_protocol_of_forms_that_the_counter_goes_on_with() {
    let answer = Answer::Form {
        fields: fields(),
        asked: vec![],
        bring: vec![],
        notices: vec![],
        at_counter: vec![parsed("building"), parsed("head_of_household")],
    };
    let frame = AnswerFrame { id: 1, outcome: Outcome::Answer(answer) };
    golden("local-from-agent-whole-forms", &[FromAgent::Answer(frame)]);
}

#[test]
fn application() {
    let token = TicketToken::new([0x22; 16]);
    let content = |content| Application {
        format: APPLICATION_FORMAT,
        id: application_id(),
        token: token.clone(),
        content,
    };
    let filled = Content::Filled { pack: pack(), fields: fields() };
    let alone = Content::TicketOnly { reason: TicketOnlyReason::WithoutCard, partly: None };
    golden("application", &[content(filled), content(alone)]);
}

/// A number with what was filled before.
#[test]
fn application_partly_filled() {
    let partly = Some(PartlyFilled { pack: pack(), fields: fields() });
    let content = Content::TicketOnly { reason: TicketOnlyReason::WithoutCard, partly };
    let token = TicketToken::new([0x22; 16]);
    let application =
        Application { format: APPLICATION_FORMAT, id: application_id(), token, content };
    golden("application-partly-filled", &application);
}

fn header() -> EnvelopeHeader {
    EnvelopeHeader {
        format: 1,
        application: application_id(),
        kind: EnvelopeKind::Filled,
        part: Part::WHOLE,
        device: parsed("kiosk-01"),
        tenant: parsed("tokiwa"),
        site: parsed("honcho"),
        sequence: 41,
        visit: visit(),
        pack: Some(pack()),
        ticket: ticket(),
        business_day: parsed("2026-11-22"),
        token_sha256: "ab".repeat(32),
        kept_at: parsed("2026-11-22T01:02:03Z"),
        kem: 0x647a,
        key: "0123456789abcdef".into(),
    }
}

#[test]
fn envelope_header() {
    golden("envelope-header", &header());
}

#[test]
fn bundles() {
    let bundle = |payload| Bundle {
        format: 1,
        tenant: parsed("tokiwa"),
        generation: 3,
        signed_at: parsed("2026-11-22T00:00:00Z"),
        payload,
    };
    let key = SealingKey { id: "0123456789abcdef".into(), kem: 0x20, public_key: "AA==".into() };
    golden(
        "bundles",
        &[
            bundle(Payload::SealingKeys { keys: vec![key] }),
            bundle(Payload::Packs {
                packs: vec!["format = 1\n".into()],
                life_events: vec![],
                towns: None,
            }),
            bundle(Payload::Profile { profile: profile() }),
        ],
    );
}

/// What was added to version 1 for whole visits.
#[test]
fn bundles_of_whole_visits() {
    let packs = Payload::Packs {
        packs: vec!["format = 1\n".into()],
        life_events: vec!["format = 1\n".into()],
        towns: Some("format = 1\n".into()),
    };
    let profile = Profile {
        appearance: Some(Appearance { volume: 40, panel_mm: Some([268, 476]) }),
        printer: Some(Printer {
            uri: "ipp://printer.example/ipp/print".into(),
            slip_width_mm: 80,
            forms: true,
        }),
        packs_valid_days: Some(400),
        ..profile()
    };
    golden("bundles-of-whole-visits", &[packs, Payload::Profile { profile }]);
}

/// What was added to version 1 for every state of a card.
#[test]
fn profile_of_whole_cards() {
    let profile = Profile {
        municipality_code: Some(parsed("13999")),
        reader: Some(parsed("054c:0dc9")),
        ..profile()
    };
    golden("profile-of-whole-cards", &Payload::Profile { profile });
}

/// What was added to version 1 for practice and for municipalities that were merged.
#[test]
fn profile_of_practice() {
    let profile = Profile {
        municipality_code: Some(parsed("13999")),
        municipality_codes_before: vec![parsed("13998"), parsed("13997")],
        practice: true,
        ..profile()
    };
    golden("profile-of-practice", &Payload::Profile { profile });
}

/// An acknowledgement as it is since positions belong to an epoch, and as it was before.
#[test]
fn fetched() {
    let epoch: Epoch =
        serde_json::from_str("\"9f2c7a10-5d1e-4c86-8c0b-2a4f6f0d9b31\"").expect("an epoch");
    let fetched = |epoch| Fetched { positions: vec![7, 8], epoch };
    golden("fetched", &[fetched(Some(epoch)), fetched(None)]);
}

/// What an export is made of, in clear; `madoguchi-envelope` has the signed forms.
#[test]
fn export() {
    let at = |text| parsed(text);
    let permit = ExportPermit {
        format: EXPORT_FORMAT,
        tenant: parsed("tokiwa"),
        device: parsed("kiosk-01"),
        from: at("2026-11-22T00:00:00Z"),
        until: at("2026-11-22T04:00:00Z"),
    };
    golden("export-permit", &permit);
    let envelope =
        ExportedEnvelope { application: application_id(), part: 1, sha256: "0f".repeat(32) };
    let manifest = ExportManifest {
        format: EXPORT_FORMAT,
        tenant: parsed("tokiwa"),
        site: parsed("honcho"),
        device: parsed("kiosk-01"),
        exported_at: at("2026-11-22T01:00:00Z"),
        envelopes: vec![envelope],
    };
    golden("export-manifest", &manifest);
    let (signature, certificate) = ("AA==".to_owned(), "AA==".to_owned());
    let signed = SignedPermit { export_permit: "e30=".into(), signature: signature.clone() };
    golden("export-permit-signed", &signed);
    golden(
        "export-manifest-signed",
        &SignedManifest { manifest: "e30=".into(), signature, certificate },
    );
}

#[test]
fn tickets() {
    let letter = 'A'.try_into().expect("a letter");
    let business_day = parsed("2026-11-22");
    golden("ticket-block", &TicketBlock { business_day, letter, first: 1, last: 60 });
    golden("ticket-block-request", &BlockRequest { letter, count: 60 });
    golden("ticket-token", &TicketToken::new([0x22; 16]));
}

fn receipt() -> Receipt {
    Receipt {
        application: application_id().to_string(),
        part: 1,
        position: 9,
        accepted_at: parsed("2026-11-22T01:02:04Z"),
    }
}

fn problem() -> Problem {
    Problem {
        kind: "urn:madoguchi:problem:pack.unknown".into(),
        title: "This pack is not known here".into(),
        status: 422,
        detail: "tenkyo".into(),
        retry: false,
    }
}

#[test]
fn core_answers() {
    golden("receipt", &receipt());
    golden("problem", &problem());
}

/// The bytes of a batch, as every later intake must still read them.
#[test]
fn batch() {
    let all: [&[u8]; 2] = [b"first", b"the second"];
    let mut batch = Batch::default();
    assert!(all.iter().all(|envelope| batch.add(envelope)));
    let body = batch.into_body();
    golden("batch", &STANDARD.encode(&body));
    assert_eq!(envelopes(&body), Ok(all.to_vec()));
}

#[test]
fn answer_to_a_batch() {
    let answers = vec![EnvelopeAnswer::Taken(receipt()), EnvelopeAnswer::Refused(problem())];
    golden("batch-answer", &BatchAnswer { answers });
}

#[test]
fn applications_in_the_office() {
    let entry = |state| {
        let received_at = parsed("2026-11-22T01:02:05Z");
        QueueEntry { header: header(), received_at, state }
    };
    let states = [QueueState::Queued, QueueState::AwaitingReconciliation];
    let entries = QueueEntries { entries: states.map(entry).into() };
    golden("queue-entries", &entries);

    // An office of before says nothing of it.
    let mut opened = serde_json::to_value(&entries.entries[1]).expect("serialises");
    let application = std::fs::read("tests/golden/application.json").expect("golden");
    let applications: serde_json::Value = serde_json::from_slice(&application).expect("JSON");
    opened["application"] = applications[0].clone();
    let read = |opened: &serde_json::Value| -> OpenedApplication {
        serde_json::from_value(opened.clone()).expect("an application")
    };
    assert_eq!(read(&opened).state, QueueState::AwaitingReconciliation);
    opened.as_object_mut().expect("an object").remove("state");
    assert_eq!(read(&opened).state, QueueState::Queued);
}

#[test]
fn intakes_of_the_office() {
    let at = parsed("2026-11-22T01:02:05Z");
    let intake = |url: &str, last_answer_at, failing_since| OfficeIntake {
        url: url.into(),
        last_answer_at,
        failing_since,
        failure: failing_since.map(|_| "the intake cannot be reached".into()),
    };
    let intakes = vec![
        intake("https://intake.inside.example:8441", Some(at), None),
        intake("https://intake.outside.example:8441", None, Some(at)),
    ];
    golden("office-intakes", &OfficeIntakes { intakes });
}

#[test]
fn what_the_office_set_aside() {
    let envelope = |application, device| SetAsideEnvelope {
        code: "signature".into(),
        detail: "the signature does not fit".into(),
        application,
        device,
        set_aside_at: parsed("2026-11-22T01:02:05Z"),
    };
    let claimed = parsed("0192f0a0-0000-7000-8000-000000000002");
    let envelopes = vec![envelope(Some(claimed), Some(parsed("kiosk-01"))), envelope(None, None)];
    golden("office-set-aside", &OfficeSetAside { total: 300, envelopes });
}

#[test]
fn states_in_the_queue_are_called_alike_everywhere() {
    for state in [QueueState::Queued, QueueState::AwaitingReconciliation] {
        let json = serde_json::to_value(state).expect("serialises");
        assert_eq!(json, state.as_str());
    }
}

#[test]
fn alerts() {
    let id = parsed("0192f0a0-0000-7000-8000-000000000002");
    let raised_at = parsed("2026-11-22T01:02:03Z");
    let alert = Alert { id, kind: AlertKind::CallClerk, ticket: Some(ticket()), raised_at };
    golden("alert", &alert);
    golden("alert-state", &AlertState { acknowledged_at: Some(raised_at) });
}

#[test]
fn every_failure_code_keeps_its_name() {
    golden("failure-codes-certificate", &FailureCode::ALL.to_vec());
    for earlier in ["failure-codes", "failure-codes-whole-cards"] {
        let path = format!("tests/golden/{earlier}.json");
        let earlier = std::fs::read_to_string(path).expect("an earlier list");
        let earlier: Vec<FailureCode> =
            serde_json::from_str(&earlier).expect("every code of an earlier list");
        assert!(earlier.iter().all(|code| FailureCode::ALL.contains(code)));
    }
}
