//! The table as text.

use std::fmt;

use crate::broken::CASES;

/// What came of each flow: a row for each command, a column for each fault.
#[derive(Default)]
pub struct Table {
    flows: Vec<(String, Vec<Row>)>,
}

type Row = (String, Vec<String>);

impl Table {
    pub fn add(&mut self, flow: &str, whole: &str, rows: Vec<Row>) {
        self.flows.push((format!("{flow}: \"{whole}\" with a sound card"), rows));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "What comes of a flow when one of its commands is met by a fault.")?;
        writeln!(f, "Rows: the commands of a sound card, in their order. Columns: the faults.\n")?;
        for case in CASES {
            writeln!(f, "  {:<13} {}", case.name, case.meaning)?;
        }
        for (title, rows) in &self.flows {
            let names = CASES.iter().map(|case| case.name.to_owned());
            let header = ("command".to_owned(), names.collect());
            let all = || std::iter::once(&header).chain(rows);
            let width = |at: usize| all().map(|(_, cells)| cells[at].chars().count()).max();
            let widths: Vec<usize> = (0..CASES.len()).map(|at| width(at).unwrap_or(0)).collect();
            let first = all().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
            writeln!(f, "\n{title}\n")?;
            for (number, (name, cells)) in all().enumerate() {
                let number = number.checked_sub(1).map_or("  ".to_owned(), |at| format!("{at:>2}"));
                let mut line = format!("{number} {name:first$}");
                for (cell, width) in cells.iter().zip(&widths) {
                    line.push_str(&format!("  {cell:width$}"));
                }
                writeln!(f, "{}", line.trim_end())?;
            }
        }
        Ok(())
    }
}

/// A command by its name; of a value, never what it is.
pub fn name(command: &[u8]) -> String {
    let [_, instruction, p1, p2, rest @ ..] = command else { return "?".to_owned() };
    match instruction {
        0xA4 if *p1 == 0x04 => match rest.get(9..11) {
            Some([0x00, 0x01]) => "SELECT JPKI".to_owned(),
            Some([0x04, 0x08]) => "SELECT TEXT".to_owned(),
            Some([0x04, 0x02]) => "SELECT FACE".to_owned(),
            Some([0x01, 0x00]) => "SELECT COMMON".to_owned(),
            _ => "SELECT another".to_owned(),
        },
        0xA4 => format!("SELECT EF {:02X}", rest.last().unwrap_or(&0)),
        0x20 if rest.is_empty() => format!("VERIFY {:02X}, empty", p2 & 0x1F),
        0x20 => format!("VERIFY {:02X}", p2 & 0x1F),
        0xB0 if p1 & 0x80 != 0 => format!("READ {:02X} from {p2}", p1 & 0x1F),
        // Elsewhere an object begins whose place depends on how large the pictures before it are,
        // which depends on the machine's font.
        0xB0 if *p2 != 0 => "READ an object".to_owned(),
        0xB0 => format!("READ from {}", u16::from_be_bytes([*p1, *p2])),
        0xB2 => "READ RECORD".to_owned(),
        0x2A => format!("SIGN {:02X}", p2 & 0x1F),
        other => format!("INS {other:02X}"),
    }
}
