//! Memory that fake devices reach, on hosts.
//!
//! One arena, mapped for as long as the process lives, so that D1 holds whatever a test does. Its
//! physical addresses are others than those of the process, so that nobody mistakes them.
#![allow(unsafe_code, reason = "host memory plays the layout's")]

use std::boxed::Box;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::vec::Vec;

use libsys::layout::Dma;
use libsys::window::Window;

use crate::pool::{self, MOST_PAGES, PAGE};
use crate::region::Region;

/// Pages of the arena: the pool, and regions of tests.
const PAGES: usize = 4 * MOST_PAGES;
/// Physical addresses are so much higher than addresses.
const DISTANCE: u64 = 1 << 52;

#[repr(C, align(4096))]
#[derive(Clone)]
struct Page([u8; PAGE as usize]);

struct Arena {
    start: u64,
    free: Mutex<Vec<u64>>,
}

static ARENA: OnceLock<Arena> = OnceLock::new();

fn arena() -> &'static Arena {
    ARENA.get_or_init(|| {
        let pages: Box<[Page]> = std::vec![Page([0; PAGE as usize]); PAGES].into();
        let start = Box::leak(pages).as_mut_ptr().expose_provenance() as u64;
        let arena = Arena { start, free: Mutex::new(Vec::new()) };
        // One span for all of it; and the pool.
        let all = Region::new(arena.memory(0, PAGES));
        assert!(all.is_some(), "the first region");
        let pool = Region::new(arena.memory(0, MOST_PAGES)).expect("few regions");
        pool::provide(pool).expect("nobody else provides one on hosts");
        let regions = (MOST_PAGES..PAGES).step_by(ROOM).rev();
        *arena.free.lock().unwrap_or_else(PoisonError::into_inner) =
            regions.map(|page| page as u64).collect();
        arena
    })
}

/// Pages set aside for a region of a test.
const ROOM: usize = 64;

impl Arena {
    fn memory(&self, first: usize, pages: usize) -> Dma {
        let start = self.start + first as u64 * PAGE;
        // SAFETY: D1: the arena is leaked, and used through windows only.
        let window = unsafe { Window::claim(start..start + pages as u64 * PAGE) };
        Dma { window, physical: start + DISTANCE }
    }
}

/// Sees to it that there is a pool.
pub fn provide_pool() {
    let _ = arena();
}

/// Memory of so many pages, 64 at most, given back when it is dropped. Others, such as the other
/// side of a test, may see it through [`window`](Memory::window).
#[derive(Debug)]
pub struct Memory {
    first: u64,
    pages: usize,
}

impl Memory {
    /// Cleared memory. The test stops if all is in use.
    #[must_use]
    pub fn new(pages: usize) -> Self {
        assert!(pages <= ROOM, "regions of tests are small");
        let mut free = arena().free.lock().unwrap_or_else(PoisonError::into_inner);
        let first = free.pop().expect("few regions at a time");
        let memory = Self { first, pages };
        memory.window().clear(0..pages as u64 * PAGE);
        memory
    }

    /// One more view of it.
    #[must_use]
    pub fn window(&self) -> Window {
        self.dma().window
    }

    /// As the layout would give it.
    #[must_use]
    pub fn dma(&self) -> Dma {
        arena().memory(self.first as usize, self.pages)
    }

    /// As a region.
    #[must_use]
    pub fn region(&self) -> Region {
        Region::known(self.dma())
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        arena().free.lock().unwrap_or_else(PoisonError::into_inner).push(self.first);
    }
}

/// A region of so many pages that is never given back.
#[must_use]
pub fn region(pages: usize) -> Region {
    let memory = Memory::new(pages);
    let region = memory.region();
    core::mem::forget(memory);
    region
}

/// The bytes at a physical address, as a device reaches them: a window, and where in it they
/// begin. `None`: there is no such memory.
#[must_use]
pub fn reach(physical: u64, bytes: u64) -> Option<(Window, u64)> {
    let Dma { window, physical: start } = arena().memory(0, PAGES);
    let offset = physical.checked_sub(start)?;
    let end = offset.checked_add(bytes)?;
    (end <= window.end() - window.address()).then_some((window, offset))
}
