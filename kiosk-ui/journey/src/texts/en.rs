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
    lay_again: "Place it again",
    ticket_only: "Just take a number",
    without_card: "No card: just a number",

    stages: ["Choose", "Card", "Questions", "Check", "Number"],
    core_away: "The line to the office is down. You can still use this terminal. What you leave is sent later.",

    help: "If you need help, please speak to a clerk nearby.",

    connecting_title: "Getting ready",
    out_of_service_title: "This terminal cannot be used right now",
    take_card_first_title: "Please take the card",
    take_card_first_lead: "A card is lying on the reader. It has not been read. Once it is taken away, you can begin.",

    start_title: "Prepare your notice without writing",
    start_lead: "Place your My Number Card, and a draft is filled in with your name and address.",
    start_note: "You must still go to the counter afterwards.",
    start: "Begin",

    procedures_title: "What would you like to do?",
    procedures_lead: "Please choose one.",
    do_not_know: "Ask at the counter",
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
    pin_lead: "You chose it when you got the card. It may differ from your other PINs. It is not shown here.",
    tries: |left| match left {
        1 => "1 try left".into(),
        _ => format!("{left} tries left"),
    },
    entered: |digits| format!("{digits} of 4 digits typed"),
    erase: "Erase one",
    submit: "Read my card",
    pin_wrong_title: "The PIN is wrong",
    pin_wrong_lead: "You can try again. If you do not know the PIN, take a number and ask at the counter.",
    pin_last_title: "You have 1 try left",
    pin_last_lead: "If it is wrong again, this PIN stops working, and you will have to visit the counter of the municipality where you are registered. If you are not sure, do not type it.",
    pin_again: "Try again",
    pin_last: "Use the last try",

    reading_title: "Reading the card",
    reading_lead: "Please leave the card where it is.",

    form_title: "This was read from your card",
    form_lead: "Please check it. Anything wrong can be corrected at the counter.",
    question_title: |number, total| format!("Question {number} of {total}"),
    review_title: "Please check everything",
    review_lead: "Nothing has been left with the office yet. If all is well, touch \"Leave this draft\". Anything wrong can be corrected at the counter.",
    review_purpose_title: "What it is used for",
    next_steps_title: "What happens next",
    review_steps: |section| {
        vec![
            "You get a number.".into(),
            format!("The counter \"{section}\" calls your number."),
            "It becomes a notice once a clerk has checked it with you.".into(),
        ]
    },
    keep: "Leave this draft",
    from_card: "From your card",
    from_choice: "Your choice",
    at_counter: "You will be asked at the counter",

    keeping_title: "One moment, please",
    keeping_lead: "It is being saved. Then your number appears.",

    kept_title: "Kept for you",
    number_given_title: "Here is your number",
    ticket_title: "Your number",
    section_title: "Go to the counter:",
    kept_steps: |section| {
        vec![
            "Remember the number or write it down.".into(),
            format!("When it is called, go to the counter \"{section}\"."),
            "Not finished yet: a clerk must check it with you.".into(),
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
    give_up_title: "Just take a number?",
    give_up_lead: "Nothing has been left with the office yet. What you entered is erased, and everything is done at the counter.",
    clerk_called: |ticket| format!("A clerk will also call {ticket}."),
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
        code_title: "",
        what_happened: "The card was taken.",
        what_it_means: "It has already been read, so you can go on.",
        what_to_do: "Please keep your card safe.",
    },
    call_failed: Words {
        code: FailureCode::Internal,
        code_title: "",
        what_happened: "No clerk could be called.",
        what_it_means: "Your number on this screen stays as it is.",
        what_to_do: "If it is urgent, please speak to a clerk at a counter nearby.",
    },
};
