//! A command as the card sees it: ISO 7816-4 cases 1 to 4, short and extended.

/// Status words this card answers with.
pub mod sw {
    /// Done.
    pub const DONE: u16 = 0x9000;
    /// Wrong value, `x` tries left; also the answer to an empty VERIFY.
    pub const TRIES_LEFT: u16 = 0x63C0;
    /// Wrong Lc or Le.
    pub const WRONG_LENGTH: u16 = 0x6700;
    /// Another logical channel than 0.
    pub const CHANNEL: u16 = 0x6881;
    /// Secure messaging, which this card does not offer.
    pub const NO_SECURE_MESSAGING: u16 = 0x6882;
    /// The command does not fit the kind of file.
    pub const WRONG_FILE_KIND: u16 = 0x6981;
    /// Not verified.
    pub const NOT_SATISFIED: u16 = 0x6982;
    /// The key is blocked.
    pub const BLOCKED: u16 = 0x6984;
    /// The conditions of use are not met.
    pub const CONDITIONS: u16 = 0x6985;
    /// No file is current.
    pub const NO_CURRENT_FILE: u16 = 0x6986;
    /// No such application or file.
    pub const NOT_FOUND: u16 = 0x6A82;
    /// No such record in the file.
    pub const NO_SUCH_RECORD: u16 = 0x6A83;
    /// Wrong P1 or P2.
    pub const WRONG_P1P2: u16 = 0x6A86;
    /// The reference data is not there: no PIN was ever set, or no such data object.
    pub const NO_REFERENCE_DATA: u16 = 0x6A88;
    /// The offset lies behind the end of the file.
    pub const WRONG_OFFSET: u16 = 0x6B00;
    /// No way to deliver a session key is set up.
    pub const NO_SESSION_KEY: u16 = 0x66F1;
    /// Unknown instruction.
    pub const WRONG_INS: u16 = 0x6D00;
    /// Unknown class.
    pub const WRONG_CLA: u16 = 0x6E00;
    /// An error that no other word is for.
    pub const BROKEN: u16 = 0x6F00;
}

/// A command, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Command<'a> {
    pub cla: u8,
    pub ins: u8,
    pub p1: u8,
    pub p2: u8,
    pub data: &'a [u8],
    /// How many bytes are wanted, 1 to 65536.
    pub le: Option<usize>,
    /// Whether its lengths are written in the extended form.
    pub extended: bool,
}

impl<'a> Command<'a> {
    /// Takes a command apart; `None` when its lengths contradict each other.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&[cla, ins, p1, p2], body) = bytes.split_first_chunk::<4>()?;
        // After a first length byte of zero, further bytes are those of an extended length.
        let extended = matches!(body, [0, _, _, ..]);
        let command = |data, le| Some(Self { cla, ins, p1, p2, data, le, extended });
        match *body {
            [] => command(&[], None),
            [le] => command(&[], Some(short(le))),
            [0, high, low] => command(&[], Some(self::extended(high, low))),
            [0, high, low, ref rest @ ..] => {
                let lc = usize::from(u16::from_be_bytes([high, low]));
                match rest.split_at_checked(lc)? {
                    (data, []) if lc > 0 => command(data, None),
                    (data, &[high, low]) if lc > 0 => {
                        command(data, Some(self::extended(high, low)))
                    }
                    _ => None,
                }
            }
            [0, _] => None,
            [lc, ref rest @ ..] => match rest.split_at_checked(usize::from(lc))? {
                (data, []) => command(data, None),
                (data, &[le]) => command(data, Some(short(le))),
                _ => None,
            },
        }
    }
}

fn short(le: u8) -> usize {
    if le == 0 { 256 } else { usize::from(le) }
}

fn extended(high: u8, low: u8) -> usize {
    match u16::from_be_bytes([high, low]) {
        0 => 65536,
        le => usize::from(le),
    }
}

/// The name of a command for the log: instruction and parameters, never its data.
pub fn name(bytes: &[u8]) -> String {
    let Some(command) = Command::parse(bytes) else {
        return format!("malformed, {} bytes", bytes.len());
    };
    let Command { cla, ins, p1, p2, data, le, .. } = command;
    let verb = match ins {
        0x20 if data.is_empty() => "VERIFY (empty)",
        0x20 => "VERIFY",
        0x24 | 0x32 => "CHANGE",
        0x2A => "SIGN",
        0x84 => "GET CHALLENGE",
        0x88 => "INTERNAL AUTHENTICATE",
        0xCA => "GET DATA",
        0xA4 => "SELECT",
        0xB0 => "READ BINARY",
        0xB2 => "READ RECORD",
        _ => "?",
    };
    let le = le.map_or(String::new(), |le| format!(" Le {le}"));
    format!("{verb} [{cla:02X} {ins:02X} {p1:02X} {p2:02X}] Lc {}{le}", data.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(bytes: &[u8]) -> Option<(usize, Option<usize>)> {
        Command::parse(bytes).map(|c| (c.data.len(), c.le))
    }

    #[test]
    fn every_case_of_7816_is_taken_apart() {
        assert_eq!(lengths(&[0, 0x20, 0, 0x91]), Some((0, None)));
        assert_eq!(lengths(&[0, 0xB0, 0, 0, 0]), Some((0, Some(256))));
        assert_eq!(lengths(&[0, 0xB0, 0, 0, 7]), Some((0, Some(7))));
        assert_eq!(lengths(&[0, 0xB0, 0, 0, 0, 0, 0]), Some((0, Some(65536))));
        assert_eq!(lengths(&[0, 0xB0, 0, 0, 0, 1, 4]), Some((0, Some(260))));
        assert_eq!(lengths(&[0, 0xA4, 2, 12, 2, 0, 6]), Some((2, None)));
        assert_eq!(lengths(&[0, 0xA4, 2, 0, 2, 0, 6, 0]), Some((2, Some(256))));
        assert_eq!(lengths(&[0, 0xA4, 2, 12, 0, 0, 2, 0, 6]), Some((2, None)));
        assert_eq!(lengths(&[0, 0xA4, 2, 12, 0, 0, 2, 0, 6, 0, 0]), Some((2, Some(65536))));
    }

    #[test]
    fn contradicting_lengths_are_no_command() {
        for bad in [&[0, 0x20, 0][..], &[0, 0x20, 0, 0x80, 4, 1, 2], &[0, 0x20, 0, 0x80, 0, 1]] {
            assert_eq!(Command::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Command::parse(&[0, 0x20, 0, 0x80, 1, 2, 3, 4]), None);
    }

    #[test]
    fn the_logged_name_of_a_command_holds_no_data() {
        let logged = name(&[0, 0x20, 0, 0x91, 4, b'9', b'2', b'4', b'7']);
        assert_eq!(logged, "VERIFY [00 20 00 91] Lc 4");
    }
}
