//! How commands are sent: short, few, by another way when a card refuses the first one, and never
//! for the 個人番号.

use super::*;
use crate::link::LinkError;
use crate::testing::AnyCard;

/// What is answered instead of the card, if anything.
type Filter = fn(&[u8]) -> Option<Result<Vec<u8>, LinkError>>;

/// What becomes of every command on its way to Hanako's card.
fn through(filter: Filter) -> AnyCard {
    let mut card = CardLink::with(HANAKO);
    AnyCard::new(move |command| {
        if let Some(answer) = filter(command) {
            return answer;
        }
        let mut answer = [0; crate::link::LONGEST_ANSWER];
        let length = crate::link::Link::transmit(&mut card, command, &mut answer)?;
        Ok(answer[..length].to_vec())
    })
}

fn is_read(command: &[u8]) -> bool {
    command[1] == 0xB0
}

/// The whole of the form's flow: the attributes, and the commands from the PIN on.
fn form_of(card: &mut AnyCard) -> (CardAttributes, usize) {
    let mut conversation = Conversation::new(card);
    assert_eq!(look(&mut conversation), Ok(3));
    assert_eq!(verify(&mut conversation, typed("9247")), Ok(Verdict::Right));
    let read = read(&mut conversation).expect("read");
    let values = card.sent.iter().position(|c| c[1] == 0x20 && c.len() > 4).expect("a VERIFY");
    (read, card.sent.len() - values)
}

#[test]
fn a_card_or_reader_that_refuses_the_short_way_is_read_step_by_step() {
    let (told, shortest) = form_of(&mut through(|_| None));
    assert_eq!(shortest, 2);
    let refusals: [Filter; 9] = [
        // Short identifiers, by whatever status word.
        |c| (is_read(c) && c[2] & 0x80 != 0).then(|| Ok(vec![0x6A, 0x86])),
        |c| (is_read(c) && c[2] & 0x80 != 0).then(|| Ok(vec![0x6A, 0x82])),
        |c| (is_read(c) && c[2] & 0x80 != 0).then(|| Ok(vec![0x6B, 0x00])),
        |c| (c[1] == 0x20 && c[3] != 0x80).then(|| Ok(vec![0x6A, 0x86])),
        |c| (c[1] == 0xB2 && c[3] == 0x0C).then(|| Ok(vec![0x6A, 0x86])),
        // Le = 00, by the card and by the reader.
        |c| (is_read(c) && c[4] == 0).then(|| Ok(vec![0x67, 0x00])),
        |c| (is_read(c) && c[4] == 0).then_some(Err(LinkError::Refused)),
        |c| (is_read(c) && c[4] == 0).then(|| Ok(vec![0x6C, 0x80])),
        // Everything at once.
        |c| {
            let short = is_read(c) && c[2] & 0x80 != 0 || c[1] == 0x20 && c[3] != 0x80;
            let whole = is_read(c) && c[4] == 0;
            (short || whole).then(|| Ok(if short { vec![0x6A, 0x86] } else { vec![0x67, 0x00] }))
        },
    ];
    for (at, refusal) in refusals.into_iter().enumerate() {
        let mut card = through(refusal);
        assert_eq!(form_of(&mut card).0, told, "refusal {at}");
        let values = card.sent.iter().filter(|c| c[1] == 0x20 && c.len() > 4);
        assert_eq!(values.count(), 1, "refusal {at}");
    }
}

#[test]
fn without_short_identifiers_the_value_goes_to_the_key_that_was_just_selected() {
    let mut card = through(|c| {
        (is_read(c) && c[2] & 0x80 != 0 || c[1] == 0x20 && c[3] != 0x80)
            .then(|| Ok(vec![0x6A, 0x86]))
    });
    form_of(&mut card);
    let value = card.sent.iter().position(|c| c[1] == 0x20 && c.len() > 4).expect("a VERIFY");
    assert_eq!(card.sent[value - 1], b"\x00\xA4\x02\x0C\x02\x00\x11");
    assert_eq!(card.sent[value][3], 0x80);
    // When that key cannot be selected, nothing is sent to whichever is current.
    let mut card = through(|c| {
        let short = is_read(c) && c[2] & 0x80 != 0 || c[1] == 0x20 && c[3] != 0x80;
        let key = c.starts_with(b"\x00\xA4\x02\x0C\x02\x00\x11");
        (short || key).then(|| Ok(vec![0x6A, 0x86]))
    });
    let mut conversation = Conversation::new(&mut card);
    identify::identify(&mut conversation).expect("a card");
    conversation.select(Application::Text).expect("selected");
    verify(&mut conversation, typed("9247")).expect_err("not sent");
    assert!(card.sent.iter().all(|c| c[1] != 0x20 || c.len() == 4));
}

#[test]
fn the_rinse_goes_the_way_in_which_the_card_was_read() {
    let refusals: [Filter; 3] = [
        |c| (is_read(c) && c[2] & 0x80 != 0).then(|| Ok(vec![0x6A, 0x86])),
        |c| (c[1] == 0x20 && c[3] != 0x80).then(|| Ok(vec![0x6A, 0x86])),
        |c| (is_read(c) && c[2] & 0x80 != 0 && c[2] & 0x1F == 5).then(|| Ok(vec![0x6A, 0x82])),
    ];
    for (at, refusal) in refusals.into_iter().enumerate() {
        let mut card = through(refusal);
        let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let log = std::sync::Arc::clone(&told);
        let mut link = AnyCard::new(move |command| {
            let mut answer = [0; crate::link::LONGEST_ANSWER];
            let length = crate::link::Link::transmit(&mut card, command, &mut answer)?;
            log.lock().expect("whole").push((command.to_vec(), length - 2));
            Ok(answer[..length].to_vec())
        });
        let mut conversation = Conversation::new(&mut link);
        look(&mut conversation).expect("usable");
        verify(&mut conversation, typed("9247")).expect("right");
        read(&mut conversation).expect("read");
        conversation.rinse().expect("rinsed");
        let told = told.lock().expect("whole");
        let lengths = |(_, length): &(Vec<u8>, usize)| Some(*length).filter(|length| *length > 0);
        let rinse = told.iter().position(|(command, _)| command == OVERWRITE).expect("a rinse");
        let value = told.iter().position(|(c, _)| c[1] == 0x20 && c.len() > 4).expect("a VERIFY");
        let personal: Vec<_> = told[value..rinse].iter().filter_map(lengths).collect();
        let public: Vec<_> = told[rinse..].iter().filter_map(lengths).collect();
        assert!(
            !personal.is_empty() && public.ends_with(&personal),
            "{at}: {personal:?} {public:?}"
        );
    }
}

#[test]
fn an_answer_that_waits_is_fetched() {
    let mut waiting = Vec::new();
    let mut card = CardLink::with(HANAKO);
    let mut card = AnyCard::new(move |command| {
        if command[1] == 0xC0 {
            return Ok(std::mem::take(&mut waiting));
        }
        let mut answer = [0; crate::link::LONGEST_ANSWER];
        let length = crate::link::Link::transmit(&mut card, command, &mut answer)?;
        if command[1] != 0xB0 || length == 2 {
            return Ok(answer[..length].to_vec());
        }
        waiting = answer[..length].to_vec();
        Ok(vec![0x61, u8::try_from(length - 2).unwrap_or(0)])
    });
    let (told, _) = form_of(&mut card);
    assert_eq!(told[&AttributeName::Name].value.expose(), "検証　花子");
}

#[test]
fn what_comes_after_nobody_waits_any_more_is_wiped_and_nothing_follows() {
    let busy = std::sync::Arc::<crate::service::Busy>::default();
    let mut card = CardLink::with(HANAKO);
    let dismiss = std::sync::Arc::clone(&busy);
    let mut link = AnyCard::new(move |command| {
        if command.starts_with(&READ_ATTRIBUTES[..3]) {
            dismiss.dismiss();
        }
        let mut answer = [0; crate::link::LONGEST_ANSWER];
        let length = crate::link::Link::transmit(&mut card, command, &mut answer)?;
        Ok(answer[..length].to_vec())
    });
    let mut conversation = Conversation::watched(&mut link, busy);
    look(&mut conversation).expect("usable");
    verify(&mut conversation, typed("9247")).expect("right");
    let trouble = form::read(&mut conversation, &all()).map(|_| ()).expect_err("nobody waits");
    assert_eq!(trouble, Trouble::Link(LinkError::Dismissed));
    assert!(conversation.holds_nothing());
    verify(&mut conversation, typed("9247")).expect_err("nothing more is sent");
    conversation.rinse().expect("what is on the way is overwritten all the same");
    let read = link.sent.iter().position(|c| *c == READ_ATTRIBUTES).expect("read");
    let after: Vec<_> = link.sent[read + 1..].iter().map(|c| c[1]).collect();
    assert_eq!(after, [0xA4, 0xA4, 0xB0, 0xB0], "the rinse alone");
}
