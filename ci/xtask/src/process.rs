//! Running other programs.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// The result of something that may fail for a reason told in one sentence.
pub(crate) type Fallible<T> = Result<T, String>;

/// What a finished program left.
#[derive(Debug)]
pub(crate) struct Finished {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// Its standard output.
    pub(crate) output: String,
    /// Its standard error.
    pub(crate) errors: String,
}

impl Finished {
    /// Both streams, one after the other.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.output, self.errors)
    }
}

/// Runs a program with our own console.
pub(crate) fn visibly(command: &mut Command) -> Fallible<()> {
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("`{}`: {status}", line(command))) }
}

/// Runs a program without input and keeps what it prints; an unsuccessful end is no error here.
pub(crate) fn captured(command: &mut Command) -> Fallible<Finished> {
    let result = command.stdin(Stdio::null()).output();
    let output = result.map_err(|error| cannot_start(command, &error))?;
    Ok(Finished {
        status: output.status,
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Standard output of a program that must succeed, without white space at the ends.
pub(crate) fn answer(command: &mut Command) -> Fallible<String> {
    let finished = captured(command)?;
    if finished.status.success() {
        return Ok(finished.output.trim().to_string());
    }
    Err(format!("`{}`: {}\n{}", line(command), finished.status, finished.errors.trim_end()))
}

/// The command as somebody would type it.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

/// Whether a program of this name is on the search path.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| is_file(&folder.join(program)))
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| data.is_file())
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("cannot start `{}`: {error}", line(command))
}

fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_=+,./:@%".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_can_be_pasted_into_a_shell() {
        let mut command = Command::new("echo");
        command.args(["plain-word", "two words", "it's", ""]);
        assert_eq!(line(&command), r"echo plain-word 'two words' 'it'\''s' ''");
    }

    #[test]
    fn output_and_status_are_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let finished = captured(&mut command).expect("sh starts");
        assert_eq!(finished.status.code(), Some(3));
        assert_eq!((finished.output.as_str(), finished.errors.as_str()), ("out\n", "err\n"));
        let problem = answer(&mut command).expect_err("status 3");
        assert!(problem.contains("err"), "{problem}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let problem = visibly(&mut Command::new("no-such-program")).expect_err("missing");
        assert!(problem.contains("no-such-program"), "{problem}");
        assert!(!is_installed("no-such-program"));
        assert!(is_installed("sh"));
    }
}
