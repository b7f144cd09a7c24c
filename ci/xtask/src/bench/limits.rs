//! How long a stretch may be: the committed file `ci/bench-limits.txt`.
//!
//! A line says `LIMIT | NAME | WHY`; lines that begin with `#` say something to people.

use super::counts::Metric;
use super::scenarios::Figures;
use crate::process::Fallible;
use crate::workspace::Workspace;

/// The limits of all scenarios.
#[derive(Debug)]
pub(crate) struct Limits(Vec<Limit>);

#[derive(Debug)]
struct Limit {
    name: String,
    instructions: u64,
}

/// What the limits say about a run.
#[derive(Debug, PartialEq)]
pub(crate) struct Verdict {
    /// Scenarios that keep their limit.
    pub(crate) kept: usize,
    /// What is wrong.
    pub(crate) findings: Vec<String>,
}

impl Limits {
    /// Reads the file.
    pub(crate) fn load(workspace: &Workspace) -> Fallible<Self> {
        let file = workspace.root.join("ci/bench-limits.txt");
        let text = std::fs::read_to_string(&file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Fallible<Self> {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        let limit = |line: &str| {
            let parts: Vec<&str> = line.split('|').map(str::trim).collect();
            match parts.as_slice() {
                [limit, name, why] if !why.is_empty() => limit
                    .replace(' ', "")
                    .parse()
                    .map(|instructions| Limit { name: (*name).into(), instructions })
                    .map_err(|_| format!("no limit: {line}")),
                _ => Err(format!("not `LIMIT | NAME | WHY`: {line}")),
            }
        };
        lines.map(limit).collect::<Fallible<_>>().map(Self)
    }

    /// Compares a run with the limits. A scenario without a limit, and a limit without a
    /// scenario, are findings too.
    pub(crate) fn judge(&self, figures: &Figures) -> Verdict {
        let mut verdict = Verdict { kept: 0, findings: Vec::new() };
        for scenario in &figures.scenarios {
            let (name, longest) = (&scenario.name, scenario.counts.get(Metric::Longest));
            match self.0.iter().find(|limit| limit.name == *name) {
                None => verdict.findings.push(format!("{name}: has no limit")),
                Some(limit) if longest > limit.instructions => {
                    let limit = limit.instructions;
                    verdict.findings.push(format!("{name}: {longest} instructions of {limit}"));
                }
                Some(_) => verdict.kept += 1,
            }
        }
        let was_run = |limit: &&Limit| figures.scenarios.iter().any(|s| s.name == limit.name);
        let missing = self.0.iter().filter(|limit| !was_run(limit));
        verdict.findings.extend(missing.map(|limit| format!("{}: was not run", limit.name)));
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenarios::tests::example;
    use super::*;

    fn judge(text: &str) -> Verdict {
        Limits::parse(text).expect("well-formed").judge(&example())
    }

    #[test]
    fn limits_are_kept_or_not() {
        let verdict =
            judge("# for people\n\n100 | clear much | blocks\n399 | call often | calls\n");
        assert_eq!(verdict.kept, 1);
        assert_eq!(verdict.findings, ["call often: 400 instructions of 399"]);
    }

    #[test]
    fn scenarios_and_limits_have_to_agree() {
        let verdict = judge("1 000 | clear much | blocks\n9 | sleep | why not\n");
        assert_eq!(verdict.findings, ["call often: has no limit", "sleep: was not run"]);
    }

    #[test]
    fn every_limit_has_a_reason() {
        for text in ["100 | name | ", "100 | name", "many | name | why"] {
            assert!(Limits::parse(text).is_err(), "{text}");
        }
    }
}
