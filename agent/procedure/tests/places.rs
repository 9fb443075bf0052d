//! Every mistake is named where it stands.

mod support;

use madoguchi_procedure::{Pack, PackError, Towns};
use support::text;

/// The text with that change, and where in it the mark stands.
fn changed(good: &str, from: &str, to: &str, mark: &str) -> (String, (usize, usize)) {
    assert!(good.contains(from), "{from}");
    let text = good.replacen(from, to, 1);
    let changed = good.find(from).expect("there");
    let at = changed + text[changed..].find(mark).expect(mark);
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let place = (text[..at].matches('\n').count() + 1, text[line_start..at].chars().count() + 1);
    (text, place)
}

/// Each: what is changed to what, where the mistake then stands, and what is said of it.
fn assert_named(
    good: &str,
    lint: fn(&str) -> Result<(), Vec<PackError>>,
    mistakes: &[(&str, &str, &str, &str)],
) {
    for (from, to, mark, message) in mistakes {
        let (text, place) = changed(good, from, to, mark);
        let wrong = lint(&text).expect_err(to);
        let found = wrong.iter().find(|wrong| wrong.message().contains(message));
        let found = found.unwrap_or_else(|| panic!("{message}: {wrong:?}"));
        assert_eq!(found.place(), place, "{from} → {to}: {found}");
    }
}

#[test]
fn mistakes_of_a_pack() {
    let lint = |text: &str| Pack::lint(text).map(drop);
    let date = "entry = \"date\"\nnot_after = \"today\"";
    let notice = "when = \"moved_out_by == 'not_yet'\"\ntext.ja = \"先に";
    let first = "[[field]]\nkey = \"name\"";
    let choice = "key = \"whole_household\"";
    let mistakes = [
        (date, "entry = \"address\"\nnot_after = \"today\"", "\"today\"", "only a date has a day"),
        (date, "entry = \"date\"\nnot_after = \"later\"", "\"later\"", "unknown variant"),
        (date, "entry = \"date\"\ndigits = 8", "8", "only a number has digits"),
        (
            notice,
            "when = \"moved_out_by == 'by_post'\"\ntext.ja = \"先に",
            "'by_post'",
            "no choice",
        ),
        (notice, "when = \"moved == ''\"\ntext.ja = \"先に", "moved ==", "moved is not a field"),
        (notice, "when = \"who_moves\"\ntext.ja = \"先に", "who_moves\"", "this is a text"),
        (
            notice,
            "when = \"who_moves != ''\"\ntext.ja = \" \" # ",
            "text.ja = \" \"",
            "both languages",
        ),
        (first, "[switches]\nidle = true\n[[field]]\nkey = \"name\"", "idle", "no condition looks"),
        (
            first,
            "[switches]\nname = true\n[[field]]\nkey = \"name\"",
            "\"name\"",
            "a switch has this",
        ),
        (choice, "key = \"whole_household\"\nyear = 26", "26", "a year is one of 2000 to 2099"),
        ("lives = \"elsewhere\"", "lives = \"abroad\"", "\"abroad\"", "unknown variant"),
        ("whose.ja = \"", "whose.ja = \" \" # ", "whose.ja = \" \"", "both languages"),
    ];
    assert_named(&text("tennyu.toml"), lint, &mistakes);

    let switch = "my_number_card_serves == 'off'";
    let never = "my_number_card_serves == 'no'";
    let message = "my_number_card_serves has no choice 'no'";
    assert_named(&text("inkan-shomei.toml"), lint, &[(switch, never, "'no'", message)]);
}

#[test]
fn mistakes_of_a_list_of_towns() {
    let lint = |text: &str| Towns::lint(text).map(drop);
    let good = "romaji = \"Asagiricho\"";
    let mistakes = [
        (good, "romaji = \"朝霧町\"", "\"朝霧町\"", "romaji: Latin letters"),
        (good, "romaji = \" Asagiri\"", "\" Asagiri", "romaji: Latin letters"),
    ];
    assert_named(&text("towns/tokiwa.toml"), lint, &mistakes);
}
