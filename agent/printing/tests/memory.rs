//! What was on a form is gone from the memory of the process that printed it: already by the types,
//! without the zeroizing allocator that the agent also has.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::sync::mpsc;

use madoguchi_paper::Content;
use madoguchi_printing::{Job, PrintReport, spawn};
use madoguchi_protocol::application::Origin;
use madoguchi_protocol::local::{PrintState, PrinterState};
use madoguchi_protocol::{Personal, VisitId};

#[allow(dead_code, reason = "this program needs a part of it")]
#[path = "printer/peer.rs"]
mod peer;
#[allow(dead_code, reason = "this program needs a part of it")]
#[path = "printer/samples.rs"]
mod samples;
#[path = "../../paper/tests/paper/words.rs"]
mod words;

/// 龍鵝麒麟鰐驫 in UTF-8 and in UTF-16, each byte turned over so that this is not what is found.
const KEY: u8 = 0x5A;
const VALUE: &[char] = &['\u{9F8D}', '\u{9D5D}', '\u{9E92}', '\u{9E9F}', '\u{9C10}', '\u{9A6B}'];
/// Shortest fragment that counts, in bytes.
const FRAGMENT: usize = 6;

#[test]
fn nothing_of_a_form_is_left_when_it_is_printed_and_forgotten() {
    let peer = peer::Peer::start();
    let (sender, reports) = mpsc::channel();
    let handle = spawn(move |report| drop(sender.send(report)));
    let wait = |wanted: &dyn Fn(&PrintReport) -> bool| {
        while !wanted(&reports.recv_timeout(peer::PATIENCE).expect("a report")) {}
    };
    handle.configure(Some(peer.printer()));
    wait(&|report| *report == PrintReport::Printer(Some(PrinterState::Ready {})));
    assert_eq!(found(), Vec::<String>::new(), "before anything was printed");

    // One is printed, one is being printed when the visit ends, one waits behind it.
    let (first, second) = (VisitId::random(), VisitId::random());
    handle.print(secret(first));
    wait(&|report| ended(report, first));
    handle.forget(first);
    peer.hold();
    handle.print(secret(second));
    wait(&|report| matches!(report, PrintReport::Job { visit, .. } if *visit == second));
    handle.print(samples::slip_of(second, "A002"));
    handle.forget(second);
    peer.let_go();
    // Configured anew, it is looked at anew: after what was forgotten is gone.
    handle.configure(None);
    wait(&|report| *report == PrintReport::Printer(None));
    assert_eq!(found(), Vec::<String>::new(), "after the visits");

    let planted = secret(first);
    assert!(!found().is_empty(), "the search does not find what is there");
    drop(planted);
    assert_eq!(found(), Vec::<String>::new(), "after what was planted");
    assert!(handle.stop(peer::PATIENCE));
}

fn secret(visit: VisitId) -> Job {
    // Long enough that what the allocator writes into freed memory does not hide it.
    let mut value = String::with_capacity(60 * 4);
    value.extend(VALUE.iter().cycle().take(60));
    let mut rows = vec![samples::row("氏名", "", Some(Origin::Card))];
    rows[0].value = Personal::new(value);
    Job { visit, content: Content::Forms(vec![samples::form("A001", rows)]) }
}

fn ended(report: &PrintReport, of: VisitId) -> bool {
    matches!(report, PrintReport::Job { visit, state: PrintState::Printed {}, .. } if *visit == of)
}

/// Where in the writable memory of this process a fragment of the value lies.
fn found() -> Vec<String> {
    let hidden: [Vec<u8>; 2] = [
        VALUE.iter().flat_map(|c| c.to_string().into_bytes()).map(|byte| byte ^ KEY).collect(),
        VALUE.iter().flat_map(|c| (*c as u16).to_le_bytes()).map(|byte| byte ^ KEY).collect(),
    ];
    let fragments: Vec<&[u8]> = hidden.iter().flat_map(|whole| whole.windows(FRAGMENT)).collect();
    let mut begins = [false; 256];
    fragments.iter().for_each(|fragment| begins[usize::from(fragment[0] ^ KEY)] = true);
    let memory = File::open("/proc/self/mem").expect("our memory");
    let maps = fs::read_to_string("/proc/self/maps").expect("our maps");
    let mut page = vec![0_u8; 1 << 16];
    let ours = page.as_ptr() as u64..page.as_ptr() as u64 + page.len() as u64;
    let mut found = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (range, _) = line.split_once(' ').expect("a range");
        let (start, end) = range.split_once('-').expect("a range");
        let [start, end] = [start, end].map(|at| u64::from_str_radix(at, 16).expect("an address"));
        let mut at = start;
        while at < end {
            // Overlapping by a fragment, so that none lies between two reads.
            let wanted = usize::try_from(end - at).map_or(page.len(), |left| left.min(page.len()));
            let Ok(read) = memory.read_at(&mut page[..wanted], at) else { break };
            let hit = page[..read].windows(FRAGMENT).position(|window| {
                begins[usize::from(window[0])]
                    && fragments
                        .iter()
                        .any(|f| f.iter().zip(window).all(|(h, byte)| h ^ KEY == *byte))
            });
            if let Some(offset) = hit {
                let address = at + offset as u64;
                if !ours.contains(&address) {
                    found.push(format!("{address:x} in {line}"));
                }
            }
            if read <= FRAGMENT {
                break;
            }
            at += (read - FRAGMENT + 1) as u64;
        }
        page.fill(0);
    }
    found
}
