//! Reads what the on-target suite prints.
//!
//! For each test `test NAME ... ` before it starts and `ok`, `FAILED: why` or `skipped: why`
//! after it, then the closing line `N passed, N failed, N skipped`. Messages of the kernel may
//! stand between name and result.

/// How the suite ended a test.
#[derive(Clone, Debug, PartialEq)]
enum Verdict {
    Passed,
    Failed(String),
    Skipped(String),
}

/// The numbers of the closing line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    /// Tests that passed.
    pub(crate) passed: usize,
    /// Tests that failed.
    pub(crate) failed: usize,
    /// Tests that did not apply.
    pub(crate) skipped: usize,
}

/// What the suite printed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Transcript {
    /// The number of tests by result line.
    pub(crate) counts: Counts,
    /// Names and reasons.
    pub(crate) failures: Vec<(String, String)>,
    /// Names and reasons.
    pub(crate) skipped: Vec<(String, String)>,
    /// A test that began and did not end.
    pub(crate) unfinished: Option<String>,
    /// The closing line.
    pub(crate) closing: Option<Counts>,
}

/// Whether a line closes the suite.
pub(crate) fn is_closing(line: &str) -> bool {
    closing(line).is_some()
}

impl Transcript {
    /// Reads a console.
    pub(crate) fn read(console: &str) -> Self {
        let mut transcript = Self::default();
        for line in console.lines().map(str::trim) {
            let mut rest = line;
            if let Some((name, after)) = beginning(line) {
                transcript.abandon();
                transcript.unfinished = Some(name.into());
                rest = after.trim();
            }
            if let Some(verdict) = verdict(rest) {
                transcript.finish(verdict);
            } else if let Some(counts) = closing(rest) {
                transcript.abandon();
                transcript.closing = Some(counts);
            }
        }
        transcript
    }

    fn finish(&mut self, verdict: Verdict) {
        let Some(name) = self.unfinished.take() else { return };
        match verdict {
            Verdict::Passed => self.counts.passed += 1,
            Verdict::Failed(why) => {
                self.counts.failed += 1;
                self.failures.push((name, why));
            }
            Verdict::Skipped(why) => {
                self.counts.skipped += 1;
                self.skipped.push((name, why));
            }
        }
    }

    /// A test without result is followed by something else.
    fn abandon(&mut self) {
        if self.unfinished.is_some() {
            self.finish(Verdict::Failed("it printed no result".into()));
        }
    }
}

/// The name in `test NAME ... `, and what follows.
fn beginning(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix("test ")?.split_once(" ...")?;
    (!name.is_empty() && !name.contains(' ')).then_some((name, rest))
}

fn verdict(text: &str) -> Option<Verdict> {
    if text == "ok" {
        return Some(Verdict::Passed);
    }
    let failed = text.strip_prefix("FAILED:").map(|why| Verdict::Failed(why.trim().into()));
    let skipped = |why: &str| Verdict::Skipped(why.trim().into());
    failed.or_else(|| text.strip_prefix("skipped:").map(skipped))
}

fn closing(line: &str) -> Option<Counts> {
    let mut numbers = line
        .trim()
        .split(", ")
        .zip(["passed", "failed", "skipped"])
        .map(|(part, unit)| part.strip_suffix(unit)?.trim().parse::<usize>().ok());
    let counts =
        Counts { passed: numbers.next()??, failed: numbers.next()??, skipped: numbers.next()?? };
    (line.matches(',').count() == 2).then_some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_with_reasons() {
        let transcript = Transcript::read(
            "boot text\r\ntest a_b ... ok\r\ntest c ... FAILED: 1 is not 2\r\n\
             test d ... skipped: one core\r\n1 passed, 1 failed, 1 skipped\r\n",
        );
        let counts = Counts { passed: 1, failed: 1, skipped: 1 };
        assert_eq!(transcript.counts, counts);
        assert_eq!(transcript.closing, Some(counts));
        assert_eq!(transcript.failures, [("c".into(), "1 is not 2".into())]);
        assert_eq!(transcript.skipped, [("d".into(), "one core".into())]);
        assert_eq!(transcript.unfinished, None);
    }

    #[test]
    fn messages_may_stand_between_name_and_result() {
        let transcript = Transcript::read("test a ... kernel: refused\nmore\nok\ntest b ... ok\n");
        assert_eq!(transcript.counts.passed, 2);
    }

    #[test]
    fn a_hang_names_the_test() {
        let transcript = Transcript::read("test a ... ok\ntest b ... ");
        assert_eq!(transcript.unfinished.as_deref(), Some("b"));
        assert_eq!(transcript.closing, None);
    }

    #[test]
    fn a_test_without_result_failed() {
        let transcript =
            Transcript::read("test a ... \ntest b ... ok\n1 passed, 0 failed, 0 skipped");
        assert_eq!(transcript.counts, Counts { passed: 1, failed: 1, skipped: 0 });
        assert_eq!(transcript.failures[0].0, "a");
    }

    #[test]
    fn only_the_exact_closing_line_closes() {
        assert!(is_closing("12 passed, 0 failed, 3 skipped"));
        for line in ["12 passed", "12 passed, 0 failed", "x passed, 0 failed, 1 skipped", "", "ok"]
        {
            assert!(!is_closing(line), "{line}");
        }
    }
}
