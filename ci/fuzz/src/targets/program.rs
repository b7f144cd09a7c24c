//! The reading of programs that are to be started: their ELF files, and the modules inside.

use libsys::modules::Modules;
use libsys::process::{ADDRESSES, Image};

use super::Target;

/// The target.
pub(super) const TARGET: Target = Target {
    name: "program",
    run,
    words: &[
        b"\x7fELF\x02\x01\x01",
        b"\xb7\0",
        b"\x01\0\0\0\x05\0\0\0",
        b"\x01\0\0\0\x06\0\0\0",
        b"\0\0\x20\0\0\0\0\0",
        b"\0\0\0\0\0\x80\0\0",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        b"mods",
        b"symbols",
    ],
};

fn run(file: &[u8]) {
    std::hint::black_box(modules(file));
    let Ok(image) = Image::parse(file) else { return };
    let mut end = ADDRESSES.start;
    for segment in image.segments() {
        assert!(segment.pages().start >= end, "segments are apart, and ascend");
        end = segment.pages().end;
        let bytes = segment.memory.end - segment.memory.start;
        assert!(segment.content.len() as u64 <= bytes, "what is in the file fits");
        std::hint::black_box(modules(segment.content));
    }
    assert!(end <= ADDRESSES.end, "segments are in user space");
}

/// Bytes of all modules.
fn modules(bytes: &[u8]) -> usize {
    let modules = Modules::new(bytes);
    std::hint::black_box(modules.find("layout"));
    modules.iter().map(|(name, content)| name.len() + content.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus;

    #[test]
    fn the_corpus_has_programs_and_modules() {
        let files = corpus::files(TARGET.name).expect("readable");
        let programs = files.iter().filter_map(|file| Image::parse(file).ok());
        let contents = programs.flat_map(|image| {
            image.segments().iter().map(|segment| modules(segment.content)).collect::<Vec<_>>()
        });
        assert!(contents.sum::<usize>() > 0, "a program has modules");
    }
}
