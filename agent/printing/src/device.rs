//! What is asked of a printer, in the words of the press.

use ipp::attribute::IppAttributeGroup;
use ipp::model::{DelimiterTag, Operation};
use ipp::value::IppValue;
use madoguchi_protocol::bundle::Printer;
use madoguchi_protocol::failure::chain;
use madoguchi_protocol::local::Paper;
use madoguchi_protocol::{Failure, FailureCode};

use crate::wire::{AddressError, Groups, Wire, WireError, says_no_such_job};

/// Begins the name of every job of ours; what follows is random. Nothing of a person is in it.
const NAME: &str = "madoguchi-";

/// The media of the forms.
const A4: &str = "iso_a4_210x297mm";

/// A job as the printer numbers it.
pub type JobId = i32;

/// One printer.
#[derive(Debug)]
pub struct Device {
    wire: Wire,
}

/// What became of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It waits, or is being printed.
    Alive,
    /// All of it is out.
    Printed,
    /// It was cancelled or given up, or the printer knows it no more.
    Gone,
}

/// What a printer that can print says of itself.
#[derive(Debug)]
pub struct Look {
    /// What it says of paper that is missing, though it is not stopped: another tray may be empty,
    /// or ours.
    pub paper: Option<String>,
    a4: bool,
    one_sided: bool,
    unscaled: bool,
}

impl Device {
    pub fn new(printer: &Printer) -> Result<Self, AddressError> {
        Ok(Self { wire: Wire::new(&printer.uri)? })
    }

    /// Whether it can print now, and what it takes.
    ///
    /// # Errors
    /// With why it cannot: `printer.missing`, `printer.paper` or `printer.failed`.
    pub async fn look(&self) -> Result<Look, Failure> {
        let wanted = [
            "printer-state",
            "printer-state-reasons",
            "printer-is-accepting-jobs",
            "document-format-supported",
            "operations-supported",
            "media-supported",
            "sides-supported",
            "print-scaling-supported",
        ];
        let request = self.wire.request(Operation::GetPrinterAttributes);
        let request = request.with("requested-attributes", keywords(&wanted));
        let answer = self.wire.send(request, None).await.map_err(failure)?;
        let nothing = IppAttributeGroup::new(DelimiterTag::PrinterAttributes);
        let group = answer.groups_of(DelimiterTag::PrinterAttributes).next().unwrap_or(&nothing);
        trouble(group).map_or(Ok(()), Err)?;
        let lists = |name: &str, value: &str| values(group, name).any(|v| text(v) == Some(value));
        Ok(Look {
            paper: reasons(group, NO_PAPER),
            a4: lists("media-supported", A4),
            one_sided: lists("sides-supported", "one-sided"),
            unscaled: lists("print-scaling-supported", "none"),
        })
    }

    /// Makes a job without a document: it cannot print anything yet.
    pub async fn create(&self, paper: Paper, look: &Look) -> Result<JobId, Failure> {
        let name = format!("{NAME}{:016x}", fastrand::u64(..));
        let mut request = self
            .wire
            .request(Operation::CreateJob)
            .with("job-name", IppValue::NameWithoutLanguage(name))
            .with("ipp-attribute-fidelity", IppValue::Boolean(false));
        let keyword = |word: &str| IppValue::Keyword(word.to_owned());
        // Some printers refuse what they do not list, whatever fidelity is asked for.
        if paper == Paper::Forms && look.a4 {
            request = request.with_job("media", keyword(A4));
        }
        if look.one_sided {
            request = request.with_job("sides", keyword("one-sided"));
        }
        if look.unscaled {
            request = request.with_job("print-scaling", keyword("none"));
        }
        let answer = self.wire.send(request, None).await.map_err(failure)?;
        let group = answer.groups_of(DelimiterTag::JobAttributes).next();
        group
            .and_then(|group| integer(group, "job-id"))
            .ok_or_else(|| Failure::new(FailureCode::PrinterFailed, "the job has no number"))
    }

    /// Gives a job its document.
    pub async fn fill(&self, job: JobId, pdf: &[u8]) -> Result<(), Failure> {
        let request = self
            .wire
            .request(Operation::SendDocument)
            .with("job-id", IppValue::Integer(job))
            .with("document-format", IppValue::MimeMediaType("application/pdf".to_owned()))
            .with("last-document", IppValue::Boolean(true));
        self.wire.send(request, Some(pdf)).await.map_err(failure).map(drop)
    }

    /// What became of a job.
    pub async fn fate(&self, job: JobId) -> Result<Fate, Failure> {
        let request = self
            .wire
            .request(Operation::GetJobAttributes)
            .with("job-id", IppValue::Integer(job))
            .with("requested-attributes", keywords(&["job-state"]));
        match self.wire.send(request, None).await {
            Ok(answer) => Ok(fate(&answer)),
            Err(error) if says_no_such_job(&error) => Ok(Fate::Gone),
            Err(error) => Err(failure(error)),
        }
    }

    /// Every job of ours that is not at its end.
    pub async fn jobs(&self) -> Result<Vec<JobId>, Failure> {
        let request = self
            .wire
            .request(Operation::GetJobs)
            .with("which-jobs", IppValue::Keyword("not-completed".to_owned()))
            .with("requested-attributes", keywords(&["job-id", "job-name"]));
        match self.wire.send(request, None).await {
            Ok(answer) => Ok(answer
                .groups_of(DelimiterTag::JobAttributes)
                .filter(|group| {
                    let name = values(group, "job-name").next().and_then(text);
                    name.is_some_and(|name| name.starts_with(NAME))
                })
                .filter_map(|group| integer(group, "job-id"))
                .collect()),
            // So some printers say that there are none.
            Err(error) if says_no_such_job(&error) => Ok(Vec::new()),
            Err(error) => Err(failure(error)),
        }
    }

    /// Cancels a job. A refusal says nothing: whether the job is gone is asked afterwards.
    pub async fn cancel(&self, job: JobId) -> Result<(), Failure> {
        let request =
            self.wire.request(Operation::CancelJob).with("job-id", IppValue::Integer(job));
        match self.wire.send(request, None).await {
            Ok(_) | Err(WireError::Refused { .. }) => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }
}

/// Asks a printer whether it can print now; changes nothing in it.
///
/// # Errors
/// With why it cannot: `printer.missing`, `printer.paper` or `printer.failed`.
pub async fn look(printer: &Printer) -> Result<(), Failure> {
    Device::new(printer).map_err(|error| unusable(&error))?.look().await.map(drop)
}

/// A printer that cannot even be asked.
pub fn unusable(error: &AddressError) -> Failure {
    Failure::new(FailureCode::PrinterFailed, chain(error))
}

/// What stands against printing, by the printer's own words (RFC 8011 §5.4.11 and .12).
fn trouble(printer: &IppAttributeGroup) -> Option<Failure> {
    let failed = |detail: String| Some(Failure::new(FailureCode::PrinterFailed, detail));
    if let Some(reasons) = stopping(printer, NO_PAPER) {
        return Some(Failure::new(FailureCode::PrinterPaper, format!("it says {reasons}")));
    }
    if let Some(reasons) = stopping(printer, STOPPING) {
        return failed(format!("it says {reasons}"));
    }
    if integer(printer, "printer-state") == Some(STOPPED) {
        return match reasons(printer, NO_PAPER) {
            Some(words) => {
                Some(Failure::new(FailureCode::PrinterPaper, format!("it says {words}")))
            }
            None => failed("it has stopped".to_owned()),
        };
    }
    let accepting = values(printer, "printer-is-accepting-jobs").next();
    if accepting == Some(&IppValue::Boolean(false)) {
        return failed("it accepts no jobs".to_owned());
    }
    let lacks = |name: &str, value: &IppValue| {
        printer.attributes().contains_key(name) && !values(printer, name).any(|v| v == value)
    };
    if lacks("document-format-supported", &IppValue::MimeMediaType("application/pdf".to_owned())) {
        return failed("it does not take PDF".to_owned());
    }
    if lacks("operations-supported", &IppValue::Enum(Operation::CreateJob as i32)) {
        let words = "it does not know Create-Job, without which no job can be taken back";
        return failed(words.to_owned());
    }
    None
}

/// The printer's reasons that begin with one of the given words, whatever their severity.
fn reasons(printer: &IppAttributeGroup, beginnings: &[&str]) -> Option<String> {
    joined(printer, beginnings, |_| true)
}

/// Of these, the ones that keep it from printing: `-report` and `-warning` do not.
fn stopping(printer: &IppAttributeGroup, beginnings: &[&str]) -> Option<String> {
    joined(printer, beginnings, |reason| {
        !reason.ends_with("-report") && !reason.ends_with("-warning")
    })
}

fn joined(
    printer: &IppAttributeGroup,
    beginnings: &[&str],
    wanted: impl Fn(&str) -> bool,
) -> Option<String> {
    let reasons: Vec<&str> = values(printer, "printer-state-reasons")
        .filter_map(text)
        .filter(|reason| beginnings.iter().any(|start| reason.starts_with(start)))
        .filter(|reason| wanted(reason))
        .collect();
    // A printer in order says two or three; what it says otherwise is not repeated for ever.
    (!reasons.is_empty()).then(|| reasons.join(", ").chars().take(LONGEST_WORDS).collect())
}

/// Most that is quoted of a printer's reasons, in characters.
const LONGEST_WORDS: usize = 200;

/// `stopped` of printer-state.
const STOPPED: i32 = 5;
/// `canceled`, `aborted` and `completed` of job-state.
const CANCELED: i32 = 7;
const ABORTED: i32 = 8;
const COMPLETED: i32 = 9;

/// Reasons that tell of missing paper, by their beginnings.
const NO_PAPER: &[&str] = &["media-empty", "media-needed"];

/// Reasons that keep a printer from printing, by their beginnings.
const STOPPING: &[&str] = &[
    "media-jam",
    "cover-open",
    "door-open",
    "interlock-open",
    "input-tray-missing",
    "output-tray-missing",
    "output-area-full",
    "marker-supply-empty",
    "toner-empty",
    "cutter",
    "fuser-over-temp",
    "spool-area-full",
    "timed-out",
    "connecting-to-device",
    "paused",
    "moving-to-paused",
    "shutdown",
    "hibernate",
    "deactivated",
    "stopped",
    "offline",
];

fn fate(answer: &Groups) -> Fate {
    let group = answer.groups_of(DelimiterTag::JobAttributes).next();
    // Of a state that cannot be read nothing is known: it may still print.
    match group.and_then(|group| integer(group, "job-state")) {
        Some(COMPLETED) => Fate::Printed,
        Some(CANCELED | ABORTED) => Fate::Gone,
        _ => Fate::Alive,
    }
}

fn values<'a>(
    group: &'a IppAttributeGroup,
    name: &str,
) -> impl Iterator<Item = &'a IppValue> + use<'a> {
    group.attributes().get(name).into_iter().flat_map(|attribute| attribute.value().into_iter())
}

fn integer(group: &IppAttributeGroup, name: &str) -> Option<i32> {
    match values(group, name).next()? {
        IppValue::Integer(value) | IppValue::Enum(value) => Some(*value),
        _ => None,
    }
}

fn text(value: &IppValue) -> Option<&str> {
    match value {
        IppValue::Keyword(text)
        | IppValue::NameWithoutLanguage(text)
        | IppValue::NameWithLanguage { name: text, .. } => Some(text),
        _ => None,
    }
}

fn keywords(words: &[&str]) -> IppValue {
    IppValue::Array(words.iter().map(|word| IppValue::Keyword((*word).to_owned())).collect())
}

fn failure(error: WireError) -> Failure {
    let code = match error {
        WireError::NoAnswer(_) => FailureCode::PrinterMissing,
        _ => FailureCode::PrinterFailed,
    };
    Failure::new(code, chain(&error))
}

#[cfg(test)]
mod tests {
    use ipp::attribute::IppAttribute;

    use super::*;

    fn told(state: i32, reasons: &[&str]) -> Option<FailureCode> {
        let mut group = IppAttributeGroup::new(DelimiterTag::PrinterAttributes);
        for (name, value) in
            [("printer-state", IppValue::Enum(state)), ("printer-state-reasons", keywords(reasons))]
        {
            group.attributes_mut().insert(name.to_owned(), IppAttribute::new(name, value));
        }
        trouble(&group).map(|failure| failure.code)
    }

    #[test]
    fn the_printers_words_become_ours() {
        let (paper, failed) = (Some(FailureCode::PrinterPaper), Some(FailureCode::PrinterFailed));
        assert_eq!(told(3, &["none"]), None);
        assert_eq!(told(3, &["media-empty"]), paper);
        assert_eq!(told(5, &["media-needed-error", "paused"]), paper);
        assert_eq!(told(5, &["media-empty-warning"]), paper);
        assert_eq!(told(3, &["media-empty-report", "media-low-warning"]), None);
        assert_eq!(told(4, &["toner-low-warning", "cover-open-error"]), failed);
        assert_eq!(told(3, &["media-jam"]), failed);
        assert_eq!(told(3, &["offline-report"]), None);
        assert_eq!(told(5, &["none"]), failed);
    }

    #[test]
    fn of_a_printer_that_says_too_much_only_the_beginning_is_quoted() {
        let mut group = IppAttributeGroup::new(DelimiterTag::PrinterAttributes);
        let name = "printer-state-reasons";
        let many = vec!["media-empty-error"; 40_000];
        group.attributes_mut().insert(name.to_owned(), IppAttribute::new(name, keywords(&many)));
        let words = reasons(&group, NO_PAPER).expect("reasons");
        assert!(words.starts_with("media-empty-error, media-empty-error"), "{words}");
        assert_eq!(words.chars().count(), LONGEST_WORDS);
    }

    #[test]
    fn a_printer_without_pdf_or_create_job_is_not_printed_to() {
        for (name, value) in [
            ("document-format-supported", IppValue::MimeMediaType("image/urf".to_owned())),
            ("operations-supported", IppValue::Enum(Operation::PrintJob as i32)),
            ("printer-is-accepting-jobs", IppValue::Boolean(false)),
        ] {
            let mut group = IppAttributeGroup::new(DelimiterTag::PrinterAttributes);
            group.attributes_mut().insert(name.to_owned(), IppAttribute::new(name, value));
            let code = trouble(&group).map(|failure| failure.code);
            assert_eq!(code, Some(FailureCode::PrinterFailed), "{name}");
        }
    }
}
