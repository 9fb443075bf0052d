//! Packs of the tests, beside the shipped ones.

pub const TENKYO: &str = include_str!("../../../../provisioning/procedures/tenkyo.toml");
pub const TOWNS: &str = include_str!("../../../../provisioning/procedures/towns/tokiwa.toml");

/// No question at all.
pub const SHORT: &str = r#"
format = 1
id = "mijikai"
version = 1
legal_effect = "draft"
title = { ja = "短い届", en = "A short form" }
summary = { ja = "ためすとき", en = "To try" }
purpose = { ja = "ためすために、氏名を読み取ります。", en = "To try, your name is read." }
section = { letter = "A", name = { ja = "住民異動", en = "Moving" } }
card = { attributes = ["name"] }

[[field]]
key = "name"
label = { ja = "氏名", en = "Name" }
from = "card"
attribute = "name"

[[bring]]
text = { ja = "印鑑", en = "A seal" }
"#;

/// A question on which another depends, and what to bring with it.
pub const PROXY: &str = r#"
format = 1
id = "dairi"
version = 1
legal_effect = "draft"
title = { ja = "代理の届", en = "A form by proxy" }
summary = { ja = "頼まれたとき", en = "When you were asked" }
purpose = { ja = "ためすために、氏名と性別を読み取ります。", en = "To try, name and sex are read." }
section = { letter = "A", name = { ja = "住民異動", en = "Moving" } }
card = { attributes = ["name", "sex"] }

[[field]]
key = "name"
label = { ja = "氏名", en = "Name" }
from = "card"
attribute = "name"

[[field]]
key = "sex"
label = { ja = "性別", en = "Sex" }
from = "card"
attribute = "sex"

[[field]]
key = "who"
label = { ja = "届け出る方", en = "Who" }
from = "question"
question = { ja = "どなたですか", en = "Who is it?" }
choices = [
  { key = "self", label = { ja = "本人", en = "Myself" } },
  { key = "agent", label = { ja = "代理人", en = "A proxy" } },
]

[[field]]
key = "copies"
label = { ja = "枚数", en = "Copies" }
from = "entry"
entry = "number"
digits = 2
question = { ja = "何枚ですか", en = "How many?" }
when = "who == 'agent'"

[[bring]]
text = { ja = "委任状", en = "A letter of proxy" }
when = "who == 'agent'"

[[bring]]
text = { ja = "印鑑", en = "A seal" }
"#;

/// An occasion that needs three of the packs, and a counter.
pub const LIFE_EVENT: &str = r#"
format = 1
id = "hikkoshi"
title = { ja = "引っ越し", en = "Moving" }
summary = { ja = "引っ越した方", en = "You moved" }

[[item]]
pack = "dairi"
needed = { ja = "頼まれた", en = "I was asked" }

[[item]]
pack = "tenkyo"
needed = { ja = "市内で引っ越した", en = "I moved within the city" }

[[item]]
pack = "nai"
needed = { ja = "この端末にない", en = "Not on this terminal" }

[[item]]
pack = "mijikai"
needed = { ja = "ためす", en = "I want to try" }

[[item]]
[item.at_counter]
with = ["tenkyo"]
title = { ja = "国民健康保険", en = "National health insurance" }
section = { ja = "保険年金課", en = "Insurance and pension" }
note = { ja = "勤め先の保険に入っていない方", en = "If you are not insured through work" }
"#;
