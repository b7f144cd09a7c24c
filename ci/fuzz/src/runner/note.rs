//! What a worker is busy with, in a file that outlives it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes before the input: the number of the execution, the length of the input.
const HEADER: usize = 16;
/// Instead of a number: all is done.
const DONE: u64 = u64::MAX;

/// The worker's side.
#[derive(Debug)]
pub(super) struct Writer {
    file: File,
    buffer: Vec<u8>,
}

impl Writer {
    /// Opens the file.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().write(true).create(true).truncate(true).open(path)?;
        Ok(Self { file, buffer: Vec::new() })
    }

    /// Says what comes next; in one write, so that no reader sees half of it.
    pub(super) fn begin(&mut self, execution: u64, input: &[u8]) -> io::Result<()> {
        self.buffer.clear();
        self.buffer.extend_from_slice(&execution.to_le_bytes());
        self.buffer.extend_from_slice(&(input.len() as u64).to_le_bytes());
        self.buffer.extend_from_slice(input);
        self.file.write_all_at(&self.buffer, 0)
    }

    /// Says that nothing is left to be done.
    pub(super) fn done(&mut self) -> io::Result<()> {
        self.begin(DONE, &[])
    }
}

/// What a worker was busy with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Note {
    /// It had not begun.
    Nothing,
    /// This execution, of this input.
    Busy {
        /// Its number.
        execution: u64,
        /// Its input.
        input: Vec<u8>,
    },
    /// It was through.
    Done,
}

/// Reads the note; a file that is missing or too short says nothing.
pub(super) fn read(path: &Path) -> Note {
    parse(&std::fs::read(path).unwrap_or_default()).unwrap_or(Note::Nothing)
}

fn parse(bytes: &[u8]) -> Option<Note> {
    let (header, rest) = bytes.split_at_checked(HEADER)?;
    let (execution, length) = header.split_at(HEADER / 2);
    let execution = u64::from_le_bytes(execution.try_into().ok()?);
    let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
    if execution == DONE {
        return Some(Note::Done);
    }
    Some(Note::Busy { execution, input: rest.get(..length)?.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_back() {
        let path = std::env::temp_dir().join(format!("fuzz-note-{}", std::process::id()));
        assert_eq!(read(&path), Note::Nothing);
        let mut writer = Writer::open(&path).expect("a file");
        assert_eq!(read(&path), Note::Nothing);
        for input in [b"a longer one".as_slice(), b"short", b""] {
            writer.begin(3, input).expect("written");
            assert_eq!(read(&path), Note::Busy { execution: 3, input: input.to_vec() });
        }
        writer.done().expect("written");
        assert_eq!(read(&path), Note::Done);
        std::fs::remove_file(&path).expect("removed");
    }
}
