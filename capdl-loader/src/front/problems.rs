//! What a reader finds wrong: as much as a person can use, not as much as a file can contain.

use std::collections::BTreeMap;

use layout::Span;

use crate::code::Code;
use crate::{Diagnostic, Report};

/// Errors that are told; a file with more of them is of another kind than was thought.
const MOST: usize = 100;

/// Collects what is wrong with a file.
#[derive(Debug, Default)]
pub(super) struct Problems {
    errors: Vec<Diagnostic>,
    untold: usize,
    /// What is odd, by what it is: the first occurrence, and how many more there are.
    oddities: BTreeMap<String, (Diagnostic, usize)>,
}

impl Problems {
    /// Adds an error.
    pub(super) fn push(&mut self, error: Diagnostic) {
        if self.errors.len() < MOST {
            self.errors.push(error);
        } else {
            self.untold += 1;
        }
    }

    /// Adds an error that has one place.
    pub(super) fn error(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Diagnostic::error(code, message).at(span, "").help(help));
    }

    /// Adds a warning, which is told once however often it occurs.
    pub(super) fn oddity(&mut self, code: Code, span: Span, message: &str, help: &str) {
        if let Some((_, more)) = self.oddities.get_mut(message) {
            *more += 1;
            return;
        }
        let warning = Diagnostic::warning(code, message).at(span, "").help(help);
        self.oddities.insert(message.into(), (warning, 0));
    }

    /// All of it.
    pub(super) fn into_report(self) -> Report {
        let mut report = Report::default();
        let (last, untold) = (self.errors.len(), self.untold);
        for (index, error) in self.errors.into_iter().enumerate() {
            let is_last = index + 1 == last && untold > 0;
            let more = || format!("there are {untold} more errors, which are not shown");
            report.push(if is_last { error.note(more()) } else { error });
        }
        for (warning, more) in self.oddities.into_values() {
            let note = || format!("and in {more} more places");
            report.push(if more > 0 { warning.note(note()) } else { warning });
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_oddity_is_told_once_and_counted() {
        let mut problems = Problems::default();
        for _ in 0..3 {
            problems.oddity(Code::NUMBER, Span::NOWHERE, "odd", "even");
        }
        let report = problems.into_report();
        let all: Vec<_> = report.iter().collect();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].notes, ["and in 2 more places"]);
    }

    #[test]
    fn a_flood_of_errors_is_cut() {
        let mut problems = Problems::default();
        for _ in 0..MOST + 5 {
            problems.error(Code::SYNTAX, Span::NOWHERE, "wrong", "right");
        }
        let report = problems.into_report();
        assert_eq!(report.iter().count(), MOST);
        let last = report.iter().last().expect("some");
        assert_eq!(last.notes, ["there are 5 more errors, which are not shown"]);
    }
}
