//! Safety tests bite: each rule is broken once, in a copy of the clone, and the test that guards it
//! must fail. One table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use crate::cargo::{self, Profile};
use crate::progress;
use crate::workspace::Workspace;

/// One rule, how it is broken, and who must notice.
struct Bite {
    /// The rule.
    rule: &'static str,
    /// Where it stands.
    file: &'static str,
    /// The code that keeps it; must be there exactly once.
    kept: &'static str,
    /// The same, broken.
    broken: &'static str,
    /// The package whose tests guard it.
    package: &'static str,
    /// The test program that notices; without one, the library's own tests.
    program: Option<&'static str>,
    /// The test in it.
    test: &'static str,
}

const BITES: &[Bite] = &[
    Bite {
        rule: "an envelope is opened only when its device signed it",
        file: "agent/envelope/src/wire.rs",
        kept: "            .map_err(|_| BadEnvelope::Signature)?;",
        broken: "            .unwrap_or(());",
        package: "madoguchi-core",
        program: Some("office"),
        test: "an_envelope_signed_by_another_key_is_set_aside_and_never_shown",
    },
    Bite {
        rule: "a card that was lying there before is never read",
        file: "agent/daemon/src/desk/device.rs",
        kept: "        if self.card_present {",
        broken: "        if self.card_present && self.time.is_none() {",
        package: "madoguchi-daemon",
        program: Some("desk"),
        test: "card::a_card_that_was_lying_there_before_is_never_read",
    },
    Bite {
        rule: "nothing is said to be kept before it is",
        file: "agent/daemon/src/desk/visit.rs",
        kept: "        self.waiting = Some(waiting);",
        broken: "        self.waiting = Some(waiting);\n        self.answer(Outcome::Answer(Answer::Done {}), effects);",
        package: "madoguchi-daemon",
        program: Some("desk"),
        test: "keeping::a_whole_visit_is_kept_once_and_answered_only_then",
    },
    Bite {
        rule: "of a visit everything is kept or nothing",
        file: "agent/daemon/src/keeper.rs",
        kept: "            parts.extend(self.seal(keep, &kept, content, first_sequence)?);",
        broken: "            parts.extend(self.seal(keep, &kept, content, first_sequence)?);\n            self.store.keep(&parts).map_err(|e| store_failure(&e))?;",
        package: "madoguchi-daemon",
        program: Some("parts"),
        test: "keeper::of_a_visit_that_cannot_be_kept_whole_nothing_is_kept",
    },
    Bite {
        rule: "paper of one visit is not another's",
        file: "agent/daemon/src/desk/papers.rs",
        kept: "let visit = self.visit.as_mut().filter(|v| v.id == of);",
        broken: "let visit = self.visit.as_mut();",
        package: "madoguchi-daemon",
        program: Some("desk"),
        test: "papers::paper_of_an_earlier_visit_says_nothing_to_a_new_one_and_is_counted",
    },
    Bite {
        rule: "bundles never go back",
        file: "agent/daemon/src/settings.rs",
        kept: "        if found < known {",
        broken: "        if found < known && known == 0 {",
        package: "madoguchi-daemon",
        program: Some("desk"),
        test: "bundles::bundles_never_go_back_and_never_come_from_elsewhere",
    },
    Bite {
        rule: "a value of a person cannot be printed",
        file: "agent/protocol/src/personal.rs",
        kept: "        f.write_str(\"Personal(…)\")",
        broken: "        write!(f, \"Personal({})\", size_of_val(&self.0))",
        package: "madoguchi-protocol",
        program: Some("redaction"),
        test: "neither_a_value_nor_a_digit_can_be_printed",
    },
    Bite {
        rule: "one typed value is one VERIFY, whatever comes back",
        file: "agent/card/src/conversation.rs",
        kept: "        Ok(Some(self.transmit(name, command)?.1))",
        broken: "        let told = self.transmit(name, command).map(|(_, status)| status);\n        Ok(Some(told.or_else(|_| self.transmit(name, command).map(|(_, status)| status))?))",
        package: "madoguchi-card",
        program: None,
        test: "flows::tests::whatever_goes_wrong_at_whichever_command_the_pin_is_sent_once_at_most",
    },
    Bite {
        rule: "attributes under a bad signature of the issuer are refused",
        file: "agent/card/src/issuer.rs",
        kept: "    if !key.has_signed(record.signed, record.signature) {",
        broken: "    if !key.has_signed(record.signed, record.signature) && record.signed.is_empty() {",
        package: "madoguchi-card",
        program: None,
        test: "issuer::tests::whatever_is_changed_under_a_known_key_is_bad",
    },
    Bite {
        rule: "a late answer of a stuck session belongs to no visit",
        file: "agent/card/src/desk/sessions.rs",
        kept: "self.running.as_mut().filter(|running| running.number == number) else {",
        broken: "self.running.as_mut().filter(|running| running.number >= number) else {",
        package: "madoguchi-card",
        program: None,
        test: "desk::tests::stuck::an_answer_that_comes_sixty_seconds_late_within_the_next_visit_belongs_to_nobody",
    },
    Bite {
        rule: "the rinse goes the way in which the card was read",
        file: "agent/card/src/conversation.rs",
        kept: "self.beginning(File::TextInformation, Some(le))?;",
        broken: "self.transmit(\"READ\", &[0x00, 0xB0, 0x85, 0x00, le])?;",
        package: "madoguchi-card",
        program: None,
        test: "flows::tests::commands::the_rinse_goes_the_way_in_which_the_card_was_read",
    },
    Bite {
        rule: "whoever decided is not the second person",
        file: "provisioning/casework/src/review.rs",
        kept: "        if self.deciders.contains(&who.clerk) {",
        broken: "        if self.deciders.contains(&who.clerk) && self.deciders.len() > 1 {",
        package: "madoguchi-casework",
        program: None,
        test: "review::tests::the_second_person_is_another_one_and_cannot_be_left_out",
    },
    Bite {
        rule: "an application lies under its own visit's number alone",
        file: "provisioning/core/src/office/receive.rs",
        kept: "    Ok(known.iter().all(|known| *known == own))",
        broken: "    Ok(known.iter().all(|known| known.0 == own.0))",
        package: "madoguchi-core",
        program: Some("abuse"),
        test: "an_application_under_another_visit_lies_under_nobodys_number",
    },
    Bite {
        rule: "a certificate ends with its last day",
        file: "agent/card/src/certificate.rs",
        kept: "        if today > self.last_day {",
        broken: "        if today > self.last_day && today < self.first_day {",
        package: "madoguchi-card",
        program: None,
        test: "certificate::tests::a_certificate_counts_from_its_first_day_to_its_last_in_japan",
    },
    Bite {
        rule: "where the face's table leads, the object asked for must stand",
        file: "agent/card/src/face.rs",
        kept: "self.by_table(outer, tag)? {\n            let header = self.header(at)?;\n            if header.tag == tag {",
        broken: "self.by_table(outer, tag)? {\n            let header = self.header(at)?;\n            if header.tag != TABLE {",
        package: "madoguchi-card",
        program: None,
        test: "face::tests::a_table_that_leads_astray_is_not_followed",
    },
    Bite {
        rule: "a reader's device is looked up by bus and address",
        file: "agent/card/src/usb.rs",
        kept: " || number(\"devnum\") != Some(address) {",
        broken: " || number(\"devnum\") == Some(0) && address == 0 {",
        package: "madoguchi-card",
        program: None,
        test: "usb::tests::the_kernel_says_who_made_the_device_there",
    },
    Bite {
        rule: "of two readers that are the configured device none is used",
        file: "agent/card/src/monitor.rs",
        kept: "        [first, ..] if usb.is_none() => Ok(first.clone()),",
        broken: "        [first, ..] => Ok(first.clone()),",
        package: "madoguchi-card",
        program: None,
        test: "monitor::tests::of_two_readers_that_are_the_configured_device_none_is_used",
    },
    Bite {
        rule: "the intake commits before it answers",
        file: "provisioning/core/src/intake/taking.rs",
        kept: "            transaction.commit().await?;",
        broken: "            drop(tokio::spawn(transaction.commit()));",
        package: "madoguchi-core",
        program: Some("admission"),
        test: "what_is_taken_is_committed_before_it_is_answered",
    },
    Bite {
        rule: "people who wait now come before a backlog",
        file: "agent/uplink/src/delivery/pass.rs",
        kept: "self.outbox.newest(going.since, before, MAX_BATCH).await;",
        broken: "self.outbox.due(before, MAX_BATCH).await;",
        package: "madoguchi-uplink",
        program: Some("uplink"),
        test: "backlog::people_who_wait_come_before_a_backlog_and_the_newest_of_them_first",
    },
    Bite {
        rule: "an intake that comes and goes is not run after",
        file: "agent/uplink/src/choice.rs",
        kept: "        if intake < self.in_use && now.saturating_sub(since) >= steady {",
        broken: "        if intake < self.in_use && since <= now {",
        package: "madoguchi-uplink",
        program: None,
        test: "choice::tests::the_preferred_one_is_used_again_only_after_it_answered_for_a_while",
    },
];

/// How many tests bit, and those that did not.
pub fn run(workspace: &Workspace, logs: &Path) -> Result<(u64, u64)> {
    let copy = workspace.cache().join("bites");
    refresh(workspace.root(), &copy)?;
    let (mut bit, mut slept) = (0, 0);
    for bite in BITES {
        let begun = Instant::now();
        match bite.try_it(workspace, &copy, logs) {
            Ok(()) => {
                eprintln!("    broken and noticed: {}, {}", bite.rule, progress::elapsed(begun));
                bit += 1;
            }
            Err(error) => {
                eprintln!("    {}: {error:#}", bite.rule);
                slept += 1;
            }
        }
    }
    Ok((bit, slept))
}

impl Bite {
    fn try_it(&self, workspace: &Workspace, copy: &Path, logs: &Path) -> Result<()> {
        let file = copy.join(self.file);
        let whole = fs::read_to_string(&file).with_context(|| format!("read {}", self.file))?;
        let times = whole.matches(self.kept).count();
        ensure!(times == 1, "the code that keeps it stands {times} times in {}", self.file);
        fs::write(&file, whole.replace(self.kept, self.broken)).context("break it")?;
        let judged = self.judge(workspace, copy, logs);
        fs::write(&file, whole).context("mend it")?;
        judged
    }

    fn judge(&self, workspace: &Workspace, copy: &Path, logs: &Path) -> Result<()> {
        let log = logs.join(format!("bite-{}.log", self.test));
        let mut cargo = cargo::command(workspace, Profile::Dev);
        // A build directory of its own: cargo knows members of a workspace by their path within it,
        // so the clone would find the broken artefacts fresh.
        cargo.current_dir(copy).env("CARGO_TARGET_DIR", workspace.cache().join("bites-target"));
        cargo.args(["test", "--locked", "--package", self.package]);
        match self.program {
            Some(program) => cargo.args(["--test", program]),
            None => cargo.arg("--lib"),
        };
        cargo.args([self.test, "--", "--exact"]);
        let status = progress::run_logged(self.rule, &mut cargo, &log)?;
        let text = fs::read_to_string(&log).with_context(|| format!("read {}", log.display()))?;
        if text.contains("error: could not compile") {
            bail!("the broken code does not compile:\n{}", progress::tail(&log));
        }
        let failed = text.contains(&format!("test {} ... FAILED", self.test));
        if status.success() || !failed {
            bail!("{} did not fail ({status}):\n{}", self.test, progress::tail(&log));
        }
        Ok(())
    }
}

/// Brings the copy to the state of the clone. Files that are the same keep their time, so that
/// little is compiled again.
fn refresh(root: &Path, copy: &Path) -> Result<()> {
    let wanted = files(root)?;
    for name in &wanted {
        let bytes =
            fs::read(root.join(name)).with_context(|| format!("read {}", name.display()))?;
        let to = copy.join(name);
        if fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        }
        fs::write(&to, bytes).with_context(|| format!("write {}", to.display()))?;
    }
    let wanted = wanted.iter().map(|name| copy.join(name)).collect();
    remove_others(copy, &wanted)
}

/// Removes what an earlier clone had and this one has not: cargo finds tests by their files.
fn remove_others(folder: &Path, wanted: &BTreeSet<PathBuf>) -> Result<()> {
    let read = || format!("read {}", folder.display());
    for entry in fs::read_dir(folder).with_context(read)? {
        let path = entry.with_context(read)?.path();
        if path.is_dir() && !path.is_symlink() {
            remove_others(&path, wanted)?;
        } else if !wanted.contains(&path) {
            fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Files of the clone: what git knows, in its present state.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let list = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("ask git for the clone's files")?;
    ensure!(list.status.success(), "git does not know this clone");
    let names = list.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let paths = names.map(|name| PathBuf::from(String::from_utf8_lossy(name).into_owned()));
    Ok(paths.filter(|path| root.join(path).is_file()).collect())
}
