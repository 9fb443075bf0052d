//! What is said of the terminal itself: store, device, printer, agent, visit.

use super::Row;

pub(super) const STORE_FULL: Row = Row {
    ja: [
        "この端末では、今お預かりできません",
        "保存する場所が、いっぱいです。",
        "窓口へお越しください。窓口で手続できます。",
    ],
    en: [
        "Nothing more can be kept here right now",
        "This terminal has no room left to save anything.",
        "Please come to the counter. Everything can be done there.",
    ],
    by_issuer: None,
    support: [
        "コアとの通信と、ディスクの空きを見ます。届いたものは消えて、空きが戻ります。",
        "Look at the line to the core and at free disk space: what is delivered is deleted and makes room.",
    ],
};

pub(super) const STORE_FAILED: Row = Row {
    ja: [
        "この端末では、保存ができません",
        "今は、お預かりができません。",
        "窓口へお越しください。窓口で手続できます。",
    ],
    en: [
        "This terminal cannot save anything",
        "Nothing can be kept right now.",
        "Please come to the counter. Everything can be done there.",
    ],
    by_issuer: None,
    support: [
        "ディスクの故障のおそれがあります。端末を止めて情報担当に知らせます。お預かりした内容が残っているので、消さないでください。",
        "The disk may be failing: stop the terminal and report it. What was kept is still on it, so do not erase it.",
    ],
};

pub(super) const TICKETS_NONE: Row = Row {
    ja: [
        "今日の番号がなくなりました",
        "この端末では、番号をお渡しできません。お預かりもできません。",
        "窓口へお越しください。窓口で手続できます。",
    ],
    en: [
        "There are no numbers left for today",
        "You cannot be given a number here, and nothing can be kept.",
        "Please come to the counter. Everything can be done there.",
    ],
    by_issuer: None,
    support: [
        "コアとの通信を見ます。番号の範囲が足りないときは、設定で広げます。次の営業日には、また出せます。",
        "Look at the line to the core. If the range of numbers is too small, widen it. The next business day has new ones.",
    ],
};

pub(super) const DEVICE_NOT_ENROLLED: Row = Row {
    ja: ["この端末は、まだ使えません", "登録が終わっていません。", "窓口へお越しください。"],
    en: [
        "This terminal has not been set up yet",
        "It has not been registered.",
        "Please come to the counter.",
    ],
    by_issuer: None,
    support: ["端末を登録します。", "Enrol the terminal."],
};

pub(super) const DEVICE_REVOKED: Row = Row {
    ja: [
        "この端末は、使えなくなりました",
        "使用を止められています。ここでは、もうお預かりできません。",
        "窓口へお越しください。係員がご案内します。",
    ],
    en: [
        "This terminal has been taken out of use",
        "Nothing more can be kept here.",
        "Please come to the counter. A clerk will help you.",
    ],
    by_issuer: None,
    support: [
        "止めた理由を確かめます。また使うときは、登録しなおします。",
        "Find out why it was revoked. To use it again, enrol it anew.",
    ],
};

pub(super) const DEVICE_CERTIFICATE_EXPIRED: Row = Row {
    ja: [
        "この端末は、登録の期限が切れています",
        "ここでお預かりしても、役所で受け取れません。そのため、使えません。",
        "窓口へお越しください。窓口で手続できます。",
    ],
    en: [
        "This terminal's registration has run out",
        "The office could not accept what is kept here, so nothing is kept.",
        "Please come to the counter. Everything can be done there.",
    ],
    by_issuer: None,
    support: [
        "端末を登録しなおします。時計が先へ進んでいないかも見ます。",
        "Enrol the terminal anew. See also whether its clock is ahead.",
    ],
};

pub(super) const DEVICE_NOT_CONFIGURED: Row = Row {
    ja: [
        "この端末は、準備中です",
        "手続の準備が、まだ終わっていません。",
        "窓口へお越しください。",
    ],
    en: [
        "This terminal is not ready yet",
        "It does not have its settings yet.",
        "Please come to the counter.",
    ],
    by_issuer: None,
    support: [
        "署名したパック、プロファイル、封をする鍵が、この端末に配られているかを見ます。",
        "See that signed packs, profile and sealing keys have been given to this terminal.",
    ],
};

pub(super) const PACKS_TOO_OLD: Row = Row {
    ja: [
        "手続の内容が古くなっています",
        "まちがった案内にならないように、この端末では手続を止めています。",
        "窓口へお越しください。窓口で手続できます。",
    ],
    en: [
        "The forms on this terminal are out of date",
        "So that you are not told anything wrong, they are not offered here.",
        "Please come to the counter. Everything can be done there.",
    ],
    by_issuer: None,
    support: ["新しいパックに署名して、配ります。", "Sign newer packs and distribute them."],
};

pub(super) const CLOCK_WRONG: Row = Row {
    ja: [
        "この端末の時計が合っていません",
        "日付をまちがえるおそれがあるため、使えません。",
        "窓口へお越しください。",
    ],
    en: [
        "The clock of this terminal is wrong",
        "So that no date is mistaken, it cannot be used.",
        "Please come to the counter.",
    ],
    by_issuer: None,
    support: [
        "時刻合わせ（NTP）と、端末の電池を見ます。",
        "Look at time synchronisation (NTP) and the terminal's battery.",
    ],
};

pub(super) const PRINTER_MISSING: Row = Row {
    ja: [
        "プリンターが使えません",
        "紙は出ませんが、手続は続けられます。",
        "番号は、画面でお確かめください。",
    ],
    en: [
        "The printer cannot be used",
        "Nothing can be printed, but you can continue.",
        "Please read your number on the screen.",
    ],
    by_issuer: None,
    support: [
        "電源とケーブルを見ます。プロファイルの printer の uri が正しいかを確かめます。",
        "Check power and cable, and the uri of the profile's printer.",
    ],
};

pub(super) const PRINTER_PAPER: Row = Row {
    ja: [
        "プリンターに紙がありません",
        "紙は出ませんが、手続は続けられます。",
        "番号は、画面でお確かめください。",
    ],
    en: [
        "The printer has no paper",
        "Nothing can be printed, but you can continue.",
        "Please read your number on the screen.",
    ],
    by_issuer: None,
    support: [
        "紙を入れます。画面から、もう一度印刷できます。",
        "Put paper in. It can be printed again from the screen.",
    ],
};

pub(super) const PRINTER_FAILED: Row = Row {
    ja: [
        "プリンターが止まっています",
        "紙は出ませんが、手続は続けられます。",
        "番号は、画面でお確かめください。",
    ],
    en: [
        "The printer has stopped",
        "Nothing can be printed, but you can continue.",
        "Please read your number on the screen.",
    ],
    by_issuer: None,
    support: [
        "紙づまりとカバーを見ます。出たままの紙は、ほかの方に渡さずに処分します。",
        "Look for a jam or an open cover. Destroy paper that was left behind; never hand it to anybody else.",
    ],
};

pub(super) const AGENT_AWAY: Row = Row {
    ja: [
        "準備しています",
        "まだ使えません。自動で準備しています。",
        "少しお待ちください。続くときは、窓口へお越しください。",
    ],
    en: [
        "Getting ready",
        "This terminal cannot be used yet. It gets ready by itself.",
        "Please wait a moment. If it goes on, please come to the counter.",
    ],
    by_issuer: None,
    support: [
        "ひとりでに戻ります。戻らないときは、madoguchi-agent の状態とログを見て、端末を再起動します。",
        "It comes back by itself. If not, look at the state and log of madoguchi-agent and restart the terminal.",
    ],
};

pub(super) const AGENT_RESTARTED: Row = Row {
    ja: [
        "端末が、途中で止まりました",
        "番号を、まだお渡しできていません。入力した内容は、画面から消しました。",
        "カードをお取りください。もう一度はじめからするか、窓口へお越しください。",
    ],
    en: [
        "The terminal stopped in the middle",
        "You have not been given a number. What you entered is gone from the screen.",
        "Please take your card. You can begin again, or come to the counter.",
    ],
    by_issuer: None,
    support: [
        "番号は出ていません。もう一度はじめからか、窓口でうかがいます。ログで、止まった理由を見ます。",
        "No number was given: let the visitor begin again, or see to them at the counter. The log says why it stopped.",
    ],
};

pub(super) const PROTOCOL_VERSION: Row = Row {
    ja: [
        "この端末は、直すまで使えません",
        "端末の中の組み合わせが、合っていません。",
        "窓口へお越しください。",
    ],
    en: [
        "This terminal needs to be repaired",
        "Its parts do not fit together, so it cannot be used.",
        "Please come to the counter.",
    ],
    by_issuer: None,
    support: [
        "画面とエージェントの版がちがいます。同じイメージを入れなおします。",
        "Screen and agent are of different versions: install one image whole.",
    ],
};

pub(super) const VISIT_MISMATCH: Row = Row {
    ja: [
        "端末の中で、くいちがいがありました",
        "ほかの人の内容とまざらないように、終わります。入力した内容は消します。",
        "もう一度はじめからするか、窓口へお越しください。",
    ],
    en: [
        "Something inside the terminal did not match",
        "So that nobody's data are mixed up, this visit ends and what you entered is erased.",
        "Please begin again, or come to the counter.",
    ],
    by_issuer: None,
    support: [
        "もう一度はじめからしてもらいます。必ず、ログを添えて情報担当に知らせます。",
        "Let the visitor begin again. Always report it with the log.",
    ],
};

pub(super) const VISIT_OUT_OF_ORDER: Row = Row {
    ja: [
        "この画面からは進めません",
        "番号は、お渡しできていません。",
        "もどるか、はじめからやりなおしてください。係員をよぶこともできます。",
    ],
    en: [
        "You cannot continue from this page",
        "You have not been given a number.",
        "Go back, or stop and begin again. You can also call a clerk.",
    ],
    by_issuer: None,
    support: [
        "もう一度はじめからしてもらいます。続くときは、画面とログを添えて知らせます。",
        "Let the visitor begin again. If it happens again, report it with the page and the log.",
    ],
};

pub(super) const FORM_INVALID: Row = Row {
    ja: [
        "入力の内容が、そろっていません",
        "この端末では、続きを作れません。お預かりは、できていません。",
        "もどって、お確かめください。係員をよぶこともできます。",
    ],
    en: [
        "The form is not complete",
        "It cannot be finished like this. Nothing has been kept.",
        "Please go back and check it. You can also call a clerk.",
    ],
    by_issuer: None,
    support: [
        "窓口でうかがいます。同じ手続で続くときは、パックを madoguchi-provision pack check で確かめます。",
        "See to the visitor at the counter. If it is always the same procedure, run madoguchi-provision pack check.",
    ],
};

pub(super) const INTERNAL: Row = Row {
    ja: [
        "思わぬことが起きました",
        "この画面からは、進めません。番号は、お渡しできていません。",
        "係員をおよびください。窓口でも手続できます。",
    ],
    en: [
        "Something unexpected happened",
        "You cannot continue from this page. You have not been given a number.",
        "Please call a clerk. Everything can also be done at the counter.",
    ],
    by_issuer: None,
    support: [
        "窓口でうかがいます。コードと時刻とログを添えて知らせます。",
        "See to the visitor at the counter. Report it with code, time and log.",
    ],
};
