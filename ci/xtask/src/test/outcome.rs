//! What came of a step, and of all of them.

use std::collections::BTreeMap;

/// Lines of details that a failure prints.
const DETAILS: usize = 100;

/// What came of a step, which may stand for many tests.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    /// Tests that passed.
    pub(crate) passed: usize,
    /// Tests that failed.
    pub(crate) failed: usize,
    /// Why something was not tested, one reason each.
    pub(crate) skipped: Vec<String>,
    /// A few words for the result line.
    pub(crate) remark: String,
    /// What somebody who repairs a failure wants to read.
    pub(crate) details: String,
}

impl Outcome {
    /// One test that passed.
    pub(crate) fn passed(remark: impl Into<String>) -> Self {
        Self { passed: 1, remark: remark.into(), ..Self::default() }
    }

    /// One test that failed.
    pub(crate) fn failed(remark: impl Into<String>, details: &str) -> Self {
        Self { failed: 1, remark: remark.into(), details: last_lines(details), ..Self::default() }
    }

    /// Nothing was tested.
    pub(crate) fn skipped(why: impl Into<String>) -> Self {
        let why = why.into();
        Self { skipped: vec![why.clone()], remark: format!("skipped: {why}"), ..Self::default() }
    }

    /// Many tests.
    pub(crate) fn of_counts(
        passed: usize,
        failed: usize,
        remark: impl Into<String>,
        details: &str,
    ) -> Self {
        Self {
            passed,
            failed,
            remark: remark.into(),
            details: last_lines(details),
            ..Self::default()
        }
    }

    /// One test that passed unless there are findings.
    pub(crate) fn of_findings(findings: &[String]) -> Self {
        match findings {
            [] => Self::passed("nothing found"),
            _ => Self::failed(format!("{} found", findings.len()), &findings.join("\n")),
        }
    }
}

/// The sum of all steps.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// Tests that passed.
    pub(crate) passed: usize,
    /// Tests that failed.
    pub(crate) failed: usize,
    /// Reasons, and the steps that gave them.
    pub(crate) skipped: BTreeMap<String, Vec<String>>,
    /// Names of steps with failures.
    pub(crate) failures: Vec<String>,
}

impl Totals {
    /// Adds a step.
    pub(crate) fn add(&mut self, name: &str, outcome: &Outcome) {
        self.passed += outcome.passed;
        self.failed += outcome.failed;
        for why in &outcome.skipped {
            self.skipped.entry(why.clone()).or_default().push(name.into());
        }
        if outcome.failed > 0 {
            self.failures.push(name.into());
        }
    }
}

/// The end of a long text, where the reason usually stands, without cargo's progress.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !is_progress(line)).collect();
    let start = lines.len().saturating_sub(DETAILS);
    let cut = if start > 0 { format!("({start} lines before)\n") } else { String::new() };
    cut + &lines[start..].join("\n")
}

/// Whether cargo or a test program only says that it goes on.
fn is_progress(line: &str) -> bool {
    let words =
        ["Compiling ", "Checking ", "Documenting ", "Downloading ", "Downloaded ", "Running "];
    if line.starts_with("test ") {
        return line.ends_with(" ... ok");
    }
    line.starts_with(' ') && words.iter().any(|word| line.trim_start().starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_details_lose_their_beginning() {
        let text: String = (0..DETAILS + 5).map(|n| format!("line {n}\n")).collect();
        let details = Outcome::failed("", &text).details;
        assert!(details.starts_with("(5 lines before)\nline 5\n"), "{details}");
        assert_eq!(Outcome::failed("", "a\nb").details, "a\nb");
    }

    #[test]
    fn progress_of_cargo_is_no_reason() {
        let text = "   Compiling abi v0.1.0\ntest a ... ok\nerror: no\n  --> a.rs:1:2\n\
                    Checking is a word";
        let details = Outcome::failed("", text).details;
        assert_eq!(details, "error: no\n  --> a.rs:1:2\nChecking is a word");
    }

    #[test]
    fn findings_fail() {
        assert_eq!(Outcome::of_findings(&[]).failed, 0);
        let outcome = Outcome::of_findings(&["a".into(), "b".into()]);
        assert_eq!((outcome.passed, outcome.failed), (0, 1));
        assert_eq!(outcome.details, "a\nb");
    }
}
