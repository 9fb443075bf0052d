//! English: short sentences, one thing each. A draft is never said to be accepted or submitted,
//! and nothing is said to be valid or verified.

use madoguchi_protocol::FailureCode;

use super::{OfPaper, Texts};
use crate::view::Words;

const CODE_TITLE: &str = "Number for enquiries";

pub(super) const TEXTS: Texts = Texts {
    language: "English",

    back: "Back",
    stop: "Stop",
    call_clerk: "Call a clerk",
    display: "Display",
    next: "Next",
    finish: "Finish",
    to_start: "To the first page",
    go_on: "Go on",
    close: "Close",
    lay_again: "Place it again",
    ticket_only: "Just take a number",
    without_card: "Go on without my card",
    and: ", ",

    stages: ["Choose", "Card", "Questions", "Check", "Number"],
    form_of: |number, total, title| format!("{number} of {total}: {title}"),
    core_away: "The line to the office is down. You can still use this terminal. Your draft is sent later.",
    printer_away: |what| format!("{what}. Please read your number on the screen."),
    help: "If you need help, please speak to a clerk nearby.",

    display_title: "Display and language",
    language_title: "Language（言語）",
    size_title: "Text size",
    sizes: ["Standard", "Large", "Larger", "Largest"],
    contrast_title: "Colours",
    contrasts: ["Standard", "Black on white", "White on black", "Less glare"],

    connecting_title: "Getting ready",
    out_of_service_title: "This terminal cannot be used right now",
    take_card_first_title: "Please take the card",
    take_card_first_lead: "A card is lying on the reader. It has not been read. Once it is taken away, you can begin.",

    start_title: "Prepare your forms without writing",
    start_lead: "Place your My Number Card, and a draft is filled in with your name and address. You can also use this without a card.",
    start_lead_without_card: "Cards cannot be read here right now. You can still answer the questions and take a number.",
    start_note: "You must still go to the counter afterwards.",
    start: "Begin",

    procedures_title: "What would you like to do?",
    procedures_lead: "Please choose one.",
    do_not_know: "I don't know: ask at the counter",
    legal_draft: "This makes a draft. It counts once it has been checked at the counter.",
    legal_electronic: "This is done electronically from this terminal.",

    life_event_lead: "Please choose everything you need. You get one number for all of it.",
    also_at_counter: "Done at a counter",

    purpose_title: "What is read from your card",
    attributes_title: "Items to be read",
    name: "Name",
    address: "Address",
    birth_date: "Date of birth",
    sex: "Sex",
    number_not_read: "Your Individual Number (My Number) is not read.",
    may_refuse: "You can also do this without your card.",
    agree: "Go on with my card",

    without_card_title: "Going on without a card",
    without_card_lead: "If you answer the questions here, there is less to write later. You can also take a number at once. Name and address are asked at the counter.",
    without_card_lead_number: "You get a number. Everything is done at the counter.",
    answer_without_card: "Answer the questions",

    lay_card_title: "Please place your My Number Card",
    lay_card_lead: "Do not move the card until it has been read.",
    looking_title: "Looking at the card",
    looking_lead: "Please leave the card where it is.",
    pin_hint: "Next you will type your 4-digit PIN for filling in forms (券面事項入力補助用暗証番号).",
    number_hint: "Next you will type numbers that are printed on the front of your card. Please look at them before you place it.",

    pin_name: "4-digit PIN for filling in forms (券面事項入力補助用暗証番号)",
    pin_title: "Please type your PIN",
    pin_lead: "You chose it when you got the card. It may differ from your other PINs. It is not shown here.",
    tries: |left| match left {
        1 => "1 try left".into(),
        _ => format!("{left} tries left"),
    },
    entered: |digits, of| format!("{digits} of {of} digits typed"),
    erase: "Erase",
    submit: "Read my card",
    pin_wrong_title: "The PIN is wrong",
    pin_wrong_lead: "You can try again. If you do not know the PIN, take a number and ask at the counter.",
    pin_last_title: "You have 1 try left",
    pin_last_lead: "If it is wrong again, this PIN stops working, and you will have to visit the counter of the municipality where you are registered. If you are not sure, do not type it.",
    pin_again: "Try again",
    pin_last: "Use the last try",
    use_pin: "Use the PIN instead",
    use_number: "Use the numbers on the card instead",

    number_name: "14 digits on the front of the card (照合番号B)",
    number_title: "Please type the numbers on the card",
    number_lead: "Type the numbers from the front of the card in this order. Leave the card where it is. They are not shown here.",
    number_groups: [
        (
            "Date of birth (6 digits)",
            "With the Japanese year: 4 March, year 2 of the era, is 020304.",
        ),
        (
            "Year of expiry (4 digits)",
            "The year until which the card can be used, as 2035. Not that of the electronic certificate.",
        ),
        ("Security code (4 digits)", "The 4 digits printed below the photo."),
    ],
    number_wrong_title: "The numbers are wrong",
    number_wrong_lead: "You can try again. If you are not sure, take a number and ask at the counter.",
    number_last_lead: "If they are wrong again, this way stops working, and you will have to visit the counter of the municipality where you are registered.",

    reading_title: "Reading the card",
    reading_lead: "Please leave the card where it is.",

    form_title: "This was read from your card",
    form_lead: "Please check it. Anything wrong can be corrected at the counter.",
    question_title: |number, total| format!("Question {number} of {total}"),
    towns_lead: "Choose the row in which the name of the town begins.",
    kana_rows: [
        "あ A",
        "か K, G",
        "さ S, Z, J",
        "た T, D, Ch",
        "な N",
        "は H, B, P, F",
        "ま M",
        "や Y",
        "ら R",
        "わ W",
    ],
    town: "Town",
    change_town: "Choose another",
    date_lead: "Type the digits: year, month, day.",
    date_groups: ["Year", "Month", "Day"],
    address_lead: "Type the numbers of the address in order: 2-3 is 2, then 3. Building and room are asked at the counter.",
    address_groups: ["First number", "Second number (if any)", "Third number (if any)"],
    digits_lead: "Type the digits.",
    digits_groups: ["Number"],
    next_group: "Next box",
    entry_problem: "Please check the digits again.",

    review_title: "Please check everything",
    review_lead: "The office does not have it yet. If all is well, touch \"Give to the office\". Anything wrong can be corrected at the counter.",
    review_lead_more: "Nothing has been left with the office yet. If all is well, touch \"Next form\". Anything wrong can be corrected at the counter.",
    review_purpose_title: "What it is used for",
    see_rest: "There is more below. Please look at all of it.",
    next_steps_title: "What happens next",
    review_steps: |section| {
        vec![
            "You get a number.".into(),
            format!("The counter \"{section}\" calls your number."),
            "It counts once a clerk has checked it with you.".into(),
        ]
    },
    keep: "Give to the office",
    next_form: "Next form",
    from_card: "From your card",
    from_choice: "Your choice",
    from_typing: "You typed this",
    at_counter: "You will be asked at the counter",

    keeping_title: "One moment, please",
    keeping_lead: "It is being saved. Then your number appears.",

    kept_title: "Kept for you",
    number_given_title: "Here is your number",
    ticket_title: "Your number",
    section_title: "Go to the counter:",
    remember_step: "Remember the number or write it down.",
    take_slip_step: "Please take the slip with your number.",
    kept_steps: |section| {
        vec![
            format!("When it is called, go to the counter \"{section}\"."),
            "Not finished yet: a clerk must check it with you.".into(),
        ]
    },
    show_number_step: "The office has not received this number yet. Please do not wait: show it at the counter.",
    ticket_steps: ["When it is called, go to the counter. Everything is done there."],
    called_steps: [
        "This number is called as well.",
        "If it is urgent, please speak to a clerk at a counter nearby.",
    ],
    bring_title: "What to have with you",
    slip: OfPaper {
        printing: "Your slip is being printed.",
        take: "Please take your slip.",
        failed: |what| {
            format!("The slip cannot be printed ({what}). Please read your number on the screen.")
        },
    },
    forms: OfPaper {
        printing: "A form for the counter is being printed.",
        take: "Please take the form and hand it in at the counter.",
        failed: |what| format!("The form cannot be printed ({what}). What you entered is kept."),
    },
    print_again: "Print it again",
    clerk_calling: "Calling a clerk.",
    clerk_called: "A clerk has been called. Please wait nearby.",
    clerk_coming: "A clerk is coming. Please wait nearby.",
    clerk_unheard: "The call does not get through. A chime sounds here. Please speak to a clerk nearby.",
    take_card: "Please take your card",

    take_card_lead: "Your card is still on the reader. The visit ends when you take it.",
    take_card_lead_told: "Your card is still on the reader. A clerk has been told.",
    take_card_lead_long: "A card is still on the reader. If it is not yours, please give it to a clerk nearby.",
    ended_title: "Thank you",
    ended_lead: "What you entered is being erased.",

    call_title: "Call a clerk?",
    call_lead: "You get a number, and a clerk comes to this terminal.",
    call_lead_filled: "What you entered so far is handed over with a number, and a clerk comes to this terminal. Nothing is lost.",
    call_lead_kept: "A clerk comes to this terminal. Your number stays the same.",
    number_only_title: "Take a number now?",
    number_only_lead: "What you entered so far is handed over with a number. Nothing is lost. The rest is asked at the counter.",
    stop_title: "Stop here?",
    stop_lead: "Nothing has been left with the office yet. If you stop, what you entered is erased.",
    stop_lead_keeping: "It is being saved right now. If you stop, you cannot be given a number.",
    still_there_title: "Would you like to go on?",
    still_there_lead: "If nothing is touched, what you entered is erased and the visit ends.",
    still_there_lead_kept: "If nothing is touched, this page closes. Please remember your number.",
    seconds_left: |left| match left {
        1 => "1 second left".into(),
        _ => format!("{left} seconds left"),
    },

    code_title: CODE_TITLE,
    card_taken_early: Words {
        code: FailureCode::CardRemoved,
        code_title: CODE_TITLE,
        what_happened: "The card was taken",
        what_it_means: "It has already been read, so you can go on.",
        what_to_do: "Please keep your card safe.",
    },
    call_failed: Words {
        code: FailureCode::Internal,
        code_title: CODE_TITLE,
        what_happened: "No clerk could be called",
        what_it_means: "Your number on this screen stays as it is.",
        what_to_do: "If it is urgent, please speak to a clerk at a counter nearby.",
    },
};
