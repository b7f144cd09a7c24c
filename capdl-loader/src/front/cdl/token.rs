//! The words of a text.

use layout::Span;
use layout::span::FileId;

/// What a word is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A letter, then letters, digits and `_`, `@`, `.`, `-`.
    Name,
    /// Decimal, or with `0x` or `0o`.
    Number,
    /// Between double quotes, on one line.
    Text,
    /// One of `{}()[]<>,;:=/-.`.
    Sign(u8),
    /// `..`.
    Through,
    /// Something else.
    Unknown,
    /// Behind the last one.
    End,
}

/// A word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// First byte.
    pub(super) start: u32,
    /// The byte behind the last.
    pub(super) end: u32,
    /// Whether nothing but white space is before it on its line.
    pub(super) first_on_line: bool,
}

impl Token {
    /// Where it is in its file.
    pub(super) fn span(self, file: FileId) -> Span {
        Span::new(file, self.start, self.end)
    }

    /// Its text.
    pub(super) fn text(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// The signs of the language.
const SIGNS: &[u8] = b"{}()[]<>,;:=/-.";

/// All words of a text of less than 4 GiB, and one `End`; and where a comment begins that does
/// not end.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Option<u32>) {
    let mut lexer = Lexer { bytes: text.as_bytes(), at: 0, line_start: true, unclosed: None };
    let mut tokens = Vec::with_capacity(text.len() / 4);
    loop {
        lexer.skip_blanks();
        let (start, first_on_line) = (lexer.at, lexer.line_start);
        let kind = lexer.word();
        lexer.line_start = false;
        // A text of more than 4 GiB never gets here.
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        tokens.push(Token { kind, start: narrow(start), end: narrow(lexer.at), first_on_line });
        if kind == Kind::End {
            return (tokens, lexer.unclosed.map(narrow));
        }
    }
}

struct Lexer<'t> {
    bytes: &'t [u8],
    at: usize,
    line_start: bool,
    unclosed: Option<usize>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// White space and comments.
    fn skip_blanks(&mut self) {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'\n'), _) => {
                    self.line_start = true;
                    self.at += 1;
                }
                (Some(b' ' | b'\t' | b'\r'), _) => self.at += 1,
                (Some(b'-'), Some(b'-')) => self.skip_while(|byte| byte != b'\n'),
                (Some(b'/'), Some(b'*')) => self.skip_comment(),
                _ => return,
            }
        }
    }

    fn skip_while(&mut self, goes_on: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&goes_on) {
            self.at += 1;
        }
    }

    /// Comments nest.
    fn skip_comment(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                }
                (Some(byte), _) => {
                    self.line_start |= byte == b'\n';
                    self.at += 1;
                }
                (None, _) => {
                    self.unclosed = Some(start);
                    return;
                }
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn word(&mut self) -> Kind {
        let Some(first) = self.peek(0) else { return Kind::End };
        match first {
            b'a'..=b'z' | b'A'..=b'Z' => {
                self.skip_while(|b| b.is_ascii_alphanumeric() || b"_@.-".contains(&b));
                Kind::Name
            }
            b'0'..=b'9' => self.number(),
            b'"' => self.quoted(),
            b'.' if self.peek(1) == Some(b'.') => {
                self.at += 2;
                Kind::Through
            }
            sign if SIGNS.contains(&sign) => {
                self.at += 1;
                Kind::Sign(sign)
            }
            _ => {
                // Up to what may be read again, so that one strange character is one error.
                self.at += 1;
                self.skip_while(|b| !b.is_ascii_whitespace() && !SIGNS.contains(&b));
                Kind::Unknown
            }
        }
    }

    fn number(&mut self) -> Kind {
        let prefix = (self.peek(0), self.peek(1), self.peek(2));
        match prefix {
            (Some(b'0'), Some(b'x'), Some(digit)) if digit.is_ascii_hexdigit() => {
                self.at += 2;
                self.skip_while(|byte| byte.is_ascii_hexdigit());
            }
            (Some(b'0'), Some(b'o'), Some(b'0'..=b'7')) => {
                self.at += 2;
                self.skip_while(|byte| matches!(byte, b'0'..=b'7'));
            }
            _ => self.skip_while(|byte| byte.is_ascii_digit()),
        }
        Kind::Number
    }

    fn quoted(&mut self) -> Kind {
        self.at += 1;
        self.skip_while(|byte| byte != b'"' && byte != b'\n');
        if self.peek(0) != Some(b'"') {
            return Kind::Unknown;
        }
        self.at += 1;
        Kind::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let (tokens, _) = tokens(text);
        tokens.iter().map(|token| token.text(text)).filter(|word| !word.is_empty()).collect()
    }

    #[test]
    fn words_are_split_as_upstream_does() {
        assert_eq!(
            words("pt@0xf0-a.b[7..20]= 4k"),
            ["pt@0xf0-a.b", "[", "7", "..", "20", "]", "=", "4", "k"]
        );
        assert_eq!(words("0x1fG 0o17 010 \"a b\""), ["0x1f", "G", "0o17", "010", "\"a b\""]);
    }

    #[test]
    fn comments_nest_and_a_name_may_contain_dashes() {
        assert_eq!(words("a /* /* b */ c */ d -- e\nf--g"), ["a", "d", "f--g"]);
        let (_, unclosed) = tokens("a /* /* */");
        assert_eq!(unclosed, Some(2));
    }

    #[test]
    fn strange_characters_are_one_word() {
        let (tokens, _) = tokens("äöü; b");
        assert_eq!(tokens[0].kind, Kind::Unknown);
        assert_eq!(tokens[1].kind, Kind::Sign(b';'));
    }
}
