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
        let work = |window: &Window| {
            while let Some(fill) = row {
                put(&self.image, window, &fill);
                row = rows();
            }
        };
        match u32::from(first.bits) {
            Small::BITS => seen(&mut self.viewer, page, &first, work),
            Large::BITS => seen::<Large>(&mut self.viewer, page.cast(), &first, work),
            _ => Err(TOO_LARGE),
        }
    }
}

/// Works in a frame, then does what the caches need.
fn seen<S: PageSize>(
    viewer: &mut libsys::window::Viewer,
    page: Cap<Page<S>>,
    fill: &Fill,
    work: impl FnOnce(&Window),
) -> Result<(), Error> {
    let view: View<'_, S> = viewer.open(page, MemoryKind::Ram)?;
    work(view.window());
    let all = 0..1 << S::BITS;
    if fill.is_code {
        page.unify_instruction(all.clone())?;
    }
    if fill.is_uncached {
        page.clean_invalidate_data(all)?;
    }
    view.close()
}

/// Puts the bytes of a row into its frame.
pub(super) fn put(image: &packed::Image<'_>, window: &Window, fill: &Fill) {
    if let Some(bytes) = bytes(image, fill) {
        window.write_bytes(fill.at.into(), bytes);
    }
}

/// The bytes of a row. What the kernel says may be shorter than what was asked for.
pub(super) fn bytes<'a>(image: &packed::Image<'a>, fill: &Fill) -> Option<&'a [u8]> {
    let all = match fill.source {
        Source::Content => image.contents,
        Source::BootInfo => libsys::boot_info(),
        Source::DeviceTree => libsys::device_tree::blob()?,
        Source::Zeros => return None,
    };
    let rest = all.get(usize::try_from(fill.offset).ok()?..)?;
    Some(&rest[..rest.len().min(fill.length as usize)])
}
