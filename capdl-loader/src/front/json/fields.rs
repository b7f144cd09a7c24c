//! The members of an object, each asked for once; who is left is told.

use layout::Span;

use super::Reader;
use super::value::{Json, Node};
use crate::code::Code;
use crate::front::problems::Problems;
use crate::front::suggest;

/// The members of an object.
pub(super) struct Fields<'n, 't> {
    span: Span,
    members: &'n [(Node<'t>, Node<'t>)],
    /// The names that were asked for.
    asked: Vec<&'static str>,
}

impl<'n, 't> Fields<'n, 't> {
    /// A member that may be missing. The first one, if the name is there twice.
    pub(super) fn optional(&mut self, name: &'static str) -> Option<&'n Node<'t>> {
        self.asked.push(name);
        let named = |(key, _): &&(Node<'_>, Node<'_>)| name_of(key) == name;
        self.members.iter().find(named).map(|(_, value)| value)
    }

    /// A member that must be there.
    pub(super) fn required(
        &mut self,
        name: &'static str,
        problems: &mut Problems,
    ) -> Option<&'n Node<'t>> {
        let found = self.optional(name);
        if found.is_none() {
            let message = format!("`{name}` is missing");
            problems.error(Code::WRONG_TYPE, self.span, message, "add it");
        }
        found
    }

    /// Tells which members nobody has asked for.
    pub(super) fn report_rest(self, problems: &mut Problems) {
        for (key, _) in self.members {
            let name = name_of(key);
            if self.asked.contains(&name) {
                continue;
            }
            let short: String = name.chars().take(40).collect();
            let near = suggest::nearest(&short, self.asked.iter().copied());
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", self.asked.join(", ")),
            };
            let message = format!("`{short}` is not known here");
            problems.error(Code::UNKNOWN_KEY, key.span, message, help);
        }
    }
}

fn name_of<'n>(key: &'n Node<'_>) -> &'n str {
    match &key.value {
        Json::Text(text) => text,
        _ => "",
    }
}

impl Reader<'_> {
    /// The members of a value that must be an object.
    pub(super) fn fields<'n, 't>(
        &mut self,
        node: &'n Node<'t>,
        what: &str,
    ) -> Option<Fields<'n, 't>> {
        match &node.value {
            Json::Object(members) => Some(Fields { span: node.span, members, asked: Vec::new() }),
            other => {
                let message = format!("{what} is an object, not {}", other.noun());
                self.problems.error(Code::WRONG_TYPE, node.span, message, "write `{...}`");
                None
            }
        }
    }

    /// The items of a value that must be a list.
    pub(super) fn list<'n, 't>(&mut self, node: &'n Node<'t>) -> &'n [Node<'t>] {
        match &node.value {
            Json::List(items) => items,
            other => {
                let message = format!("this is a list, not {}", other.noun());
                self.problems.error(Code::WRONG_TYPE, node.span, message, "write `[...]`");
                &[]
            }
        }
    }

    /// A value that must be a number of 64 bits without sign.
    pub(super) fn number(&mut self, node: &Node<'_>) -> Option<u64> {
        let number = match &node.value {
            Json::Number(text) => text.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            let message = format!("this is a whole number of 64 bits, not {}", node.value.noun());
            let help = "write it in decimal, without sign, point and quotes";
            self.problems.error(Code::NUMBER, node.span, message, help);
        }
        number
    }

    /// A value that must be `true` or `false`.
    pub(super) fn truth(&mut self, node: &Node<'_>) -> Option<bool> {
        match &node.value {
            Json::Bool(value) => Some(*value),
            other => {
                let message = format!("this is `true` or `false`, not {}", other.noun());
                self.problems.error(Code::WRONG_TYPE, node.span, message, "write `true`");
                None
            }
        }
    }

    /// A value that must be a text.
    pub(super) fn text<'n>(&mut self, node: &'n Node<'_>) -> Option<&'n str> {
        match &node.value {
            Json::Text(text) => Some(text),
            other => {
                let message = format!("this is a text, not {}", other.noun());
                self.problems.error(Code::WRONG_TYPE, node.span, message, "write it in quotes");
                None
            }
        }
    }

    /// A member that is a number, 0 if it is missing or wrong, which is told.
    pub(super) fn number_in(&mut self, fields: &mut Fields<'_, '_>, name: &'static str) -> u64 {
        let node = fields.required(name, self.problems);
        node.and_then(|node| self.number(node)).unwrap_or(0)
    }

    /// A member that is a number, or missing, or `null`.
    pub(super) fn number_or_null(
        &mut self,
        fields: &mut Fields<'_, '_>,
        name: &'static str,
    ) -> Option<u64> {
        let node = fields.optional(name).filter(|node| !node.is_null())?;
        self.number(node)
    }

    /// A member that is a truth value, or missing.
    pub(super) fn truth_or(
        &mut self,
        fields: &mut Fields<'_, '_>,
        name: &'static str,
        otherwise: bool,
    ) -> bool {
        let node = fields.optional(name);
        node.and_then(|node| self.truth(node)).unwrap_or(otherwise)
    }

    /// A variant: `"Name"`, or `{"Name": properties}`. Its name is given in small letters only.
    pub(super) fn variant<'n, 't>(
        &mut self,
        node: &'n Node<'t>,
        what: &str,
    ) -> Option<(String, Option<&'n Node<'t>>)> {
        let simple = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
        match &node.value {
            Json::Text(name) => Some((simple(name), None)),
            Json::Object(members) if members.len() == 1 => {
                let (name, value) = members.first()?;
                Some((simple(name_of(name)), Some(value).filter(|value| !value.is_null())))
            }
            other => {
                let message = format!("{what} is an object with one member, not {}", other.noun());
                let help = "write `{\"Name\": {...}}`";
                self.problems.error(Code::WRONG_TYPE, node.span, message, help);
                None
            }
        }
    }
}
