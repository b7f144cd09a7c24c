//! What is typed at a console, and when.
//!
//! A script is a file with a step in each line, in their order:
//!
//! | line | what |
//! |---|---|
//! | `expect TEXT` | waits until the console has said this, behind what was expected before |
//! | `type TEXT` | types this |
//! | `# TEXT`, or nothing | a remark |
//!
//! In both texts `\r`, `\n`, `\t`, `\e`, `\\` and `\xNN` are bytes, and `\s` is a space (at the end
//! of a line, for example).

use crate::process::Fallible;

/// A step.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Expect(Vec<u8>),
    Type(Vec<u8>),
}

/// All steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Script {
    steps: Vec<Step>,
}

impl Script {
    /// Reads a script.
    pub(crate) fn parse(text: &str) -> Fallible<Self> {
        let mut steps = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let wrong = |what: &str| format!("line {} of the script: {what}", number + 1);
            let (verb, text) = line.split_once(' ').unwrap_or((line, ""));
            let bytes = || bytes(text).map_err(|problem| wrong(&problem));
            match verb {
                "expect" if !text.is_empty() => steps.push(Step::Expect(bytes()?)),
                "type" if !text.is_empty() => steps.push(Step::Type(bytes()?)),
                "expect" | "type" => return Err(wrong("no text")),
                _ if line.trim().is_empty() || line.starts_with('#') => {}
                _ => return Err(wrong(&format!("`{verb}` is neither `expect` nor `type`"))),
            }
        }
        Ok(Self { steps })
    }
}

/// The bytes of a text with escapes.
fn bytes(text: &str) -> Fallible<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            bytes.extend(letter.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        bytes.push(match letters.next() {
            Some('r') => b'\r',
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('s') => b' ',
            Some('e') => 0x1b,
            Some('\\') => b'\\',
            Some('x') => {
                let digits: String = letters.by_ref().take(2).collect();
                let byte = u8::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 2);
                byte.ok_or_else(|| format!("no byte `\\x{digits}`"))?
            }
            other => return Err(format!("no escape `\\{}`", other.unwrap_or(' '))),
        });
    }
    Ok(bytes)
}

/// Somebody who follows a script.
#[derive(Debug)]
pub(crate) struct Typist<'a> {
    steps: &'a [Step],
    /// Where on the console the next expected text may begin.
    from: usize,
}

impl<'a> Typist<'a> {
    /// At the beginning of a script.
    pub(crate) fn new(script: &'a Script) -> Self {
        Self { steps: &script.steps, from: 0 }
    }

    /// What is typed now that the console has said all this.
    pub(crate) fn sees(&mut self, console: &[u8]) -> Vec<u8> {
        let mut typed = Vec::new();
        while let Some((step, rest)) = self.steps.split_first() {
            match step {
                Step::Type(bytes) => typed.extend_from_slice(bytes),
                Step::Expect(text) => {
                    let unseen = &console[self.from.min(console.len())..];
                    let found = unseen.windows(text.len()).position(|part| part == text);
                    let Some(place) = found else { break };
                    self.from += place + text.len();
                }
            }
            self.steps = rest;
        }
        typed
    }

    /// The text that is still waited for.
    pub(crate) fn awaits(&self) -> Option<String> {
        match self.steps.first()? {
            Step::Expect(text) | Step::Type(text) => Some(String::from_utf8_lossy(text).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_escapes() {
        assert_eq!(bytes(r"a\r\n\t\e\\\x14\s"), Ok(b"a\r\n\t\x1b\\\x14 ".to_vec()));
        assert!(bytes(r"\q").is_err() && bytes(r"\x1").is_err() && bytes("end\\").is_err());
    }

    #[test]
    fn scripts_are_checked() {
        let script = Script::parse("# a\n\nexpect a b\ntype c\n").expect("good");
        assert_eq!(script.steps, [Step::Expect(b"a b".into()), Step::Type(b"c".into())]);
        for (bad, place) in [("type", "line 1"), ("\nwait x", "line 2"), ("type \\q", "line 1")] {
            let problem = Script::parse(bad).expect_err("bad");
            assert!(problem.contains(place), "{problem}");
        }
    }

    #[test]
    fn a_typist_waits_for_each_text_in_its_order() {
        let script = Script::parse("expect > \\x21\ntype a\\r\nexpect >\ntype b\n").expect("good");
        let mut typist = Typist::new(&script);
        assert_eq!(typist.sees(b"> "), b"");
        assert_eq!(typist.awaits().as_deref(), Some("> !"));
        assert_eq!(typist.sees(b"> !"), b"a\r");
        assert_eq!(typist.sees(b"> !"), b"", "that text was expected before");
        assert_eq!(typist.sees(b"> !..>"), b"b");
        assert_eq!((typist.sees(b"> !..> >"), typist.awaits()), (Vec::new(), None));
    }
}
