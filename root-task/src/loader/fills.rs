//! Contents of frames, and their way past the caches.

use libsys::object::{Large, Page, PageSize, Small};
use libsys::window::{MemoryKind, View, Window};
use libsys::{Cap, Error};
use packed::Cell;
use packed::record::{Fill, Source};

use super::{Loader, Stop};

/// Why a frame could not be handled.
const TOO_LARGE: Error = Error::Alignment;

impl Loader {
    /// Fills all frames. None of them is mapped yet.
    pub(super) fn fill(&mut self) -> Result<(), Stop> {
        let mut rows = self.image.layout.fills.rows().peekable();
        while let Some(row) = rows.next() {
            let mut row = Some(row);
            let frame = row.map_or(Cell(0), |row| row.frame);
            let mut next = || row.take().or_else(|| rows.next_if(|next| next.frame == frame));
            let page = self.page(frame);
            self.fill_frame(page, &mut next).map_err(self.refused("filling", frame))?;
        }
        Ok(())
    }

    /// Puts the bytes of all these rows, which are of one frame, into it.
    fn fill_frame(
        &mut self,
        page: Cap<Page>,
        rows: &mut impl FnMut() -> Option<Fill>,
    ) -> Result<(), Error> {
        let Some(first) = rows() else { return Ok(()) };
        let mut row = Some(first);
        let contents = self.contents();
        let work = |window: &Window| {
            while let Some(fill) = row {
                contents.put(window, &fill)?;
                row = rows();
            }
            Ok(())
        };
        match u32::from(first.bits) {
            Small::BITS => seen(&mut self.viewer, page, &first, work),
            Large::BITS => seen::<Large>(&mut self.viewer, page.cast(), &first, work),
            _ => Err(TOO_LARGE),
        }
    }

    /// Where the bytes of rows are from.
    pub(super) const fn contents(&self) -> Contents {
        Contents { content: self.image.contents, base: self.base }
    }
}

/// Works in a frame, then does what the caches need.
fn seen<S: PageSize>(
    viewer: &mut libsys::window::Viewer,
    page: Cap<Page<S>>,
    fill: &Fill,
    work: impl FnOnce(&Window) -> Result<(), Error>,
) -> Result<(), Error> {
    let view: View<'_, S> = viewer.open(page, MemoryKind::Ram)?;
    work(view.window())?;
    let all = 0..1 << S::BITS;
    if fill.is_code {
        page.unify_instruction(all.clone())?;
    }
    if fill.is_uncached {
        page.clean_invalidate_data(all)?;
    }
    view.close()
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
        if let Some(bytes) = self.bytes(fill)? {
            window.write_bytes(fill.at.into(), bytes.as_slice());
        }
        Ok(())
    }

    /// Puts the bytes of a row into its frame again, if they are not there.
    pub(super) fn restore(&self, window: &Window, fill: &Fill) -> Result<(), Error> {
        let at = fill.at.into();
        if let Some(bytes) = self.bytes(fill)?.filter(|bytes| !window.holds(at, bytes.as_slice())) {
            window.write_bytes(at, bytes.as_slice());
        }
        Ok(())
    }

    /// The bytes of a row. What the kernel says may be shorter than what was asked for.
    pub(super) fn bytes(&self, fill: &Fill) -> Result<Option<Bytes>, Error> {
        let all = match fill.source {
            Source::Content => self.content,
            Source::BootInfo => libsys::boot_info(),
            Source::DeviceTree => match libsys::device_tree::blob() {
                Some(blob) => blob,
                None => return Ok(None),
            },
            Source::Address => {
                let page: Cap<Page> = Cap::at(self.base + fill.offset);
                return Ok(Some(Bytes::Address(page.address()?.to_le_bytes())));
            }
            Source::Zeros => return Ok(None),
        };
        let start = usize::try_from(fill.offset).unwrap_or(usize::MAX);
        let rest = all.get(start..);
        Ok(rest.map(|rest| Bytes::Part(&rest[..rest.len().min(fill.length as usize)])))
    }
}

/// The bytes of a row.
#[derive(Clone, Copy)]
pub(super) enum Bytes {
    /// A part of something that is there already.
    Part(&'static [u8]),
    /// A physical address.
    Address([u8; 8]),
}

impl Bytes {
    /// All of them.
    pub(super) const fn as_slice(&self) -> &[u8] {
        match self {
            Self::Part(bytes) => bytes,
            Self::Address(bytes) => bytes,
        }
    }
}
