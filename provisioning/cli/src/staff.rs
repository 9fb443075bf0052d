//! Who may log in at the counters, and which device stands at which.

use anyhow::Result;
use madoguchi_authority::Role;
use madoguchi_identity::Endpoint;
use madoguchi_protocol::clerk::{
    CLERKS, COUNTERS, ClerkKept, ClerkSettings, Clerks, CounterNumber, CounterPlace, Counters,
};
use madoguchi_protocol::{DeviceId, SiteId};

use crate::arguments::{Clerk, Counter, Operator};
use crate::connection::Connection;
use crate::report::Report;

pub(crate) fn clerk(command: Clerk) -> Result<Report> {
    match command {
        Clerk::List { office, operator } => {
            list(&Connection::open(&operator, &office, Role::Office)?)
        }
        Clerk::Keep { clerk, name, roles, sections, locked, new_password, office, operator } => {
            let (roles, sections) = (roles.into_iter().collect(), sections.into_iter().collect());
            let settings = ClerkSettings { name, roles, sections, locked, new_password };
            let office = Connection::open(&operator, &office, Role::Office)?;
            let kept: ClerkKept = office.put(&format!("{CLERKS}/{clerk}"), &settings)?;
            let mut words = match locked {
                true => format!("Clerk {clerk} may not log in any more.\n"),
                false => format!("Clerk {clerk} is kept so.\n"),
            };
            if let Some(password) = &kept.password {
                words += &format!(
                    "\nFirst password: {}\nHand it over in person. It is shown once, and is changed at the \
                     first log-in.\n",
                    password.expose()
                );
            }
            Report::new(&kept, words)
        }
    }
}

fn list(office: &Connection) -> Result<Report> {
    let clerks: Clerks = office.get(CLERKS, &[])?;
    let line = |clerk: &madoguchi_protocol::clerk::Clerk| {
        let joined = |words: Vec<String>| words.join(",");
        let roles = joined(clerk.roles.iter().map(ToString::to_string).collect());
        let sections = joined(clerk.sections.iter().map(ToString::to_string).collect());
        let state = match (&clerk.device, clerk.locked) {
            (_, true) => "locked".to_owned(),
            (Some(device), false) => format!("logged in at {device}"),
            (None, false) => "-".to_owned(),
        };
        let number = clerk.clerk.to_string();
        format!("{number:<16} {:<20} {roles:<32} {sections:<12} {state}\n", clerk.name)
    };
    let words = match clerks.clerks.as_slice() {
        [] => "There is no clerk yet: see `clerk keep --help`.".to_owned(),
        clerks => clerks.iter().map(line).collect(),
    };
    Report::new(&clerks, words)
}

pub(crate) fn counter(command: Counter) -> Result<Report> {
    match command {
        Counter::List { office, operator } => {
            let office = Connection::open(&operator, &office, Role::Office)?;
            let counters: Counters = office.get(COUNTERS, &[])?;
            let line = |counter: &madoguchi_protocol::clerk::Counter| {
                // Names pay no heed to a width.
                let (site, number) = (counter.site.to_string(), counter.counter.to_string());
                format!("{site:<16} counter {number:<4} {}\n", counter.device)
            };
            let words = match counters.counters.as_slice() {
                [] => "No device stands at a counter yet: see `counter place --help`.".to_owned(),
                counters => counters.iter().map(line).collect(),
            };
            Report::new(&counters, words)
        }
        Counter::Place { device, number, site, office, operator } => {
            place(&device, Some(number), site, &office, &operator)
        }
        Counter::Remove { device, site, office, operator } => {
            place(&device, None, site, &office, &operator)
        }
    }
}

fn place(
    device: &DeviceId,
    counter: Option<CounterNumber>,
    site: SiteId,
    office: &Endpoint,
    operator: &Operator,
) -> Result<Report> {
    let office = Connection::open(operator, office, Role::Office)?;
    let place = CounterPlace { counter, site };
    let kept: CounterPlace = office.put(&format!("{COUNTERS}/{device}"), &place)?;
    let words = match kept.counter {
        Some(counter) => format!("{device} stands at counter {counter} of {}.", kept.site),
        None => format!("{device} stands at no counter any more."),
    };
    Report::new(&kept, words)
}
