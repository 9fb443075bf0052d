//! Conditions of packs: the one place that knows CEL (the Common Expression Language).
//!
//! A condition compares values of the form with texts, and joins comparisons:
//! `who_asks == 'agent' && !(copies in ['1', '2'])`. Of CEL that is `==`, `!=`, `<`, `<=`, `>`,
//! `>=`, `in`, `startsWith`, `endsWith`, `contains`, `&&`, `||`, `!`, `? :` and brackets over texts
//! and `true`/`false`. What is left out (numbers, macros, functions) could fail or take long; what
//! is left always ends with true or false.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::common::types::CelString;
use cel::parser::Parser;
use cel::{Context, Env, Value};

/// Longest condition, in bytes.
pub const MAX_CONDITION_BYTES: usize = 256;

/// How deep a condition may be nested.
const MAX_DEPTH: u16 = 12;

/// When a field, or a thing to bring, belongs to the form.
#[derive(Clone)]
pub struct Condition {
    text: String,
    expression: Arc<IdedExpr>,
    /// Names of fields, each with where it stands first.
    variables: BTreeMap<String, usize>,
    /// Texts that a variable is compared with: variable, text, where the text stands.
    compared: Vec<(String, String, usize)>,
}

/// A text that is not a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadCondition {
    /// At which character, from 0.
    pub(crate) at: usize,
    message: String,
}

impl BadCondition {
    fn new(at: usize, message: impl ToString) -> Self {
        Self { at, message: message.to_string() }
    }
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// When it is too long, too deep, not CEL, or uses what conditions do not have.
    pub fn parse(text: &str) -> Result<Self, BadCondition> {
        if text.len() > MAX_CONDITION_BYTES {
            let message = format!("a condition has at most {MAX_CONDITION_BYTES} bytes");
            return Err(BadCondition::new(0, message));
        }
        if let Some(at) = text.bytes().position(|b| !(b' '..=b'~').contains(&b)) {
            return Err(BadCondition::new(at, "a condition is one line of ASCII"));
        }
        if nesting(text) > usize::from(MAX_DEPTH) {
            return Err(BadCondition::new(0, "the condition is nested too deep"));
        }
        let parser = Parser::new().max_recursion_depth(MAX_DEPTH * 2).error_recovery_limit(1);
        let (expression, source) = parser.parse_with_source_info(text).map_err(|wrong| {
            let first = wrong.errors.first();
            let at = first.and_then(|e| usize::try_from(e.pos.1).ok()).unwrap_or_default();
            let said = first.map_or("", |e| e.msg.as_str());
            BadCondition::new(at.min(text.len()), format_args!("not a condition: {said}"))
        })?;
        let mut reading =
            Reading { source: &source, variables: BTreeMap::new(), compared: Vec::new() };
        if reading.kind(&expression)? != Kind::Truth {
            return Err(BadCondition::new(0, "a condition is true or false; this is a text"));
        }
        let Reading { variables, compared, .. } = reading;
        Ok(Self { text: text.to_owned(), expression: Arc::new(expression), variables, compared })
    }

    /// Whether it holds. `value_of` gives the value of a field, empty when it has none.
    #[must_use]
    pub fn holds<'v>(&self, value_of: impl Fn(&str) -> &'v str) -> bool {
        let mut context = Context::with_env(environment());
        for name in self.variables.keys() {
            context.add_variable_as_val(name, Box::new(CelString::from(value_of(name))));
        }
        // Whatever parses is total, so an error cannot come. If it did, the question would rather
        // be asked than left out.
        !matches!(Value::resolve(&self.expression, &context), Ok(Value::Bool(false)))
    }

    /// The condition as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The fields that it looks at, each with the character at which it stands.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, usize)> {
        self.variables.iter().map(|(name, at)| (name.as_str(), *at))
    }

    /// The texts that fields are compared with for equality: field, text, character.
    pub(crate) fn compared(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.compared.iter().map(|(name, text, at)| (name.as_str(), text.as_str(), *at))
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({:?})", self.text)
    }
}

/// CEL's own functions, without its macros.
fn environment() -> Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| Arc::new(Env::default().with_stdlib())).clone()
}

/// How deep a text nests, at most: so much stack its parser may need. Counted before it is parsed,
/// since the parser goes down one bracket after the other.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' | b'?' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// What an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Truth,
}

/// Walks an expression and takes only what always ends with true or false.
struct Reading<'s> {
    source: &'s SourceInfo,
    variables: BTreeMap<String, usize>,
    compared: Vec<(String, String, usize)>,
}

impl Reading<'_> {
    fn at(&self, expression: &IdedExpr) -> usize {
        self.source.offset_for(expression.id).map_or(0, |(start, _)| start as usize)
    }

    fn refuse<T>(&self, expression: &IdedExpr, message: &str) -> Result<T, BadCondition> {
        Err(BadCondition::new(self.at(expression), message))
    }

    fn kind(&mut self, expression: &IdedExpr) -> Result<Kind, BadCondition> {
        match &expression.expr {
            Expr::Ident(name) => {
                let at = self.at(expression);
                let first = self.variables.entry(name.clone()).or_insert(at);
                *first = at.min(*first);
                Ok(Kind::Text)
            }
            Expr::Literal(LiteralValue::String(_)) => Ok(Kind::Text),
            Expr::Literal(LiteralValue::Boolean(_)) => Ok(Kind::Truth),
            Expr::Call(call) => self.call(expression, call),
            Expr::Literal(_) => self.refuse(expression, "values are texts: write '1', not 1"),
            _ => self.refuse(expression, "conditions have no such thing"),
        }
    }

    fn call(&mut self, expression: &IdedExpr, call: &CallExpr) -> Result<Kind, BadCondition> {
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            (operators::LOGICAL_NOT, None, [one]) => self.all(&[one], Kind::Truth),
            (operators::LOGICAL_AND | operators::LOGICAL_OR, None, terms) => {
                self.all(&terms.iter().collect::<Vec<_>>(), Kind::Truth)
            }
            (operators::CONDITIONAL, None, [condition, yes, no]) => {
                self.all(&[condition, yes, no], Kind::Truth)
            }
            (operators::EQUALS | operators::NOT_EQUALS, None, [one, other]) => {
                self.compare(one, other);
                self.compare(other, one);
                self.all(&[one, other], Kind::Text)
            }
            (
                operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                None,
                [one, other],
            ) => self.all(&[one, other], Kind::Text),
            (operators::IN, None, [one, list]) => {
                let Expr::List(list) = &list.expr else {
                    return self.refuse(list, "after `in` stands a list, as ['1', '2']");
                };
                for element in &list.elements {
                    self.compare(one, element);
                    self.all(&[element], Kind::Text)?;
                }
                self.all(&[one], Kind::Text)
            }
            ("startsWith" | "endsWith" | "contains", Some(one), [other]) => {
                self.all(&[one, other], Kind::Text)
            }
            _ => self.refuse(expression, "conditions have no such operator or function"),
        }
    }

    /// All of them of one kind: then the whole is true or false.
    fn all(&mut self, parts: &[&IdedExpr], wanted: Kind) -> Result<Kind, BadCondition> {
        for part in parts {
            if self.kind(part)? != wanted {
                return self.refuse(
                    part,
                    match wanted {
                        Kind::Text => "a text is needed here",
                        Kind::Truth => "something that is true or false is needed here",
                    },
                );
            }
        }
        Ok(Kind::Truth)
    }

    fn compare(&mut self, one: &IdedExpr, other: &IdedExpr) {
        if let (Expr::Ident(name), Expr::Literal(LiteralValue::String(text))) =
            (&one.expr, &other.expr)
        {
            self.compared.push((name.clone(), text.inner().to_owned(), self.at(other)));
        }
    }
}

/// Says what is wrong with a condition's use of fields, given the fields that stand before it and
/// the texts that each may hold (none: any text).
pub(crate) fn misuse(
    condition: &Condition,
    known: &BTreeMap<&str, Option<BTreeSet<&str>>>,
) -> Vec<(usize, String)> {
    let unknown =
        condition.variables().filter(|(name, _)| !known.contains_key(name)).map(|(name, at)| {
            (at, format!("{name} is not a field before this one that can have a value"))
        });
    let never = condition.compared().filter_map(|(name, text, at)| {
        let choices = known.get(name)?.as_ref()?;
        // Empty: not answered.
        let possible = text.is_empty() || choices.contains(text);
        (!possible).then(|| (at, format!("{name} has no choice '{text}'")))
    });
    unknown.chain(never).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str) -> bool {
        let condition = Condition::parse(text).expect(text);
        condition.holds(|name| match name {
            "who" => "agent",
            "copies" => "2",
            _ => "",
        })
    }

    fn refused(text: &str) -> BadCondition {
        Condition::parse(text).expect_err(text)
    }

    #[test]
    fn conditions_compare_values_with_texts() {
        for yes in [
            "who == 'agent'",
            "who != \"self\" && copies == '2'",
            "copies in ['1', '2']",
            "!(copies in ['1'])",
            "nothing == ''",
            "copies > '1' || who < 'a'",
            "who.startsWith('ag') && who.endsWith('nt') && who.contains('gen')",
            "who == 'agent' ? copies == '2' : false",
            "true",
        ] {
            assert!(holds(yes), "{yes}");
        }
        for no in ["who == 'self'", "!(who == 'agent')", "copies in []", "copies <= '1'", "false"] {
            assert!(!holds(no), "{no}");
        }
    }

    #[test]
    fn what_could_fail_or_take_long_is_refused() {
        for wrong in [
            "",
            "who",
            "who ==",
            "who == agent == true",
            "copies == 2",
            "copies + '1' == '21'",
            "size(who) > 1",
            "who.matches('(a+)+')",
            "['1'].all(x, x == who)",
            "has(who.x)",
            "who.x == ''",
            "who[0] == 'a'",
            "{'a': who}['a'] == 'b'",
            "string(who) == 'a'",
            "true == true",
            "1 < 2",
            "who == 'a' ? 'b' : 'c'",
            "\u{540d} == 'a'",
            "who == '\u{540d}'",
        ] {
            refused(wrong);
        }
        assert!(refused(&" ".repeat(MAX_CONDITION_BYTES + 1)).to_string().contains("256"));
        assert!(refused(&format!("{}true{}", "(".repeat(20), ")".repeat(20))).at == 0);
    }

    #[test]
    fn a_refusal_names_the_place() {
        assert_eq!(refused("who == 'a' && copies == 2").at, 24);
        assert_eq!(refused("who == 'a' &&").at, 13);
        let condition = Condition::parse("who == 'x' && who != 'agent'").expect("a condition");
        assert_eq!(condition.variables().collect::<Vec<_>>(), [("who", 0)]);
        assert_eq!(
            condition.compared().collect::<Vec<_>>(),
            [("who", "x", 7), ("who", "agent", 21)]
        );
    }
}
