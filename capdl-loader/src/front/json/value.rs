//! JSON (RFC 8259) with the place of each value.

use std::borrow::Cow;

use layout::Span;
use layout::span::FileId;

/// How deep values may be nested.
const DEEPEST: usize = 64;

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node<'t> {
    /// Where it is.
    pub(super) span: Span,
    /// What it is.
    pub(super) value: Json<'t>,
}

impl Node<'_> {
    /// Whether it is `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Json::Null)
    }
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Json<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// As it is written.
    Number(&'t str),
    /// Without quotes and escapes.
    Text(Cow<'t, str>),
    /// `[...]`.
    List(Vec<Node<'t>>),
    /// `{...}`: names with their places, and values, in their order.
    Object(Vec<(Node<'t>, Node<'t>)>),
}

impl Json<'_> {
    /// The word for it in messages.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a truth value",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Where and why a text is no JSON.
type Wrong = (Span, &'static str);

/// Reads a text.
pub(super) fn parse(text: &str, file: FileId) -> Result<Node<'_>, Wrong> {
    let mut parser = Parser { text, file, at: 0 };
    if u32::try_from(text.len()).is_err() {
        return Err((Span::new(file, 0, 0), "the file has 4 GiB or more"));
    }
    let root = parser.node(0)?;
    parser.skip_blanks();
    if parser.at < text.len() {
        return parser.wrong("something stands behind the end");
    }
    Ok(root)
}

struct Parser<'t> {
    text: &'t str,
    file: FileId,
    at: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_while(&mut self, goes_on: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&goes_on) {
            self.at += 1;
        }
    }

    fn skip_blanks(&mut self) {
        self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn span_from(&self, start: usize) -> Span {
        // Longer texts were refused.
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(self.file, narrow(start), narrow(self.at))
    }

    fn wrong<T>(&self, why: &'static str) -> Result<T, Wrong> {
        let span = self.span_from(self.at);
        Err((Span { end: span.end.saturating_add(1), ..span }, why))
    }

    /// Takes this byte behind white space if it is next.
    fn take(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn node(&mut self, depth: usize) -> Result<Node<'t>, Wrong> {
        self.skip_blanks();
        let start = self.at;
        let value = match self.peek() {
            _ if depth == DEEPEST => return self.wrong("this is nested too deeply"),
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Json::Text(self.quoted()?),
            Some(b'-' | b'0'..=b'9') => {
                let goes_on = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
                self.skip_while(goes_on);
                Json::Number(&self.text[start..self.at])
            }
            Some(b'a'..=b'z') => {
                self.skip_while(|byte| byte.is_ascii_lowercase());
                match &self.text[start..self.at] {
                    "null" => Json::Null,
                    "true" => Json::Bool(true),
                    "false" => Json::Bool(false),
                    _ => {
                        self.at = start;
                        return self.wrong("this word is no value");
                    }
                }
            }
            _ => return self.wrong("here has to be a value"),
        };
        Ok(Node { span: self.span_from(start), value })
    }

    fn list(&mut self, depth: usize) -> Result<Json<'t>, Wrong> {
        self.at += 1;
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.node(depth + 1)?);
            if self.take(b']') {
                return Ok(Json::List(items));
            }
            if !self.take(b',') {
                return self.wrong("here has to be `,` or `]`");
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json<'t>, Wrong> {
        self.at += 1;
        let mut members = Vec::new();
        if self.take(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_blanks();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return self.wrong("here has to be a name in quotes");
            }
            let name = Json::Text(self.quoted()?);
            let name = Node { span: self.span_from(start), value: name };
            if !self.take(b':') {
                return self.wrong("here has to be `:`");
            }
            members.push((name, self.node(depth + 1)?));
            if self.take(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.take(b',') {
                return self.wrong("here has to be `,` or `}`");
            }
        }
    }

    fn quoted(&mut self) -> Result<Cow<'t, str>, Wrong> {
        self.at += 1;
        let start = self.at;
        self.skip_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f));
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
        }
        let mut text = self.text[start..self.at].to_string();
        loop {
            let part = self.at;
            self.skip_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f));
            text.push_str(&self.text[part..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return self.wrong("a control character has to be escaped"),
                None => return self.wrong("this text does not end"),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Wrong> {
        self.at += 1;
        let letter = match self.peek() {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => return self.unicode(),
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            _ => return self.wrong("there is no such escape"),
        };
        self.at += 1;
        Ok(letter)
    }

    /// `u0041`, perhaps two of them that form a pair.
    fn unicode(&mut self) -> Result<char, Wrong> {
        let high = self.four_digits()?;
        let code = match high {
            0xd800..0xdc00 if self.text[self.at..].starts_with("\\u") => {
                self.at += 1;
                let low = self.four_digits()?;
                0x10000 + ((high - 0xd800) << 10) + low.wrapping_sub(0xdc00) % 0x400
            }
            other => other,
        };
        // Half of a pair is no character.
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32, Wrong> {
        let digits = self.text.get(self.at + 1..self.at + 5);
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(code) = code else { return self.wrong("here have to be four digits") };
        self.at += 5;
        Ok(code)
    }
}
