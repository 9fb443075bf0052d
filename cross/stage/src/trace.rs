//! The order of system calls, as strace saw them: is an application durable before 「お預かりしました」
//! goes to the screen?

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

/// Envelopes are padded to at least this many bytes, so a shorter write to the journal is not one.
const ENVELOPE: i64 = 4096;

/// What goes before a program's command line, so that its calls are written to `output`. SIGTERM
/// reaches the program through it.
///
/// `lying_disk`: fdatasync returns success and does nothing, which is what the check must notice.
#[must_use]
pub fn tracer(output: &Path, lying_disk: bool) -> Vec<OsString> {
    let calls = "trace=pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg";
    let mut prefix: Vec<OsString> =
        ["strace", "-f", "-y", "-I", "2", "-s", "400", "-e", calls, "-o"].map(Into::into).into();
    prefix.push(output.into());
    if lying_disk {
        prefix.extend(["-e", "inject=fdatasync,fsync:retval=0"].map(Into::into));
    }
    prefix
}

/// One call, with the lines of the trace at which it began and ended.
#[derive(Debug, Clone)]
struct Call {
    name: String,
    arguments: String,
    result: i64,
    injected: bool,
    began: usize,
    ended: usize,
}

/// How many syncs stood between the envelope's write and the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Durable {
    /// fdatasync and fsync calls on the store's files from the write to the word.
    pub syncs: usize,
}

/// Checks a trace: the last write of an envelope to the store's journal is followed by a real
/// fdatasync of it that ended before the frame with the ticket was sent.
///
/// # Errors
/// What is missing.
pub fn durable_before_kept(trace: &Path) -> Result<Durable> {
    let text = fs::read_to_string(trace).with_context(|| format!("read {}", trace.display()))?;
    judge(&parse(&text))
}

fn judge(calls: &[Call]) -> Result<Durable> {
    let kept = calls.iter().find(|c| c.arguments.contains(r#"\"is\":\"kept\""#));
    let kept = kept.context("no frame says that anything was kept")?;
    let journal = |c: &&Call| c.arguments.contains("/outbox/journal-") && c.ended < kept.began;
    let writes =
        calls.iter().filter(journal).filter(|c| c.name == "pwrite64" && c.result >= ENVELOPE);
    let write = writes.max_by_key(|c| c.ended).context("no envelope was written to the store")?;
    let is_sync = |c: &&Call| matches!(c.name.as_str(), "fdatasync" | "fsync") && c.result == 0;
    let after = calls.iter().filter(journal).filter(is_sync).filter(|c| c.began > write.ended);
    let (real, injected): (Vec<_>, Vec<_>) = after.partition(|c| !c.injected);
    ensure!(
        !real.is_empty(),
        "the screen was told 「お預かりしました」 before the envelope was durable ({} syncs that did nothing)",
        injected.len()
    );
    Ok(Durable { syncs: real.len() })
}

fn parse(text: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut open: Vec<(String, Call)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let Some((process, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let Some(index) = open.iter().position(|(p, _)| p == process) else { continue };
            let (_, mut call) = open.swap_remove(index);
            if let Ok((result, injected)) = result(resumed) {
                call.result = result;
                call.injected = injected;
                call.ended = at;
                calls.push(call);
            }
            continue;
        }
        let Some((name, arguments)) = rest.split_once('(') else { continue };
        let mut call = Call {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            result: -1,
            injected: false,
            began: at,
            ended: at,
        };
        if let Ok((result, injected)) = result(arguments) {
            call.result = result;
            call.injected = injected;
            calls.push(call);
        } else {
            // `<unfinished ...>`, or the last one before the tracer left.
            open.push((process.to_owned(), call));
        }
    }
    // Begun and not seen to end.
    calls.extend(open.into_iter().map(|(_, call)| Call { ended: usize::MAX, ..call }));
    calls
}

/// `… = 0`, `… = 4120`, `… = 0 (INJECTED)`.
fn result(text: &str) -> Result<(i64, bool)> {
    let Some((_, result)) = text.rsplit_once(" = ") else { bail!("no result") };
    let number = result.split_whitespace().next().context("no result")?;
    Ok((number.parse()?, result.contains("(INJECTED)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITE: &str = r#"11 pwrite64(9</s/store/outbox/journal-0000000000000001>, "\1MDGE"..., 5600, 524288) = 5600"#;
    const SYNC: &str = "11 fdatasync(10</s/store/outbox/journal-0000000000000001>) = 0";
    const KEPT: &str = r#"12 sendto(14<UNIX:[1]>, "\0{\"answer\":{\"is\":\"kept\"}}", 60, 0) = 60"#;

    fn found(lines: &[&str]) -> Option<usize> {
        judge(&parse(&lines.join("\n"))).ok().map(|d| d.syncs)
    }

    #[test]
    fn a_sync_between_the_write_and_the_word_is_needed() {
        assert_eq!(found(&[WRITE, SYNC, KEPT]), Some(1));
        assert_eq!(found(&[WRITE, KEPT]), None);
        assert_eq!(found(&[SYNC, WRITE, KEPT]), None);
        assert_eq!(found(&[WRITE, KEPT, SYNC]), None);
        assert_eq!(found(&[WRITE, SYNC]), None, "nothing was said");
        assert_eq!(found(&[SYNC, KEPT]), None, "nothing was written");
    }

    #[test]
    fn a_sync_that_does_nothing_or_comes_too_late_does_not_count() {
        let injected = format!("{SYNC} (INJECTED)");
        assert_eq!(found(&[WRITE, &injected, KEPT]), None);
        assert_eq!(found(&[WRITE, &SYNC.replace("= 0", "= -1 EIO"), KEPT]), None);
        assert_eq!(found(&[WRITE, &SYNC.replace("/journal-", "/index/"), KEPT]), None);
        let begun = "11 fdatasync(10</s/store/outbox/journal-0000000000000001> <unfinished ...>";
        let resumed = "11 <... fdatasync resumed>) = 0";
        assert_eq!(found(&[WRITE, begun, KEPT, resumed]), None);
        assert_eq!(found(&[WRITE, begun, KEPT]), None);
        let last = KEPT.replace(" = 60", " <detached ...>");
        assert_eq!(found(&[WRITE, SYNC, &last]), Some(1));
        assert_eq!(found(&[WRITE, begun, resumed, KEPT]), Some(1));
    }
}
