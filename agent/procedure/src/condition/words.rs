//! Conditions in words, for who writes a pack or proves it.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

use super::Condition;
use crate::pack::{Pack, Source};
use madoguchi_protocol::local::Language;

impl Condition {
    /// The condition of that pack in English words; fields and choices are called as the screens
    /// call them in `language`.
    #[must_use]
    pub fn in_words(&self, pack: &Pack, language: Language) -> String {
        Words { pack, language }.whole(&self.expression.tree)
    }
}

struct Words<'p> {
    pack: &'p Pack,
    language: Language,
}

impl Words<'_> {
    fn whole(&self, expression: &IdedExpr) -> String {
        match &expression.expr {
            Expr::Call(call) => self.call(call),
            _ => self.value("", expression),
        }
    }

    /// In brackets where `and` and `or` could be taken one for the other.
    fn part(&self, expression: &IdedExpr) -> String {
        match &expression.expr {
            Expr::Call(call) if call.target.is_none() && JOINING.contains(&&*call.func_name) => {
                format!("({})", self.call(call))
            }
            _ => self.whole(expression),
        }
    }

    fn call(&self, call: &CallExpr) -> String {
        let joined = |word: &str| {
            let parts = call.args.iter().map(|part| self.part(part));
            parts.collect::<Vec<_>>().join(word)
        };
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            (operators::LOGICAL_AND, ..) => joined(" and "),
            (operators::LOGICAL_OR, ..) => joined(" or "),
            (operators::LOGICAL_NOT, _, [one]) => format!("not {}", self.part(one)),
            (operators::CONDITIONAL, _, [when, then, or]) => {
                let [when, then, or] = [when, then, or].map(|part| self.part(part));
                format!("{then} if {when}, otherwise {or}")
            }
            (operators::EQUALS, _, [one, other]) if is_empty(other) => {
                format!("{} is not answered", self.value("", one))
            }
            (operators::EQUALS, _, [one, other]) => self.compared(one, "is", other),
            (operators::NOT_EQUALS, _, [one, other]) if is_empty(other) => {
                format!("{} is answered", self.value("", one))
            }
            (operators::NOT_EQUALS, _, [one, other]) => self.compared(one, "is not", other),
            (operators::LESS, _, [one, other]) => self.compared(one, "is below", other),
            (operators::LESS_EQUALS, _, [one, other]) => self.compared(one, "is at most", other),
            (operators::GREATER, _, [one, other]) => self.compared(one, "is above", other),
            (operators::GREATER_EQUALS, _, [one, other]) => {
                self.compared(one, "is at least", other)
            }
            (operators::IN, _, [one, list]) => self.compared(one, "is one of", list),
            ("startsWith", Some(one), [other]) => self.compared(one, "begins with", other),
            ("endsWith", Some(one), [other]) => self.compared(one, "ends with", other),
            ("contains", Some(one), [other]) => self.compared(one, "contains", other),
            (name, ..) => name.to_owned(),
        }
    }

    fn compared(&self, one: &IdedExpr, how: &str, other: &IdedExpr) -> String {
        let field = match (&one.expr, &other.expr) {
            (Expr::Ident(name), _) | (_, Expr::Ident(name)) => name.as_str(),
            _ => "",
        };
        format!("{} {how} {}", self.value(field, one), self.value(field, other))
    }

    /// A field's name, or a text that `field` is compared with.
    fn value(&self, field: &str, expression: &IdedExpr) -> String {
        match &expression.expr {
            Expr::Ident(name) => {
                let known = self.pack.fields.iter().find(|f| f.key.as_str() == name);
                known.map_or(name.as_str(), |f| self.language.of(&f.label)).to_owned()
            }
            Expr::Literal(LiteralValue::String(text)) => self.text(field, text.inner()),
            Expr::Literal(LiteralValue::Boolean(truth)) => {
                if *truth.inner() { "always" } else { "never" }.to_owned()
            }
            Expr::List(list) => {
                let elements = list.elements.iter().map(|element| self.value(field, element));
                elements.collect::<Vec<_>>().join(", ")
            }
            _ => self.whole(expression),
        }
    }

    fn text(&self, field: &str, text: &str) -> String {
        let field = self.pack.fields.iter().find(|f| f.key.as_str() == field);
        let choices = match field.map(|f| &f.source) {
            Some(Source::Question { choices, .. }) => choices.as_slice(),
            _ => &[],
        };
        let choice = choices.iter().find(|choice| choice.key.as_str() == text);
        format!("\"{}\"", choice.map_or(text, |choice| self.language.of(&choice.label)))
    }
}

/// Compared with nothing: whether something is answered.
fn is_empty(expression: &IdedExpr) -> bool {
    matches!(&expression.expr, Expr::Literal(LiteralValue::String(text)) if text.inner().is_empty())
}

/// What takes several truths.
const JOINING: [&str; 3] = [operators::LOGICAL_AND, operators::LOGICAL_OR, operators::CONDITIONAL];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn said(condition: &str) -> String {
        let pack = Pack::parse(samples::PROXY).expect("a pack");
        let condition = Condition::parse(condition).expect(condition);
        condition.in_words(&pack, Language::English)
    }

    #[test]
    fn a_condition_is_said_by_the_names_that_the_screens_use() {
        for (condition, words) in [
            ("who == 'agent'", "Who is \"A proxy\""),
            ("'agent' == who", "\"A proxy\" is Who"),
            ("who != '' && copies == '2'", "Who is answered and Copies is \"2\""),
            ("who in ['self', 'agent']", "Who is one of \"Myself\", \"A proxy\""),
            (
                "!(who == 'self' || copies > '1')",
                "not (Who is \"Myself\" or Copies is above \"1\")",
            ),
            (
                "who == 'self' && (copies == '1' || copies == '2')",
                "Who is \"Myself\" and (Copies is \"1\" or Copies is \"2\")",
            ),
            ("copies.startsWith('1')", "Copies begins with \"1\""),
            ("open == 'off'", "open is \"off\""),
            (
                "who == 'self' ? copies == '1' : false",
                "Copies is \"1\" if Who is \"Myself\", otherwise never",
            ),
        ] {
            assert_eq!(said(condition), words, "{condition}");
        }
    }
}
