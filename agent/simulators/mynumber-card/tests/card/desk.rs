//! Somebody who sends commands in hexadecimal.

use madoguchi_virtual_card::{Card, Person};

/// A person of the folder, by the name of the file.
macro_rules! people {
    ($name:literal) => {
        include_str!(concat!("../../people/", $name, ".toml"))
    };
}
pub(crate) use people;

pub const HANAKO: &str = people!("hanako");
pub const JIRO: &str = people!("jiro");

pub const JPKI: &str = "00A4040C0A D392F000260100000001";
pub const TEXT: &str = "00A4040C0A D3921000310001010408";
pub const FACE: &str = "00A4040C0A D3921000310001010402";
pub const COMMON: &str = "00A4040C0A D3921000310001010100";
pub const JUKI: &str = "00A4040C0A D3921000310001010401";
pub const ISSUER: &str = "00A4040C07 A0000001510000";

/// Of TEXT: the PIN's tries, its value, another one, 照合番号B, the attributes.
pub const TRIES: &str = "00200091";
pub const RIGHT: &str = "0020009104 39323437";
pub const WRONG: &str = "0020009104 30303030";
pub const NUMBER_B: &str = "002000950E 3535303231373230333532323835";
pub const ATTRIBUTES: &str = "00B0820000";

pub struct Desk(pub Card);

impl Desk {
    pub fn with(person: &str) -> Self {
        let mut card = Card::new(&Person::parse(person).expect("a person"));
        card.power_on();
        Self(card)
    }

    pub fn hanako() -> Self {
        Self::with(HANAKO)
    }

    /// Data and status word.
    pub fn ask(&mut self, hex: &str) -> (Vec<u8>, u16) {
        let mut answer = self.0.transmit(&bytes(hex));
        let status = answer.split_off(answer.len() - 2);
        (answer, u16::from_be_bytes([status[0], status[1]]))
    }

    pub fn status(&mut self, hex: &str) -> u16 {
        self.ask(hex).1
    }

    pub fn statuses<const N: usize>(&mut self, all: [&str; N]) -> [u16; N] {
        all.map(|hex| self.status(hex))
    }

    /// A whole file of the current application, in pieces of 256 bytes.
    pub fn read(&mut self, file: u8) -> Vec<u8> {
        assert_eq!(self.status(&format!("00A4020C02 00{file:02X}")), 0x9000, "EF {file:02X}");
        let mut whole = Vec::new();
        loop {
            match self.ask(&format!("00B0{:04X}00", whole.len())) {
                (piece, 0x9000) => whole.extend(piece),
                (_, 0x6B00) => return whole,
                (_, status) => panic!("EF {file:02X}: {status:04X}"),
            }
        }
    }

    /// The certificate in a file.
    pub fn certificate(&mut self, file: u8) -> Vec<u8> {
        let mut whole = self.read(file);
        assert_eq!(whole[..2], [0x30, 0x82]);
        whole.truncate(4 + usize::from(u16::from_be_bytes([whole[2], whole[3]])));
        whole
    }
}

pub fn bytes(hex: &str) -> Vec<u8> {
    let hex: String = hex.split_whitespace().collect();
    let pairs = (0..hex.len()).step_by(2);
    pairs.map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex")).collect()
}

/// VERIFY of a value on the key with this short identifier.
pub fn verify(key: u8, value: &str) -> String {
    let value: String = value.bytes().map(|byte| format!("{byte:02X}")).collect();
    format!("002000{:02X}{:02X}{value}", 0x80 | key, value.len() / 2)
}
