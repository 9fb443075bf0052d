//! Nothing of a person outlives the visit: a whole visit with the shipped programs, then a search of
//! every program's writable memory and of every file.
//!
//! What it cannot see is named in `src/memory.rs` and printed by the test.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::ensure;
use madoguchi_protocol::FieldKey;
use madoguchi_protocol::local::Request;
use madoguchi_stage::fragments::{Fragments, NUMBER_B_COMMAND, PIN_COMMAND};
use madoguchi_stage::memory::{self, Searched};
use madoguchi_stage::namespaces::{self, Private};
use madoguchi_stage::search::{self, Person};
use madoguchi_stage::visitor::Visitor;
use madoguchi_stage::{Plan, Programs, Stage, Stop, Timetable, until};
use support::kiosk::play;
use support::{BareScreen, Office, PRIVATE};

use std::io::Write as _;
use std::time::Duration;

const ALL: Private = Private { reader: true, screen: true };
/// No procedure asks for a password of the signature yet. It is looked for all the same, and only
/// the planted leak knows it.
const PASSWORD: &str = "ZK7QXW4MVJ9PLT2B";
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody whose name and address nobody else has: of characters that stand in no text of ours.
struct Nobody {
    file: PathBuf,
    person: Person,
    fragments: Fragments,
}

impl Nobody {
    fn invent(work: &Path) -> Self {
        let mut random = Random::new();
        let name = format!("{}　{}", random.rare(3), random.rare(4));
        let address = format!("常盤県常盤市{}", random.rare(12));
        let (year, month, day) = (random.of(1925, 80), random.of(1, 12), random.of(1, 28));
        let birth_date = format!("{year}{month:02}{day:02}");
        let mut four_digits = || format!("{:04}", random.of(1000, 9000));
        let (pin, security_code) = (four_digits(), four_digits());
        let usual = "../../agent/simulators/mynumber-card/people/hanako.toml";
        let usual = fs::read_to_string(usual).expect("a person's file");
        let own = [
            ("name", name),
            ("address", address),
            ("birth_date", birth_date),
            ("pin", pin),
            ("security_code", security_code),
        ];
        let changed = usual.lines().map(|line| {
            let key = line.split(" = ").next().unwrap_or_default();
            let own = own.iter().find(|(own, _)| *own == key);
            own.map_or_else(|| line.to_owned(), |(key, value)| format!("{key} = \"{value}\""))
        });
        let text = changed.collect::<Vec<_>>().join("\n") + "\n";
        let file = work.join("nobody.toml");
        fs::write(&file, text).expect("a file");
        let person = Person::read(&file).expect("a person");
        let fragments = Fragments::of(&person, PASSWORD).expect("fragments");
        Self { file, person, fragments }
    }
}

/// Good enough to be unlike everything else.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let mut seed = [0; 8];
        let mut source = fs::File::open("/dev/urandom").expect("random bytes");
        std::io::Read::read_exact(&mut source, &mut seed).expect("random bytes");
        Self(u64::from_le_bytes(seed) | 1)
    }

    fn of(&mut self, from: u64, count: u64) -> u64 {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        from + (self.0 >> 16) % count
    }

    /// Small letters.
    fn letters(&mut self, count: usize) -> String {
        let mut one = || u32::try_from(self.of(u64::from(b'a'), 26)).expect("small");
        (0..count).map(|_| char::from_u32(one()).expect("a letter")).collect()
    }

    /// Kanji of CJK extension A.
    fn rare(&mut self, count: usize) -> String {
        let mut one = || u32::try_from(self.of(0x3400, 0x19b0)).expect("small");
        (0..count).map(|_| char::from_u32(one()).expect("a character")).collect()
    }
}

fn search_all(programs: &[(String, u32)], fragments: &Fragments) -> Searched {
    let mut all = Searched::default();
    for (name, id) in programs {
        let searched = memory::search(name, *id, fragments).expect("root may search");
        eprintln!("  … {name}: {} KiB of writable memory searched", searched.bytes / 1024);
        all.append(searched);
    }
    all
}

/// Every file of the stage but those that are meant to know the person: the card's, what the
/// office holds, and the paper that lies in the printer's tray.
fn files(work: &Path, nobody: &Nobody) -> Vec<PathBuf> {
    let all = search::files(work).expect("listed");
    let known = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let tray = work.join("printer/tray");
        *file == nobody.file || name.starts_with("office.sqlite") || file.starts_with(tray)
    };
    all.into_iter().filter(|file| !known(file)).collect()
}

fn traces_in_files(work: &Path, nobody: &Nobody) -> Vec<String> {
    let mut traces = Vec::new();
    for file in files(work, nobody) {
        let bytes = fs::read(&file).expect("read");
        let found = nobody.fragments.find(&bytes);
        traces.extend(found.into_iter().map(|t| format!("{} in {}", t.what, file.display())));
        let found = search::search(&file, &nobody.person).expect("searched");
        traces.extend(found.into_iter().map(|f| format!("{} in {}", f.what, file.display())));
    }
    traces
}

/// An ordinary program that does not wipe its buffer.
struct Forgetful(Child);

impl Forgetful {
    fn given(bytes: &[u8]) -> Self {
        let mut child = Command::new("dd")
            .args(["bs=1M", "status=none"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("dd");
        // Not closed: it waits for more, with what it read in its buffer.
        child.stdin.as_mut().expect("a pipe").write_all(bytes).expect("read");
        Self(child)
    }
}

impl Drop for Forgetful {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn nothing_of_a_person_is_left_in_memory_or_files_after_a_visit() {
    let name = "nothing_of_a_person_is_left_in_memory_or_files_after_a_visit";
    let Some(stop) = namespaces::test(name, ALL).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    let nobody = Nobody::invent(work.path());
    let programs = Programs::beside_this_one().expect("a folder of programs");
    let repository = Path::new("../..").canonicalize().expect("the clone");
    let mut plan = Plan::scripted(programs, repository, work.path().to_owned());
    plan.person.clone_from(&nobody.file);
    plan.printer = true;
    let say = |step: &str| eprintln!("  … {step}");
    let mut stage = Stage::set_up(plan, &stop, &mut Timetable::begin(), say).expect("the stage");

    let who = stage.who_must_forget().expect("everybody runs");
    let before = search_all(&who, &nobody.fragments);

    let mut visitor = Visitor::come(&mut stage, nobody.person.clone(), None, say);
    opens_the_card_by_number_b_and_goes(&mut visitor, &nobody);
    let kiosk = visitor.stage().kiosk().expect("a kiosk").process().family().expect("processes");
    visitor.until_pin().expect("the key pad");
    visitor.types(&nobody.person.pin).expect("four digits");
    the_agent_holds(PIN_COMMAND, &mut visitor, &nobody);
    visitor.touches("submit_pin").expect("a button");
    visitor.sees("form").expect("the right PIN");
    visitor.fills_in().expect("a finished form");
    the_search_sees_into_our_programs(visitor.stage(), &nobody);
    visitor.keeps().expect("kept");
    let kept = visitor.kept_application().expect("kept");
    visitor.stage().printer().expect("a printer").papers(1, &stop).expect("a slip");
    visitor.leaves().expect("the next one can come");
    the_visits_process_ends(&mut stage, &kiosk, &stop);

    let who = stage.who_must_forget().expect("everybody runs");
    let after = search_all(&who, &nobody.fragments);
    let left = after.new_since(&before);
    let told: Vec<String> = left.iter().map(ToString::to_string).collect();
    assert!(left.is_empty(), "{} traces are left:\n{}", left.len(), told.join("\n"));

    stage.core().opened(&kept.application, "test of wiping", &stop).expect("delivered");
    let after = search_all(&stage.who_must_forget().expect("run"), &nobody.fragments);
    assert_eq!(after.new_since(&before), [], "after the delivery");
    assert_eq!(traces_in_files(work.path(), &nobody), [""; 0]);

    what_is_planted_is_found(&mut stage, work.path(), &nobody, &stop);
    eprintln!(
        "  … not seen: stacks of threads that have ended, registers, framebuffers, the kernel's \
         memory; not readable: {:?}",
        after.unread
    );
}

/// A visit that is broken off at the form; the card was opened by 照合番号B.
fn opens_the_card_by_number_b_and_goes(visitor: &mut Visitor<'_>, nobody: &Nobody) {
    visitor.until_pin().expect("the key pad");
    visitor.touches("use_reference_number").expect("a button");
    visitor.sees("reference_number").expect("the other key pad");
    visitor.types(&nobody.person.number_b).expect("14 digits");
    the_agent_holds(NUMBER_B_COMMAND, visitor, nobody);
    visitor.touches("submit_pin").expect("a button");
    visitor.sees("form").expect("the right number");
    visitor.gives_up().expect("the next one can come");
}

/// What was typed waits in the agent, as the command for the card: so the search must find it, in
/// the very bytes that are sent.
fn the_agent_holds(what: &str, visitor: &mut Visitor<'_>, nobody: &Nobody) {
    let agent = visitor.stage().device().agent().expect("it runs").id();
    let found = memory::search("agent", agent, &nobody.fragments).expect("searched");
    let told: Vec<&str> = found.leaks.iter().map(|leak| leak.what.as_str()).collect();
    assert!(told.contains(&what), "the agent holds {what} before it is sent: {told:?}");
}

/// The process that served the visit must be gone; its launcher stays.
fn the_visits_process_ends(stage: &mut Stage, before: &[u32], stop: &Stop) {
    until("the end of the visit's process", PATIENCE, stop, || {
        let now = stage.kiosk()?.process().family()?;
        Ok(now.iter().skip(1).all(|id| !before.contains(id)).then_some(()))
    })
    .expect("ended");
}

/// While the form is on the screen, the agent and the kiosk hold it: so the search must find it.
fn the_search_sees_into_our_programs(stage: &mut Stage, nobody: &Nobody) {
    let who = stage.who_must_forget().expect("everybody runs");
    let during = search_all(&who, &nobody.fragments);
    for program in ["agent", "kiosk"] {
        for what in ["name in UTF-8", "address in UTF-8", "birth date in UTF-8"] {
            let held = |leak: &memory::Leak| leak.program == program && leak.what == what;
            assert!(during.leaks.iter().any(held), "{program} holds the {what} during the visit");
        }
    }
    let card = stage.card().expect("a card").process().id();
    let card = memory::search("card", card, &nobody.fragments).expect("searched");
    assert!(
        card.leaks.iter().any(|leak| leak.what == "name in UTF-8"),
        "the card knows its person"
    );
}

fn what_is_planted_is_found(stage: &mut Stage, work: &Path, nobody: &Nobody, stop: &Stop) {
    let forgetful = Forgetful::given(nobody.fragments.everything());
    until("every planted trace", PATIENCE, stop, || {
        let found = memory::search("planted", forgetful.0.id(), &nobody.fragments)?;
        let missing = |kind: &&str| !found.leaks.iter().any(|leak| leak.what == **kind);
        Ok((!nobody.fragments.kinds().iter().any(missing)).then_some(()))
    })
    .expect("found");

    let planted = stage.plan().logs().join("planted.log");
    fs::write(&planted, nobody.person.name.as_bytes()).expect("planted");
    let found = traces_in_files(work, nobody);
    assert!(found.iter().all(|f| f.contains("planted.log")) && !found.is_empty(), "{found:?}");
}

/// The name of a field is no value of a person, and so it is of no type that wipes itself: only the
/// allocator does. What a library copies for itself is like it.
#[test]
fn what_no_type_wipes_is_wiped_by_the_agents_allocator() {
    let name = "what_no_type_wipes_is_wiped_by_the_agents_allocator";
    let Some(stop) = namespaces::test(name, PRIVATE).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    let mut office = Office::open(work.path(), &stop).expect("an office");
    let key = Random::new().letters(48);
    let nobody = Nobody::invent(work.path());
    let marked = Fragments::of(&nobody.person, &key).expect("fragments");
    let agent = office.device.agent().expect("it runs").id();
    let search = || memory::search("agent", agent, &marked).expect("searched").leaks;

    let mut screen = BareScreen::connect(&office.device.socket()).expect("connected");
    for _ in 0..20 {
        let key: FieldKey = key.parse().expect("a key");
        let request = Request::Choose { field: key.clone(), choice: key };
        let seen =
            || until("the key in the agent", PATIENCE, &stop, || Ok(search().pop().map(drop)));
        screen.ask_with_a_pause(request, seen).expect("asked");
        screen.answer().expect_err("no visit has begun");
    }
    drop(screen);
    let left = |line: &str| line.contains("the screen left");
    office.device.says("that the screen left", &stop, left).expect("it left");
    assert_eq!(search(), []);
}

/// The process that served the visit stays until another covers its last page.
#[test]
fn the_kiosk_forgets_the_visit_before_its_process_ends() {
    play("the_kiosk_forgets_the_visit_before_its_process_ends", |visitor| {
        let fragments = Fragments::of(visitor.person(), PASSWORD)?;
        visitor.until_form()?;
        let serving = visitor.stage().kiosk()?.serving()?;
        let names = || -> anyhow::Result<usize> {
            let found = memory::search("kiosk", serving, &fragments)?.leaks;
            for leak in &found {
                eprintln!("  … {leak}");
            }
            Ok(found.iter().filter(|leak| leak.what.starts_with("name")).count())
        };
        ensure!(names()? > 0, "the form is on the screen");
        visitor.touches("stop")?;
        visitor.touches("confirm_stop")?;
        visitor.sees("take_card")?;
        let left = names()?;
        ensure!(left == 0, "the name stands {left} times in a process that is about to end");
        Ok(())
    });
}
