//! Reads JSON as cargo writes it.

use crate::process::Fallible;

/// How deep values may be nested.
const DEPTH: usize = 64;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Truth(bool),
    /// A number, as written.
    Number(String),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Value>),
    /// An object, its members in order.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The member of an object.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The text of a member that is a string.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.member(name) {
            Some(Self::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The elements of a member that is an array; none if it is not.
    pub(crate) fn list(&self, name: &str) -> &[Self] {
        match self.member(name) {
            Some(Self::List(elements)) => elements,
            _ => &[],
        }
    }
}

/// Reads one value that fills the text.
pub(crate) fn parse(text: &str) -> Fallible<Value> {
    let mut reader = Reader { rest: text };
    let value = reader.value(DEPTH)?;
    reader.skip_space();
    if reader.rest.is_empty() { Ok(value) } else { Err(reader.unexpected()) }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Fallible<Value> {
        let depth = depth.checked_sub(1).ok_or("JSON is nested too deeply")?;
        self.skip_space();
        match self.rest.chars().next() {
            Some('{') => self.object(depth),
            Some('[') => self.list(depth),
            Some('"') => self.string().map(Value::Text),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Fallible<Value> {
        self.expect('{')?;
        let mut members = Vec::new();
        while !self.take('}') {
            if !members.is_empty() {
                self.expect(',')?;
            }
            self.skip_space();
            let name = self.string()?;
            self.expect(':')?;
            members.push((name, self.value(depth)?));
        }
        Ok(Value::Object(members))
    }

    fn list(&mut self, depth: usize) -> Fallible<Value> {
        self.expect('[')?;
        let mut elements = Vec::new();
        while !self.take(']') {
            if !elements.is_empty() {
                self.expect(',')?;
            }
            elements.push(self.value(depth)?);
        }
        Ok(Value::List(elements))
    }

    fn word(&mut self) -> Fallible<Value> {
        let ends = |letter: char| !letter.is_ascii_alphanumeric() && !"+-.".contains(letter);
        let length = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(length);
        let value = match word {
            "null" => Value::Null,
            "true" => Value::Truth(true),
            "false" => Value::Truth(false),
            _ if word.parse::<f64>().is_ok() => Value::Number(word.into()),
            _ => return Err(self.unexpected()),
        };
        self.rest = rest;
        Ok(value)
    }

    fn string(&mut self) -> Fallible<String> {
        if !self.rest.starts_with('"') {
            return Err(self.unexpected());
        }
        self.rest = &self.rest[1..];
        let mut text = String::new();
        loop {
            let length = self.rest.find(['"', '\\']).ok_or("a JSON string has no end")?;
            text.push_str(&self.rest[..length]);
            let quote = self.rest[length..].starts_with('"');
            self.rest = &self.rest[length + 1..];
            if quote {
                return Ok(text);
            }
            text.push(self.escaped()?);
        }
    }

    /// The character that an escape sequence stands for, after its backslash.
    fn escaped(&mut self) -> Fallible<char> {
        let letter = self.rest.chars().next().ok_or("a JSON string has no end")?;
        self.rest = &self.rest[letter.len_utf8()..];
        Ok(match letter {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let digits = self.rest.get(..4).ok_or("a JSON escape is cut")?;
                let code = u32::from_str_radix(digits, 16).map_err(|error| error.to_string())?;
                self.rest = &self.rest[4..];
                // Cargo writes UTF-8 and escapes control characters only: no surrogate pairs.
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            other => other,
        })
    }

    fn take(&mut self, letter: char) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(letter);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, letter: char) -> Fallible<()> {
        if self.take(letter) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn unexpected(&self) -> String {
        let near: String = self.rest.chars().take(20).collect();
        format!("this is no JSON: `{near}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_all_kinds_are_read() {
        let value =
            parse(r#" {"a": [1, -2.5e3, true, null], "b": {"c": "x\n\"\u0041é"}, "d": []} "#)
                .expect("good JSON");
        let numbers = value.list("a");
        assert_eq!(numbers[0], Value::Number("1".into()));
        assert_eq!(numbers[1], Value::Number("-2.5e3".into()));
        assert_eq!(numbers[2..], [Value::Truth(true), Value::Null]);
        assert_eq!(value.member("b").and_then(|b| b.text("c")), Some("x\n\"Aé"));
        assert_eq!(value.member("d"), Some(&Value::List(Vec::new())));
    }

    #[test]
    fn absent_members_are_absent() {
        let value = parse(r#"{"a": 1}"#).expect("good JSON");
        assert_eq!(value.text("a"), None);
        assert_eq!(value.member("b"), None);
        assert!(value.list("b").is_empty());
    }

    #[test]
    fn bad_text_is_refused() {
        for text in ["", "{", "[1 2]", "{\"a\" 1}", "\"open", "nul", "1 2", "[1,]", "\"\\u12"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert!(parse(&deep).is_err());
    }
}
