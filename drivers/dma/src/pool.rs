//! Pages for a driver's own queues and buffers.
//!
//! One region of the driver is its pool, for the whole program: `virtio-drivers` asks for pages
//! without saying for which device.

use libsys::window::Window;

use crate::hal::shared;
use crate::region::{Piece, Region};

/// Bytes of a page.
pub const PAGE: u64 = 4096;
/// Most pages of the pool.
pub const MOST_PAGES: usize = 4096;
const BITS: usize = u64::BITS as usize;

/// Why there are no pages.
///
/// ```
/// use dma::PoolError;
///
/// assert_eq!(PoolError::Full { pages: 4 }.to_string(), "the pool has no 4 pages in a row");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PoolError {
    /// There is a pool already.
    Provided,
    /// No so many free pages lie one behind the other.
    Full {
        /// How many.
        pages: usize,
    },
}

impl core::fmt::Display for PoolError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Provided => f.write_str("there is a pool already"),
            Self::Full { pages } => write!(f, "the pool has no {pages} pages in a row"),
        }
    }
}

impl core::error::Error for PoolError {}

/// Makes a region the pool of this program.
///
/// # Errors
/// [`PoolError::Provided`].
pub fn provide(region: Region) -> Result<(), PoolError> {
    let mut shared = shared();
    if shared.pages.is_some() {
        return Err(PoolError::Provided);
    }
    shared.pages = Some(Pages::of(region));
    Ok(())
}

/// The pages of the pool.
#[derive(Debug)]
pub(crate) struct Pages {
    region: Region,
    count: usize,
    /// A bit for each page in use.
    used: [u64; MOST_PAGES / BITS],
}

impl Pages {
    fn of(region: Region) -> Self {
        let count = usize::try_from(region.bytes() / PAGE).unwrap_or(MOST_PAGES).min(MOST_PAGES);
        Self { region, count, used: [0; MOST_PAGES / BITS] }
    }

    fn is_used(&self, page: usize) -> bool {
        self.used[page / BITS] & 1 << (page % BITS) != 0
    }

    fn mark(&mut self, page: usize, count: usize, is_used: bool) {
        for page in page..page + count {
            let bit = 1 << (page % BITS);
            let word = &mut self.used[page / BITS];
            *word = if is_used { *word | bit } else { *word & !bit };
        }
    }

    /// Takes so many pages in a row, and clears them. Answers where they begin: address of this
    /// program, physical address.
    pub(crate) fn take(&mut self, count: usize) -> Result<(u64, u64), PoolError> {
        let mut start = 0;
        for page in 0..self.count {
            if self.is_used(page) {
                start = page + 1;
            } else if page + 1 - start == count {
                self.mark(start, count, true);
                let offset = start as u64 * PAGE;
                self.region.window().clear(offset..offset + count as u64 * PAGE);
                return Ok((
                    self.region.window().address() + offset,
                    self.region.physical() + offset,
                ));
            }
        }
        Err(PoolError::Full { pages: count })
    }

    /// Gives pages back that begin at this address of the program.
    pub(crate) fn give_back(&mut self, address: u64, count: usize) {
        let page = address.wrapping_sub(self.region.window().address()) / PAGE;
        let page = usize::try_from(page).unwrap_or(usize::MAX);
        if page.checked_add(count).is_some_and(|end| end <= self.count) {
            self.mark(page, count, false);
        }
    }
}

/// Takes pages, if there is a pool.
pub(crate) fn take(count: usize) -> Result<(u64, u64), PoolError> {
    shared().pages.as_mut().ok_or(PoolError::Full { pages: count })?.take(count)
}

/// Gives pages back.
pub(crate) fn give_back(address: u64, count: usize) {
    if let Some(pages) = shared().pages.as_mut() {
        pages.give_back(address, count);
    }
}

/// Pages of the pool, given back when they are dropped. They are zero at first.
///
/// Who drops a buffer has taken it from the device before.
///
/// ```no_run
/// use dma::{Buffer, PoolError};
///
/// fn greeting() -> Result<Buffer, PoolError> {
///     let buffer = Buffer::new(1)?;
///     buffer.window().write_bytes(0, b"hello");
///     Ok(buffer)
/// }
/// ```
#[derive(Debug)]
pub struct Buffer {
    window: Window,
    pages: usize,
}

impl Buffer {
    /// So many pages, one behind the other.
    ///
    /// # Errors
    /// [`PoolError::Full`].
    pub fn new(pages: usize) -> Result<Self, PoolError> {
        let (start, _) = take(pages)?;
        Ok(Self { window: crate::hal::window(start, pages), pages })
    }

    /// Its bytes.
    #[must_use]
    pub const fn window(&self) -> &Window {
        &self.window
    }

    /// So many bytes from an offset on; `None`: none, or not all of them are in the buffer.
    #[must_use]
    pub fn piece(&self, offset: u64, bytes: u32) -> Option<Piece> {
        Piece::of(&self.window, offset, bytes)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        give_back(self.window.address(), self.pages);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_in_rows_and_come_back() {
        let mut pages = Pages::of(crate::fake::region(8));
        let start = pages.region.window().address();
        assert_eq!(pages.take(3).map(|(address, _)| address - start), Ok(0));
        assert_eq!(pages.take(4).map(|(address, _)| address - start), Ok(3 * PAGE));
        assert_eq!(pages.take(2), Err(PoolError::Full { pages: 2 }));
        pages.give_back(start + PAGE, 2);
        assert_eq!(pages.take(2).map(|(address, _)| address - start), Ok(PAGE));
        assert_eq!(pages.take(1).map(|(address, _)| address - start), Ok(7 * PAGE));
        // What is not of the pool changes nothing.
        pages.give_back(start + 7 * PAGE, 2);
        pages.give_back(start.wrapping_sub(PAGE), 1);
        assert_eq!(pages.take(1), Err(PoolError::Full { pages: 1 }));
    }

    #[test]
    fn buffers_are_clear_and_come_back() {
        crate::fake::provide_pool();
        for _ in 0..2 * MOST_PAGES {
            let buffer = Buffer::new(2).expect("room");
            assert!(buffer.window().is_clear(0..2 * PAGE));
            buffer.window().write_word(PAGE, 1);
            assert!(buffer.piece(PAGE, 4096).is_some() && buffer.piece(PAGE, 4097).is_none());
        }
    }
}
