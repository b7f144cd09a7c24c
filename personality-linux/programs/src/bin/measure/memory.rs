//! Pages.

use std::io;

use crate::files::{BYTES, FILE};
use crate::machine::Mapping;
use crate::windows::{self, of};

/// Bytes of a page.
const PAGE: usize = 4096;
/// Pages that a window touches.
const PAGES: usize = 64;
/// What a program that wants much memory asks for.
const MUCH: usize = 4 << 20;

/// Memory whose pages are touched one by one.
struct Pages {
    mapping: Mapping,
    next: usize,
}

impl Pages {
    fn new(mapping: Mapping) -> Self {
        Self { mapping, next: 0 }
    }

    /// The byte that is touched next.
    fn offset(&mut self) -> usize {
        self.next += PAGE;
        self.next - PAGE
    }
}

pub(crate) fn measure() -> io::Result<()> {
    let anonymous = || Mapping::anonymous(PAGES * PAGE).map(Pages::new);
    let rounds = PAGES as u32;
    windows::measure(of(20, "page fault", rounds, 0), anonymous, |pages| {
        let offset = pages.offset();
        pages.mapping.write(offset);
        Ok(())
    })?;
    let file = std::fs::File::open(FILE)?;
    let mapped = || Mapping::file(&file, BYTES).map(Pages::new);
    windows::measure(of(21, "page of a file", (BYTES / PAGE) as u32, 0), mapped, |pages| {
        let offset = pages.offset();
        pages.mapping.read(offset);
        Ok(())
    })?;
    windows::measure(
        of(22, "mmap 4 MiB and touch", 1, 0),
        || Ok(()),
        |()| {
            let much = Mapping::anonymous(MUCH)?;
            (0..MUCH).step_by(PAGE).for_each(|offset| much.write(offset));
            Ok(())
        },
    )
}
