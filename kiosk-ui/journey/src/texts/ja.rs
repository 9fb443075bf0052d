//! 日本語: short sentences, です・ます, one thing each (やさしい日本語). A draft is never said to be
//! 受付, 受理 or 申請完了, and nothing is said to be 有効 or 本人確認済.

use madoguchi_protocol::FailureCode;

use super::Texts;
use crate::view::Words;

pub(super) const TEXTS: Texts = Texts {
    language: "日本語",

    back: "もどる",
    stop: "やめる",
    call_clerk: "係員をよぶ",
    next: "次へ",
    finish: "終わる",
    to_start: "はじめの画面へ",
    go_on: "続ける",
    lay_again: "カードを置きなおす",
    ticket_only: "番号だけ取る",
    without_card: "カードを使わず番号だけ取る",

    stages: ["手続", "カード", "質問", "確認", "番号"],
    core_away: "今、役所との通信が切れています。このまま使えます。お預かりした内容は、あとで届きます。",

    help: "お困りのときは、近くの係員に声をかけてください。",

    connecting_title: "準備しています",
    out_of_service_title: "ただいま、この端末は使えません",
    take_card_first_title: "カードをお取りください",
    take_card_first_lead: "カードが置かれたままです。このカードは読み取っていません。カードを取ると、はじめられます。",

    start_title: "書かずに、届出の準備ができます",
    start_lead: "マイナンバーカードを置くと、氏名や住所を書かずに届出の下書きを作れます。",
    start_note: "手続は、このあと窓口で行います。この端末だけでは終わりません。",
    start: "はじめる",

    procedures_title: "どの手続をしますか",
    procedures_lead: "ひとつえらんでください。",
    do_not_know: "わからない・窓口で相談する",
    legal_draft: "ここで作るのは下書きです。窓口で確認してから、届出になります。",

    purpose_title: "カードから読み取るもの",
    attributes_title: "読み取る項目",
    name: "氏名",
    address: "住所",
    birth_date: "生年月日",
    sex: "性別",
    number_not_read: "個人番号（マイナンバー）は読み取りません。",
    may_refuse: "カードを使わずに、番号だけを取って窓口で手続することもできます。",
    agree: "カードを使って進む",

    lay_card_title: "マイナンバーカードを置いてください",
    lay_card_lead: "読み取りが終わるまで、カードを動かさないでください。",
    looking_title: "カードを見ています",
    looking_lead: "カードをそのままにして、お待ちください。",
    pin_hint: "このあと、券面事項入力補助用暗証番号（数字4桁）を入力します。",

    pin_name: "券面事項入力補助用暗証番号（数字4桁）",
    pin_title: "暗証番号を入力してください",
    pin_lead: "カードを受け取ったときに決めた番号です。ほかの4桁の番号とは、ちがうことがあります。数字は画面に出ません。",
    tries: |left| format!("入力できるのは、あと{left}回です"),
    entered: |digits| format!("{digits}桁 入力しました"),
    erase: "1字消す",
    submit: "この番号で読み取る",
    pin_wrong_title: "暗証番号がちがいます",
    pin_wrong_lead: "もう一度入力できます。番号がわからないときは、番号だけ取って窓口でご相談ください。",
    pin_last_title: "入力できるのは、あと1回です",
    pin_last_lead: "次にまちがえると、この暗証番号は使えなくなります。使えるようにするには、住民票のある市区町村の窓口に行く必要があります。自信がないときは、入力しないでください。",
    pin_again: "もう一度入力する",
    pin_last: "最後の1回を入力する",

    reading_title: "カードを読み取っています",
    reading_lead: "カードをそのままにして、お待ちください。",

    form_title: "カードから読み取りました",
    form_lead: "内容をお確かめください。ちがうところは、窓口で直せます。",
    question_title: |number, total| format!("質問 {number}／{total}"),
    review_title: "内容をお確かめください",
    review_lead: "まだお預かりしていません。よければ「この内容で預ける」を押してください。ちがうところは、窓口で直せます。",
    review_purpose_title: "使いみち",
    next_steps_title: "このあと",
    review_steps: |section| {
        vec![
            "番号をお渡しします。".into(),
            format!("「{section}」の窓口で番号をお呼びします。"),
            "窓口で係員が内容を確認してから、届出になります。".into(),
        ]
    },
    keep: "この内容で預ける",
    from_card: "カードから",
    from_choice: "あなたの選択",
    at_counter: "窓口でうかがいます",

    keeping_title: "少しお待ちください",
    keeping_lead: "保存しています。終わると、番号が出ます。",

    kept_title: "お預かりしました",
    number_given_title: "番号をお渡しします",
    ticket_title: "あなたの番号",
    section_title: "お呼びする窓口",
    kept_steps: |section| {
        vec![
            "番号をおぼえてください。".into(),
            format!("番号が呼ばれたら、「{section}」の窓口へお越しください。"),
            "届出は、まだ終わっていません。窓口で係員が確認します。".into(),
        ]
    },
    ticket_steps: [
        "番号をおぼえるか、書きとめてください。",
        "番号が呼ばれたら、窓口へお越しください。手続は窓口で行います。",
    ],
    called_steps: [
        "この番号で、係員がお呼びします。",
        "お急ぎのときは、近くの窓口で係員に声をかけてください。",
    ],
    give_up_title: "番号だけにしますか",
    give_up_lead: "まだお預かりしていません。番号だけにすると、入力した内容は消えます。手続は窓口で行います。",
    clerk_called: |ticket| format!("{ticket} でも、お呼びします。"),
    take_card: "カードをお取りください",

    take_card_lead: "カードが置かれたままです。カードを取ると、終わります。",
    ended_title: "ご利用ありがとうございました",
    ended_lead: "入力した内容を消しています。",

    stop_title: "やめますか",
    stop_lead: "まだお預かりしていません。やめると、入力した内容は消えます。",
    stop_lead_keeping: "保存している途中です。今やめると、番号をお渡しできません。",
    still_there_title: "続けますか",
    still_there_lead: "このまま操作がないと、入力した内容を消して終わります。",
    still_there_lead_kept: "このまま操作がないと、この画面を閉じます。番号をおぼえてください。",

    card_taken_early: Words {
        code: FailureCode::CardRemoved,
        code_title: "",
        what_happened: "カードが取られました。",
        what_it_means: "カードの内容は、もう読み取ってあります。このまま続けられます。",
        what_to_do: "カードは、なくさないようにお持ちください。",
    },
    call_failed: Words {
        code: FailureCode::Internal,
        code_title: "",
        what_happened: "係員をよべませんでした。",
        what_it_means: "画面の番号は、そのまま使えます。",
        what_to_do: "お急ぎのときは、近くの窓口で係員に声をかけてください。",
    },
};
