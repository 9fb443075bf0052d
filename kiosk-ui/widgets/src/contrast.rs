//! Every pair of colours that stands on a screen, in each of the four sets, by the formula of
//! WCAG 2.2, read from the tokens.

use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../ui/tokens.slint");
/// In the order of the columns of the tokens.
const SETS: [&str; 4] = ["standard", "high-light", "high-dark", "soft"];

/// Words of a sentence: AAA.
const BODY: f64 = 7.0;
/// Short words in bold, on buttons and badges: AA.
const CAPTION: f64 = 4.5;
/// Outlines of controls: non-text contrast.
const OUTLINE: f64 = 3.0;

const PAIRS: &[(&str, &str, f64)] = &[
    ("text", "page", BODY),
    ("text", "surface", BODY),
    ("text", "bar", BODY),
    ("text", "pressed", BODY),
    ("text", "key-surface", BODY),
    ("text", "key-surface-pressed", BODY),
    ("text", "success-surface", BODY),
    ("text", "warning-surface", BODY),
    ("text", "error-surface", BODY),
    ("text-quiet", "page", BODY),
    ("text-quiet", "surface", BODY),
    ("text-quiet", "bar", BODY),
    ("text-quiet", "key-surface", BODY),
    ("text-quiet", "pressed", CAPTION),
    ("key", "page", BODY),
    ("key", "surface", BODY),
    ("key", "key-surface", BODY),
    ("key", "key-surface-pressed", BODY),
    ("success", "page", BODY),
    ("success", "surface", BODY),
    ("success", "success-surface", BODY),
    ("warning", "surface", BODY),
    ("warning", "warning-surface", BODY),
    ("error", "error-surface", CAPTION),
    ("text-on-key", "key", BODY),
    ("text-on-key", "key-pressed", BODY),
    ("text-on-key", "success-solid", CAPTION),
    ("line-strong", "page", OUTLINE),
    ("line-strong", "surface", OUTLINE),
    ("key", "key-line", OUTLINE),
    ("focus-outline", "page", OUTLINE),
    ("focus-outline", "focus-ring", OUTLINE),
];

type Colours = BTreeMap<&'static str, [[u8; 3]; 4]>;

fn colours() -> Colours {
    let colour = |line: &'static str| {
        let (name, rest) =
            line.trim().strip_prefix("out property <color> ")?.split_once(": root.of(")?;
        let set = rest.split_once(')')?.0.split(',').map(rgb).collect::<Option<Vec<_>>>()?;
        Some((name, set.try_into().ok()?))
    };
    TOKENS.lines().filter_map(colour).collect()
}

fn rgb(text: &str) -> Option<[u8; 3]> {
    let [_, r, g, b] =
        u32::from_str_radix(text.trim().strip_prefix('#')?.get(..6)?, 16).ok()?.to_be_bytes();
    Some([r, g, b])
}

fn luminance(colour: [u8; 3]) -> f64 {
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let [r, g, b] = colour.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_pair_can_be_read_in_every_set_of_colours() {
    let colours = colours();
    let colour = |name: &str| *colours.get(name).unwrap_or_else(|| panic!("no token {name}"));
    let mut poor = Vec::new();
    for (ink, ground, least) in PAIRS {
        for (set, (a, b)) in SETS.iter().zip(colour(ink).into_iter().zip(colour(ground))) {
            let found = contrast(a, b);
            if found < *least {
                poor.push(format!("{set}: {ink} on {ground}: {found:.2}, not {least}"));
            }
        }
    }
    assert!(poor.is_empty(), "{}", poor.join("\n"));
}

#[test]
fn high_contrast_has_no_grey_words() {
    let colours = colours();
    for (set, ground) in [(1, [255; 3]), (2, [0; 3])] {
        for name in ["text", "text-quiet", "key", "success", "warning", "error", "line-strong"] {
            let found = contrast(colours[name][set], ground);
            assert!(found >= 14.0, "{name} of {} stands at {found:.1}", SETS[set]);
        }
    }
}

#[test]
fn the_formula_is_that_of_wcag() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
    assert!((contrast([0x76; 3], [255; 3]) - 4.54).abs() < 0.01);
}
