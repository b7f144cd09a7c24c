//! What is wrong, where, and what helps.

use std::fmt::{self, Write};

use layout::Span;

use crate::code::Code;
use crate::sources::{Place, Sources};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Something to look at.
    Warning,
    /// The system cannot be built.
    Error,
}

/// Something that is wrong.
///
/// ```
/// use capdl::code::Code;
/// use capdl::{Diagnostic, Sources};
/// use layout::Span;
///
/// let mut sources = Sources::default();
/// let file = sources.add("box.layout.toml", "layuot = 1\n".into()).unwrap();
/// let wrong = Diagnostic::error(Code::UNKNOWN_KEY, "there is no key `layuot`")
///     .at(Span::new(file, 0, 6), "unknown")
///     .help("write `layout`");
/// assert_eq!(
///     wrong.render(&sources),
///     "error[L001]: there is no key `layuot`
///  --> box.layout.toml:1:1
///   |
/// 1 | layuot = 1
///   | ^^^^^^ unknown
/// help: write `layout`
/// "
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// Which check.
    pub code: Code,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// Where, the most important place first, each with what is to be seen there.
    pub labels: Vec<(Span, String)>,
    /// What else to know.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error.
    #[must_use]
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    fn new(severity: Severity, code: Code, message: String) -> Self {
        let (labels, notes) = (Vec::new(), Vec::new());
        Self { severity, code, message, labels, notes, help: None }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push((span, label.into()));
        self
    }

    /// Adds what else to know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The whole message, with file, line, column and excerpts.
    #[must_use]
    pub fn render(&self, sources: &Sources) -> String {
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = self.write(sources, &mut text);
        text.chars().map(visible).collect()
    }

    fn write(&self, sources: &Sources, out: &mut String) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        writeln!(out, "{severity}[{}]: {}", self.code, self.message)?;
        let places =
            self.labels.iter().filter_map(|(span, label)| Some((sources.place(*span)?, label)));
        let places: Vec<_> = places.collect();
        let lines = places.iter().map(|(place, _)| place.line);
        let margin = lines.max().map_or(0, |line| line.to_string().len());
        for (index, (place, label)) in places.iter().enumerate() {
            let arrow = if index == 0 { "-->" } else { ":::" };
            let path = place.path.display();
            writeln!(out, "{:margin$}{arrow} {path}:{}:{}", "", place.line, place.column)?;
            writeln!(out, "{:margin$} |", "")?;
            let (excerpt, column, width) = window(place);
            writeln!(out, "{:margin$} | {}", place.line, excerpt.replace('\t', " "))?;
            let marks = format!("{}{} {label}", " ".repeat(column - 1), "^".repeat(width));
            writeln!(out, "{:margin$} | {}", "", marks.trim_end())?;
        }
        for note in &self.notes {
            writeln!(out, "note: {note}")?;
        }
        match &self.help {
            Some(help) => writeln!(out, "help: {help}"),
            None => Ok(()),
        }
    }
}

/// A character as it is shown: what a terminal would obey, or what would turn the direction of a
/// text, is a dot.
fn visible(letter: char) -> char {
    let is_obeyed = letter.is_control() && letter != '\n';
    let turns = ['\u{200b}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2066}'..='\u{2069}'];
    let turns = turns.iter().any(|range| range.contains(&letter));
    if is_obeyed || turns { '·' } else { letter }
}

/// Characters of a line that are shown.
const WIDTH: usize = 120;
/// Characters before a place in a longer line.
const BEFORE: usize = 40;

/// The part of the line that is shown, and the column and width of the marks below it.
fn window(place: &Place<'_>) -> (String, usize, usize) {
    if place.excerpt.len() <= WIDTH {
        return (place.excerpt.into(), place.column, place.width);
    }
    let skipped = (place.column - 1).saturating_sub(BEFORE);
    let mut letters = place.excerpt.chars().skip(skipped);
    let mut text: String = letters.by_ref().take(WIDTH).collect();
    if letters.next().is_some() {
        text.push('…');
    }
    let column = place.column - skipped;
    let width = place.width.min((WIDTH + 1).saturating_sub(column)).max(1);
    if skipped == 0 {
        return (text, column, width);
    }
    (format!("…{text}"), column + 1, width)
}

/// All that is wrong with a layout.
#[derive(Clone, Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Adds something.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds all of another report.
    pub fn extend(&mut self, other: Self) {
        self.diagnostics.extend(other.diagnostics);
    }

    /// Forgets what is not to be kept.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.diagnostics.retain(keep);
    }

    /// What was found, by file and place, then by code.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<&Diagnostic> = self.diagnostics.iter().collect();
        sorted.sort_by_key(|found| (found.labels.first().map(|(span, _)| *span), found.code));
        sorted
    }

    /// What was found, in the order of finding.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter()
    }

    /// Whether there is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }

    /// All messages, sorted, then a line that counts them.
    #[must_use]
    pub fn render(&self, sources: &Sources) -> String {
        let rendered = self.sorted().into_iter().map(|found| found.render(sources));
        let mut text: Vec<String> = rendered.collect();
        let errors = self.count(Severity::Error);
        let warnings = self.count(Severity::Warning);
        let plural = |count| if count == 1 { "" } else { "s" };
        let (more, many) = (plural(errors), plural(warnings));
        text.push(format!("{errors} error{more}, {warnings} warning{many}\n"));
        text.join("\n")
    }

    fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|found| found.severity == severity).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_shown_around_their_place() {
        let mut sources = Sources::default();
        let text = format!("{}here{}", "a ".repeat(100), " b".repeat(100));
        let file = sources.add("long", text).expect("small");
        let wrong = Diagnostic::error(Code::SYNTAX, "no").at(Span::new(file, 200, 204), "");
        let rendered = wrong.render(&sources);
        let lines: Vec<&str> = rendered.lines().collect();
        assert_eq!(lines[1], " --> long:1:201");
        let [text, marks] = [lines[3], lines[4]].map(|line| line.chars().collect::<Vec<_>>());
        assert!(text.len() < 140, "{rendered}");
        let marked: String =
            text.iter().zip(&marks).filter(|(_, m)| **m == '^').map(|(t, _)| t).collect();
        assert_eq!(marked, "here");
    }
}
