//! The one place that knows CEL.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::common::types::CelString;
use cel::parser::Parser;
use cel::{Context, Env, Value};

use super::{BadCondition, Condition, MAX_DEPTH};

/// A condition that can be judged.
#[derive(Clone)]
pub(super) struct Expression {
    pub(super) tree: Arc<IdedExpr>,
    /// Names of fields, each with where it stands first.
    variables: BTreeMap<String, usize>,
    /// Texts that a variable is compared with: variable, text, where the text stands.
    compared: Vec<(String, String, usize)>,
}

impl Expression {
    /// Reads a text that was found short and flat enough.
    pub(super) fn parse(text: &str) -> Result<Self, BadCondition> {
        let parser = Parser::new().max_recursion_depth(MAX_DEPTH * 2).error_recovery_limit(1);
        let (tree, source) = parser.parse_with_source_info(text).map_err(|wrong| {
            let first = wrong.errors.first();
            let at = first.and_then(|e| usize::try_from(e.pos.1).ok()).unwrap_or_default();
            let said = first.map_or("", |e| e.msg.as_str());
            BadCondition::new(at.min(text.len()), format_args!("not a condition: {said}"))
        })?;
        let mut reading =
            Reading { source: &source, variables: BTreeMap::new(), compared: Vec::new() };
        if reading.kind(&tree)? != Kind::Truth {
            return Err(BadCondition::new(0, "a condition is true or false; this is a text"));
        }
        let Reading { variables, compared, .. } = reading;
        Ok(Self { tree: Arc::new(tree), variables, compared })
    }
}

impl Condition {
    /// Whether it holds. `value_of` gives the value of a field, empty when it has none.
    #[must_use]
    pub fn holds<'v>(&self, value_of: impl Fn(&str) -> &'v str) -> bool {
        let mut context = Context::with_env(environment());
        for name in self.expression.variables.keys() {
            context.add_variable_as_val(name, Box::new(CelString::from(value_of(name))));
        }
        // Whatever parses is total, so an error cannot come. If it did, the question would rather
        // be asked than left out.
        !matches!(Value::resolve(&self.expression.tree, &context), Ok(Value::Bool(false)))
    }

    /// The fields that it looks at, each with the character at which it stands.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, usize)> {
        self.expression.variables.iter().map(|(name, at)| (name.as_str(), *at))
    }

    /// The texts that fields are compared with for equality: field, text, character.
    fn compared(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        let compared = self.expression.compared.iter();
        compared.map(|(name, text, at)| (name.as_str(), text.as_str(), *at))
    }
}

/// CEL's own functions, without its macros.
fn environment() -> Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| Arc::new(Env::default().with_stdlib())).clone()
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
    use super::super::MAX_CONDITION_BYTES;
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
