//! What is said of what a card is opened by, and of its certificates.

use super::{ByIssuer, Row};

/// Of what only a counter sets anew, and without which the card is of no use here.
const SET_ANEW: ByIssuer = ByIssuer {
    here: [
        "今日は、カードを使わずに進めます。こちらの窓口で、設定しなおせます。",
        "For today, continue without the card. The counter of this office can reset it.",
    ],
    elsewhere: [
        "今日は、カードを使わずに進めます。住民票のある市区町村の窓口で、設定しなおせます。こちらに転入する方は、転入届のあと、こちらの窓口でできます。",
        "For today, continue without the card. The counter of the municipality where you are registered (住民票のある市区町村の窓口) can reset it. If you are moving here, ours can do it after your notification.",
    ],
};

pub(super) const CARD_PIN_LOCKED: Row = Row {
    ja: [
        "暗証番号が使えなくなっています",
        "券面事項入力補助用暗証番号（数字4桁）が、続けてまちがえたためロックされています。ここでは、解除できません。",
        "今日は、カードのおもての数字で読み取るか、カードを使わずに進めます。住民票のある市区町村の窓口で、設定しなおせます。転入届を出す方は、届のあと、こちらの窓口でできます。",
    ],
    en: [
        "Your PIN is locked",
        "The 4-digit PIN for filling in forms (券面事項入力補助用暗証番号) was wrong too many times in a row. It cannot be unlocked here.",
        "For today, use the numbers on the front of the card, or continue without it. The counter of the municipality where you are registered (住民票のある市区町村の窓口) can reset it; if you are moving here, ours, after your notification.",
    ],
    by_issuer: Some(ByIssuer {
        here: [
            "今日は、カードのおもての数字で読み取るか、カードを使わずに進めます。こちらの窓口で、設定しなおせます。",
            "For today, use the numbers on the front of the card, or continue without it. The counter of this office can reset it.",
        ],
        elsewhere: [
            "今日は、カードのおもての数字で読み取るか、カードを使わずに進めます。住民票のある市区町村の窓口で、設定しなおせます。こちらに転入する方は、転入届のあと、こちらの窓口でできます。",
            "For today, use the numbers on the front of the card, or continue without it. The counter of the municipality where you are registered (住民票のある市区町村の窓口) can reset it. If you are moving here, ours can do it after your notification.",
        ],
    }),
    support: [
        "窓口で、暗証番号（券面事項入力補助用）を設定しなおします。できるのは、住民票のある市区町村です。転入の方は、転入届のあと、こちらでできます。",
        "A counter sets the PIN (券面事項入力補助用) anew: that of the municipality where the person is registered; after a moving-in notification, this one.",
    ],
};

pub(super) const CARD_PIN_NOT_SET: Row = Row {
    ja: [
        "暗証番号のないカードです",
        "券面事項入力補助用暗証番号（数字4桁）のないカード（顔認証マイナンバーカード）です。暗証番号では読み取れません。",
        "カードのおもての数字で読み取れます。カードを使わずに進むこともできます。",
    ],
    en: [
        "This card has no PIN",
        "It is a card without the 4-digit PIN for filling in forms (顔認証マイナンバーカード), so it cannot be read with a PIN.",
        "Use the numbers on the front of the card, or continue without it.",
    ],
    by_issuer: None,
    support: [
        "故障ではありません。カードのおもての数字か、カードなしで進めてもらいます。",
        "Nothing is broken. The numbers on the card's front open it, or the visitor continues without it.",
    ],
};

pub(super) const CARD_NUMBER_LOCKED: Row = Row {
    ja: [
        "カードの数字では読み取れなくなっています",
        "照合番号B（カードのおもての数字）が、続けてまちがえたためロックされています。ここでは、解除できません。",
        "今日は、カードを使わずに進めます。住民票のある市区町村の窓口で、ご相談ください。転入届を出す方は、届のあと、こちらの窓口へどうぞ。",
    ],
    en: [
        "The numbers on the card are locked",
        "The numbers on the front of the card (照合番号B) were wrong too many times in a row. They cannot be unlocked here.",
        "For today, continue without the card. The counter of the municipality where you are registered (住民票のある市区町村の窓口) can help; if you are moving here, ours, after your notification.",
    ],
    by_issuer: Some(ByIssuer {
        here: [
            "今日は、カードを使わずに進めます。こちらの窓口で、ご相談ください。",
            "For today, continue without the card. The counter of this office can help.",
        ],
        elsewhere: [
            "今日は、カードを使わずに進めます。住民票のある市区町村の窓口で、ご相談ください。こちらに転入する方は、転入届のあと、こちらの窓口へどうぞ。",
            "For today, continue without the card. The counter of the municipality where you are registered (住民票のある市区町村の窓口) can help. If you are moving here, ours can after your notification.",
        ],
    }),
    support: [
        "住民票のある市区町村の窓口で、相談してもらいます。今日は、暗証番号か、カードなしで進めてもらいます。",
        "The municipality where the person is registered can help. For today: the PIN, or without the card.",
    ],
};

pub(super) const CARD_AUTHENTICATION_PIN_LOCKED: Row = Row {
    ja: [
        "利用者証明用の暗証番号が使えません",
        "利用者証明用電子証明書の暗証番号（数字4桁）が、続けてまちがえたためロックされています。ここでは、解除できません。",
        "今日は、カードを使わずに進めます。住民票のある市区町村の窓口で、設定しなおせます。転入届を出す方は、届のあと、こちらの窓口でできます。",
    ],
    en: [
        "The PIN of your certificate is locked",
        "The 4-digit PIN of the user certificate (利用者証明用電子証明書) was wrong too many times in a row. It cannot be unlocked here.",
        "For today, continue without the card. The counter of the municipality where you are registered (住民票のある市区町村の窓口) can reset it; if you are moving here, ours, after your notification.",
    ],
    by_issuer: Some(SET_ANEW),
    support: [
        "窓口で、利用者証明用の暗証番号を設定しなおします。できるのは、住民票のある市区町村です。",
        "A counter of the municipality where the person is registered sets this PIN anew.",
    ],
};

pub(super) const CARD_SIGNATURE_PASSWORD_LOCKED: Row = Row {
    ja: [
        "署名用のパスワードが使えなくなっています",
        "署名用電子証明書のパスワード（6文字から16文字）が、続けてまちがえたためロックされています。ここでは、解除できません。",
        "今日は、カードを使わずに進めます。住民票のある市区町村の窓口で、設定しなおせます。転入届を出す方は、届のあと、こちらの窓口でできます。",
    ],
    en: [
        "Your signature password is locked",
        "The password of the signature certificate (署名用電子証明書, 6 to 16 characters) was wrong too many times in a row. It cannot be unlocked here.",
        "For today, continue without the card. The counter of the municipality where you are registered (住民票のある市区町村の窓口) can reset it; if you are moving here, ours, after your notification.",
    ],
    by_issuer: Some(SET_ANEW),
    support: [
        "窓口で、署名用のパスワードを設定しなおします。できるのは、住民票のある市区町村です。",
        "A counter of the municipality where the person is registered sets this password anew.",
    ],
};

pub(super) const CARD_CERTIFICATE_EXPIRED: Row = Row {
    ja: [
        "電子証明書の有効期限が過ぎています",
        "カードはそのままで、中の電子証明書だけが期限を過ぎています。ここでは、その証明書を使えません。",
        "今日の手続は、カードを使わずに進めます。窓口で更新できます。",
    ],
    en: [
        "The certificate on the card has expired",
        "The card itself is still good; only the electronic certificate inside has expired and cannot be used.",
        "For today, continue without the card. The counter can renew it.",
    ],
    by_issuer: None,
    support: ["窓口で、電子証明書を更新します。", "The counter renews the certificate."],
};

pub(super) const CARD_CERTIFICATE_NOT_ISSUED: Row = Row {
    ja: [
        "電子証明書のないカードです",
        "この手続に使う電子証明書が、カードに入っていません。",
        "カードを使わずに進めます。電子証明書のことは、窓口でご相談ください。",
    ],
    en: [
        "The card has no such certificate",
        "The electronic certificate that this needs is not on the card.",
        "Continue without the card. Please ask at the counter about the certificate.",
    ],
    by_issuer: None,
    support: [
        "電子証明書がいるかを聞き、いるなら窓口で発行します。",
        "Ask whether the person wants the certificate; the counter issues it.",
    ],
};

pub(super) const CARD_CERTIFICATE_LAPSED: Row = Row {
    ja: [
        "電子証明書が使えなくなっています",
        "引っ越しや氏名の変更などのあと、署名用電子証明書は使えなくなります。",
        "今日の手続は、カードを使わずに進めます。窓口で、あたらしく発行できます。",
    ],
    en: [
        "The certificate on the card no longer counts",
        "After a move or a change of name, the signature certificate cannot be used any more.",
        "For today, continue without the card. The counter can issue a new one.",
    ],
    by_issuer: None,
    support: [
        "窓口で、署名用電子証明書をあたらしく発行します。",
        "The counter issues a new signature certificate.",
    ],
};

pub(super) const CARD_SIGNATURE_BAD: Row = Row {
    ja: [
        "カードの内容を確認できませんでした",
        "このカードは、ここでは使えません。",
        "カードを使わずに進むか、番号を取って、カードを窓口の係員にお見せください。",
    ],
    en: [
        "What the card says could not be confirmed",
        "This card cannot be used here.",
        "Continue without it, or take a number and show the card to a clerk at the counter.",
    ],
    by_issuer: None,
    support: [
        "カードを預からずに、係員が券面を見ます。同じことが続くときは、ログを添えて情報担当に知らせます。",
        "A clerk looks at the card itself. If it happens again, report it with the log.",
    ],
};
