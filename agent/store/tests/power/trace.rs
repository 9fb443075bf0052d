//! What strace saw of a process: every call that changes the disk, and what the process said.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Where the process says things, as a write that strace sees in order with the others.
pub const SAYS: &str = "/dev/null";

/// A call that has returned without an error.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    Open { path: PathBuf, fd: i64, creates: bool, truncates: bool },
    Write { path: PathBuf, fd: i64, at: Option<u64>, bytes: Vec<u8> },
    Truncate { path: PathBuf, length: u64 },
    MakeFolder { path: PathBuf },
    Rename { from: PathBuf, to: PathBuf },
    Remove { path: PathBuf },
    Sync { path: PathBuf },
    Say { text: String },
}

/// A call, from the moment it began to the moment it had returned.
#[derive(Debug, Clone, PartialEq)]
pub enum Moment {
    Begins(usize, Call),
    Ends(usize, Call),
}

/// The calls strace is to write down. `sync_file_range` promises nothing and is not among them.
const CALLS: &str = "trace=openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,truncate,\
    ftruncate,fallocate,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,\
    unlink,unlinkat,rmdir,fsync,fdatasync,sync,syncfs,copy_file_range,sendfile,sendfile64,splice";

/// What goes before a program, so that its calls are written to `output`.
pub fn tracer(output: &Path) -> Vec<std::ffi::OsString> {
    // Whole buffers, every byte as a number, names of descriptors.
    let mut words: Vec<std::ffi::OsString> =
        ["strace", "-f", "-y", "-xx", "-s", "16777216", "-e", CALLS, "-e", "signal=none", "-o"]
            .map(Into::into)
            .into();
    words.push(output.into());
    words
}

/// The calls below a folder, and what was said, in order.
pub fn parse(text: &str, root: &Path) -> Vec<Moment> {
    let mut moments = Vec::new();
    let mut open: HashMap<&str, String> = HashMap::new();
    let mut begun: HashMap<&str, usize> = HashMap::new();
    let mut count = 0;
    for line in text.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let Some(first) = open.remove(thread) else { continue };
            let Some((_, second)) = resumed.split_once(" resumed>") else { continue };
            // A sync that began is not the begin of a write that follows it.
            match (begun.remove(thread), call(&format!("{first}{second}"), root)) {
                (Some(id), Some(call)) => moments.push(Moment::Ends(id, call)),
                (None, Some(call)) => push_both(&mut moments, &mut count, call),
                // What was refused, as a folder in none, has changed nothing.
                (Some(id), None) => {
                    moments.retain(
                        |moment| !matches!(moment, Moment::Begins(begun, _) if *begun == id),
                    );
                }
                (None, None) => {}
            }
        } else if let Some(first) = rest.strip_suffix("<unfinished ...>") {
            open.insert(thread, first.trim_end().to_owned());
            // Written as if it had succeeded: what is begun may have reached the disk.
            let closed = format!("{}) = 0", first.trim_end().trim_end_matches(','));
            if let Some(call) = call(&closed, root) {
                begun.insert(thread, count);
                moments.push(Moment::Begins(count, call));
                count += 1;
            }
        } else if let Some(call) = call(rest, root) {
            push_both(&mut moments, &mut count, call);
        }
    }
    moments
}

fn push_both(moments: &mut Vec<Moment>, count: &mut usize, call: Call) {
    moments.push(Moment::Begins(*count, call.clone()));
    moments.push(Moment::Ends(*count, call));
    *count += 1;
}

fn call(line: &str, root: &Path) -> Option<Call> {
    let (name, rest) = line.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let result: i64 = result.split(['<', ' ']).next()?.parse().ok()?;
    if result < 0 {
        return None;
    }
    let words = words(arguments.trim_end().strip_suffix(')')?);
    let below = |path: PathBuf| path.starts_with(root).then_some(path);
    match name {
        "openat" | "open" | "creat" => {
            let at = usize::from(name == "openat");
            let path = below(word_path(&words, at)?)?;
            let flags = words.get(at + 1)?;
            let creates = flags.contains("O_CREAT");
            let truncates = flags.contains("O_TRUNC");
            Some(Call::Open { path, fd: result, creates, truncates })
        }
        "write" | "pwrite64" => {
            let (fd, path) = descriptor(words.first()?)?;
            let mut bytes = quoted(words.get(1)?)?;
            if result > 0 {
                bytes.truncate(usize::try_from(result).ok()?);
            }
            if path == Path::new(SAYS) {
                return Some(Call::Say { text: String::from_utf8(bytes).ok()? });
            }
            let at = match name {
                "pwrite64" => Some(words.get(3)?.parse().ok()?),
                _ => None,
            };
            Some(Call::Write { path: below(path)?, fd, at, bytes })
        }
        "ftruncate" => {
            let path = below(descriptor(words.first()?)?.1)?;
            Some(Call::Truncate { path, length: words.get(1)?.parse().ok()? })
        }
        "mkdir" => Some(Call::MakeFolder { path: below(word_path(&words, 0)?)? }),
        "mkdirat" => Some(Call::MakeFolder { path: below(word_path(&words, 1)?)? }),
        "rename" => Some(Call::Rename {
            from: below(word_path(&words, 0)?)?,
            to: below(word_path(&words, 1)?)?,
        }),
        "renameat" | "renameat2" => Some(Call::Rename {
            from: below(word_path(&words, 1)?)?,
            to: below(word_path(&words, 3)?)?,
        }),
        "unlink" | "rmdir" => Some(Call::Remove { path: below(word_path(&words, 0)?)? }),
        "unlinkat" => Some(Call::Remove { path: below(word_path(&words, 1)?)? }),
        "fsync" | "fdatasync" => Some(Call::Sync { path: below(descriptor(words.first()?)?.1)? }),
        // Of whatever else changes a disk, nothing is known here: the model would be wrong.
        _ => {
            let touched = words.iter().filter_map(|word| {
                descriptor(word).map(|(_, path)| path).or_else(|| quoted_path(word))
            });
            let ours: Vec<PathBuf> = touched.filter(|path| path.starts_with(root)).collect();
            assert!(ours.is_empty(), "the model does not know {name} on {ours:?}");
            None
        }
    }
}

/// The arguments of a call. Strings have no comma in them: every byte is a number.
fn words(arguments: &str) -> Vec<&str> {
    arguments.split(", ").collect()
}

/// A path that is a string: absolute, or relative to the folder in the word before it.
fn word_path(words: &[&str], at: usize) -> Option<PathBuf> {
    let path = quoted_path(words.get(at)?)?;
    if path.is_absolute() {
        return Some(path);
    }
    let folder = descriptor(words.get(at.checked_sub(1)?)?)?.1;
    Some(folder.join(path))
}

fn quoted_path(word: &str) -> Option<PathBuf> {
    Some(PathBuf::from(String::from_utf8(quoted(word)?).ok()?))
}

/// `3<\x2f\x64…>`, and the same with plain letters.
fn descriptor(word: &str) -> Option<(i64, PathBuf)> {
    let (fd, path) = word.strip_suffix('>')?.split_once('<')?;
    let fd = if fd == "AT_FDCWD" { -100 } else { fd.parse().ok()? };
    let path = String::from_utf8(unescaped(path)?).ok()?;
    Some((fd, PathBuf::from(path)))
}

fn quoted(word: &str) -> Option<Vec<u8>> {
    unescaped(word.strip_prefix('"')?.strip_suffix('"')?)
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut at = 0;
    while at < text.len() {
        if text[at] != b'\\' {
            bytes.push(text[at]);
            at += 1;
            continue;
        }
        let digit = |byte: u8| (byte as char).to_digit(16);
        let high = digit(*text.get(at + 2)?)?;
        let low = digit(*text.get(at + 3)?)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
        at += 4;
    }
    Some(bytes)
}

#[test]
fn a_call_that_was_refused_has_changed_nothing_also_when_others_came_between() {
    let hex = |path: &str| path.bytes().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
    let (folder, below) = (hex("/r/index"), hex("/r/index/blobs"));
    let text = format!(
        "1 mkdir(\"{below}\", 0777 <unfinished ...>\n2 mkdir(\"{folder}\", 0777) = 0\n\
         1 <... mkdir resumed>) = -1 ENOENT (No such file or directory)\n"
    );
    let moments = parse(&text, Path::new("/r"));
    let made = Call::MakeFolder { path: PathBuf::from("/r/index") };
    assert_eq!(moments, [Moment::Begins(1, made.clone()), Moment::Ends(1, made)]);
}
