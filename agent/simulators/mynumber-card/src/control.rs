//! Orders over a Unix socket: one connection, one line, one line back.
//!
//! The lines are those of [`Order`]; the answers `laid`, `taken`, with `status all` more words, or
//! `error: …`.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use tracing::warn;

use crate::hand::Hand;
use crate::order::{NotDone, Order};
use crate::script::told;

/// Longest line of either side, in bytes: an order and a path.
const LINE: u64 = 8192;

/// How long the virtual card waits for the line of somebody who connected.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens the socket. One that a dead virtual card left behind is replaced, a living one is not.
///
/// # Errors
/// When the path cannot be bound, or another virtual card answers there.
pub fn listen(socket: &Path) -> io::Result<UnixListener> {
    match UnixListener::bind(socket) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let is_socket = std::fs::symlink_metadata(socket)?.file_type().is_socket();
            if !is_socket || UnixStream::connect(socket).is_ok() {
                return Err(error);
            }
            std::fs::remove_file(socket)?;
            UnixListener::bind(socket)
        }
        other => other,
    }
}

/// Follows the orders that come in, one after the other, for as long as the socket lives.
///
/// # Errors
/// When the socket itself fails; a caller that goes wrong is only logged.
pub fn serve(listener: &UnixListener, hand: &Hand) -> io::Result<()> {
    for caller in listener.incoming() {
        if let Err(error) = follow(&caller?, hand) {
            warn!(%error, "an order was not finished");
        }
    }
    Ok(())
}

fn follow(mut caller: &UnixStream, hand: &Hand) -> io::Result<()> {
    caller.set_read_timeout(Some(PATIENCE))?;
    let line = read_line(caller)?;
    let order = line.parse::<Order>().map_err(NotDone::from);
    match order.and_then(|order| order.carry_out(hand)) {
        Ok(answer) => writeln!(caller, "{answer}"),
        Err(error) => writeln!(caller, "error: {}", told(&error)),
    }
}

fn read_line(caller: &UnixStream) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(caller.take(LINE)).read_line(&mut line)?;
    Ok(line)
}

/// Gives an order to a running virtual card and returns its answer.
///
/// # Errors
/// When nobody listens there, or the order could not be carried out.
pub fn ask(socket: &Path, order: &Order) -> io::Result<String> {
    let mut card = UnixStream::connect(socket)?;
    writeln!(card, "{order}")?;
    let answer = read_line(&card)?;
    match answer.trim_end() {
        "" => Err(io::Error::new(ErrorKind::UnexpectedEof, "the virtual card went away")),
        line => match line.strip_prefix("error: ") {
            Some(reason) => Err(io::Error::other(reason.to_owned())),
            None => Ok(line.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::Card;
    use crate::person::tests::hanako;

    #[test]
    fn orders_are_carried_out_and_others_refused() {
        let reader = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = reader.local_addr().expect("bound");
        let hand = Hand::holding(Card::new(&hanako()), address, Duration::from_secs(10));
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("control");
        // A socket that nobody listens on any more.
        drop(UnixListener::bind(&socket).expect("bound"));
        let listener = listen(&socket).expect("replaced");
        assert_eq!(listen(&socket).expect_err("alive").kind(), ErrorKind::AddrInUse);
        thread::spawn(move || serve(&listener, &hand));
        for (order, answer) in [
            (Order::Status, "taken"),
            (Order::Lay, "laid"),
            (Order::Status, "laid"),
            (Order::Take, "taken"),
        ] {
            assert_eq!(ask(&socket, &order).expect("carried out"), answer);
        }
        let all = ask(&socket, &Order::StatusAll).expect("carried out");
        assert!(all.starts_with("taken commands=0 verifies=0 "), "{all}");
        assert!(all.contains(" text.11=3/3 "), "{all}");
        // Tests run in their crate's folder.
        let person = |name| Order::Swap(std::path::absolute(name).expect("a path"));
        let jiro = person("people/jiro.toml");
        assert_eq!(ask(&socket, &jiro).expect("carried out"), "laid");
        let error = ask(&socket, &person("people/nobody.toml")).expect_err("nobody");
        assert!(error.to_string().contains("nobody.toml: "), "{error}");
        let mut caller = UnixStream::connect(&socket).expect("connects");
        writeln!(caller, "burn").expect("sent");
        assert!(read_line(&caller).expect("answered").starts_with("error: the orders are"));
    }
}
