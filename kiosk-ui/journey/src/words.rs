//! What is said about each failure: what happened (a title), what it means, what to do. The one
//! table.
//!
//! The same words stand on the first page (no visit can begin) and inside a visit (the ways on are
//! buttons below them), so they hold for both. Where the agent's answer is missing, they say what is
//! certain (no number was given), not what is likely (nothing was kept).

use madoguchi_procedure::display::Language;
use madoguchi_protocol::FailureCode;

use crate::texts::Texts;
use crate::view::Words;

/// The words for a failure.
#[must_use]
pub fn words(code: FailureCode, language: Language) -> Words {
    let (ja, en) = table(code);
    let [what_happened, what_it_means, what_to_do] = match language {
        Language::Japanese => ja,
        Language::English => en,
    };
    let code_title = Texts::of(language).code_title;
    Words { code, code_title, what_happened, what_it_means, what_to_do }
}

type Sentences = [&'static str; 3];

#[rustfmt::skip]
fn table(code: FailureCode) -> (Sentences, Sentences) {
    use FailureCode as F;
    match code {
        F::ReaderMissing => (
            ["カードの読み取り機が使えません",
             "今、この端末ではカードを使えません。カードの故障ではありません。",
             "カードを使わずに進むか、窓口へお越しください。"],
            ["The card reader cannot be used",
             "Cards cannot be used at this terminal right now. Your card is not broken.",
             "Go on without your card, or come to the counter."],
        ),
        F::ReaderServiceAway => (
            ["カードの読み取りを準備しています",
             "今は、カードを読み取れません。カードの故障ではありません。",
             "少しお待ちください。続くときは、カードを使わずに進むか、窓口へお越しください。"],
            ["The card reader is getting ready",
             "The card cannot be read right now. Your card is not broken.",
             "Please wait a moment. If it goes on, go on without your card, or come to the counter."],
        ),
        F::ReaderBusy => (
            ["読み取り機が、ほかの処理をしています",
             "今は、カードを読み取れません。カードの故障ではありません。",
             "少し待ってから、カードを置きなおしてください。続くときは、窓口へお越しください。"],
            ["The card reader is busy",
             "The card cannot be read right now. Your card is not broken.",
             "Wait a moment and place the card again. If it goes on, please come to the counter."],
        ),
        F::CardUnreadable => (
            ["カードを読み取れませんでした",
             "カードの位置がずれているか、カードがいたんでいるかもしれません。",
             "カードを取って、もう一度まっすぐに置いてください。読み取れないときは、カードを使わずに進めます。"],
            ["The card could not be read",
             "The card may not be straight, or it may be damaged.",
             "Take it off and place it straight again. If that does not help, go on without it."],
        ),
        F::CardNotMyNumber => (
            ["マイナンバーカードではないようです",
             "ここでは、マイナンバーカードだけを使えます。",
             "カードを取って、マイナンバーカードを置いてください。お持ちでないときは、カードを使わずに進めます。"],
            ["This does not seem to be a My Number Card",
             "Only My Number Cards can be used here.",
             "Take it off and place your My Number Card. If you do not have it here, go on without it."],
        ),
        F::CardIsJuki => (
            ["住民基本台帳カードのようです",
             "住基カードは、ここでは使えません。マイナンバーカードだけを使えます。",
             "カードを取って、マイナンバーカードを置いてください。お持ちでないときは、カードを使わずに進めます。"],
            ["This seems to be a Basic Resident Register Card (住基カード)",
             "It cannot be used here. Only My Number Cards can.",
             "Take it off and place your My Number Card. If you do not have it here, go on without it."],
        ),
        F::CardIsDrivingLicence => (
            ["運転免許証のようです",
             "運転免許証は、ここでは使えません。マイナンバーカードだけを使えます。",
             "免許証を取って、マイナンバーカードを置いてください。お持ちでないときは、カードを使わずに進めます。"],
            ["This seems to be a driving licence",
             "It cannot be used here. Only My Number Cards can.",
             "Take it off and place your My Number Card. If you do not have it here, go on without it."],
        ),
        F::CardIsResidence => (
            ["在留カードのようです",
             "在留カードは、ここでは使えません。窓口では必要ですので、お持ちください。",
             "カードを取って、マイナンバーカードを置いてください。お持ちでないときは、カードを使わずに進めます。"],
            ["This seems to be a residence card (在留カード)",
             "It cannot be used here, but keep it with you: the counter needs it.",
             "Take it off and place your My Number Card. If you do not have it here, go on without it."],
        ),
        F::CardIsTransit => (
            ["交通系などのICカードのようです",
             "ここでは、マイナンバーカードだけを使えます。お金は引かれません。",
             "カードを取って、マイナンバーカードを置いてください。お持ちでないときは、カードを使わずに進めます。"],
            ["This seems to be a transport or payment card",
             "Only My Number Cards can be used here. No money was taken.",
             "Take it off and place your My Number Card. If you do not have it here, go on without it."],
        ),
        F::CardIsPhone => (
            ["スマートフォンが置かれました",
             "ここでは、スマートフォンは使えません。カードだけを使えます。",
             "スマートフォンを取って、マイナンバーカードを置いてください。お持ちでないときは、カードを使わずに進めます。"],
            ["A phone was placed on the reader",
             "Phones cannot be used here, only the card itself.",
             "Take it off and place your My Number Card. If you do not have it here, go on without it."],
        ),
        F::CardRemoved => (
            ["途中で、カードが取られました",
             "カードを、まだ読み取っていません。",
             "続けるときは、カードを置きなおしてください。"],
            ["The card was taken away too early",
             "It has not been read yet.",
             "To go on, place the card again."],
        ),
        F::CardChanged => (
            ["ちがうカードが置かれました",
             "ほかの人の内容とまざらないように、終わります。入力した内容は消します。",
             "カードをお取りください。もう一度、はじめからお願いします。"],
            ["Another card was placed",
             "So that nobody's data are mixed up, this visit ends and what you entered is erased.",
             "Please take the card and begin again."],
        ),
        F::CardLeftBehind => (
            ["カードが置かれたままです",
             "はじめる前から置いてあるカードは、読み取りません。",
             "カードを取ってから、はじめてください。ご自分のカードでないときは、係員にお渡しください。"],
            ["A card is still lying on the reader",
             "A card that was there before you began is never read.",
             "Take it away and begin. If it is not yours, please give it to a clerk."],
        ),
        F::CardTooSlow => (
            ["カードの返事がありませんでした",
             "カードの位置がずれているかもしれません。",
             "カードを取って、もう一度まっすぐに置いてください。続くときは、カードを使わずに進めます。"],
            ["The card did not answer in time",
             "The card may not be straight.",
             "Take it off and place it straight again. If it goes on, go on without it."],
        ),
        F::CardPinLocked => (
            ["暗証番号が使えなくなっています",
             "券面事項入力補助用暗証番号（数字4桁）が、続けてまちがえたためロックされています。ここでは、解除できません。",
             "住民票のある市区町村の窓口で、設定しなおせます。今日は、カードのおもての数字で読み取るか、カードを使わずに進めます。"],
            ["Your PIN is locked",
             "The 4-digit PIN for filling in forms (券面事項入力補助用暗証番号) was wrong too many times in a row. It cannot be unlocked here.",
             "The counter of the municipality where you are registered (住民票のある市区町村の窓口) can reset it. For today, use the numbers on the front of the card, or go on without it."],
        ),
        F::CardPinNotSet => (
            ["暗証番号のないカードです",
             "券面事項入力補助用暗証番号（数字4桁）のないカード（顔認証マイナンバーカード）です。暗証番号では読み取れません。",
             "カードのおもての数字で読み取れます。カードを使わずに進むこともできます。"],
            ["This card has no PIN",
             "It is a card without the 4-digit PIN for filling in forms (顔認証マイナンバーカード), so it cannot be read with a PIN.",
             "Use the numbers on the front of the card, or go on without it."],
        ),
        F::CardNumberLocked => (
            ["カードの数字では読み取れなくなっています",
             "照合番号B（カードのおもての数字）が、続けてまちがえたためロックされています。ここでは、解除できません。",
             "住民票のある市区町村の窓口でご相談ください。今日の手続は、カードを使わずに進めます。"],
            ["The numbers on the card are locked",
             "The numbers on the front of the card (照合番号B) were wrong too many times in a row. They cannot be unlocked here.",
             "Please ask at the counter of the municipality where you are registered (住民票のある市区町村の窓口). For today, go on without the card."],
        ),
        F::CardExpired => (
            ["カードの有効期限が過ぎています",
             "有効期限の過ぎたマイナンバーカードは、ここでは使えません。",
             "カードを使わずに進めます。カードの更新は、窓口でご相談ください。"],
            ["The card has expired",
             "An expired My Number Card cannot be used here.",
             "Go on without it. Please ask at the counter about renewing it."],
        ),
        F::CardAuthenticationPinLocked => (
            ["暗証番号が使えなくなっています",
             "利用者証明用電子証明書の暗証番号（数字4桁）が、続けてまちがえたためロックされています。ここでは、解除できません。",
             "住民票のある市区町村の窓口で、設定しなおせます。今日は、カードを使わずに進めます。"],
            ["Your PIN is locked",
             "The 4-digit PIN of the user certificate (利用者証明用電子証明書) was wrong too many times in a row. It cannot be unlocked here.",
             "The counter of the municipality where you are registered (住民票のある市区町村の窓口) can reset it. For today, go on without the card."],
        ),
        F::CardSignaturePasswordLocked => (
            ["署名用のパスワードが使えなくなっています",
             "署名用電子証明書のパスワード（6文字から16文字）が、続けてまちがえたためロックされています。ここでは、解除できません。",
             "住民票のある市区町村の窓口で、設定しなおせます。今日は、カードを使わずに進めます。"],
            ["Your signature password is locked",
             "The password of the signature certificate (署名用電子証明書, 6 to 16 characters) was wrong too many times in a row. It cannot be unlocked here.",
             "The counter of the municipality where you are registered (住民票のある市区町村の窓口) can reset it. For today, go on without the card."],
        ),
        F::CardCertificateExpired => (
            ["電子証明書の有効期限が過ぎています",
             "カードはそのままで、中の電子証明書だけが期限を過ぎています。ここでは、その証明書を使えません。",
             "窓口で更新できます。今日の手続は、カードを使わずに進めます。"],
            ["The certificate on the card has expired",
             "The card itself is still good; only the electronic certificate inside has expired and cannot be used.",
             "The counter can renew it. For today, go on without the card."],
        ),
        F::CardCertificateNotIssued => (
            ["電子証明書のないカードです",
             "この手続に使う電子証明書が、カードに入っていません。",
             "カードを使わずに進めます。電子証明書のことは、窓口でご相談ください。"],
            ["The card has no such certificate",
             "The electronic certificate that this needs is not on the card.",
             "Go on without the card. Please ask at the counter about the certificate."],
        ),
        F::CardCertificateLapsed => (
            ["電子証明書が使えなくなっています",
             "引っ越しや氏名の変更などのあと、署名用電子証明書は使えなくなります。",
             "窓口で、あたらしく発行できます。今日の手続は、カードを使わずに進めます。"],
            ["The certificate on the card no longer counts",
             "After a move or a change of name, the signature certificate cannot be used any more.",
             "The counter can issue a new one. For today, go on without the card."],
        ),
        F::CardSignatureBad => (
            ["カードの内容を確認できませんでした",
             "このカードは、ここでは使えません。",
             "カードを使わずに進むか、番号を取って、カードを窓口の係員にお見せください。"],
            ["What the card says could not be confirmed",
             "This card cannot be used here.",
             "Go on without it, or take a number and show the card to a clerk at the counter."],
        ),
        F::StoreFull => (
            ["この端末では、今お預かりできません",
             "保存する場所が、いっぱいです。",
             "窓口へお越しください。窓口で手続できます。"],
            ["Nothing more can be kept here right now",
             "This terminal has no room left to save anything.",
             "Please come to the counter. Everything can be done there."],
        ),
        F::StoreFailed => (
            ["この端末では、保存ができません",
             "今は、お預かりができません。",
             "窓口へお越しください。窓口で手続できます。"],
            ["This terminal cannot save anything",
             "Nothing can be kept right now.",
             "Please come to the counter. Everything can be done there."],
        ),
        F::TicketsNone => (
            ["今日の番号がなくなりました",
             "この端末では、番号をお渡しできません。お預かりもできません。",
             "窓口へお越しください。窓口で手続できます。"],
            ["There are no numbers left for today",
             "You cannot be given a number here, and nothing can be kept.",
             "Please come to the counter. Everything can be done there."],
        ),
        F::DeviceNotEnrolled => (
            ["この端末は、まだ使えません",
             "登録が終わっていません。",
             "窓口へお越しください。"],
            ["This terminal has not been set up yet",
             "It has not been registered.",
             "Please come to the counter."],
        ),
        F::DeviceRevoked => (
            ["この端末は、使えなくなりました",
             "使用を止められています。ここでは、もうお預かりできません。",
             "窓口へお越しください。係員がご案内します。"],
            ["This terminal has been taken out of use",
             "Nothing more can be kept here.",
             "Please come to the counter. A clerk will help you."],
        ),
        F::DeviceNotConfigured => (
            ["この端末は、準備中です",
             "手続の準備が、まだ終わっていません。",
             "窓口へお越しください。"],
            ["This terminal is not ready yet",
             "It does not have its settings yet.",
             "Please come to the counter."],
        ),
        F::PacksTooOld => (
            ["手続の内容が古くなっています",
             "まちがった案内にならないように、この端末では手続を止めています。",
             "窓口へお越しください。窓口で手続できます。"],
            ["The forms on this terminal are out of date",
             "So that you are not told anything wrong, they are not offered here.",
             "Please come to the counter. Everything can be done there."],
        ),
        F::ClockWrong => (
            ["この端末の時計が合っていません",
             "日付をまちがえるおそれがあるため、使えません。",
             "窓口へお越しください。"],
            ["The clock of this terminal is wrong",
             "So that no date is mistaken, it cannot be used.",
             "Please come to the counter."],
        ),
        F::PrinterMissing => (
            ["プリンターが使えません",
             "紙は出ませんが、手続は続けられます。",
             "番号は、画面でお確かめください。"],
            ["The printer cannot be used",
             "Nothing can be printed, but you can go on.",
             "Please read your number on the screen."],
        ),
        F::PrinterPaper => (
            ["プリンターに紙がありません",
             "紙は出ませんが、手続は続けられます。",
             "番号は、画面でお確かめください。"],
            ["The printer has no paper",
             "Nothing can be printed, but you can go on.",
             "Please read your number on the screen."],
        ),
        F::PrinterFailed => (
            ["プリンターが止まっています",
             "紙は出ませんが、手続は続けられます。",
             "番号は、画面でお確かめください。"],
            ["The printer has stopped",
             "Nothing can be printed, but you can go on.",
             "Please read your number on the screen."],
        ),
        F::AgentAway => (
            ["準備しています",
             "まだ使えません。自動で準備しています。",
             "少しお待ちください。続くときは、窓口へお越しください。"],
            ["Getting ready",
             "This terminal cannot be used yet. It gets ready by itself.",
             "Please wait a moment. If it goes on, please come to the counter."],
        ),
        F::AgentRestarted => (
            ["端末が、途中で止まりました",
             "番号を、まだお渡しできていません。入力した内容は、画面から消しました。",
             "カードをお取りください。もう一度はじめからするか、窓口へお越しください。"],
            ["The terminal stopped in the middle",
             "You have not been given a number. What you entered is gone from the screen.",
             "Please take your card. You can begin again, or come to the counter."],
        ),
        F::ProtocolVersion => (
            ["この端末は、直すまで使えません",
             "端末の中の組み合わせが、合っていません。",
             "窓口へお越しください。"],
            ["This terminal needs to be repaired",
             "Its parts do not fit together, so it cannot be used.",
             "Please come to the counter."],
        ),
        F::VisitMismatch => (
            ["端末の中で、くいちがいがありました",
             "ほかの人の内容とまざらないように、終わります。入力した内容は消します。",
             "もう一度はじめからするか、窓口へお越しください。"],
            ["Something inside the terminal did not match",
             "So that nobody's data are mixed up, this visit ends and what you entered is erased.",
             "Please begin again, or come to the counter."],
        ),
        F::VisitOutOfOrder => (
            ["この画面からは進めません",
             "番号は、お渡しできていません。",
             "もどるか、はじめからやりなおしてください。係員をよぶこともできます。"],
            ["You cannot go on from this page",
             "You have not been given a number.",
             "Go back, or stop and begin again. You can also call a clerk."],
        ),
        F::FormInvalid => (
            ["入力の内容が、そろっていません",
             "この端末では、続きを作れません。お預かりは、できていません。",
             "もどって、お確かめください。係員をよぶこともできます。"],
            ["The form is not complete",
             "It cannot be finished like this. Nothing has been kept.",
             "Please go back and check it. You can also call a clerk."],
        ),
        F::Internal => (
            ["思わぬことが起きました",
             "この画面からは、進めません。番号は、お渡しできていません。",
             "係員をおよびください。窓口でも手続できます。"],
            ["Something unexpected happened",
             "You cannot go on from this page. You have not been given a number.",
             "Please call a clerk. Everything can also be done at the counter."],
        ),
    }
}
