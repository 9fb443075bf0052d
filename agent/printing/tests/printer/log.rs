//! Nothing of a person reaches a log, at any level, also not by the libraries.

use std::fmt::Write as _;
use std::io;
use std::sync::Mutex;

use madoguchi_paper::{Content, Kept, Next, payload};
use madoguchi_printing::Job;
use madoguchi_protocol::VisitId;
use madoguchi_protocol::application::Origin;
use madoguchi_protocol::local::{Paper, PrintState};
use tracing_subscriber::filter::LevelFilter;

use crate::hall::{Hall, TIMING};
use crate::peer::Peer;
use crate::samples::{form, row, slip_of};

static LINES: Mutex<String> = Mutex::new(String::new());

#[test]
fn no_log_holds_a_value_of_a_person_or_the_slips_secret() {
    tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(|| Lines).init();
    log::set_logger(&Lines).expect("the only logger");
    log::set_max_level(log::LevelFilter::Trace);

    let peer = Peer::start();
    let mut hall = Hall::open(&peer, TIMING);
    let visit = VisitId::random();
    let values = ["記録　試子", "常盤市記録町九丁目", "\u{E123}外字", "19850401"];
    let rows = values.map(|value| row("項目", value, Some(Origin::Card))).into();
    let forms = Job { visit, content: Content::Forms(vec![form("A007", rows)]) };
    let shown = format!("{forms:?} {:?} {:?}", slip_of(visit, "A007"), hall.handle);
    hall.handle.print(slip_of(visit, "A007"));
    assert_eq!(hall.end_of(visit, Paper::Slip), PrintState::Printed {});
    hall.handle.print(forms.clone());
    assert_eq!(hall.end_of(visit, Paper::Forms), PrintState::Printed {});
    peer.break_down();
    hall.handle.print(forms);
    assert!(matches!(hall.end_of(visit, Paper::Forms), PrintState::Failed { .. }));
    let told = format!("{:?}", hall.close());

    let lines = LINES.lock().expect("the log").clone();
    assert!(lines.contains("not printed") && lines.contains("hyper"), "not the whole log: {lines}");
    let token = payload(&crate::samples::slip("A007", Kept::Application, Next::IsCalled).token);
    for text in [lines, shown, told] {
        for secret in values.iter().chain([&&token["madoguchi:t:".len()..]]) {
            assert!(!text.contains(*secret), "{secret} in {text}");
        }
    }
}

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().expect("the log").push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut lines = LINES.lock().expect("the log");
        writeln!(lines, "{} {}", record.target(), record.args()).expect("a line");
    }

    fn flush(&self) {}
}
