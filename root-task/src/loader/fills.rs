//! Contents of frames, and their way past the caches.

use libsys::object::Page;
use libsys::window::Window;
use libsys::{Cap, Error};
use packed::Cell;
use packed::record::{Fill, Source};

use super::{Loader, Stop};

/// What the loader does here, in messages.
const DOING: &str = "filling";

impl Loader {
    /// Fills all frames, and remembers whose addresses are told. None of them is mapped yet.
    pub(super) fn fill(&mut self) -> Result<(), Stop> {
        let contents = self.contents();
        let mut seen: Option<(Fill, Window, Cap<Page>)> = None;
        for row in self.image.layout.fills.rows() {
            if seen.as_ref().is_none_or(|(first, ..)| first.frame != row.frame) {
                if let Some((first, _, page)) = &seen {
                    self.finish(first, *page)?;
                }
                let (window, page) = self.see(&row).map_err(self.refused(DOING, row.frame))?;
                seen = Some((row, window, page));
            }
            let Some((_, window, _)) = &seen else { continue };
            contents.put(window, &row).map_err(self.refused(DOING, row.frame))?;
            if row.source == Source::Address {
                self.told.extend(u32::try_from(row.offset).map(Cell));
            }
        }
        self.told.sort_unstable();
        seen.map_or(Ok(()), |(first, _, page)| self.finish(&first, page))
    }

    /// Does what caches need of a frame that was filled, to which this row belongs.
    fn finish(&self, row: &Fill, page: Cap<Page>) -> Result<(), Stop> {
        let all = 0..1 << row.bits;
        let mut done = Ok(());
        if row.is_code {
            done = page.unify_instruction(all.clone());
        }
        if row.is_uncached {
            done = done.and_then(|()| page.clean_invalidate_data(all));
        }
        if page == Cap::at(self.scratch) {
            done = done.and_then(|()| self.look_away());
        }
        done.map_err(self.refused(DOING, row.frame))
    }

    /// Where the bytes of rows are from.
    pub(super) const fn contents(&self) -> Contents {
        Contents { content: self.image.contents, base: self.base }
    }
}

/// Where the bytes of rows are from.
#[derive(Clone, Copy)]
pub(super) struct Contents {
    /// Of the image.
    content: &'static [u8],
    /// The slot of cell 0.
    base: u64,
}

impl Contents {
    /// Puts the bytes of a row into its frame.
    pub(super) fn put(&self, window: &Window, fill: &Fill) -> Result<(), Error> {
        window.write_bytes(fill.at.into(), self.bytes(fill, &mut [0; 8])?);
        Ok(())
    }

    /// Whether the bytes of a row are in its frame.
    fn are_in(&self, window: &Window, fill: &Fill) -> Result<bool, Error> {
        Ok(window.holds(fill.at.into(), self.bytes(fill, &mut [0; 8])?))
    }

    /// Puts the bytes of a row into its frame again, if they are not there.
    pub(super) fn restore(&self, window: &Window, fill: &Fill) -> Result<(), Error> {
        if self.are_in(window, fill)? { Ok(()) } else { self.put(window, fill) }
    }

    /// The bytes of a row; `address` is a place for some. What the kernel says may be shorter than
    /// what was asked for.
    #[inline(always)]
    pub(super) fn bytes<'a>(
        &self,
        fill: &Fill,
        address: &'a mut [u8; 8],
    ) -> Result<&'a [u8], Error> {
        match fill.source {
            Source::Content => Ok(part(self.content, fill)),
            _ => self.other_bytes(fill, address),
        }
    }

    /// Those that are not of the image.
    #[inline(never)]
    fn other_bytes<'a>(&self, fill: &Fill, address: &'a mut [u8; 8]) -> Result<&'a [u8], Error> {
        match fill.source {
            Source::Content | Source::Zeros => Ok(&[]),
            Source::BootInfo => Ok(part(libsys::boot_info(), fill)),
            Source::DeviceTree => Ok(part(libsys::device_tree::blob().unwrap_or_default(), fill)),
            Source::Address => {
                let page: Cap<Page> = Cap::at(self.base + fill.offset);
                *address = page.address()?.to_le_bytes();
                Ok(address)
            }
        }
    }
}

/// The part that a row is about, as far as there is one.
fn part(all: &'static [u8], fill: &Fill) -> &'static [u8] {
    let start = usize::try_from(fill.offset).unwrap_or(usize::MAX);
    let rest = all.get(start..).unwrap_or_default();
    rest.get(..fill.length as usize).unwrap_or(rest)
}
