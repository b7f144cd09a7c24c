//! A Rust source file seen as code and comments, by a small lexer.

/// One line, split into what the compiler reads and what people read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    /// The line with comments and the insides of strings blanked.
    pub(crate) code: String,
    /// The text of comments on it, with their slashes.
    pub(crate) comment: String,
}

/// A function with a body; lines count from 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// The line with `fn`.
    pub(crate) first: usize,
    /// The line with the closing brace.
    pub(crate) last: usize,
}

/// A file, line by line.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its lines.
    pub(crate) lines: Vec<Line>,
}

/// What the lexer is inside of.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Code,
    LineComment,
    BlockComment(u32),
    Text,
    RawText(usize),
}

impl Source {
    /// Splits a file.
    pub(crate) fn new(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let mut lexer =
            Lexer { letters: &letters, at: 0, state: State::Code, lines: vec![Line::default()] };
        while lexer.at < letters.len() {
            lexer.step();
        }
        Self { lines: lexer.lines }
    }

    /// The code of all lines, as characters with line ends.
    fn code(&self) -> Vec<char> {
        let lines: Vec<&str> = self.lines.iter().map(|line| line.code.as_str()).collect();
        lines.join("\n").chars().collect()
    }

    /// Words of the code (identifiers and keywords) with the line that each stands on.
    pub(crate) fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        self.lines.iter().enumerate().flat_map(move |(index, line)| {
            let words = line.code.split(move |letter| !is_part(letter));
            words.filter(|word| !word.is_empty()).map(move |word| (index + 1, word))
        })
    }

    /// All functions with bodies.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let code = self.code();
        let mut functions = Vec::new();
        for start in starts_of(&code, "fn ") {
            let name = code[start + 3..].iter();
            let name: String = name.take_while(|c| c.is_alphanumeric() || **c == '_').collect();
            if let Some(end) = end_of_item(&code, start)
                && code[end] == '}'
                && !name.is_empty()
            {
                let (first, last) = (line_of(&code, start), line_of(&code, end));
                functions.push(Function { name, first, last });
            }
        }
        functions
    }

    /// For each line whether it belongs to an item that only tests have.
    pub(crate) fn test_only(&self) -> Vec<bool> {
        let code = self.code();
        let mut marks = vec![false; self.lines.len()];
        for start in starts_of(&code, "#[cfg(test)]") {
            let item = start + "#[cfg(test)]".len();
            if let Some(end) = end_of_item(&code, item) {
                let (first, last) = (line_of(&code, start), line_of(&code, end));
                marks[first - 1..last].fill(true);
            }
        }
        marks
    }

    /// Names of the modules that only tests have and that stand in files of their own.
    pub(crate) fn test_modules(&self) -> Vec<String> {
        let marked = self.lines.iter().zip(self.test_only()).filter(|(_, is_test)| *is_test);
        let names = marked.filter_map(|(line, _)| {
            let declaration = line.code.trim().strip_suffix(';')?;
            Some(declaration.rsplit_once("mod ")?.1.to_string())
        });
        names.collect()
    }
}

/// Where `word` begins, not in the middle of a longer identifier.
fn starts_of<'a>(code: &'a [char], word: &str) -> impl Iterator<Item = usize> + use<'a> {
    let word: Vec<char> = word.chars().collect();
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    (0..code.len()).filter(move |at| {
        let free = *at == 0 || !is_part(code[at - 1]) || !is_part(word[0]);
        free && code[*at..].starts_with(&word)
    })
}

/// The closing brace or semicolon that ends the item that begins at `start`.
fn end_of_item(code: &[char], start: usize) -> Option<usize> {
    let (mut brackets, mut braces) = (0_i32, 0_i32);
    for (at, letter) in code.iter().enumerate().skip(start) {
        match letter {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            '{' => braces += 1,
            '}' => braces -= 1,
            _ => {}
        }
        let ends = match letter {
            ';' => braces == 0 && brackets == 0,
            '}' => braces == 0,
            _ => false,
        };
        if ends {
            return Some(at);
        }
    }
    None
}

fn line_of(code: &[char], at: usize) -> usize {
    code[..at].iter().filter(|letter| **letter == '\n').count() + 1
}

struct Lexer<'a> {
    letters: &'a [char],
    at: usize,
    state: State,
    lines: Vec<Line>,
}

impl Lexer<'_> {
    fn step(&mut self) {
        let letter = self.letters[self.at];
        if letter == '\n' {
            if self.state == State::LineComment {
                self.state = State::Code;
            }
            self.lines.push(Line::default());
            self.at += 1;
            return;
        }
        match self.state {
            State::Code => self.code(letter),
            State::LineComment => self.comment(1),
            State::BlockComment(depth) => self.block_comment(depth),
            State::Text => self.text(letter),
            State::RawText(hashes) => self.raw_text(letter, hashes),
        }
    }

    fn sees(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(index, c)| self.letters.get(self.at + index) == Some(&c))
    }

    fn line(&mut self) -> &mut Line {
        if self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }

    /// Takes letters as code.
    fn keep(&mut self, count: usize) {
        for _ in 0..count {
            if let Some(letter) = self.letters.get(self.at).copied() {
                self.line().code.push(letter);
                self.at += 1;
            }
        }
    }

    /// Takes one letter as the inside of a string.
    fn blank(&mut self) {
        self.line().code.push(' ');
        self.at += 1;
    }

    fn comment(&mut self, count: usize) {
        for _ in 0..count {
            let letter = self.letters[self.at];
            self.line().comment.push(letter);
            self.at += 1;
        }
    }

    fn code(&mut self, letter: char) {
        if self.sees("//") {
            self.state = State::LineComment;
            self.comment(2);
        } else if self.sees("/*") {
            self.state = State::BlockComment(1);
            self.comment(2);
        } else if letter == '"' {
            self.state = State::Text;
            self.keep(1);
        } else if letter == 'r' && !self.follows_identifier() && self.raw_hashes().is_some() {
            let hashes = self.raw_hashes().unwrap_or(0);
            self.state = State::RawText(hashes);
            self.keep(hashes + 2);
        } else if letter == '\'' {
            self.quote();
        } else {
            self.keep(1);
        }
    }

    /// Whether the letter before belongs to an identifier other than the `b` or `c` of `br"`.
    fn follows_identifier(&self) -> bool {
        let before = |back: usize| self.at.checked_sub(back).map(|at| self.letters[at]);
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        match before(1) {
            Some('b' | 'c') => before(2).is_some_and(is_part),
            Some(letter) => is_part(letter),
            None => false,
        }
    }

    /// The number of hashes of a raw string that begins here.
    fn raw_hashes(&self) -> Option<usize> {
        let after = &self.letters[self.at + 1..];
        let hashes = after.iter().take_while(|letter| **letter == '#').count();
        (after.get(hashes) == Some(&'"')).then_some(hashes)
    }

    /// A character literal, whose inside is blanked, or the tick of a lifetime.
    fn quote(&mut self) {
        let escaped = self.letters.get(self.at + 1) == Some(&'\\');
        let plain = self.letters.get(self.at + 2) == Some(&'\'');
        self.keep(1);
        if escaped {
            self.blank();
            self.blank();
        } else if !plain {
            return;
        }
        while self.at < self.letters.len() && !matches!(self.letters[self.at], '\'' | '\n') {
            self.blank();
        }
        self.keep(1);
    }

    fn block_comment(&mut self, depth: u32) {
        if self.sees("/*") {
            self.state = State::BlockComment(depth + 1);
            self.comment(2);
        } else if self.sees("*/") {
            self.state = if depth == 1 { State::Code } else { State::BlockComment(depth - 1) };
            self.comment(2);
        } else {
            self.comment(1);
        }
    }

    fn text(&mut self, letter: char) {
        if letter == '"' {
            self.state = State::Code;
            self.keep(1);
            return;
        }
        let escape = letter == '\\' && self.letters.get(self.at + 1).is_some_and(|c| *c != '\n');
        self.blank();
        if escape {
            self.blank();
        }
    }

    fn raw_text(&mut self, letter: char, hashes: usize) {
        let end = letter == '"' && self.sees(&format!("\"{}", "#".repeat(hashes)));
        if end {
            self.state = State::Code;
            self.keep(hashes + 1);
        } else {
            self.blank();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<String> {
        Source::new(text).lines.into_iter().map(|line| line.code.trim_end().into()).collect()
    }

    #[test]
    fn comments_and_strings_are_no_code() {
        assert_eq!(code("let a = 1; // fn x() {"), ["let a = 1;"]);
        assert_eq!(code("a /* b /* c */ d */ e"), ["a  e"]);
        assert_eq!(code(r#"f("un\"safe {")"#), [r#"f("          ")"#]);
        assert_eq!(code("r#\"a \" b\"# x"), ["r#\"     \"# x"]);
        assert_eq!(code("\"two\nlines\" x"), ["\"", "     \" x"]);
        assert_eq!(code("br\"{\" b'{' '\\'' '{' 'a: loop {"), ["br\" \" b' ' '  ' ' ' 'a: loop {"]);
        assert_eq!(code("for \"x\""), ["for \" \""]);
    }

    #[test]
    fn comments_are_kept_beside() {
        let source = Source::new("x(); // why\n/* a\nb */ y();");
        let comments: Vec<_> = source.lines.iter().map(|line| line.comment.as_str()).collect();
        assert_eq!(comments, ["// why", "/* a", "b */"]);
    }

    #[test]
    fn functions_have_names_and_lines() {
        let text = "trait T {\n    fn none(&self, a: [u8; 2]);\n}\n\
                    fn one() {\n    if x {\n    }\n}\n\
                    const fn two<const N: usize>() -> [u8; N] { [0; N] }\nlet f: fn (u8) = g;\n";
        let functions = Source::new(text).functions();
        let expected = [("one", 4, 7), ("two", 8, 8)].map(|(name, first, last)| Function {
            name: name.into(),
            first,
            last,
        });
        assert_eq!(functions, expected);
    }

    #[test]
    fn items_under_cfg_test_are_marked() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n\
                    #[cfg(test)]\nmod more;\nfn d() {}";
        let marks = Source::new(text).test_only();
        assert_eq!(marks, [false, true, true, true, true, false, true, true, false]);
        assert_eq!(Source::new(text).test_modules(), ["more"]);
    }

    #[test]
    fn words_come_with_their_lines() {
        let source = Source::new("unsafe_code\nunsafe { x }");
        let words: Vec<_> = source.words().collect();
        assert_eq!(words, [(1, "unsafe_code"), (2, "unsafe"), (2, "x")]);
    }
}
