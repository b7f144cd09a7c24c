//! The files that were read, for lines and columns.

use std::path::{Path, PathBuf};

use layout::span::{FileId, Span};

/// A file that was read.
#[derive(Clone, Debug)]
struct Source {
    /// As the user named it.
    path: PathBuf,
    text: String,
    /// Where each line begins.
    lines: Vec<u32>,
}

/// All files that were read.
///
/// ```
/// use capdl::Sources;
/// use layout::Span;
///
/// let mut sources = Sources::default();
/// let file = sources.add("a.layout.toml", "layout = 1\nname = 'x'\n".into()).unwrap();
/// let place = sources.place(Span::new(file, 11, 15)).unwrap();
/// assert_eq!((place.line, place.column, place.excerpt), (2, 1, "name = 'x'"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// A place as people name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place<'a> {
    /// The file.
    pub path: &'a Path,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Characters of the span in its first line, at least 1.
    pub width: usize,
    /// The line.
    pub excerpt: &'a str,
}

/// Why a file cannot be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMuch;

impl Sources {
    /// Adds a file.
    ///
    /// # Errors
    /// It has 4 GiB or more, or there are 65 535 already.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: String) -> Result<FileId, TooMuch> {
        let id = u16::try_from(self.files.len()).ok().filter(|id| *id != u16::MAX);
        let id = id.ok_or(TooMuch)?;
        u32::try_from(text.len()).map_err(|_| TooMuch)?;
        let ends = text.bytes().zip(1_u32..).filter(|(byte, _)| *byte == b'\n');
        let lines = std::iter::once(0).chain(ends.map(|(_, after)| after)).collect();
        self.files.push(Source { path: path.into(), text, lines });
        Ok(FileId(id))
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, file: FileId) -> Option<&str> {
        self.files.get(usize::from(file.0)).map(|source| source.text.as_str())
    }

    /// The path of a file.
    #[must_use]
    pub fn path(&self, file: FileId) -> Option<&Path> {
        self.files.get(usize::from(file.0)).map(|source| source.path.as_path())
    }

    /// Where a span begins; `None` for what nobody wrote.
    #[must_use]
    pub fn place(&self, span: Span) -> Option<Place<'_>> {
        let source = self.files.get(usize::from(span.file.0))?;
        let line = source.lines.partition_point(|start| *start <= span.start);
        let start = *source.lines.get(line.checked_sub(1)?)? as usize;
        let rest = source.text.get(start..)?;
        let excerpt = rest.split_once('\n').map_or(rest, |(line, _)| line);
        let count = |from: usize, to: usize| {
            let within = |at: usize| at.saturating_sub(start).min(excerpt.len());
            excerpt.get(within(from)..within(to)).map_or(0, |part| part.chars().count())
        };
        let column = 1 + count(start, span.start as usize);
        let width = count(span.start as usize, span.end as usize).max(1);
        let excerpt = excerpt.trim_end_matches('\r');
        Some(Place { path: &source.path, line, column, width, excerpt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_spans_end_with_their_line() {
        let mut sources = Sources::default();
        let file = sources.add("x", "äb = 1\r\nlast".into()).expect("small");
        let place = |start, end| {
            let place = sources.place(Span::new(file, start, end)).expect("in the file");
            (place.line, place.column, place.width, place.excerpt)
        };
        assert_eq!(place(2, 3), (1, 2, 1, "äb = 1"));
        assert_eq!(place(0, 100).0, 1);
        assert_eq!(place(9, 13), (2, 1, 4, "last"));
        assert_eq!(place(13, 13), (2, 5, 1, "last"), "behind the end");
        assert_eq!(sources.place(Span::NOWHERE), None);
    }
}
