//! What a counter says when something was not done: what happened, what it means, what to do.

/// Words in both languages of the counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Stable code, as `turn.taken`.
    pub code: &'static str,
    /// 日本語.
    pub ja: &'static str,
    /// English.
    pub en: &'static str,
}

/// The office cannot be reached, or did not answer in time.
pub(crate) const AWAY: Words = Words {
    code: "office.away",
    ja: "係の端末が処理サーバーにつながりません。今の操作は、できたかどうか分かりません。つながったら画面を確かめてから、もう一度操作してください。",
    en: "The office cannot be reached. Whether this was done is not known: look again once it is back, before you repeat it.",
};

/// Words for a code; for one that is not known, that it did not work.
#[must_use]
pub fn words(code: &str) -> Words {
    TABLE.iter().find(|words| words.code == code).unwrap_or(&OTHER).clone()
}

const OTHER: Words = Words {
    code: "internal",
    ja: "処理できませんでした。何も変わっていません。もう一度操作し、続くときは情報担当に連絡してください。",
    en: "This did not work, and nothing has changed. Try again; if it goes on, call the information section.",
};

macro_rules! table {
    ($($code:literal: $ja:literal, $en:literal;)*) => {
        const TABLE: &[Words] = &[$(Words { code: $code, ja: $ja, en: $en }),*];
    };
}

table! {
    "alert.unknown": "この呼び出しは、もうありません。", "This call is not there any more.";
    "application.reason_missing": "この窓口で呼び出した番号ではありません。開く理由を入力してください。理由は記録に残ります。",
        "This number was not called to your counter. Say why you open it; the reason is recorded.";
    "application.unknown": "この申請は見つかりません。ほかの庁舎の番号か、保存期間が過ぎています。",
        "There is no such application here: it is of another building, or its time is over.";
    "case.field": "この項目は、そのようには決められません。", "This field cannot be decided so.";
    "case.identity": "先に本人確認をしてください。顔と氏名を書類と見くらべるまで、先へ進めません。",
        "Confirm first who stands there: face and name have to be compared with a document.";
    "case.locked": "担当の職員だけが開ける申請です。待合では何も言わず、担当に引き継いでください。",
        "Only named staff opens this application. Say nothing of it in the hall, and hand it to them.";
    "case.note": "言葉を1文字から200文字で入力してください。", "Write 1 to 200 characters.";
    "case.open": "まだ決めていない項目があります。", "Some fields are still to be decided.";
    "case.same_person": "内容を決めた人や見た人は、審査できません。ほかの職員に頼んでください。",
        "Whoever has decided or seen the decisions cannot check them. Ask a colleague.";
    "case.unchecked": "審査がまだです。", "It waits for its check by a second person.";
    "case.unconfirmed": "今の内容の申請書を、来庁者がまだ確認していません。申請書を見せて確認してもらってください。",
        "The visitor has not confirmed the form as it is now. Show it to them.";
    "case.value": "この項目に入れられない値です。1行、300文字までで入力してください。",
        "The field cannot say this. Use one line of at most 300 characters.";
    "clerk.no_counter": "この端末には窓口番号がありません。情報担当に連絡してください。",
        "This device has no counter number. Call the information section.";
    "clerk.no_session": "ログインの期限が切れたか、ほかの端末でログインしました。もう一度ログインしてください。",
        "Your session is over, or you logged in elsewhere. Log in again.";
    "clerk.password": "このパスワードは使えません。前と違う、10文字から128文字のものにしてください。",
        "This password cannot be taken. Use another one of 10 to 128 characters.";
    "clerk.password_change": "先にパスワードを変えてください。", "Change the password first.";
    "clerk.refused": "職員番号かパスワードが違います。", "Number and password do not fit.";
    "clerk.role": "この操作をする権限がありません。できる職員に頼んでください。",
        "Your role does not allow this. Ask a colleague who may.";
    "clerk.section": "ほかの係の番号です。", "This number belongs to another section.";
    "clerk.too_many": "まちがいが続いたので、1分ほどログインできません。", "Too many wrong attempts: wait a minute.";
    "core.busy": "混み合っています。少し待ってから、もう一度操作してください。", "The office is busy. Wait a little and try again.";
    "counter.locked": "しばらく操作がなかったので、画面をロックしました。", "The counter locked itself, since nobody used it.";
    "device.revoked": "この端末は使えなくなりました。情報担当に連絡してください。",
        "This device was taken out of service. Call the information section.";
    "tickets.exhausted": "今日の番号はすべて出ました。", "All numbers of today are given.";
    "tickets.known": "その番号は、もう列にあります。", "That number is in a line already.";
    "tickets.none": "この庁舎では、窓口から番号を出せません。", "Counters give no numbers here.";
    "tickets.stopped": "この係は、今日の発券を止めています。", "This section gives no more numbers today.";
    "turn.called_often": "決められた回数まで呼び出しました。来ないときは「不在」にしてください。",
        "It was called often enough. If nobody comes, mark it as not there.";
    "turn.elsewhere": "この方は、ほかの窓口で対応中です。順番はそのままです。",
        "They are being served at another counter, and keep their place.";
    "turn.nobody": "お待ちの方はいません。", "Nobody is waiting.";
    "turn.nowhere": "その係か窓口には、今だれもいません。", "Nobody is at that section or counter.";
    "turn.out_of_order": "この番号は、もう別の段階に進んでいます。画面を確かめてください。",
        "It is not at this point any more. Look at the line.";
    "turn.taken": "ほかの窓口が先に呼び出しました。", "Another counter has called it first.";
    "turn.unknown": "この番号は見つかりません。", "There is no such number.";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The office's own list, from its contract.
    const CONTRACT: &str = include_str!("../../../provisioning/core/openapi/v1.json");

    #[test]
    fn every_refusal_that_a_clerk_can_meet_has_words() {
        let families = ["clerk.", "turn.", "case.", "tickets."];
        // Of operators and intakes.
        let others = ["clerk.settings", "tickets.device_limit"];
        let codes = CONTRACT.split("| ").filter_map(|cell| cell.split(' ').next());
        let codes: Vec<&str> = codes
            .filter(|code| families.iter().any(|family| code.starts_with(family)))
            .filter(|code| !others.contains(code))
            .collect();
        assert!(codes.len() > 20, "{codes:?}");
        for code in codes {
            assert_eq!(words(code).code, code, "{code} has no words");
        }
    }

    #[test]
    fn the_table_is_in_order_and_says_both() {
        assert!(TABLE.windows(2).all(|two| two[0].code < two[1].code));
        assert!(TABLE.iter().all(|words| !words.ja.is_empty() && !words.en.is_empty()));
        assert_eq!(words("no.such.code"), OTHER);
    }
}
