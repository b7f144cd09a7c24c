//! Memory of the layout that devices reach.

use heapless::Vec;
use libsys::layout::Dma;
use libsys::window::Window;

use crate::hal::shared;

/// Most regions of a driver: its pool, and one for each client.
pub const MOST_REGIONS: usize = 64;

/// Memory of the layout that devices reach, known to this crate for good.
///
/// ```no_run
/// use dma::Region;
/// use libsys::layout::{Component, Missing};
///
/// fn first_page(component: &Component) -> Result<Option<u64>, Missing<'static>> {
///     let region = Region::new(component.dma("buffers")?);
///     Ok(region.map(|region| region.physical()))
/// }
/// ```
#[derive(Debug)]
pub struct Region {
    window: Window,
    physical: u64,
}

impl Region {
    /// Makes memory of the layout known. `None`: there are [`MOST_REGIONS`] already.
    #[must_use]
    pub fn new(memory: Dma) -> Option<Self> {
        let Dma { window, physical } = memory;
        let span = Span { start: window.address(), end: window.end(), physical };
        shared().spans.push(span).ok()?;
        Some(Self { window, physical })
    }

    /// Memory that lies inside of a region which is known already.
    #[cfg(not(target_os = "none"))]
    pub(crate) const fn known(memory: Dma) -> Self {
        Self { window: memory.window, physical: memory.physical }
    }

    /// Its bytes, as this program sees them.
    #[must_use]
    pub const fn window(&self) -> &Window {
        &self.window
    }

    /// Where it begins in physical memory.
    #[must_use]
    pub const fn physical(&self) -> u64 {
        self.physical
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.window.end() - self.window.address()
    }

    /// So many bytes from an offset on; `None`: none, or not all of them are in the region.
    #[must_use]
    pub fn piece(&self, offset: u64, bytes: u32) -> Option<Piece> {
        Piece::of(&self.window, offset, bytes)
    }
}

/// Some bytes that devices reach, at least one.
///
/// ```no_run
/// fn halves(region: &dma::Region) -> Option<[dma::Piece; 2]> {
///     let half = u32::try_from(region.bytes() / 2).ok()?;
///     Some([region.piece(0, half)?, region.piece(u64::from(half), half)?])
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    start: u64,
    bytes: u32,
}

impl Piece {
    /// A part of a window whose bytes are as D1 says.
    pub(crate) fn of(window: &Window, offset: u64, bytes: u32) -> Option<Self> {
        let end = offset.checked_add(bytes.into())?;
        let room = window.end() - window.address();
        (bytes > 0 && end <= room).then(|| Self { start: window.address() + offset, bytes })
    }

    /// Its first address in this program.
    #[must_use]
    pub const fn address(self) -> u64 {
        self.start
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        self.bytes
    }
}

/// Addresses of this program, and where they are in physical memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    start: u64,
    end: u64,
    physical: u64,
}

/// All that was made known.
pub(crate) type Spans = Vec<Span, MOST_REGIONS>;

/// Where the device finds these bytes, if they are in one of the spans.
pub(crate) fn physical(spans: &Spans, start: u64, bytes: u64) -> Option<u64> {
    let end = start.checked_add(bytes)?;
    let span = spans.iter().find(|span| span.start <= start && end <= span.end)?;
    Some(span.physical + (start - span.start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_translated_inside_of_spans_only() {
        let mut spans = Spans::new();
        for (start, physical) in [(0x1000, 0x4000_0000), (0x3000, 0x4800_0000)] {
            spans.push(Span { start, end: start + 0x1000, physical }).expect("room");
        }
        assert_eq!(physical(&spans, 0x1ff8, 8), Some(0x4000_0ff8));
        assert_eq!(physical(&spans, 0x3000, 0x1000), Some(0x4800_0000));
        assert_eq!(physical(&spans, 0x1ff8, 9), None, "beyond the end");
        assert_eq!(physical(&spans, 0x2000, 1), None, "between them");
        assert_eq!(physical(&spans, u64::MAX, 2), None, "wraps");
    }

    #[test]
    fn pieces_stay_inside() {
        let region = crate::fake::region(2);
        assert!(region.piece(0, 0x2000).is_some());
        assert!(region.piece(0x1fff, 1).is_some());
        assert_eq!(region.piece(0x1fff, 2), None);
        assert_eq!(region.piece(0, 0), None);
        assert_eq!(region.piece(u64::MAX, 2), None);
    }
}
