//! What is said about each failure: what happened, what it means, what to do. The one table.
//!
//! The same words stand on the first page (no visit can begin) and inside a visit (the ways on are
//! buttons below them), so they hold for both. Where the agent's answer is missing, they say what is
//! certain (no number was given), not what is likely (nothing was kept).

use madoguchi_procedure::display::Language;
use madoguchi_protocol::FailureCode;

use crate::view::Words;

/// The words for a failure.
#[must_use]
pub fn words(code: FailureCode, language: Language) -> Words {
    let (ja, en) = table(code);
    let [what_happened, what_it_means, what_to_do] = match language {
        Language::Japanese => ja,
        Language::English => en,
    };
    Words { code, code_title: "", what_happened, what_it_means, what_to_do }
}

type Sentences = [&'static str; 3];

#[rustfmt::skip]
fn table(code: FailureCode) -> (Sentences, Sentences) {
    use FailureCode as F;
    match code {
        F::ReaderMissing => (
            ["カードを読み取る機械が、つながっていません。",
             "今、この端末ではカードを使えません。カードの故障ではありません。",
             "窓口へお越しください。係員がご案内します。"],
            ["The card reader is not connected.",
             "Cards cannot be used at this terminal right now. Your card is not broken.",
             "Please come to the counter. A clerk will help you."],
        ),
        F::ReaderServiceAway => (
            ["カードを読み取る仕組みが、動いていません。",
             "今、この端末ではカードを使えません。カードの故障ではありません。",
             "少し待っても直らないときは、窓口へお越しください。"],
            ["The card reading service is not running.",
             "Cards cannot be used at this terminal right now. Your card is not broken.",
             "If this does not pass soon, please come to the counter."],
        ),
        F::ReaderBusy => (
            ["カードを読み取る機械が、ほかの処理をしています。",
             "今は、カードを読み取れません。カードの故障ではありません。",
             "少し待ってから、カードを置きなおしてください。続くときは、窓口へお越しください。"],
            ["The card reader is busy.",
             "The card cannot be read right now. Your card is not broken.",
             "Wait a moment and place the card again. If it goes on, please come to the counter."],
        ),
        F::CardUnreadable => (
            ["カードを読み取れませんでした。",
             "カードの位置がずれているか、カードがいたんでいるかもしれません。",
             "カードを取って、もう一度まっすぐに置いてください。読み取れないときは、番号だけを取って窓口へお越しください。"],
            ["The card could not be read.",
             "The card may not be straight, or it may be damaged.",
             "Take it off and place it straight again. If that does not help, take a number and come to the counter."],
        ),
        F::CardNotMyNumber => (
            ["このカードは、マイナンバーカードではないようです。",
             "ここでは、マイナンバーカードだけを使えます。",
             "カードを取って、マイナンバーカードを置いてください。お持ちでないときは、番号だけを取って窓口へお越しください。"],
            ["This does not seem to be a My Number Card.",
             "Only My Number Cards can be used here.",
             "Take it off and place your My Number Card. If you do not have it here, take a number and come to the counter."],
        ),
        F::CardIsPhone => (
            ["スマートフォンが置かれました。",
             "ここでは、スマートフォンは使えません。カードだけを使えます。",
             "スマートフォンを取って、マイナンバーカードを置いてください。お持ちでないときは、番号だけを取って窓口へお越しください。"],
            ["A phone was placed on the reader.",
             "Phones cannot be used here, only the card itself.",
             "Take it off and place your My Number Card. If you do not have it here, take a number and come to the counter."],
        ),
        F::CardRemoved => (
            ["途中で、カードが取られました。",
             "カードを、まだ読み取っていません。",
             "続けるときは、カードを置きなおしてください。"],
            ["The card was taken away too early.",
             "It has not been read yet.",
             "To go on, place the card again."],
        ),
        F::CardChanged => (
            ["はじめとちがうカードが置かれました。",
             "ほかの人の内容とまざらないように、終わります。入力した内容は消します。",
             "もう一度、はじめからお願いします。"],
            ["Another card was placed than at the beginning.",
             "So that nobody's data are mixed up, this visit ends and what you entered is erased.",
             "Please begin again."],
        ),
        F::CardLeftBehind => (
            ["カードが置かれたままです。",
             "はじめる前から置いてあるカードは、読み取りません。",
             "カードを取ってから、はじめてください。ご自分のカードでないときは、係員にお渡しください。"],
            ["A card is still lying on the reader.",
             "A card that was there before you began is never read.",
             "Take it away and begin. If it is not yours, please give it to a clerk."],
        ),
        F::CardTooSlow => (
            ["カードの返事が、時間内にありませんでした。",
             "カードの位置がずれているかもしれません。",
             "カードを取って、もう一度まっすぐに置いてください。続くときは、番号だけを取って窓口へお越しください。"],
            ["The card did not answer in time.",
             "The card may not be straight.",
             "Take it off and place it straight again. If it goes on, take a number and come to the counter."],
        ),
        F::CardPinLocked => (
            ["券面事項入力補助用暗証番号（数字4桁）が、使えなくなっています。",
             "続けてまちがえたため、ロックされています。ここでは、解除できません。",
             "住民票のある市区町村の窓口で、暗証番号を設定しなおせます。今日の手続は、番号だけを取って窓口でできます。"],
            ["The 4-digit PIN for reading the card's face (券面事項入力補助用暗証番号) is locked.",
             "It was wrong too many times in a row. It cannot be unlocked here.",
             "The counter of the municipality where you are registered (住民票のある市区町村の窓口) can reset it. For today, take a number and do everything at the counter."],
        ),
        F::CardPinNotSet => (
            ["このカードには、券面事項入力補助用暗証番号（数字4桁）がありません。",
             "暗証番号のないカード（顔認証マイナンバーカード）は、ここでは使えません。",
             "番号だけを取って、窓口へお越しください。窓口で手続できます。"],
            ["This card has no 4-digit PIN for reading its face (券面事項入力補助用暗証番号).",
             "Cards without PINs (顔認証マイナンバーカード) cannot be used here.",
             "Take a number and come to the counter. Everything can be done there."],
        ),
        F::CardSignatureBad => (
            ["カードの内容を、確認できませんでした。",
             "このカードは、ここでは使えません。",
             "番号だけを取って、窓口へお越しください。カードを係員にお見せください。"],
            ["What the card says could not be confirmed.",
             "This card cannot be used here.",
             "Take a number, come to the counter and show the card to a clerk."],
        ),
        F::StoreFull => (
            ["この端末の保存する場所が、いっぱいです。",
             "今は、新しくお預かりできません。",
             "窓口へお越しください。窓口で手続できます。"],
            ["This terminal has no room left to save anything.",
             "Nothing more can be kept right now.",
             "Please come to the counter. Everything can be done there."],
        ),
        F::StoreFailed => (
            ["この端末で、保存ができません。",
             "今は、お預かりができません。",
             "窓口へお越しください。窓口で手続できます。"],
            ["This terminal cannot save anything.",
             "Nothing can be kept right now.",
             "Please come to the counter. Everything can be done there."],
        ),
        F::TicketsNone => (
            ["この端末の今日の番号が、なくなりました。",
             "今は、番号をお渡しできません。お預かりもできません。",
             "窓口へお越しください。窓口で手続できます。"],
            ["This terminal has no numbers left for today.",
             "You cannot be given a number here, and nothing can be kept.",
             "Please come to the counter. Everything can be done there."],
        ),
        F::DeviceNotEnrolled => (
            ["この端末は、まだ登録されていません。",
             "準備が終わるまで、使えません。",
             "窓口へお越しください。"],
            ["This terminal has not been set up yet.",
             "It cannot be used until that is done.",
             "Please come to the counter."],
        ),
        F::DeviceRevoked => (
            ["この端末は、使用を止められています。",
             "ここでは、もうお預かりできません。",
             "窓口へお越しください。係員がご案内します。"],
            ["This terminal has been taken out of use.",
             "Nothing more can be kept here.",
             "Please come to the counter. A clerk will help you."],
        ),
        F::DeviceNotConfigured => (
            ["この端末の設定が、まだそろっていません。",
             "準備が終わるまで、使えません。",
             "窓口へお越しください。"],
            ["This terminal does not have its settings yet.",
             "It cannot be used until it has.",
             "Please come to the counter."],
        ),
        F::CardNumberLocked => (
            ["照合番号Bが、ロックされています。",
             "このカードは、今は読み取れません。",
             "番号だけを取って、窓口へお越しください。"],
            ["Reference number B is locked.",
             "This card cannot be read now.",
             "Take a number and come to the counter."],
        ),
        F::PacksTooOld => (
            ["この端末の手続の内容が、古くなっています。",
             "今、この端末では使えません。",
             "窓口へお越しください。"],
            ["What this terminal knows of the procedures is out of date.",
             "It cannot be used right now.",
             "Please come to the counter."],
        ),
        F::PrinterMissing | F::PrinterFailed => (
            ["今、紙を印刷できません。",
             "番号は、画面でお確かめください。",
             "番号をひかえて、お待ちください。"],
            ["Nothing can be printed right now.",
             "Your number is on the screen.",
             "Please note it down and wait."],
        ),
        F::PrinterPaper => (
            ["印刷する紙がありません。",
             "番号は、画面でお確かめください。",
             "番号をひかえて、お待ちください。"],
            ["The printer is out of paper.",
             "Your number is on the screen.",
             "Please note it down and wait."],
        ),
        F::ClockWrong => (
            ["この端末の時計が、合っていません。",
             "日付をまちがえるおそれがあるため、使えません。",
             "窓口へお越しください。"],
            ["The clock of this terminal is wrong.",
             "So that no date is mistaken, it cannot be used.",
             "Please come to the counter."],
        ),
        F::AgentAway => (
            ["画面と端末の中の仕組みが、つながっていません。",
             "つながるまで、使えません。自動でつなぎなおしています。",
             "少しお待ちください。続くときは、窓口へお越しください。"],
            ["The screen has no connection to the terminal's own service.",
             "It cannot be used until it has. This is being tried again all the time.",
             "Please wait a moment. If it goes on, please come to the counter."],
        ),
        F::AgentRestarted => (
            ["端末の中の仕組みが、途中で止まりました。",
             "番号を、まだお渡しできていません。入力した内容は、画面から消しました。",
             "カードをお取りください。もう一度はじめからするか、窓口へお越しください。"],
            ["The terminal's own service stopped in the middle.",
             "You have not been given a number. What you entered is gone from the screen.",
             "Please take your card. You can begin again, or come to the counter."],
        ),
        F::ProtocolVersion => (
            ["画面と端末の中の仕組みの版が、合っていません。",
             "係員が直すまで、使えません。",
             "窓口へお越しください。"],
            ["The screen and the terminal's own service are of different versions.",
             "It cannot be used until that is corrected.",
             "Please come to the counter."],
        ),
        F::VisitMismatch => (
            ["端末の中で、くいちがいが見つかりました。",
             "ほかの人の内容とまざらないように、終わります。入力した内容は消します。",
             "もう一度はじめからするか、窓口へお越しください。"],
            ["Something inside the terminal did not match.",
             "So that nobody's data are mixed up, this visit ends and what you entered is erased.",
             "Please begin again, or come to the counter."],
        ),
        F::VisitOutOfOrder => (
            ["端末の中で、手順が合わなくなりました。",
             "この画面からは、進めません。番号は、お渡しできていません。",
             "やめてはじめからするか、係員をおよびください。"],
            ["The terminal lost its place.",
             "You cannot go on from this page. You have not been given a number.",
             "Stop and begin again, or call a clerk."],
        ),
        F::FormInvalid => (
            ["入力の内容が、そろっていません。",
             "この端末では、続きを作れません。お預かりは、できていません。",
             "係員をおよびください。窓口でも手続できます。"],
            ["The form is not complete.",
             "It cannot be finished at this terminal. Nothing has been kept.",
             "Please call a clerk. Everything can also be done at the counter."],
        ),
        F::Internal => (
            ["端末の中で、思わぬことが起きました。",
             "この画面からは、進めません。番号は、お渡しできていません。",
             "係員をおよびください。窓口でも手続できます。"],
            ["Something unexpected happened inside the terminal.",
             "You cannot go on from this page. You have not been given a number.",
             "Please call a clerk. Everything can also be done at the counter."],
        ),
    }
}
