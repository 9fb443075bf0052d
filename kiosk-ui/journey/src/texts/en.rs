//! English: short sentences, one thing each. A draft is never said to be accepted or submitted,
//! and nothing is said to be valid or verified.

use madoguchi_protocol::FailureCode;

use super::Texts;
use crate::view::Words;

pub(super) const TEXTS: Texts = Texts {
    language: "English",

    back: "Back",
    stop: "Stop",
    call_clerk: "Call a clerk",
    next: "Next",
    finish: "Finish",
    to_start: "To the first page",
    go_on: "Go on",
    lay_again: "Place the card again",
    ticket_only: "Take a number only",
    without_card: "Go on without a card",

    stages: ["Choose", "Card", "Questions", "Check", "Number"],
    core_away: "The office's system cannot be reached right now. You can take a number all the same. What you leave here will be delivered later by itself.",

    connecting_title: "Getting ready",
    out_of_service_title: "This terminal cannot be used right now",
    take_card_first_title: "Please take the card",
    take_card_first_lead: "A card is lying on the reader. It has not been read. Once it is taken away, you can begin.",

    start_title: "Prepare your notice without writing",
    start_lead: "Place your My Number Card, and a draft is filled in with your name and address.",
    start_note: "The procedure itself is done at the counter afterwards. It does not end at this terminal.",
    start: "Begin",

    procedures_title: "What would you like to do?",
    procedures_lead: "Please choose one.",
    do_not_know: "I don't know: ask at the counter",
    legal_draft: "This makes a draft. It becomes a notice once it has been checked at the counter.",

    purpose_title: "What is read from your card",
    attributes_title: "Items to be read",
    name: "Name",
    address: "Address",
    birth_date: "Date of birth",
    sex: "Sex",
    number_not_read: "Your Individual Number (My Number) is not read.",
    may_refuse: "You may also take a number without using your card, and do everything at the counter.",
    agree: "Go on with my card",

    lay_card_title: "Please place your My Number Card",
    lay_card_lead: "Do not move the card until it has been read.",
    looking_title: "Looking at the card",
    looking_lead: "Please leave the card where it is.",
    pin_hint: "Next you will type the 4-digit PIN for reading the card's face (券面事項入力補助用暗証番号).",

    pin_name: "4-digit PIN for reading the card's face (券面事項入力補助用暗証番号)",
    pin_title: "Please type your PIN",
    pin_lead: "The 4 digits you chose when you got the card. They are not shown on the screen.",
    tries: |left| match left {
        1 => "1 try left".into(),
        _ => format!("{left} tries left"),
    },
    entered: |digits| format!("{digits} of 4 digits typed"),
    erase: "Erase one",
    submit: "Read my card",
    pin_wrong_title: "The PIN is wrong",
    pin_wrong_lead: "You can try again. If you do not know the PIN, take a number only and ask at the counter.",
    pin_last_title: "You have 1 try left",
    pin_last_lead: "If it is wrong again, this PIN stops working, and you will have to visit the counter of the municipality where you are registered. If you are not sure, do not type it.",
    pin_again: "Try again",
    pin_last: "Use the last try",

    reading_title: "Reading the card",
    reading_lead: "Please leave the card where it is.",

    form_title: "This was read from your card",
    form_lead: "Please check it. Anything wrong can be put right at the counter.",
    question_title: |number, total| format!("Question {number} of {total}"),
    review_title: "Please check everything",
    review_lead: "Nothing has been left with the office yet. If all is well, touch \"Leave this with the office\". Anything wrong can be put right at the counter.",
    review_purpose_title: "What it is used for",
    next_steps_title: "What happens next",
    review_steps: |section| {
        vec![
            "You get a number.".into(),
            format!("The counter \"{section}\" calls your number."),
            "It becomes a notice once a clerk has checked it with you.".into(),
        ]
    },
    keep: "Leave this with the office",
    from_card: "From your card",
    from_choice: "Your choice",
    at_counter: "You will be asked at the counter",

    keeping_title: "One moment, please",
    keeping_lead: "It is being saved. Then your number appears.",

    kept_title: "We are keeping it for you",
    number_given_title: "Here is your number",
    ticket_title: "Your number",
    section_title: "Counter that calls you",
    kept_steps: |section| {
        vec![
            "Remember the number or write it down.".into(),
            format!("When it is called, go to the counter \"{section}\"."),
            "It becomes a notice once a clerk has checked it with you.".into(),
        ]
    },
    ticket_steps: [
        "Remember the number or write it down.",
        "When it is called, go to the counter. Everything is done there.",
    ],
    called_steps: [
        "A clerk will call this number.",
        "If it is urgent, please speak to a clerk at a counter nearby.",
    ],
    clerk_called: |ticket| {
        format!(
            "The number for calling a clerk is {ticket}. If it is urgent, please speak to a clerk at a counter nearby."
        )
    },
    take_card: "Please take your card",

    take_card_lead: "Your card is still on the reader. The visit ends when you take it.",
    ended_title: "Thank you",
    ended_lead: "What you entered is being erased.",

    stop_title: "Stop here?",
    stop_lead: "Nothing has been left with the office yet. If you stop, what you entered is erased.",
    stop_lead_keeping: "It is being saved right now. If you stop, you cannot be given a number.",
    still_there_title: "Would you like to go on?",
    still_there_lead: "If nothing is touched, what you entered is erased and the visit ends.",
    still_there_lead_kept: "If nothing is touched, this page closes. Please remember your number.",

    card_taken_early: Words {
        code: FailureCode::CardRemoved,
        what_happened: "The card was taken.",
        what_it_means: "It has already been read, so you can go on.",
        what_to_do: "Please keep your card safe.",
    },
    call_failed: Words {
        code: FailureCode::Internal,
        what_happened: "No clerk could be called.",
        what_it_means: "Your number on this screen stays as it is.",
        what_to_do: "If it is urgent, please speak to a clerk at a counter nearby.",
    },
};
