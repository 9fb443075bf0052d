//! Orders over a Unix socket: one connection, one line, one line back.
//!
//! The lines are `lay`, `take`, `swap FILE` and `status`; the answers `laid`, `taken` or `error: …`.

use std::error::Error;
use std::fmt;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tracing::warn;

use crate::card::Card;
use crate::hand::{Hand, NoReader};
use crate::person::{Person, PersonFileError};

/// Longest line of either side, in bytes: an order and a path.
const LINE: u64 = 8192;

/// How long the virtual card waits for the line of somebody who connected.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the virtual card can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Lay the card on the reader.
    Lay,
    /// Take it off.
    Take,
    /// Put the card of the person in this file in its place, at once. The file is read by the
    /// running virtual card: an absolute path.
    Swap(PathBuf),
    /// Where is it?
    Status,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lay => f.write_str("lay"),
            Self::Take => f.write_str("take"),
            Self::Swap(person) => write!(f, "swap {}", person.display()),
            Self::Status => f.write_str("status"),
        }
    }
}

impl FromStr for Order {
    type Err = NoSuchOrder;
    fn from_str(line: &str) -> Result<Self, NoSuchOrder> {
        match line.trim().split_once(' ').unwrap_or((line.trim(), "")) {
            ("lay", "") => Ok(Self::Lay),
            ("take", "") => Ok(Self::Take),
            ("swap", person) if !person.is_empty() => Ok(Self::Swap(person.into())),
            ("status", "") => Ok(Self::Status),
            _ => Err(NoSuchOrder),
        }
    }
}

/// A line that is no order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the orders are lay, take, swap FILE and status")]
pub struct NoSuchOrder;

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error(transparent)]
    Order(#[from] NoSuchOrder),
    #[error(transparent)]
    Reader(#[from] NoReader),
    #[error(transparent)]
    Person(#[from] PersonFileError),
}

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
    let answer = match line.parse().map_err(NotDone::from).and_then(|order| carry_out(order, hand))
    {
        Ok(()) if hand.is_laid() => "laid".to_owned(),
        Ok(()) => "taken".to_owned(),
        Err(error) => {
            let causes = std::iter::successors(error.source(), |&error| error.source());
            causes.fold(format!("error: {error}"), |text, cause| format!("{text}: {cause}"))
        }
    };
    writeln!(caller, "{answer}")
}

fn carry_out(order: Order, hand: &Hand) -> Result<(), NotDone> {
    match order {
        Order::Lay => hand.lay()?,
        Order::Take => hand.take(),
        Order::Swap(person) => hand.swap(Card::new(&Person::read(&person)?))?,
        Order::Status => {}
    }
    Ok(())
}

fn read_line(caller: &UnixStream) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(caller.take(LINE)).read_line(&mut line)?;
    Ok(line)
}

/// Gives an order to a running virtual card and returns its answer, `laid` or `taken`.
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
