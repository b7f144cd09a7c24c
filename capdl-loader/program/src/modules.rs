//! Puts files into a program's image: its modules.
//!
//! `libsys` leaves a last loadable segment for them, with a header that names nothing, and
//! describes its layout (`libsys/src/modules.rs`). The segment's bytes go behind the end of the
//! file.

use crate::Fallible;
use crate::elf::{Elf, Segment};

/// How the segment begins.
const MAGIC: &[u8; 4] = b"mods";
/// Bytes of the header and of an entry.
const HEADER: usize = 16;
const ENTRY: usize = 16;
/// What contents are aligned to.
const PAGE: usize = 4096;

/// A named file.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    /// How the program finds it.
    pub name: String,
    /// What is in it.
    pub content: Vec<u8>,
}

/// Whether a program has a place for modules.
pub fn has_place(file: &[u8]) -> Fallible<bool> {
    Ok(place(&Elf::new(file)?.segments()?).is_some())
}

/// The program with further modules, behind those that it has.
pub fn add(file: &[u8], more: Vec<Module>) -> Fallible<Vec<u8>> {
    let elf = Elf::new(file)?;
    let segments = elf.segments()?;
    let index = place(&segments).ok_or("the program has no place for modules")?;
    let mut modules = read(segments[index].bytes)?;
    for module in more {
        if modules.iter().any(|known| known.name == module.name) {
            return Err(format!("the program has a module `{}` already", module.name));
        }
        modules.push(module);
    }
    elf.with_segment(index, &segment(&modules)?)
}

/// The modules of a program; none if it has no place for them.
pub fn all(file: &[u8]) -> Fallible<Vec<Module>> {
    let segments = Elf::new(file)?.segments()?;
    place(&segments).map_or(Ok(Vec::new()), |index| read(segments[index].bytes))
}

/// Which segment is that of the modules.
fn place(segments: &[Segment]) -> Option<usize> {
    segments.iter().position(|segment| segment.bytes.starts_with(MAGIC))
}

/// The modules in a segment.
fn read(bytes: &[u8]) -> Fallible<Vec<Module>> {
    let word = |at: usize| {
        let word = bytes.get(at..at + 4).and_then(|bytes| bytes.first_chunk());
        word.map(|word| u32::from_le_bytes(*word) as usize).ok_or("the modules are damaged")
    };
    let part = |at: usize| {
        let (start, length) = (word(at)?, word(at + 4)?);
        bytes.get(start..start + length).ok_or("the modules are damaged")
    };
    let entries = (0..word(4)?).map(|index| HEADER + index * ENTRY);
    let module = |at: usize| -> Fallible<Module> {
        let name = String::from_utf8_lossy(part(at)?).into_owned();
        Ok(Module { name, content: part(at + 8)?.into() })
    };
    entries.map(module).collect()
}

/// The segment: header, entries, names, and the contents, each in pages of its own.
fn segment(modules: &[Module]) -> Fallible<Vec<u8>> {
    let names_at = HEADER + ENTRY * modules.len();
    let names: String = modules.iter().map(|module| module.name.as_str()).collect();
    let mut entries = Vec::new();
    let mut contents = Vec::new();
    let (mut name_at, contents_at) = (names_at, (names_at + names.len()).next_multiple_of(PAGE));
    for module in modules {
        let content_at = contents_at + contents.len();
        let (name, content) = (module.name.len(), module.content.len());
        entries.extend([name_at, name, content_at, content]);
        contents.extend(&module.content);
        contents.resize(contents.len().next_multiple_of(PAGE), 0);
        name_at += name;
    }
    let bytes = if modules.is_empty() { HEADER } else { contents_at + contents.len() };
    let mut segment = MAGIC.to_vec();
    for word in [modules.len(), bytes, 0].into_iter().chain(entries) {
        let word = u32::try_from(word).map_err(|_| "modules take 4 GiB or more")?;
        segment.extend(word.to_le_bytes());
    }
    segment.extend(names.as_bytes());
    segment.resize(bytes - contents.len(), 0);
    segment.extend(contents);
    Ok(segment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::with_segments;

    fn module(name: &str, content: &[u8]) -> Module {
        Module { name: name.into(), content: content.into() }
    }

    /// A program with the header that the library leaves.
    fn program() -> Vec<u8> {
        let empty = segment(&[]).expect("small");
        with_segments(&[(0x1000, b"code", 4), (0x2000, &empty, empty.len() as u64)])
    }

    #[test]
    fn modules_take_the_place_of_none() {
        let (one, two) = (module("one", &[1; 5000]), module("two", b"2"));
        let file = add(&program(), vec![one.clone(), two.clone()]).expect("a good file");
        let segments = Elf::new(&file).and_then(Elf::segments).expect("a good file");
        assert_eq!(segments[0].bytes, b"code");
        let segment = segments[1];
        assert_eq!(segment.bytes.len() as u64, segment.memory_size);
        assert_eq!(segment.bytes[8..12], (segment.memory_size as u32).to_le_bytes());
        assert_eq!(segment.memory_size, 4 * 4096, "a page for names, and five thousand and one");
        assert_eq!(segment.bytes[4096..4096 + 5000], [1; 5000]);
        assert_eq!((segment.bytes[9096], segment.bytes[3 * 4096]), (0, b'2'));
        assert_eq!(read(segment.bytes), Ok(vec![one, two]));
    }

    #[test]
    fn later_modules_come_behind_earlier_ones_and_in_their_place() {
        let first = add(&program(), vec![module("one", b"1")]).expect("a good file");
        let second = add(&first, vec![module("two", b"2")]).expect("a good file");
        let segments = Elf::new(&second).and_then(Elf::segments).expect("a good file");
        assert_eq!(read(segments[1].bytes).map(|modules| modules.len()), Ok(2));
        assert_eq!(second.len(), first.len() + PAGE, "the first segment is not kept");
        let names = all(&second).expect("a good file").into_iter().map(|module| module.name);
        assert_eq!(names.collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(all(&with_segments(&[(0x1000, b"code", 4)])), Ok(Vec::new()));
        let again = add(&second, vec![module("one", b"3")]);
        assert!(again.expect_err("twice").contains("`one` already"));
    }

    #[test]
    fn programs_without_a_place_take_none() {
        let file = with_segments(&[(0x1000, b"code", 4)]);
        assert_eq!(has_place(&file), Ok(false));
        assert_eq!(has_place(&program()), Ok(true));
        assert!(add(&file, Vec::new()).is_err());
    }

    #[test]
    fn damaged_modules_are_an_error() {
        let mut damaged = segment(&[module("one", b"1")]).expect("small");
        damaged[HEADER] = 0xff;
        damaged[HEADER + 2] = 0xff;
        assert!(read(&damaged).is_err());
    }
}
