//! Images of programs as memory objects: each page comes when it is touched, and what is not
//! written is shared by all who run the same program.

use alloc::vec::Vec;
use core::ops::Range;

use libsys::pager::{File, Protection, Purpose, Refusal};
use libsys::process::{Access, Image, Segment};

use super::Pager;
use super::client::ClientId;
use super::machine::Machine;
use super::object::{ObjectId, Source};
use super::region::{Backing, Reach, Region};
use super::resolve::Fetch;

/// The number of the server of images, which is the pager itself.
pub(super) const SERVER: u32 = u32::MAX;
/// Bytes of a page.
const PAGE: u64 = 1 << abi::PAGE_BITS;

/// Part of an image: regions of a client, with or without content.
#[derive(Debug)]
struct Part {
    pages: Range<u64>,
    purpose: Purpose,
    protection: Protection,
    /// What has the content.
    object: Option<ObjectId>,
}

/// A program of which any number of clients can be made.
///
/// ```no_run
/// use libsys::process::Image;
/// use root_task::pager::{Machine, Pager, PagedImage, Images};
///
/// fn learn<M: Machine>(
///     pager: &mut Pager<M>,
///     images: &mut Images,
///     elf: &Image<'static>,
/// ) -> PagedImage {
///     images.add(pager, elf)
/// }
/// ```
#[derive(Debug)]
pub struct PagedImage {
    parts: Vec<Part>,
    entry: u64,
}

impl PagedImage {
    /// The address of the first instruction.
    #[must_use]
    pub const fn entry(&self) -> u64 {
        self.entry
    }

    /// The address of the first page that is writable; that of the entry point if none is.
    #[must_use]
    pub fn data(&self) -> u64 {
        let mut writable =
            self.parts.iter().filter(|part| part.protection == Protection::ReadWrite);
        writable.next().map_or(self.entry, |part| part.pages.start * PAGE)
    }

    /// Lets go of its content. What clients have of it stays until they go.
    ///
    /// # Errors
    /// `Kernel`.
    pub fn forget<M: Machine>(self, pager: &mut Pager<M>) -> Result<(), Refusal> {
        let objects = self.parts.iter().filter_map(|part| part.object);
        objects.into_iter().try_for_each(|object| pager.forget_object(object))
    }

    /// Gives a client its memory as the image says.
    ///
    /// # Errors
    /// Those of [`Pager::add_region`].
    pub fn add_to<M: Machine>(
        &self,
        pager: &mut Pager<M>,
        client: ClientId,
    ) -> Result<(), Refusal> {
        for part in &self.parts {
            let pages = part.pages.clone();
            let region = match part.object {
                None => Region::zeros(pages, part.purpose).with_reach(Reach::ONE),
                Some(object) => {
                    let backing = match part.protection {
                        Protection::ReadWrite => Backing::Private(object, 0),
                        _ => Backing::Shared(object, 0),
                    };
                    Region::of(backing, pages, part.purpose, part.protection)
                }
            };
            pager.add_region(client, region)?;
        }
        Ok(())
    }
}

/// Where the content of images is.
///
/// ```
/// use root_task::pager::Images;
///
/// let images = Images::default();
/// # let _ = images;
/// ```
#[derive(Debug, Default)]
pub struct Images {
    /// By the number of the file: offset in the first page, content.
    contents: Vec<(usize, &'static [u8])>,
}

impl Images {
    /// Learns an image.
    pub fn add<M: Machine>(&mut self, pager: &mut Pager<M>, image: &Image<'static>) -> PagedImage {
        let mut parts = Vec::new();
        let is_stack = |index: usize, segment: &Segment<'_>| {
            // The library's linker script puts it last of what is written, and nothing below.
            let later = image.segments().get(index + 1..).unwrap_or_default();
            let is_last = later.iter().all(|other| other.access != Access::Write);
            segment.access == Access::Write && segment.content.is_empty() && is_last
        };
        for (index, segment) in image.segments().iter().enumerate() {
            let purpose = match segment.access {
                Access::Execute => Purpose::Code,
                _ if is_stack(index, segment) => Purpose::Stack,
                _ => Purpose::Data,
            };
            self.divide(pager, segment, purpose, &mut parts);
        }
        PagedImage { parts, entry: image.entry() }
    }

    /// A segment's pages with content, and those without.
    fn divide<M: Machine>(
        &mut self,
        pager: &mut Pager<M>,
        segment: &Segment<'static>,
        purpose: Purpose,
        parts: &mut Vec<Part>,
    ) {
        let Range { start, end } = segment.pages();
        let offset = segment.memory.start - start;
        let bytes = offset + segment.content.len() as u64;
        let middle = if segment.content.is_empty() { start } else { start + round_up(bytes) };
        let protection = match segment.access {
            Access::Read => Protection::Read,
            Access::Write => Protection::ReadWrite,
            Access::Execute => Protection::ReadExecute,
        };
        let pages = |addresses: Range<u64>| addresses.start / PAGE..addresses.end / PAGE;
        if middle > start {
            let file = File { number: self.contents.len() as u64, bytes: middle - start };
            self.contents.push((offset as usize, segment.content));
            let object = Some(pager.add_object(Source::File { server: SERVER, file }));
            parts.push(Part { pages: pages(start..middle), purpose, protection, object });
        }
        if end > middle {
            parts.push(Part { pages: pages(middle..end), purpose, protection, object: None });
        }
    }

    /// The bytes of one page of a fetch, and where in the page they begin.
    #[must_use]
    pub fn content(&self, fetch: &Fetch, number: u64) -> Option<(usize, &'static [u8])> {
        let file = usize::try_from(fetch.file.number).ok()?;
        let (offset, content) = *self.contents.get(file)?;
        let page = usize::try_from(fetch.pages.start.checked_add(number)?).ok()?;
        let first = page.checked_mul(PAGE as usize)?;
        let from = first.saturating_sub(offset).min(content.len());
        let to = (first + PAGE as usize).saturating_sub(offset).min(content.len());
        Some((offset.saturating_sub(first), &content[from..to]))
    }
}

/// The next multiple of a page; sizes of segments are far from the end of numbers.
const fn round_up(bytes: u64) -> u64 {
    bytes.next_multiple_of(PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetch(number: u64, pages: Range<u64>) -> Fetch {
        let mut pager = Pager::new(crate::pager::tests::Fake::with_pages(0));
        let file = File { number, bytes: 3 * PAGE };
        let object = pager.add_object(Source::File { server: SERVER, file });
        Fetch { object, server: SERVER, file, pages }
    }

    #[test]
    fn pages_of_a_segment_begin_where_it_does() {
        static CONTENT: [u8; 0x1808] = [7; 0x1808];
        let images = Images { contents: std::vec![(0, &[]), (0xff8, &CONTENT)] };
        let part =
            |page| images.content(&fetch(1, page..page + 1), 0).map(|(at, it)| (at, it.len()));
        assert_eq!(part(0), Some((0xff8, 8)));
        assert_eq!(part(1), Some((0, 0x1000)));
        assert_eq!(part(2), Some((0, 0x800)));
        assert_eq!(part(3), Some((0, 0)));
        assert_eq!(images.content(&fetch(1, 0..3), 2).map(|(_, it)| it.len()), Some(0x800));
        assert_eq!(images.content(&fetch(2, 0..1), 0), None);
        assert_eq!(images.content(&fetch(1, 0..1), u64::MAX), None);
    }
}
