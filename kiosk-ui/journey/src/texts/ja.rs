//! 日本語: short sentences, です・ます, one thing each (やさしい日本語). A draft is never said to be
//! 受付, 受理 or 申請完了, and nothing is said to be 有効 or 本人確認済.

use madoguchi_protocol::FailureCode;

use super::{OfPaper, Texts};
use crate::view::Words;

const CODE_TITLE: &str = "お問い合わせ用コード";

pub(super) const TEXTS: Texts = Texts {
    language: "日本語",

    back: "もどる",
    stop: "やめる",
    call_clerk: "係員をよぶ",
    display: "表示",
    next: "次へ",
    finish: "終わる",
    to_start: "はじめの画面へ",
    go_on: "続ける",
    close: "閉じる",
    lay_again: "カードを置きなおす",
    ticket_only: "番号だけ取る",
    take_number: "番号を取る",
    without_card: "カードを使わずに進む",
    and: "・",
    space: "",

    stages: ["手続", "カード", "質問", "確認", "番号"],
    form_of: |number, total, title| format!("{total}つのうち{number}つめ：{title}"),
    practice: "練習用です。手続はできません",
    core_away: "今、役所との通信が切れています。このまま使えます。お預かりした内容は、あとで届きます。",
    printer_away: |what| format!("{what}。番号は、画面でお確かめください。"),
    help: "お困りのときは、近くの係員に声をかけてください。",

    display_title: "見やすさと言語",
    language_title: "言語（Language）",
    size_title: "文字の大きさ",
    sizes: ["標準", "大きい", "もっと大きい", "いちばん大きい"],
    contrast_title: "画面の色",
    contrasts: ["標準", "白に黒い文字", "黒に白い文字", "まぶしくない色"],

    connecting_title: "準備しています",
    out_of_service_title: "ただいま、この端末は使えません",
    take_card_first_title: "カードをお取りください",
    take_card_first_lead: "カードが置かれたままです。このカードは読み取っていません。カードを取ると、はじめられます。",

    start_title: "書かずに、手続の準備ができます",
    start_lead: "マイナンバーカードを置くと、氏名や住所を書かずに下書きを作れます。カードがなくても使えます。",
    start_lead_without_card: "今、この端末ではカードを読み取れません。カードを使わずに、質問に答えて番号を取れます。",
    start_note: "手続は、このあと窓口で行います。この端末だけでは終わりません。",
    start: "はじめる",

    procedures_title: "どの手続をしますか",
    procedures_lead: "ひとつえらんでください。",
    do_not_know: "わからない・窓口で相談する",
    do_not_know_answer: "わからない（ここからは窓口で）",
    legal_draft: "ここで作るのは下書きです。窓口で確認してから、手続になります。",
    legal_electronic: "この端末から、電子で手続します。",

    life_event_lead: "する手続を、すべてえらんでください。番号はひとつです。",
    also_at_counter: "窓口でする手続",

    purpose_title: "カードから読み取るもの",
    attributes_title: "読み取る項目",
    name: "氏名",
    address: "住所",
    birth_date: "生年月日",
    sex: "性別",
    number_not_read: "個人番号（マイナンバー）は読み取りません。",
    may_refuse: "カードを使わなくても、手続できます。",
    other_procedure: "ほかの手続をえらぶときは、いったんやめて、はじめからお願いします。",
    agree: "カードを使って進む",

    without_card_title: "カードを使わずに進みます",
    without_card_lead: "質問に答えると、窓口で書くことがへります。すぐに番号を取ることもできます。氏名や住所は、窓口でうかがいます。",
    without_card_lead_number: "番号をお渡しします。手続は窓口で行います。",
    answer_without_card: "質問に答える",

    lay_card_title: "マイナンバーカードを置いてください",
    lay_card_lead: "読み取りが終わるまで、カードを動かさないでください。",
    looking_title: "カードを見ています",
    looking_lead: "カードをそのままにして、お待ちください。",
    pin_hint: "このあと、券面事項入力補助用暗証番号（数字4桁）を入力します。",
    number_hint: "このあと、カードのおもての数字を入力します。置く前に、カードを見ておいてください。",

    pin_name: "券面事項入力補助用暗証番号（数字4桁）",
    pin_title: "暗証番号を入力してください",
    pin_lead: "カードを受け取ったときに決めた番号です。ほかの4桁の番号とは、ちがうことがあります。数字は画面に出ません。",
    tries: |left| format!("入力できるのは、あと{left}回です"),
    entered: |digits, of| format!("{of}桁のうち{digits}桁 入力しました"),
    erase: "1字消す",
    submit: "この番号で読み取る",
    pin_wrong_title: "暗証番号がちがいます",
    pin_wrong_lead: "もう一度入力できます。わからないときは、番号だけ取って窓口でご相談ください。",
    pin_last_title: "入力できるのは、あと1回です",
    pin_last_lead: "次にまちがえると、この暗証番号は使えなくなります。使えるようにするには、住民票のある市区町村の窓口に行く必要があります。自信がないときは、入力しないでください。",
    pin_again: "もう一度入力する",
    pin_last: "最後の1回を入力する",
    use_pin: "暗証番号で読み取る",
    use_number: "暗証番号なしで読み取る（カードの数字を入力）",

    number_name: "照合番号B（カードのおもての数字14桁）",
    number_title: "カードの数字を入力してください",
    number_lead: "カードのおもての数字を、順に入力してください。数字が見えないときは、カードを取って見てから、同じカードを置いてください。数字は画面に出ません。",
    number_groups: [
        (
            "生年月日（6桁）",
            "年は元号の年です。平成2年3月4日は、020304 です。カードが西暦のときは、引き算します。1989年1月7日までは 1925、2019年4月30日までは 1988、そのあとは 2018 を引きます。",
        ),
        (
            "有効期限の年（4桁）",
            "カードそのものの期限の、西暦の年です。電子証明書の期限ではありません。",
        ),
        ("セキュリティコード（4桁）", "写真の下に書いてある、4桁の数字です。"),
    ],
    number_wrong_title: "カードの数字がちがいます",
    number_wrong_lead: "もう一度入力できます。わからないときは、番号だけ取って窓口でご相談ください。",
    number_last_lead: "次にまちがえると、この方法は使えなくなります。使えるようにするには、住民票のある市区町村の窓口に行く必要があります。",

    reading_title: "カードを読み取っています",
    reading_lead: "カードをそのままにして、お待ちください。",

    form_title: "カードから読み取りました",
    form_lead: "内容をお確かめください。ちがうところは、窓口で直せます。",
    question_title: |number, total| format!("質問 {number}／{total}"),
    towns_lead: "町の名前の、はじめの字の行をえらんでください。",
    kana_rows: ["あ", "か", "さ", "た", "な", "は", "ま", "や", "ら", "わ"],
    town: "町・丁目",
    change_town: "えらびなおす",
    date_lead: "数字で入力してください。年は西暦です。",
    date_groups: ["年", "月", "日"],
    address_lead: "番地などの数字を、順に入力してください。2番3号は、2 と 3 です。建物の名前や部屋は、窓口でうかがいます。",
    address_groups: ["番・番地", "号（ないときは、そのまま）", "つづき（ないときは、そのまま）"],
    digits_lead: "数字で入力してください。",
    digits_groups: ["数字"],
    next_group: "次の欄へ",
    entry_problem: "入力した数字を、もう一度お確かめください。",
    no_such_day: "この日付はありません。もう一度お確かめください。",
    day_after_today: "今日より後の日付は、入力できません。",

    notice_title: "大切なお知らせ",
    notice_lead: "答えを直すことも、このまま続けることもできます。",
    notice_lead_first: "このまま続けることも、窓口で相談することもできます。",
    change_answer: "答えを直す",
    go_on_all_the_same: "このまま続ける",
    number_and_counter: "番号を取って、窓口で相談する",

    review_title: "内容をお確かめください",
    review_lead: "まだお預かりしていません。よければ「この内容で預ける」を押してください。ちがうところは、窓口で直せます。",
    review_lead_more: "まだお預かりしていません。よければ「次の手続へ」を押してください。ちがうところは、窓口で直せます。",
    review_purpose_title: "使いみち",
    see_rest: "続きがあります。終わりまでごらんください。",
    next_steps_title: "このあと",
    review_steps: |section| {
        vec![
            "番号をお渡しします。".into(),
            format!("「{section}」の窓口で番号をお呼びします。"),
            "窓口で係員が内容を確認してから、手続になります。".into(),
        ]
    },
    keep: "この内容で預ける",
    next_form: "次の手続へ",
    from_card: "カードから",
    from_choice: "あなたの選択",
    from_typing: "あなたの入力",
    at_counter: "窓口でうかがいます",

    keeping_title: "少しお待ちください",
    keeping_lead: "保存しています。終わると、番号が出ます。",

    kept_title: "お預かりしました",
    number_given_title: "番号をお渡しします",
    ticket_title: "あなたの番号",
    section_title: "お呼びする窓口",
    remember_step: "番号をおぼえるか、書きとめてください。",
    take_slip_step: "紙の番号票をお取りください。",
    kept_steps: |section| {
        vec![
            format!("番号が呼ばれたら、「{section}」の窓口へお越しください。"),
            "手続は、まだ終わっていません。窓口で係員が確認します。".into(),
        ]
    },
    show_number_step: "この番号は、まだ窓口に届いていません。お待ちにならずに、窓口で番号をお見せください。",
    ticket_steps: ["番号が呼ばれたら、窓口へお越しください。手続は窓口で行います。"],
    called_steps: [
        "この番号でも、お呼びします。",
        "お急ぎのときは、近くの窓口で係員に声をかけてください。",
    ],
    bring_title: "窓口で使うもの",
    slip: OfPaper {
        printing: "番号票を印刷しています。",
        take: "番号票をお取りください。",
        failed: |what| {
            format!("番号票を印刷できません（{what}）。番号は、画面でお確かめください。")
        },
    },
    forms: OfPaper {
        printing: "窓口で使う用紙を印刷しています。",
        take: "用紙をお取りください。窓口でお出しください。",
        failed: |what| format!("用紙を印刷できません（{what}）。内容はお預かりしています。"),
    },
    print_again: "もう一度印刷する",
    ends_with_paper: "紙が出たら、終わります。",
    clerk_calling: "係員をよんでいます。",
    clerk_called: "係員をよびました。この近くでお待ちください。",
    clerk_coming: "係員がまいります。この近くでお待ちください。",
    clerk_unheard: "今、係員に届いていません。音でお知らせしています。近くの係員に声をかけてください。",
    take_card: "カードをお取りください",

    take_card_lead: "カードが置かれたままです。カードを取ると、終わります。",
    take_card_lead_told: "カードが置かれたままです。係員に知らせました。",
    take_card_lead_long: "カードが置かれたままです。ほかの方のカードのときは、近くの係員にお渡しください。",
    ended_title: "ご利用ありがとうございました",
    ended_lead: "入力した内容を消しています。",

    call_title: "係員をよびますか",
    call_heard: "係員に知らせます。この端末の近くでお待ちください。",
    call_unheard: "今は、係員に知らせが届きません。音を鳴らしますので、近くの係員に声をかけてください。",
    call_empty: "番号が出て、ここでの操作は終わります。",
    call_filled: "ここまでの内容は、番号といっしょにお預かりします。ここでの入力は終わり、続きは係員がうかがいます。",
    call_kept: "番号は変わりません。",
    number_only_title: "ここで番号を取りますか",
    number_only_lead: "ここまでの内容と番号をお渡しします。内容は消えません。続きは窓口でうかがいます。",
    stop_title: "やめますか",
    stop_lead: "まだお預かりしていません。やめると、入力した内容は消えます。",
    stop_lead_keeping: "保存している途中です。今やめると、番号をお渡しできません。",
    still_there_title: "続けますか",
    still_there_lead: "このまま操作がないと、入力した内容を消して終わります。",
    still_there_lead_kept: "このまま操作がないと、この画面を閉じます。番号をおぼえてください。",
    seconds_left: |left| format!("あと {left} 秒"),

    code_title: CODE_TITLE,
    card_taken_early: Words {
        code: FailureCode::CardRemoved,
        code_title: CODE_TITLE,
        what_happened: "カードが取られました",
        what_it_means: "カードの内容は、もう読み取ってあります。このまま続けられます。",
        what_to_do: "カードは、なくさないようにお持ちください。",
    },
    call_failed: Words {
        code: FailureCode::Internal,
        code_title: CODE_TITLE,
        what_happened: "係員をよべませんでした",
        what_it_means: "画面の番号は、そのまま使えます。",
        what_to_do: "お急ぎのときは、近くの窓口で係員に声をかけてください。",
    },
};
