//! Runs the example programs and compares what they print.
//!
//! `expected/NAME.txt`, in the package of the example, has the lines that must appear, in this
//! order; `*` in them stands for any text. Panics must all be among them.

use std::time::Duration;

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use crate::artefacts::{EXAMPLES, Example, Image, PAGER_EXAMPLES, Program};
use crate::console::{self, Audience, Ended, Limits, Reason, Until};
use crate::process::Fallible;
use crate::qemu::{Boot, Machine};

/// A hang is cut after this.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Where examples are.
const FOLDERS: [(&str, &[Example]); 2] =
    [("libsys/examples", EXAMPLES), ("root-task/examples", PAGER_EXAMPLES)];

/// One for each example.
pub(super) fn steps() -> Vec<Step> {
    let step = |(folder, name): (&'static str, &'static str)| {
        Step::emulator(format!("example {name}"), move |context: &Context| {
            match run(context, folder, name) {
                Ok((ended, expected)) => judge(&ended, &expected),
                Err(problem) => Outcome::failed("could not run", &problem),
            }
        })
    };
    FOLDERS
        .iter()
        .flat_map(|(folder, examples)| examples.iter().map(|example| (*folder, example.name)))
        .map(step)
        .collect()
}

fn run(context: &Context, folder: &str, name: &'static str) -> Fallible<(Ended, String)> {
    let folder = context.workspace.root.join(folder).join("expected");
    let expected = std::fs::read_to_string(folder.join(format!("{name}.txt")))
        .map_err(|error| format!("no expected output: {error}"))?;
    let kernel = context.kernel(Image::Debug)?;
    let program = context.program(Program::Example(name))?;
    let boot = Boot { kernel: &kernel.image, root_task: Some(&program), device_tree: None };
    let limits = Limits { time: Some(TIME_LIMIT), until: Until::Never };
    let ended = console::watch(&mut machine(name).boot(boot), &limits, Audience::Nobody)?;
    Ok((ended, expected))
}

/// Where an example runs. Its time is counted in instructions, so that it prints the same on a
/// machine that is busy with something else.
fn machine(name: &str) -> Machine {
    let append = match name {
        "control" | "demand" => vec!["tessera.export=vcounter".into()],
        _ => Vec::new(),
    };
    Machine { counted: true, append, ..Machine::default() }
}

/// Compares what was printed with what is expected.
pub(super) fn judge(ended: &Ended, expected: &str) -> Outcome {
    let mut printed = ended.console.lines().map(str::trim_end);
    let mut lines = expected.lines();
    let missing = lines.find(|line| !printed.any(|text| matches(line, text)));
    let (panics, foreseen) = (panics(&ended.console), panics(expected));
    match missing {
        Some(line) => Outcome::failed(format!("missing: {line:?}"), &ended.console),
        None if panics > foreseen => {
            Outcome::failed(format!("{panics} panics instead of {foreseen}"), &ended.console)
        }
        None if matches!(ended.reason, Reason::TimeLimit(_)) => {
            Outcome::failed(ended.reason.to_string(), &ended.console)
        }
        None if ended.awaits.is_some() => {
            let text = ended.awaits.as_deref().unwrap_or_default();
            Outcome::failed(
                format!("nobody said {text:?}, for which the typist waits"),
                &ended.console,
            )
        }
        None => Outcome::passed(format!("{} lines as expected", expected.lines().count())),
    }
}

/// How many lines tell of a panic.
fn panics(text: &str) -> usize {
    text.lines().filter(|line| line.contains("panicked at ")).count()
}

/// Whether a text is what the pattern says.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    // The last part ends the text; each other one is taken where it comes first.
    let last = parts.pop().unwrap_or_default();
    let rest = parts.iter().try_fold(text, |text, part| Some(text.split_once(part)?.1));
    rest.is_some_and(|text| text.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text) in [("a", "a"), ("a*", "a"), ("*b", "ab"), ("a*c*e", "abcde")] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("a*", "ba"), ("*b", "ba"), ("a*c*e", "acd")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn lines_come_in_their_order_and_the_program_ends() {
        let judged = |reason: Reason, expected: &str| {
            let console = "one\r\nkernel: x\r\ntwo 2\r\n".into();
            judge(&Ended { reason, console, awaits: None }, expected)
        };
        let seen = || Reason::Seen("two".into());
        assert_eq!(judged(seen(), "one\ntwo *\n").passed, 1);
        assert_eq!(judged(seen(), "two *\none\n").failed, 1);
        assert_eq!(judged(Reason::TimeLimit(TIME_LIMIT), "one\n").failed, 1);
    }

    #[test]
    fn panics_that_nobody_expects_are_failures() {
        let console = "one\npanicked at a.rs:1:\ntwo\npanicked at b.rs:2:\n";
        let judged = |expected: &str| {
            let reason = Reason::Seen("two".into());
            judge(&Ended { reason, console: console.into(), awaits: None }, expected).failed
        };
        assert_eq!(judged("one\npanicked at a.rs:*:\npanicked at *\n"), 0);
        assert_eq!(judged("one\ntwo\n"), 1);
        assert_eq!(judged("one\npanicked at a.rs:*:\ntwo\n"), 1);
    }

    #[test]
    fn every_example_is_run() {
        let workspace = crate::workspace::Workspace::locate().expect("a checkout");
        for (folder, examples) in FOLDERS {
            let folder = workspace.root.join(folder).join("src/bin");
            let files = folder.read_dir().expect("examples").flatten().filter_map(|file| {
                Some(file.file_name().to_str()?.strip_suffix(".rs")?.to_string())
            });
            let mut files: Vec<String> = files.collect();
            files.sort();
            let names: Vec<_> = examples.iter().map(|example| example.name).collect();
            assert_eq!(files, names);
        }
    }
}
