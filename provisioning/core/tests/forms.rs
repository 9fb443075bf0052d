//! Forms as visitors leave them: typed and chosen answers, half a form, several on one ticket.

mod support;

use std::fs;

use madoguchi_authority::Role;
use madoguchi_envelope::{SealFacts, seal};
use madoguchi_procedure::{Filling, Pack, Towns};
use madoguchi_protocol::application::{Application, Content, Field, Origin, TicketOnlyReason};
use madoguchi_protocol::core_api::OpenedApplication;
use support::{Device, House, NAME, Running, TODAY, eventually, filled, filling, key, pack};

/// A core that knows several packs, and a device.
struct Town {
    house: House,
    intake: Running,
    office: Running,
    device: Device,
}

impl Town {
    async fn open() -> Self {
        let house = House::new();
        house.lay_packs(2, vec![pack("tenkyo"), pack("tennyu"), pack("juminhyo")]);
        let intake = house.start(Role::Intake).await;
        let office = house.start_office(&intake).await;
        let device = house.device("kiosk-01");
        Self { house, intake, office, device }
    }

    async fn deliver(&self, application: &Application, facts: &SealFacts) {
        let parts = seal(application, facts, &self.device.sealing, &self.device.signer);
        let part = parts.expect("sealed").remove(0);
        assert_eq!(self.device.deliver(&self.intake, part.bytes).await.status(), 201);
    }

    async fn opened(&self, application: &Application) -> OpenedApplication {
        let operator = self.house.operator();
        let url = format!("{}/v1/applications/{}?reason=test", self.office.url, application.id);
        eventually("the application's arrival", async || {
            let answer = operator.get(&url).send().await.expect("an answer");
            match answer.status().as_u16() {
                200 => Some(answer.json().await.expect("an application")),
                _ => None,
            }
        })
        .await
    }

    /// The codes of what was set aside, once there are so many.
    async fn set_aside(&self, count: usize) -> Vec<String> {
        let database = self.house.database(Role::Office).await;
        eventually("setting aside", async || {
            let codes: Vec<String> =
                sqlx::query_scalar("SELECT code FROM set_aside ORDER BY number")
                    .fetch_all(&database)
                    .await
                    .expect("rows");
            (codes.len() == count).then_some(codes)
        })
        .await
    }
}

fn moved_in() -> Filling {
    let towns = "format = 1\n[[town]]\nname = \"本町一丁目\"\nkana = \"ほんちょういっちょうめ\"\n";
    let towns = Towns::parse(towns).expect("towns");
    let mut form = filling("tennyu", NAME);
    form.choose(&key("moved_out_by"), &key("certificate")).expect("a choice");
    form.choose(&key("who_moves"), &key("whole_household")).expect("a choice");
    form.enter(&key("moved_on"), "20261101".into(), Some(&towns), TODAY).expect("a day");
    form.enter(&key("new_address"), "本町一丁目2-3".into(), Some(&towns), TODAY)
        .expect("an address");
    form.choose(&key("who_notifies"), &key("self")).expect("a choice");
    form
}

fn whole(form: &Filling) -> Application {
    let pack = form.pack().version();
    filled(Content::Filled { pack, fields: form.finish().expect("complete") })
}

fn partly(form: &Filling, reason: TicketOnlyReason) -> Application {
    filled(Content::TicketOnly { reason, partly: Some(form.partly()) })
}

fn field<'a>(fields: &'a mut [Field], name: &str) -> &'a mut Field {
    fields.iter_mut().find(|field| field.key == key(name)).expect("a field")
}

#[tokio::test]
async fn typed_answers_arrive_as_typed_ones() {
    let town = Town::open().await;
    let application = whole(&moved_in());
    town.deliver(&application, &town.device.facts(1)).await;
    let opened = town.opened(&application).await;
    assert_eq!(opened.application, application);
    let Content::Filled { mut fields, .. } = opened.application.content else { panic!("a form") };
    for (name, value) in [("moved_on", "20261101"), ("new_address", "本町一丁目2-3")] {
        let field = field(&mut fields, name);
        assert_eq!((field.value.expose().as_str(), field.origin), (value, Origin::Typed), "{name}");
    }
}

#[tokio::test]
async fn typed_answers_that_no_visitor_can_give_are_set_aside() {
    let town = Town::open().await;
    let broken = |change: fn(&mut Vec<Field>)| {
        let mut application = whole(&moved_in());
        if let Content::Filled { fields, .. } = &mut application.content {
            change(fields);
        }
        application
    };
    let wrong = [
        broken(|fields| field(fields, "moved_on").value = "20260230".into()),
        broken(|fields| field(fields, "new_address").value = "本町一丁目2-3-4-5".into()),
        broken(|fields| field(fields, "new_address").origin = Origin::Chosen),
        broken(|fields| field(fields, "name").origin = Origin::Typed),
        broken(|fields| fields.retain(|field| field.key != key("moved_on"))),
    ];
    for (sequence, application) in (1..).zip(&wrong) {
        town.deliver(application, &town.device.facts(sequence)).await;
    }
    assert_eq!(town.set_aside(wrong.len()).await, ["form"; 5]);
}

#[tokio::test]
async fn a_form_that_is_not_complete_arrives_with_its_number_as_far_as_it_goes() {
    let town = Town::open().await;
    let mut without_card = moved_in();
    without_card.go_without_card();
    let begun = Filling::new(Pack::parse(&pack("juminhyo")).expect("a pack"));
    for (sequence, application) in (1..).zip([
        partly(&without_card, TicketOnlyReason::WithoutCard),
        partly(&filling("tenkyo", NAME), TicketOnlyReason::CallClerk),
        partly(&begun, TicketOnlyReason::DoNotKnow),
        filled(Content::TicketOnly { reason: TicketOnlyReason::CardCannotBeUsed, partly: None }),
    ]) {
        town.deliver(&application, &town.device.facts(sequence)).await;
        assert_eq!(town.opened(&application).await.application, application);
    }
}

#[tokio::test]
async fn what_is_there_of_a_form_must_be_right_although_it_is_not_complete() {
    let town = Town::open().await;
    let broken = |change: fn(&mut Vec<Field>)| {
        let mut application = partly(&moved_in(), TicketOnlyReason::CallClerk);
        if let Content::TicketOnly { partly: Some(form), .. } = &mut application.content {
            change(&mut form.fields);
        }
        application
    };
    let mut unknown = partly(&moved_in(), TicketOnlyReason::CallClerk);
    if let Content::TicketOnly { partly: Some(form), .. } = &mut unknown.content {
        form.pack.version += 1;
    }
    let wrong = [
        broken(|fields| field(fields, "moved_on").value = "2026".into()),
        broken(|fields| field(fields, "name").origin = Origin::Typed),
        broken(|fields| field(fields, "name").evidence = None),
        broken(|fields| fields.swap(0, 1)),
        unknown,
    ];
    for (sequence, application) in (1..).zip(&wrong) {
        town.deliver(application, &town.device.facts(sequence)).await;
    }
    let expected = ["form", "form", "form", "form", "pack_unknown"];
    assert_eq!(town.set_aside(wrong.len()).await, expected);
}

#[tokio::test]
async fn several_applications_of_one_visit_share_its_ticket_and_token() {
    let town = Town::open().await;
    let mut resident = filling("juminhyo", NAME);
    for (question, choice) in [("who_asks", "self"), ("extent", "household"), ("extras", "none")] {
        resident.choose(&key(question), &key(choice)).expect("a choice");
    }
    let mut applications = [
        whole(&moved_in()),
        partly(&resident, TicketOnlyReason::DoNotKnow),
        support::application(),
    ];
    let token = applications[0].token.clone();
    let mut facts = town.device.facts(1);
    for application in &mut applications {
        application.token = token.clone();
        town.deliver(application, &facts).await;
        facts.first_sequence += 1;
    }
    let mut headers = Vec::new();
    for application in &applications {
        let opened = town.opened(application).await;
        assert_eq!(opened.application, *application);
        headers.push(opened.header);
    }
    for header in &headers {
        let first = &headers[0];
        let of = |h: &madoguchi_protocol::header::EnvelopeHeader| {
            (h.ticket, h.visit, h.business_day, h.token_sha256.clone())
        };
        assert_eq!(of(header), of(first));
    }
}

/// Screens add the Japanese title where the English one does not hold it.
#[test]
fn an_english_title_with_japanese_in_brackets_names_the_japanese_title() {
    let packs = fs::read_dir("../procedures").expect("the procedures");
    let packs = packs.map(|entry| entry.expect("an entry").path());
    let packs: Vec<_> =
        packs.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    assert!(packs.len() >= 6, "{packs:?}");
    for path in packs {
        let title = Pack::parse(&fs::read_to_string(&path).expect("a pack")).expect("a pack").title;
        if !title.en.is_ascii() {
            let named = format!("({})", title.ja);
            assert!(title.en.ends_with(&named), "{}: {}", path.display(), title.en);
        }
    }
}
