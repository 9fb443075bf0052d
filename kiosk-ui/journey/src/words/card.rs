//! What is said of the reader and of what lies on it.

use super::Row;

pub(super) const READER_MISSING: Row = Row {
    ja: [
        "カードの読み取り機が使えません",
        "今、この端末ではカードを使えません。カードの故障ではありません。",
        "カードを使わずに進むか、窓口へお越しください。",
    ],
    en: [
        "The card reader cannot be used",
        "Cards cannot be used at this terminal right now. Your card is not broken.",
        "Continue without your card, or come to the counter.",
    ],
    by_issuer: None,
    support: [
        "USBのケーブルと電源を確かめます。プロファイルの reader（USB ID）が、つないだ読み取り機と同じかを見ます。",
        "Check cable and power, and that the profile's reader (USB id) names the reader that is connected.",
    ],
};

pub(super) const READER_SERVICE_AWAY: Row = Row {
    ja: [
        "カードの読み取りを準備しています",
        "今は、カードを読み取れません。カードの故障ではありません。",
        "少しお待ちください。続くときは、カードを使わずに進むか、窓口へお越しください。",
    ],
    en: [
        "The card reader is getting ready",
        "The card cannot be read right now. Your card is not broken.",
        "Please wait a moment. If it goes on, continue without your card, or come to the counter.",
    ],
    by_issuer: None,
    support: [
        "ふつうは、ひとりでに戻ります。戻らないときは、pcscd の状態とログを見て、端末を再起動します。",
        "It comes back by itself as a rule. If not, look at the state and log of pcscd and restart the terminal.",
    ],
};

pub(super) const READER_BUSY: Row = Row {
    ja: [
        "読み取り機が、ほかの処理をしています",
        "今は、カードを読み取れません。カードの故障ではありません。",
        "少し待ってから、カードを置きなおしてください。続くときは、窓口へお越しください。",
    ],
    en: [
        "The card reader is busy",
        "The card cannot be read right now. Your card is not broken.",
        "Wait a moment and place the card again. If it goes on, please come to the counter.",
    ],
    by_issuer: None,
    support: [
        "この端末で、ほかのカード用プログラムが動いていないかを見ます。",
        "Look for another program on this terminal that uses the card; there must be none.",
    ],
};

pub(super) const CARD_UNREADABLE: Row = Row {
    ja: [
        "カードを読み取れませんでした",
        "カードの位置がずれているか、カードがいたんでいるかもしれません。",
        "カードを取って、もう一度まっすぐに置いてください。読み取れないときは、カードを使わずに進めます。",
    ],
    en: [
        "The card could not be read",
        "The card may not be straight, or it may be damaged.",
        "Take it off and place it straight again. If that does not help, continue without it.",
    ],
    by_issuer: None,
    support: [
        "別のカードで試します。どのカードも読めなければ、読み取り機を替えます。1枚だけなら、カードの交換を窓口で案内します。",
        "Try another card. If none can be read, replace the reader; if it is this one, the counter can replace the card.",
    ],
};

pub(super) const CARD_NOT_MY_NUMBER: Row = Row {
    ja: [
        "マイナンバーカードではないようです",
        "ここでは、マイナンバーカードだけを使えます。",
        "カードを取って、マイナンバーカードを置いてください。お持ちでないときは、カードを使わずに進めます。",
    ],
    en: [
        "This does not seem to be a My Number Card",
        "Only My Number Cards can be used here.",
        "Take it off and place your My Number Card. If you do not have it here, continue without it.",
    ],
    by_issuer: None,
    support: [
        "置いたカードを見せてもらいます。財布やケースから出して、1枚だけ置いてもらいます。",
        "Ask to see the card. It has to lie there alone, out of purse and case.",
    ],
};

pub(super) const CARD_IS_JUKI: Row = Row {
    ja: [
        "住民基本台帳カードのようです",
        "住基カードは、ここでは使えません。マイナンバーカードだけを使えます。",
        "カードを取って、マイナンバーカードを置いてください。お持ちでないときは、カードを使わずに進めます。",
    ],
    en: [
        "This seems to be a Juki card (住基カード)",
        "It cannot be used here. Only My Number Cards can.",
        "Take it off and place your My Number Card. If you do not have it here, continue without it.",
    ],
    by_issuer: None,
    support: [
        "マイナンバーカードの有無を聞きます。なければ、カードなしで進めてもらいます。",
        "Ask for a My Number Card. Without one, let the visitor continue without a card.",
    ],
};

pub(super) const CARD_IS_DRIVING_LICENCE: Row = Row {
    ja: [
        "運転免許証のようです",
        "運転免許証は、ここでは使えません。マイナンバーカードだけを使えます。",
        "免許証を取って、マイナンバーカードを置いてください。お持ちでないときは、カードを使わずに進めます。",
    ],
    en: [
        "This seems to be a driving licence",
        "It cannot be used here. Only My Number Cards can.",
        "Take it off and place your My Number Card. If you do not have it here, continue without it.",
    ],
    by_issuer: None,
    support: [
        "マイナンバーカードの有無を聞きます。マイナ免許証（マイナンバーカード）なら使えます。",
        "Ask for a My Number Card. One that is also a driving licence (マイナ免許証) can be used.",
    ],
};

pub(super) const CARD_IS_RESIDENCE: Row = Row {
    ja: [
        "在留カードのようです",
        "在留カードは、ここでは使えません。窓口では必要ですので、お持ちください。",
        "カードを取って、マイナンバーカードを置いてください。お持ちでないときは、カードを使わずに進めます。",
    ],
    en: [
        "This seems to be a residence card (在留カード)",
        "It cannot be used here, but keep it with you: the counter needs it.",
        "Take it off and place your My Number Card. If you do not have it here, continue without it.",
    ],
    by_issuer: None,
    support: [
        "マイナンバーカードの有無を聞きます。在留カードは、窓口で見せてもらいます。",
        "Ask for a My Number Card. The residence card is shown at the counter.",
    ],
};

pub(super) const CARD_IS_TRANSIT: Row = Row {
    ja: [
        "交通系などのICカードのようです",
        "ここでは、マイナンバーカードだけを使えます。お金は引かれません。",
        "カードを取って、マイナンバーカードを置いてください。お持ちでないときは、カードを使わずに進めます。",
    ],
    en: [
        "This seems to be a transport or payment card",
        "Only My Number Cards can be used here. No money was taken.",
        "Take it off and place your My Number Card. If you do not have it here, continue without it.",
    ],
    by_issuer: None,
    support: [
        "マイナンバーカードを置いてもらいます。読み取り機の近くに、ほかのICカードを置かないようにします。",
        "Ask for the My Number Card, and for other IC cards to be kept away from the reader.",
    ],
};

pub(super) const CARD_IS_PHONE: Row = Row {
    ja: [
        "スマートフォンが置かれました",
        "ここでは、スマートフォンは使えません。カードだけを使えます。",
        "スマートフォンを取って、マイナンバーカードを置いてください。お持ちでないときは、カードを使わずに進めます。",
    ],
    en: [
        "A phone was placed on the reader",
        "Phones cannot be used here, only the card itself.",
        "Take it off and place your My Number Card. If you do not have it here, continue without it.",
    ],
    by_issuer: None,
    support: [
        "カードそのものを置いてもらいます。なければ、カードなしで進めてもらいます。",
        "Ask for the card itself. Without it, let the visitor continue without a card.",
    ],
};

pub(super) const CARD_REMOVED: Row = Row {
    ja: [
        "途中で、カードが取られました",
        "カードを、まだ読み取っていません。",
        "続けるときは、カードを置きなおしてください。",
    ],
    en: [
        "The card was taken away too early",
        "It has not been read yet.",
        "To continue, place the card again.",
    ],
    by_issuer: None,
    support: [
        "することはありません。何度も起きるときは、カードを置く場所の案内と、読み取り機の固定を見ます。",
        "Nothing to do. If it happens often, look at how the place for the card is marked and the reader fixed.",
    ],
};

pub(super) const CARD_CHANGED: Row = Row {
    ja: [
        "ちがうカードが置かれました",
        "ほかの人の内容とまざらないように、終わります。入力した内容は消します。",
        "カードをお取りください。もう一度、はじめからお願いします。",
    ],
    en: [
        "Another card was placed",
        "So that nobody's data are mixed up, this visit ends and what you entered is erased.",
        "Please take the card and begin again.",
    ],
    by_issuer: None,
    support: [
        "1人分ずつ、はじめからやりなおしてもらいます。",
        "One person at a time: let them begin again.",
    ],
};

pub(super) const CARD_LEFT_BEHIND: Row = Row {
    ja: [
        "カードが置かれたままです",
        "はじめる前から置いてあるカードは、読み取りません。",
        "カードを取ってから、はじめてください。ご自分のカードでないときは、係員にお渡しください。",
    ],
    en: [
        "A card is still lying on the reader",
        "A card that was there before you began is never read.",
        "Take it away and begin. If it is not yours, please give it to a clerk.",
    ],
    by_issuer: None,
    support: [
        "カードを取り、忘れ物として扱います。取るまで、次の方は始められません。",
        "Take the card and treat it as lost property. Nobody can begin before it is taken.",
    ],
};

pub(super) const CARD_TOO_SLOW: Row = Row {
    ja: [
        "カードの返事がありませんでした",
        "カードの位置がずれているかもしれません。",
        "カードを取って、もう一度まっすぐに置いてください。続くときは、カードを使わずに進めます。",
    ],
    en: [
        "The card did not answer in time",
        "The card may not be straight.",
        "Take it off and place it straight again. If it goes on, continue without it.",
    ],
    by_issuer: None,
    support: [
        "カードをまっすぐ置いてもらいます。どのカードでも起きるときは、読み取り機を替えます。",
        "Have the card placed straight. If it happens with every card, replace the reader.",
    ],
};

pub(super) const CARD_EXPIRED: Row = Row {
    ja: [
        "カードの有効期限が過ぎています",
        "有効期限の過ぎたマイナンバーカードは、ここでは使えません。",
        "カードを使わずに進めます。カードの更新は、窓口でご相談ください。",
    ],
    en: [
        "The card has expired",
        "An expired My Number Card cannot be used here.",
        "Continue without it. Please ask at the counter about renewing it.",
    ],
    by_issuer: None,
    support: ["窓口で、カードの更新を案内します。", "The counter explains how to renew the card."],
};
