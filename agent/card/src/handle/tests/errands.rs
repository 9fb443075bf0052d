//! Everything that a visit may want of its card, through the handle; and what it is told when one
//! of the commands fails.

use std::collections::BTreeSet;
use std::sync::mpsc::Sender;

use super::*;
use crate::conversation::Key;
use crate::flows::authentication::Signed;
use crate::flows::signature::SignaturePermit;
use crate::flows::signature::tests::{effect, electronic};
use crate::link::LinkError;
use crate::pin::tests::typed_for;
use crate::testing::NUMBER_B;

const CHALLENGE: &[u8] = b"a challenge";
const MESSAGE: &[u8] = b"an application";
/// The form is there, and its signature is not known.
const NOT_VERIFIED: &str = "not verified";
/// What was wanted is there, and who issued it is not known.
const OF_NOBODY: &str = "of nobody known";

/// What may follow the form, which is read once.
fn errands() -> [Errand; 3] {
    [Errand::Face, Errand::Authentication, Errand::Signature(electronic())]
}

/// Everything that may be wanted.
fn all_errands() -> Vec<Errand> {
    let forms = [CardKey::Pin, CardKey::ReferenceNumberB].map(Errand::Form);
    forms.into_iter().chain(errands()).collect()
}

/// What is told of an errand that ends well.
fn well(errand: Errand) -> &'static str {
    match errand {
        Errand::Form(_) => "verified",
        Errand::Face => "face",
        Errand::Authentication => "authenticated",
        Errand::Signature(_) => "signed",
    }
}

impl Counter {
    /// Does what the person and the daemon do for the errand, and says what comes of it. `said` is
    /// what the card's text said.
    fn run(&self, errand: Errand, said: Option<&CardAttributes>) -> String {
        let fills = matches!(errand, Errand::Form(_));
        loop {
            let report = self.reports.recv_timeout(SOON).expect("news in time");
            match report.news {
                CardNews::Usable { key, .. } => self.give(key, said),
                CardNews::Discloses(disclosure) => {
                    let (said, disclosed) = disclosure.disclose();
                    assert_eq!(said.len(), 4, "all is shown");
                    let permit = SignaturePermit::of(&effect(), disclosed).expect("it needs one");
                    self.handle.sign(self.visit, permit, Personal::new(MESSAGE.to_vec()));
                }
                CardNews::Face { face, municipality } => {
                    assert!(face.name_image.starts_with(b"\x89PNG"));
                    assert_eq!(face.expiry, "20350217");
                    let told = if municipality.is_some() { well(Errand::Face) } else { OF_NOBODY };
                    return told.to_owned();
                }
                CardNews::Authenticated(signed) => {
                    assert_signed(&signed, CHALLENGE);
                    let told = well(Errand::Authentication);
                    return if is_issued(&signed) { told } else { OF_NOBODY }.to_owned();
                }
                CardNews::Signed(signed) => {
                    assert_signed(&signed, MESSAGE);
                    let told = well(Errand::Signature(electronic()));
                    return if is_issued(&signed) { told } else { OF_NOBODY }.to_owned();
                }
                CardNews::Removed => return "card.removed".to_owned(),
                CardNews::Unusable { failure, .. } => return failure.code.to_string(),
                CardNews::Verified(SignatureCheck::Good) if fills => {
                    return well(Errand::Form(CardKey::Pin)).to_owned();
                }
                // Something came between the form, which is there, and its signature.
                CardNews::Verified(_) if fills => return NOT_VERIFIED.to_owned(),
                CardNews::Present
                | CardNews::Reader { .. }
                | CardNews::Read(_)
                | CardNews::Verified(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The right value.
    fn give(&self, key: Key, said: Option<&CardAttributes>) {
        match key {
            Key::FaceNumberB => self.handle.read_face(self.visit, typed_for(key, NUMBER_B)),
            Key::AuthenticationPin => {
                self.handle.authenticate(self.visit, typed_for(key, "9247"), CHALLENGE.to_vec());
            }
            Key::SignaturePassword => {
                let password = typed_for(key, "TOKIWA01");
                self.handle.open_signature(self.visit, password, said.cloned());
            }
            Key::TextPin | Key::TextNumberB => {
                let value = if key == Key::TextPin { "9247" } else { NUMBER_B };
                let typed = typed_for(key, value);
                self.handle.verify_and_read(self.visit, typed, all_attributes());
            }
        }
    }
}

pub fn all_attributes() -> BTreeSet<AttributeName> {
    use AttributeName::{Address, BirthDate, Name, Sex};
    [Name, Address, BirthDate, Sex].into()
}

fn assert_signed(signed: &Signed, message: &[u8]) {
    assert!(signed.certificate.has_signed(message, &signed.signature));
}

/// Whether the card also gave the certificate of whoever issued it, under a root that is known.
fn is_issued(signed: &Signed) -> bool {
    (signed.check.issuer, signed.check.policy) == (SignatureCheck::Good, true)
}

/// The keys to which a value was sent.
fn values(sent: &[Vec<u8>]) -> Vec<u8> {
    sent.iter().filter(|c| c[1] == 0x20 && c.len() > 4).map(|c| c[3]).collect()
}

/// How many commands were sent before the rinse.
fn until_the_rinse(sent: &[Vec<u8>]) -> usize {
    let rinse = sent.iter().position(|c| c.starts_with(b"\x00\xA4\x04\x0C\x12"));
    rinse.expect("something personal was sent")
}

#[test]
fn a_visit_may_want_one_thing_after_the_other_each_by_its_own_value() {
    let counter = Counter::laid(CardLink::with(HANAKO), CardKey::Pin);
    counter.until(usable);
    counter.verify("9247");
    let said = counter.until(read);
    for errand in errands() {
        counter.handle.begin(counter.visit, errand, TODAY);
        assert_eq!(counter.run(errand, Some(&said)), well(errand));
    }
    // The form is read once.
    counter.handle.begin(counter.visit, CardKey::ReferenceNumberB, TODAY);
    assert_eq!(counter.until(failure).0, FailureCode::VisitOutOfOrder);
    let card = Arc::clone(&counter.card);
    counter.end();
    assert_eq!(values(&card.lock().expect("whole").sent), [0x91, 0x92, 0x98, 0x9B]);
}

#[test]
fn a_wrong_value_is_told_and_another_may_be_typed() {
    let counter = Counter::laid(CardLink::with(HANAKO), Errand::Authentication);
    assert_eq!(counter.until(usable), 3);
    let wrong = typed_for(Key::AuthenticationPin, "0000");
    counter.handle.authenticate(counter.visit, wrong, CHALLENGE.to_vec());
    let left = |n| if let CardNews::PinWrong { tries_left } = n { Some(tries_left) } else { None };
    assert_eq!(counter.until(left), 2);
    counter.give(Key::AuthenticationPin, None);
    assert_eq!(counter.run(Errand::Authentication, None), "authenticated");
    let card = Arc::clone(&counter.card);
    counter.end();
    assert_eq!(values(&card.lock().expect("whole").sent), [0x98, 0x98]);
}

#[test]
fn a_certificate_that_has_lapsed_is_told_and_nothing_is_disclosed_or_signed() {
    let person = format!("{HANAKO}\n[signature]\ncertificate = \"lapsed\"\n");
    let counter = Counter::laid(CardLink::with(&person), CardKey::Pin);
    counter.until(usable);
    let wanted = [AttributeName::Name, AttributeName::Address].into();
    counter.handle.verify_and_read(counter.visit, typed("9247"), wanted);
    let said = counter.until(read);
    counter.handle.begin(counter.visit, Errand::Signature(electronic()), TODAY);
    let signature = Errand::Signature(electronic());
    assert_eq!(counter.run(signature, Some(&said)), "card.certificate_lapsed");
    counter.end();
}

#[test]
fn whoever_is_shown_what_is_disclosed_and_does_not_want_it_ends_the_force_of_the_password() {
    let counter = Counter::laid(CardLink::with(HANAKO), Errand::Signature(electronic()));
    counter.until(usable);
    counter.give(Key::SignaturePassword, None);
    counter.until(|news| matches!(news, CardNews::Discloses(_)).then_some(()));
    let card = Arc::clone(&counter.card);
    assert!(card.lock().expect("whole").has_power());
    counter.end();
    let card = card.lock().expect("whole");
    assert!(card.sent.iter().all(|command| command[0] == 0), "nothing was signed");
    assert!(!card.has_power());
}

/// What becomes of a command.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Taken,
    NoBytes,
    Mute,
    /// Twelve bytes of the data and a good status word.
    CutOff,
    /// One byte of the data.
    Turned,
    /// That, and no data.
    Status(u16),
}

impl Fault {
    const ALL: [Self; 13] = [
        Self::Taken,
        Self::NoBytes,
        Self::Mute,
        Self::CutOff,
        Self::Turned,
        Self::Status(0x9000),
        Self::Status(0x6F00),
        Self::Status(0x6982),
        Self::Status(0x6A82),
        Self::Status(0x6700),
        Self::Status(0x6A86),
        Self::Status(0x6B00),
        Self::Status(0x63C0),
    ];

    /// What is told of it, whichever command it meets; the rest depends on the command, and stands in
    /// `tests/faults/table.txt`.
    fn told(self) -> Option<&'static str> {
        match self {
            Self::Taken => Some("card.removed"),
            Self::NoBytes => Some("card.unreadable"),
            Self::Mute => Some("card.too_slow"),
            Self::CutOff | Self::Turned | Self::Status(_) => None,
        }
    }

    /// The card's answer, tampered with.
    fn answer(self, real: &[u8]) -> Vec<u8> {
        let (data, status) = real.split_at(real.len().saturating_sub(2));
        match self {
            Self::CutOff => [&data[..data.len().min(12)], status].concat(),
            Self::Turned => {
                let turned = data.iter().enumerate();
                let turned = turned.map(|(at, byte)| if at == 24 { !byte } else { *byte });
                turned.chain(status.iter().copied()).collect()
            }
            Self::Status(status) => status.to_be_bytes().to_vec(),
            Self::Taken | Self::NoBytes | Self::Mute => Vec::new(),
        }
    }
}

/// How much later than after [`PATIENCE`] a failure may be told: the doubt about a lost answer, and a busy machine.
const SLACK: Duration = Duration::from_secs(5);

#[test]
fn a_fault_at_any_command_of_any_errand_is_told_in_time_and_no_value_is_sent_twice() {
    for errand in all_errands() {
        let sound = Counter::laid(CardLink::with(HANAKO), errand);
        assert_eq!(sound.run(errand, None), well(errand));
        let card = Arc::clone(&sound.card);
        sound.end();
        let commands = until_the_rinse(&card.lock().expect("whole").sent);
        // They mostly wait: all at once.
        thread::scope(|scope| {
            for at in 0..commands {
                for fault in Fault::ALL {
                    scope.spawn(move || meets(errand, at, fault));
                }
            }
        });
    }
}

fn meets(errand: Errand, at: usize, fault: Fault) {
    let place = format!("{errand:?}, command {at}, {fault:?}");
    let (back, come_back) = mpsc::channel::<()>();
    let counter = Counter::laid_within(PATIENCE, broken(at, fault, come_back), errand);
    let begun = Instant::now();
    let told = counter.run(errand, None);
    match fault.told() {
        Some(_) if told == NOT_VERIFIED => assert!(matches!(errand, Errand::Form(_)), "{place}"),
        Some(code) => assert_eq!(told, code, "{place}"),
        // A code, or what a card tolerates: never nothing.
        None => {
            let tolerated = [well(errand), NOT_VERIFIED, OF_NOBODY];
            assert!(told.contains('.') || tolerated.contains(&&*told), "{place}: {told}");
        }
    }
    assert!(begun.elapsed() < PATIENCE + SLACK, "{place}: told after {:?}", begun.elapsed());
    drop::<Sender<()>>(back);
    let card = Arc::clone(&counter.card);
    counter.end();
    let card = card.lock().expect("whole");
    assert!(card.pins_sent() <= 1, "{place}: a value was sent twice");
    assert!(!card.has_power(), "{place}: the card still has power");
}

/// Fails at that command, counted from 0; what is mute answers when it is told to.
fn broken(at: usize, fault: Fault, come_back: Receiver<()>) -> CardLink {
    CardLink::tampered(HANAKO, move |number, _, real| match fault {
        _ if number != at => Ok(real),
        Fault::Taken => Err(LinkError::CardRemoved),
        Fault::Mute => {
            // The end of the waiting is the end of the hanging.
            let _ = come_back.recv();
            Ok(real)
        }
        fault => Ok(fault.answer(&real)),
    })
}
