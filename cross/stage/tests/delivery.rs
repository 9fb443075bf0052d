//! Exactly once, whatever the network does and whoever's plug is pulled: real agent, two real intakes
//! with databases of their own, real office, real TLS through a proxy that does what networks do.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use madoguchi_protocol::ApplicationId;
use madoguchi_stage::faults::{Fault, Masks, Proxy, Schedule};
use madoguchi_stage::{Backlog, Core, Device, Programs, Reader, Stop, namespaces, until};
use support::{BareScreen, PATIENCE, PRIVATE};

/// Repeats the schedule of an earlier run.
const SEED: &str = "MADOGUCHI_DELIVERY_SEED";
/// How often the office is looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// Of what is kept, every other chunk is of yesterday's people, whom nobody waits for any more.
const YESTERDAY: Duration = Duration::from_hours(20);

#[test]
fn ten_thousand_applications_reach_the_office_once_each() {
    let plan = Plan {
        applications: 10_000,
        kill_every: 300,
        visits_every: 150,
        silence: Duration::from_secs(3),
        patience: Duration::from_secs(900),
    };
    play("ten_thousand_applications_reach_the_office_once_each", |work, stop| {
        plan.play(work, stop)
    });
}

#[test]
#[ignore = "long: half an hour, with connections that nobody ends"]
fn forty_thousand_applications_reach_the_office_once_each() {
    let plan = Plan {
        applications: 40_000,
        kill_every: 400,
        visits_every: 400,
        // Longer than the agent waits for anything.
        silence: Duration::from_secs(60),
        patience: Duration::from_secs(3 * 3600),
    };
    play("forty_thousand_applications_reach_the_office_once_each", |work, stop| {
        plan.play(work, stop)
    });
}

/// Not a rule of the product, but of this test: were an intake to answer before it has committed, this
/// would be seen.
#[test]
fn a_receipt_that_nobody_stands_behind_is_noticed() {
    const KEPT: usize = 300;
    play("a_receipt_that_nobody_stands_behind_is_noticed", |work, stop| {
        let mut office = Office::open(work, Duration::from_secs(1), stop)?;
        office.proxies[0].lie_about(1);
        let kept = office.pause_and_keep(KEPT, Duration::ZERO)?;
        office.device.start(stop)?;
        let told = until("every receipt, the false ones too", PATIENCE, stop, || {
            let told = office.proxies[0].lies_told();
            let there = usize::try_from(office.core.applications_in_the_office()?)?;
            Ok((told > 0 && there + told == KEPT).then_some(told))
        })?;
        let tally = office.core.tally(&kept.into_iter().collect())?;
        assert_eq!(tally.missing.len(), told, "{tally}");
        Ok(())
    });
}

fn play(name: &str, test: impl FnOnce(&Path, &Stop) -> Result<()>) {
    let Some(stop) = namespaces::test(name, PRIVATE).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    test(work.path(), &stop).expect("exactly once");
}

/// How much, and how hard.
struct Plan {
    applications: usize,
    /// After so many applications in the office, the next one's plug is pulled.
    kill_every: usize,
    /// After so many, somebody comes to the kiosk.
    visits_every: usize,
    silence: Duration,
    patience: Duration,
}

/// Whose plug is pulled, in turn.
const VICTIMS: [&str; 4] = ["agent", "intake", "office", "intake-2"];

/// An intake stays away until it is the next one's turn, and no longer than this: it may be the only one
/// that has what the office still misses.
const AWAY: Duration = Duration::from_secs(10);

impl Plan {
    fn play(&self, work: &Path, stop: &Stop) -> Result<()> {
        let seed = match std::env::var(SEED) {
            Ok(seed) => seed.parse().with_context(|| format!("{SEED} is a number"))?,
            Err(_) => fastrand::u64(..),
        };
        eprintln!("seed {seed}: {SEED}={seed} repeats the schedule");
        let mut office = Office::open(work, self.silence, stop)?;
        let visitors = Visitors::start(office.device.socket(), stop);
        let begun = Instant::now();

        // Enough for the agent until its plug is pulled, with the next ones, four victims later.
        let mut expected = BTreeSet::new();
        let keep = |office: &mut Office, expected: &mut BTreeSet<_>| -> Result<()> {
            let round = self.kill_every * VICTIMS.len();
            let half = (self.applications - expected.len()).min(round * 3 / 2);
            let (now, before) = (half / 2, half - half / 2);
            expected.extend(office.pause_and_keep(before, YESTERDAY)?);
            expected.extend(office.pause_and_keep(now, Duration::ZERO)?);
            Ok(())
        };
        keep(&mut office, &mut expected)?;
        for (number, proxy) in (0..).zip(&office.proxies) {
            proxy.trouble(Schedule::of(seed.wrapping_add(number)));
        }
        office.device.start(stop)?;

        let (mut killed, mut visits) = (0, 0);
        let mut away: Option<(&str, Instant)> = None;
        let mut looked = Instant::now();
        until("all applications to be in the office", self.patience, stop, || {
            if looked.elapsed() < GLANCE {
                return Ok(None);
            }
            looked = Instant::now();
            let there = usize::try_from(office.core.applications_in_the_office()?)?;
            if there >= (visits + 1) * self.visits_every {
                visits += 1;
                visitors.somebody_comes();
            }
            let next = there >= (killed + 1) * self.kill_every;
            if let Some((role, _)) = away.take_if(|(_, since)| next || since.elapsed() >= AWAY) {
                office.core.start_role(role, stop)?;
            }
            if next {
                let victim = VICTIMS[killed % VICTIMS.len()];
                killed += 1;
                match victim {
                    "agent" => {
                        keep(&mut office, &mut expected)?;
                        office.device.start(stop)?;
                    }
                    "office" => {
                        office.core.kill_role(victim)?;
                        office.core.start_role(victim, stop)?;
                    }
                    intake => {
                        office.core.kill_role(intake)?;
                        away = Some((intake, Instant::now()));
                    }
                }
                if killed % 5 == 0 {
                    office.swap();
                }
            }
            let all = expected.len() == self.applications && there >= self.applications;
            Ok((all && office.core.tally(&expected)?.missing.is_empty()).then_some(()))
        })?;
        office.proxies.iter().for_each(Proxy::calm);
        if let Some((role, _)) = away {
            office.core.start_role(role, stop)?;
        }
        let time = begun.elapsed();
        let said = visitors.end();
        office.judge(expected, &said, stop)?;
        office.report(self, killed, &said, time)
    }
}

/// The whole way of an application, and a proxy before each intake.
struct Office {
    // Dropped in this order.
    device: Device,
    proxies: Vec<Proxy>,
    core: Core,
    _reader: Reader,
    backlog: Backlog,
}

impl Office {
    fn open(work: &Path, silence: Duration, stop: &Stop) -> Result<Self> {
        let programs = Programs::beside_this_one()?;
        let logs = work.join("logs");
        std::fs::create_dir_all(&logs)?;
        let repository = Path::new("../..").canonicalize()?;
        let reader = Reader::start(&logs, stop)?;
        let profile = Core::usual_profile(&repository);
        let core = Core::start(2, &programs, &repository, &profile, work, &logs, stop)?;
        let proxies = core
            .upstreams()
            .into_iter()
            .zip(["intake", "intake-2"])
            .map(|(upstream, name)| Proxy::open(upstream, Masks::of(core.folder(), name)?, silence))
            .collect::<Result<Vec<_>>>()?;
        let ports: Vec<u16> = proxies.iter().map(Proxy::port).collect();
        let sheet = core.admit_device_to(&ports)?;
        let mut device = Device::enrol(&programs, &sheet, &[], None, work, &logs)?;
        // It gets its settings and numbers before anything goes wrong.
        device.start(stop)?;
        BareScreen::connect(&device.socket())?;
        let packs = repository.join("provisioning/procedures");
        let backlog = Backlog::of(&device.state(), core.folder(), &packs)?;
        Ok(Self { device, proxies, core, _reader: reader, backlog })
    }

    /// Pulls the agent's plug if it runs, and keeps so many more.
    fn pause_and_keep(&mut self, count: usize, age: Duration) -> Result<Vec<ApplicationId>> {
        if self.device.agent().is_ok() {
            self.device.kill()?;
        }
        self.backlog.keep(count, age)
    }

    /// What is called the first endpoint is the other intake from now on.
    fn swap(&self) {
        let upstreams: Vec<_> = self.proxies.iter().map(Proxy::upstream).rev().collect();
        for (proxy, upstream) in self.proxies.iter().zip(upstreams) {
            proxy.lead_to(upstream);
        }
    }

    /// Everything kept is in the office once, and nothing is left on the device.
    fn judge(
        &mut self,
        mut expected: BTreeSet<ApplicationId>,
        said: &Said,
        stop: &Stop,
    ) -> Result<()> {
        let kept = self.device.all_kept()?;
        for number in &said.numbers {
            let logged = kept.iter().any(|kept| kept.ticket == *number);
            ensure!(logged, "{number} was said and not kept");
        }
        let numbers: BTreeSet<&String> = kept.iter().map(|kept| &kept.ticket).collect();
        ensure!(numbers.len() == kept.len(), "a number was given twice: {kept:?}");
        for kept in kept {
            expected.insert(kept.application.parse()?);
        }
        let tally = until("what visitors kept to be in the office", PATIENCE * 3, stop, || {
            let tally = self.core.tally(&expected)?;
            let gaps = self.core.missing_numbers()?;
            Ok((tally.missing.is_empty() && gaps == 0).then_some(tally))
        })?;
        ensure!(tally.doubled.is_empty() && tally.set_aside == 0, "{tally}");
        // Durable, and killed before it could say so.
        ensure!(tally.unexpected.len() <= said.broken_off, "{tally}");
        let socket = self.device.socket();
        self.device.end()?;
        ensure!(!socket.exists(), "the agent ended in order");
        let waiting = self.backlog.waiting()?;
        ensure!(waiting == (0, 0), "left on the device, set aside: {waiting:?}");
        Ok(())
    }

    fn report(&self, plan: &Plan, killed: usize, said: &Said, time: Duration) -> Result<()> {
        let mut done: BTreeMap<Fault, usize> = BTreeMap::new();
        for (fault, times) in self.proxies.iter().flat_map(Proxy::done) {
            *done.entry(fault).or_default() += times;
        }
        let told: Vec<_> = done.iter().map(|(fault, times)| format!("{fault} {times}")).collect();
        eprintln!(
            "{} applications and {} visits ({} broken off) in {} s; {killed} plugs pulled; {}",
            plan.applications,
            said.numbers.len(),
            said.broken_off,
            time.as_secs(),
            told.join(", ")
        );
        let never = [&Fault::OF_THE_WIRE[..], &Fault::ANSWERS].concat();
        let never: Vec<_> = never.into_iter().filter(|fault| !done.contains_key(fault)).collect();
        ensure!(never.is_empty(), "what never happened was not tested: {never:?}");
        Ok(())
    }
}

/// People who come to the kiosk meanwhile and ask for a number.
struct Visitors {
    come: Sender<()>,
    said: Arc<Mutex<Said>>,
    thread: JoinHandle<()>,
}

#[derive(Default, Clone)]
struct Said {
    /// Numbers that were said.
    numbers: Vec<String>,
    /// Visits that ended without a word.
    broken_off: usize,
}

impl Visitors {
    fn start(socket: PathBuf, stop: &Stop) -> Self {
        let (come, comes): (_, Receiver<()>) = mpsc::channel();
        let said = Arc::new(Mutex::new(Said::default()));
        let (hears, stop) = (Arc::clone(&said), stop.clone());
        let thread = thread::spawn(move || {
            while comes.recv().is_ok() && !stop.is_set() {
                let visit = visit(&socket);
                let mut said = hears.lock().unwrap_or_else(PoisonError::into_inner);
                match visit {
                    Ok(number) => said.numbers.push(number),
                    Err(_) => said.broken_off += 1,
                }
            }
        });
        Self { come, said, thread }
    }

    fn somebody_comes(&self) {
        // Nobody hears it only when everything ends.
        let _ = self.come.send(());
    }

    fn end(self) -> Said {
        drop(self.come);
        self.thread.join().expect("visitors do not panic");
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn visit(socket: &Path) -> Result<String> {
    let mut screen = BareScreen::connect(socket)?;
    screen.begin()?;
    screen.ask_for_a_number()?;
    screen.number()
}
