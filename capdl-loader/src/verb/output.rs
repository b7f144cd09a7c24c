//! What the tool says: answers to standard output, messages to standard error.
//!
//! Whoever reads may stop early (`capdl codes | head`): that is no failure, and what they do not
//! want to read is lost without a word.

use std::io::{ErrorKind, Write, stderr, stdout};
use std::path::Path;

use super::Outcome;

/// Writes an answer to standard output.
pub(super) fn answer(text: &str) -> Outcome {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            message(&format!("error: standard output: {error}\n"));
            Outcome::Failed
        }
        _ => Outcome::Done,
    }
}

/// Writes a message to standard error; where that fails, nobody can be told.
pub(super) fn message(text: &str) {
    let _ = stderr().lock().write_all(text.as_bytes());
}

/// Writes an answer to a file, or to standard output.
pub(super) fn write(path: Option<&Path>, text: &str) -> Outcome {
    match path {
        Some(path) => write_bytes(path, text.as_bytes()),
        None => answer(text),
    }
}

/// Writes a file.
pub(super) fn write_bytes(path: &Path, bytes: &[u8]) -> Outcome {
    match std::fs::write(path, bytes) {
        Ok(()) => Outcome::Done,
        Err(error) => {
            message(&format!("error: {}: {error}\n", path.display()));
            Outcome::Failed
        }
    }
}
