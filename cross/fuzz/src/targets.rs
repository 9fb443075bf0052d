//! The table of targets, and which of them this process is.

use std::path::Path;
use std::sync::OnceLock;

use crate::{card, outside, reader};

/// A parser of outside bytes.
pub struct Target {
    /// As in `MADOGUCHI_FUZZ`.
    name: &'static str,
    /// Gives it the bytes; a panic is a finding.
    run: fn(&[u8]),
    /// Bytes that it accepts, to begin with.
    seeds: fn() -> Vec<Vec<u8>>,
}

const TARGETS: &[Target] = &[
    Target { name: "attributes", run: card::attributes, seeds: card::attribute_files },
    Target { name: "issuer", run: card::issuer, seeds: card::issuer_files },
    Target { name: "face", run: card::face, seeds: card::face_files },
    Target { name: "information", run: card::information, seeds: card::information_files },
    Target { name: "certificate", run: card::certificate, seeds: card::certificates },
    Target { name: "flow", run: card::flow, seeds: card::flows },
    Target { name: "commands", run: reader::commands, seeds: reader::conversations },
    Target { name: "vpcd", run: reader::vpcd, seeds: reader::vpcd_frames },
    Target { name: "vscard", run: reader::vscard, seeds: reader::vscard_messages },
    Target { name: "orders", run: reader::orders, seeds: reader::lines },
    Target { name: "frames-to-agent", run: outside::to_agent, seeds: outside::frames_to_agent },
    Target {
        name: "frames-from-agent",
        run: outside::from_agent,
        seeds: outside::frames_from_agent,
    },
    Target { name: "envelope", run: outside::envelope, seeds: outside::envelopes },
    Target { name: "batch", run: outside::batch, seeds: outside::batches },
    Target { name: "bundle", run: outside::bundle, seeds: outside::bundles },
    Target { name: "pack", run: outside::pack, seeds: outside::packs },
    Target { name: "condition", run: outside::condition, seeds: outside::conditions },
    Target { name: "printer", run: outside::printer, seeds: outside::printer_answers },
];

/// This process's target.
static CHOSEN: OnceLock<&Target> = OnceLock::new();

/// Chooses the target and writes its seeds; names the targets and ends when none is asked for.
#[expect(clippy::print_stdout, reason = "the answer to whoever runs it")]
pub fn prepare() {
    let Some(name) = std::env::var_os("MADOGUCHI_FUZZ") else {
        TARGETS.iter().for_each(|target| println!("{}", target.name));
        std::process::exit(0);
    };
    let target = TARGETS.iter().find(|target| name == *target.name).expect("a target of that name");
    if let Some(folder) = std::env::var_os("MADOGUCHI_FUZZ_SEEDS") {
        for (number, seed) in (target.seeds)().into_iter().enumerate() {
            let file = Path::new(&folder).join(format!("seed-{number:03}"));
            std::fs::write(file, seed).expect("a seed is written");
        }
    }
    CHOSEN.get_or_init(|| target);
}

/// One input.
pub fn run(bytes: &[u8]) {
    (CHOSEN.get().expect("libFuzzer prepares first").run)(bytes);
}
