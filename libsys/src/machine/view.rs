//! Views: pages that the initial thread looks at, one after the other, at one place.
//!
//! For programs that handle many pages and keep few mapped, such as a loader.

use abi::{Error, Rights};

use super::window::{MemoryKind, Window};
use crate::bootstrap::take_region;
use crate::cap::Cap;
use crate::initial;
use crate::object::{Page, PageSize, PageTable, Small};

/// Where small pages are looked at, counted from the start of the region.
const SMALL: u64 = 1 << 12;
/// Where the first page is mounted; a page is left out in between.
const MOUNTS: u64 = 3 << 12;
/// Where mounts end, and large pages are looked at.
const LARGE: u64 = 1 << 21;
/// Where pages are kept side by side, to the end of the region.
const KEPT: u64 = 2 << 21;
/// Bytes of the region.
const REGION: u64 = 1 << 30;
/// `log2` of the bytes that one table has room for.
const TABLE_BITS: u32 = 21;

/// A place to look at pages: a region of addresses that nothing else in the program uses.
///
/// ```no_run
/// use libsys::object::{Page, PageTable};
/// use libsys::window::{MemoryKind, Viewer};
/// use libsys::{Cap, Error};
///
/// fn first_words(pages: &[Cap<Page>], tables: [Cap<PageTable>; 2]) -> Result<Vec<u64>, Error> {
///     let mut viewer = Viewer::new(tables)?;
///     let mut words = Vec::new();
///     for page in pages {
///         let view = viewer.open(*page, MemoryKind::Ram)?;
///         words.push(view.window().read_word(0));
///         view.close()?;
///     }
///     Ok(words)
/// }
/// ```
#[derive(Debug)]
pub struct Viewer {
    region: u64,
    next_mount: u64,
    /// One page each for which there is a table.
    room: u64,
    /// How many pages are kept.
    kept: u64,
}

impl Viewer {
    /// A place whose tables are these, which are not mapped yet.
    ///
    /// # Errors
    /// `NotEnoughMemory` when the program has no more addresses; what the kernel refuses.
    pub fn new(tables: [Cap<PageTable>; 2]) -> Result<Self, Error> {
        let region = take_region().ok_or(Error::NotEnoughMemory(0))?;
        for table in tables {
            table.map(initial::VSPACE, region)?;
        }
        Ok(Self { region, next_mount: MOUNTS, room: 0, kept: 0 })
    }

    /// Looks at a page of 4 KiB or 2 MiB, which is mapped nowhere by this capability.
    ///
    /// # Errors
    /// What the kernel refuses; see [`Cap::<Page>::map`](Cap::map). Pages of 1 GiB are refused with
    /// `Alignment`.
    pub fn open<S: PageSize>(
        &mut self,
        page: Cap<Page<S>>,
        kind: MemoryKind,
    ) -> Result<View<'_, S>, Error> {
        let window = self.look(page, kind)?;
        Ok(View { window, page, viewer: self })
    }

    /// The same until the page is unmapped, its capability deleted, or the next page looked at.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn look<S: PageSize>(
        &mut self,
        page: Cap<Page<S>>,
        kind: MemoryKind,
    ) -> Result<Window, Error> {
        let start = self.region + if S::BITS == Small::BITS { SMALL } else { LARGE };
        page.map(initial::VSPACE, start, Rights::READ_WRITE, kind.attributes())?;
        Ok(Window::over(start..start + (1 << S::BITS)))
    }

    /// Keeps a page mapped for good: a device's registers, for example.
    ///
    /// # Errors
    /// `NotEnoughMemory` when the place is full (509 pages); what the kernel refuses.
    pub fn mount(&mut self, page: Cap<Page>, kind: MemoryKind) -> Result<Window, Error> {
        if self.next_mount >= LARGE {
            return Err(Error::NotEnoughMemory(0));
        }
        let start = self.region + self.next_mount;
        page.map(initial::VSPACE, start, Rights::READ_WRITE, kind.attributes())?;
        self.next_mount += 1 << Small::BITS;
        Ok(Window::over(start..start + (1 << Small::BITS)))
    }

    /// Whether a page can be kept without another table.
    #[must_use]
    pub const fn has_room(&self) -> bool {
        self.kept < self.room
    }

    /// Makes room to keep 512 more pages, by a table that is not mapped yet.
    ///
    /// # Errors
    /// `NotEnoughMemory` when the place is full (261 120 pages); what the kernel refuses.
    pub fn widen(&mut self, table: Cap<PageTable>) -> Result<(), Error> {
        let start = KEPT + (self.room << Small::BITS);
        if start >= REGION {
            return Err(Error::NotEnoughMemory(0));
        }
        table.map(initial::VSPACE, self.region + start)?;
        self.room += 1 << (TABLE_BITS - Small::BITS);
        Ok(())
    }

    /// Keeps a page of RAM mapped beside others, until [`Self::release`].
    ///
    /// # Errors
    /// `NotEnoughMemory` when there is no room; what the kernel refuses.
    pub fn keep(&mut self, page: Cap<Page>) -> Result<Window, Error> {
        if !self.has_room() {
            return Err(Error::NotEnoughMemory(0));
        }
        let window = self.window_of(self.kept);
        let attributes = MemoryKind::Ram.attributes();
        page.map(initial::VSPACE, window.address(), Rights::READ_WRITE, attributes)?;
        self.kept += 1;
        Ok(window)
    }

    /// A page that is kept, by its number in the order of [`Self::keep`].
    #[must_use]
    pub fn kept(&self, number: u64) -> Option<Window> {
        (number < self.kept).then(|| self.window_of(number))
    }

    /// Forgets all pages that are kept, and the tables for them: their capabilities are deleted.
    pub const fn release(&mut self) {
        (self.room, self.kept) = (0, 0);
    }

    fn window_of(&self, number: u64) -> Window {
        let start = self.region + KEPT + (number << Small::BITS);
        Window::over(start..start + (1 << Small::BITS))
    }
}

/// A page that is being looked at. While it is, its viewer shows no other.
///
/// ```no_run
/// use libsys::Error;
/// use libsys::window::View;
///
/// fn clear(view: View<'_>) -> Result<(), Error> {
///     view.window().clear(0..4096);
///     view.close()
/// }
/// ```
#[derive(Debug)]
pub struct View<'a, S: PageSize = Small> {
    window: Window,
    page: Cap<Page<S>>,
    viewer: &'a mut Viewer,
}

impl<S: PageSize> View<'_, S> {
    /// What is seen.
    #[must_use]
    pub const fn window(&self) -> &Window {
        &self.window
    }

    /// Ends it.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn close(self) -> Result<(), Error> {
        debug_assert!(self.window.address() > self.viewer.region, "inside the region");
        self.page.unmap()
    }
}
