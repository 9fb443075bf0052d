//! The test authority is pinned nowhere: whoever practises names its folder.

use std::fs;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use madoguchi_virtual_card::authority;

/// Tests run in their crate's folder.
const REPOSITORY: &str = "../../..";
const PUBLIC: &str = "test-authority/public";

/// Where the authority lies.
const ROOM: &str = "agent/simulators/mynumber-card/test-authority";

/// The files there that hold it: no other file of the repository may, whatever it is called.
const HOLDERS: [&str; 10] = [
    "auth-ca.test-key.der",
    "sign-ca.test-key.der",
    "text-ca.test-key.der",
    "face-ca.test-key.der",
    "root-ca.test-key.der",
    "public/auth-ca.der",
    "public/sign-ca.der",
    "public/text-ca.key",
    "public/face-ca.key",
    "public/root-ca.key",
];

fn is_allowed(file: &Path) -> bool {
    let inside = file.strip_prefix(Path::new(REPOSITORY).join(ROOM));
    inside.is_ok_and(|inside| HOLDERS.iter().any(|holder| inside == Path::new(holder)))
}

/// Numbers by which the authority's keys are known: the first half of each modulus.
fn numbers() -> Vec<Vec<u8>> {
    let verifiable = [authority::text(), authority::face(), authority::root()];
    let mut numbers: Vec<Vec<u8>> =
        verifiable.into_iter().map(|key| key.modulus[..128].to_vec()).collect();
    for certificate in [authority::authentication(), authority::signature()] {
        use x509_cert::der::Decode as _;
        let certificate = x509_cert::Certificate::from_der(&certificate).expect("a certificate");
        let key = certificate.tbs_certificate.subject_public_key_info.subject_public_key;
        // Behind the heads of sequence and integer.
        numbers.push(key.raw_bytes()[16..144].to_vec());
    }
    numbers
}

/// How a number may be written: as it is, in hexadecimal, in base64 at each of its three places.
fn spellings(number: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = number.iter().map(|byte| format!("{byte:02x}")).collect();
    let listed: Vec<String> = number[..8].iter().map(|byte| format!("0x{byte:02x}")).collect();
    let mut spellings = vec![number.to_vec(), hex.into_bytes(), listed.join(",").into_bytes()];
    for skipped in 0..3 {
        spellings.push(base64(&number[skipped..skipped + 48]));
    }
    spellings
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks_exact(3).flat_map(|three| {
        let group = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        [18, 12, 6, 0].map(|shift| LETTERS[(group >> shift & 63) as usize])
    });
    groups.collect()
}

/// Every file of the repository that is kept, not built.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name();
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() && name != "target" && name != ".git" {
            files(&entry.path(), found);
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
}

/// Those that hold the authority.
fn holders() -> Vec<PathBuf> {
    let mut all = Vec::new();
    files(Path::new(REPOSITORY), &mut all);
    assert!(all.len() > 300, "this is not the repository");
    let spellings = numbers().iter().flat_map(|number| spellings(number)).collect::<Vec<_>>();
    let spellings = AhoCorasick::new(spellings).expect("few patterns");
    let holds = |file: &PathBuf| {
        // A file that another test just took away holds nothing.
        let Ok(bytes) = fs::read(file) else { return false };
        // Written without line breaks, and hexadecimal in small letters.
        let plain: Vec<u8> = bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
        let small = plain.to_ascii_lowercase();
        [bytes, plain, small].iter().any(|text| spellings.is_match(text))
    };
    all.retain(holds);
    all
}

#[test]
fn nothing_but_its_own_files_holds_the_authority() {
    let (own, others): (Vec<PathBuf>, Vec<PathBuf>) =
        holders().into_iter().partition(|file| is_allowed(file));
    assert_eq!(own.len(), HOLDERS.len(), "the search does not even find its own files: {own:?}");
    assert!(others.is_empty(), "pinned elsewhere: {others:?}");
}

#[test]
fn no_name_makes_a_file_a_place_for_the_authority() {
    for elsewhere in [
        "agent/card/src/testing.rs",
        "agent/card/src/pins/practice.rs",
        "provisioning/profiles/test/pins.der",
        "agent/simulators/mynumber-card/src/authority.rs",
        "agent/simulators/mynumber-card/test-authority/public/auth-ca.der.bak",
        "test-authority/public/auth-ca.der",
    ] {
        assert!(!is_allowed(&Path::new(REPOSITORY).join(elsewhere)), "{elsewhere}");
    }
}

#[test]
fn every_spelling_is_found() {
    let number: Vec<u8> = (0..=255).step_by(2).collect();
    for skipped in 0..3 {
        let shifted = [vec![0xAA; skipped], number.clone()].concat();
        let text = base64(&shifted[..shifted.len() / 3 * 3]);
        let spellings = AhoCorasick::new(spellings(&number)).expect("few patterns");
        assert!(spellings.is_match(&text), "base64 with {skipped} bytes before");
    }
}

#[test]
fn the_public_halves_are_the_files_of_the_folder() {
    for (name, bytes) in authority::files() {
        let file = fs::read(Path::new(PUBLIC).join(name)).expect("a file");
        assert!(file == bytes, "{name} is another: write it anew with `authority --to {PUBLIC}`");
    }
}
