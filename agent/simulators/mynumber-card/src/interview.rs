//! Making a person by asking.

use std::io::{self, BufRead, ErrorKind, Write};

use crate::make::rsa::sha256;
use crate::person::Person;

/// One question.
struct Question {
    key: &'static str,
    /// The table that the key belongs to; none: the person.
    table: Option<&'static str>,
    prompt: &'static str,
    usual: Usual,
    /// Whether the value is a number in the file.
    number: bool,
}

/// What an empty answer means.
#[derive(Clone, Copy)]
enum Usual {
    /// It is asked again.
    Nothing,
    /// This.
    Value(&'static str),
    /// So many digits that follow from name and birth date.
    Digits(usize),
    /// The key is left out.
    LeftOut,
}

const fn asked(key: &'static str, prompt: &'static str, usual: Usual) -> Question {
    Question { key, table: None, prompt, usual, number: false }
}

const QUESTIONS: [Question; 14] = [
    asked("name", "Name (氏名), its parts separated by a wide space", Usual::Nothing),
    asked("address", "Address (住所)", Usual::Nothing),
    asked(
        "birth_date",
        "Birth date (生年月日) as YYYYMMDD; 00 for what is not known",
        Usual::Nothing,
    ),
    Question {
        number: true,
        ..asked(
            "sex",
            "Sex (性別): 1 male, 2 female, 9 not applicable, 0 not known",
            Usual::Value("9"),
        )
    },
    asked(
        "kind",
        "Kind: my_number_card, phone, iphone, juki, driving_licence, residence, transit",
        Usual::Value("my_number_card"),
    ),
    asked(
        "pin",
        "PIN of four digits (暗証番号), for all uses of it; empty: a card without PIN",
        Usual::LeftOut,
    ),
    Question {
        number: true,
        ..asked("tries", "Tries left of 券面事項入力補助用暗証番号, 0 to 3", Usual::Value("3"))
    },
    asked("municipality", "Code of the municipality, 5 digits", Usual::Value("99999")),
    asked("serial", "Serial number of the card, 15 digits", Usual::Digits(15)),
    asked("expires", "Last day of the card as YYYYMMDD", Usual::Value("20351231")),
    asked("security_code", "Security code on its face, 4 digits", Usual::Digits(4)),
    Question {
        table: Some("authentication"),
        ..asked(
            "certificate",
            "利用者証明用電子証明書: issued or not_issued",
            Usual::Value("issued"),
        )
    },
    Question {
        table: Some("signature"),
        ..asked(
            "certificate",
            "署名用電子証明書: issued, not_issued or lapsed",
            Usual::Value("issued"),
        )
    },
    Question {
        table: Some("signature"),
        ..asked(
            "password",
            "署名用 password, 6 to 16 of A to Z and 0 to 9",
            Usual::Value("TOKIWA01"),
        )
    },
];

/// An answer that was taken.
struct Answer {
    question: &'static Question,
    value: String,
}

/// Asks for a person until all of it fits, and returns the file.
///
/// # Errors
/// When nothing more can be read or written.
pub fn interview(mut from: impl BufRead, mut to: impl Write) -> io::Result<String> {
    writeln!(to, "Only invented people. An empty answer takes what stands in brackets.")?;
    let mut answers: Vec<Answer> = Vec::new();
    for question in &QUESTIONS {
        loop {
            let usual = usual(question, &answers);
            match &usual {
                Some(usual) => write!(to, "{} [{usual}]: ", question.prompt)?,
                None => write!(to, "{}: ", question.prompt)?,
            }
            to.flush()?;
            let mut line = String::new();
            if from.read_line(&mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let value = match (line.trim(), usual) {
                ("", Some(usual)) => usual,
                ("", None) if matches!(question.usual, Usual::LeftOut) => break,
                (value, _) => value.to_owned(),
            };
            let answer = Answer { question, value };
            match complaint(&answer) {
                None => {
                    answers.push(answer);
                    break;
                }
                Some(complaint) => writeln!(to, "  {complaint}")?,
            }
        }
    }
    Ok(file(&answers))
}

fn usual(question: &Question, answers: &[Answer]) -> Option<String> {
    match question.usual {
        Usual::Value(value) => Some(value.to_owned()),
        Usual::Digits(count) => {
            let mut source = question.key.to_owned();
            for answer in answers {
                source.push_str(&answer.value);
            }
            let hash = sha256(source.as_bytes());
            Some(hash.iter().take(count).map(|byte| char::from(b'0' + byte % 10)).collect())
        }
        Usual::Nothing | Usual::LeftOut => None,
    }
}

/// What is wrong with an answer: that of the same check that reads the file.
fn complaint(answer: &Answer) -> Option<String> {
    const SOMEBODY: [(&str, &str); 7] = [
        ("name", "\"検証\""),
        ("address", "\"常盤県\""),
        ("birth_date", "\"19800217\""),
        ("sex", "9"),
        ("serial", "\"000000000000001\""),
        ("expires", "\"20351231\""),
        ("security_code", "\"0000\""),
    ];
    let others = SOMEBODY.iter().filter(|(key, _)| *key != answer.question.key);
    let others: String = others.map(|(key, value)| format!("{key} = {value}\n")).collect();
    let text = match answer.question.table {
        Some(table) => format!("{others}[{table}]\n{}", line(answer)),
        None => format!("{}{others}", line(answer)),
    };
    Person::parse(&text).err().map(|error| error.reason().to_owned())
}

fn line(answer: &Answer) -> String {
    let Answer { question, value } = answer;
    match question.number && value.parse::<u8>().is_ok() {
        true => format!("{} = {value}\n", question.key),
        false => format!("{} = {}\n", question.key, toml::Value::from(value.as_str())),
    }
}

fn file(answers: &[Answer]) -> String {
    let mut text = "# Made by `madoguchi-virtual-card new`: an invented person.\n".to_owned();
    let mut table = None;
    for answer in answers {
        if answer.question.table != table {
            table = answer.question.table;
            text.push_str(&format!("\n[{}]\n", table.unwrap_or_default()));
        }
        text.push_str(&line(answer));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(lines: &[&str]) -> (io::Result<String>, String) {
        let mut said = Vec::new();
        let made = interview(lines.join("\n").as_bytes(), &mut said);
        (made, String::from_utf8(said).expect("text"))
    }

    #[test]
    fn a_person_is_made_of_the_answers_and_of_what_is_usual() {
        let answers = ["検証　\"新\"", "常盤県", "19991231", "1", "", "1357", "2"];
        let (made, _) = ask(&[answers.as_slice(), &[""; 8]].concat());
        let made = made.expect("made");
        let person = Person::parse(&made).expect("a person");
        assert_eq!(person.name(), "検証　\"新\"");
        assert_eq!((person.pin(), person.tries()), (Some("1357"), 2));
        assert_eq!(person.serial().len(), 15);
        assert_eq!(person.signature().password, "TOKIWA01");
    }

    #[test]
    fn an_answer_that_does_not_fit_is_asked_again_with_the_reason() {
        let mut answers = vec!["検証", "常盤県", "1999", "19991231", "7", "1", "", "12", ""];
        answers.extend([""; 9]);
        let (made, said) = ask(&answers);
        let person = Person::parse(&made.expect("made")).expect("a person");
        assert_eq!((person.birth_date(), person.sex(), person.pin()), ("19991231", 1, None));
        for reason in ["birth_date must be", "sex must be 0, 1, 2 or 9", "pin must be"] {
            assert!(said.contains(reason), "{reason}");
        }
    }

    #[test]
    fn who_stops_answering_makes_nobody() {
        assert_eq!(ask(&["検証"]).0.expect_err("ended").kind(), ErrorKind::UnexpectedEof);
    }
}
