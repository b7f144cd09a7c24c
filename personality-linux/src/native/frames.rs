//! Memory. Every frame is mapped in this component as well, so that the server reads and writes it
//! without asking the kernel.

use alloc::vec::Vec;
use core::ops::Range;

use libsys::Cap;
use libsys::memory::{Frame as Mapped, Memory, Request};
use libsys::object::Page;
use libsys::window::Window;
use linux::machine::{Exhausted, Frame, PAGE, PAGE_BYTES};

use super::Resources;

/// Frames that are made at once: 1 MiB.
const CHUNK: u64 = 256;
/// What is left for other objects.
const RESERVE: u64 = 2 << 20;

/// Frames that were made together, and where they are mapped here.
struct Chunk {
    /// Slots of their capabilities, in groups.
    groups: Vec<Range<u64>>,
    window: Window,
}

/// All frames, and those that are free.
#[derive(Default)]
pub(crate) struct Frames {
    chunks: Vec<Chunk>,
    /// Free, and zero.
    fresh: Vec<Frame>,
    /// Free, with an old content.
    used: Vec<Frame>,
}

impl Frames {
    /// A frame of zeros.
    pub(crate) fn allocate(&mut self, resources: &mut Resources) -> Result<Frame, Exhausted> {
        if let Some(frame) = self.used.pop() {
            let offset = within(frame);
            self.window(frame).clear(offset..offset + PAGE);
            return Ok(frame);
        }
        if self.fresh.is_empty() {
            self.grow(resources)?;
        }
        self.fresh.pop().ok_or(Exhausted)
    }

    pub(crate) fn free(&mut self, frame: Frame) {
        self.used.push(frame);
    }

    /// Free frames, and all.
    pub(crate) fn count(&self, resources: &Resources) -> (u64, u64) {
        let left = left(&resources.memory) / PAGE;
        let all = self.chunks.len() as u64 * CHUNK;
        let free = (self.fresh.len() + self.used.len()) as u64;
        (free + left, all + left)
    }

    fn grow(&mut self, resources: &mut Resources) -> Result<(), Exhausted> {
        if left(&resources.memory) < CHUNK * PAGE {
            return Err(Exhausted);
        }
        let Resources { memory, space, .. } = resources;
        let groups = memory.frames(CHUNK).map_err(|_| Exhausted)?;
        let pages = groups.iter().cloned().flatten();
        let pages: Vec<Mapped> = pages.map(|slot| Mapped::Small(Cap::at(slot))).collect();
        let request = Request { guard_pages: 0, ..Request::bytes(0) };
        let mapped = space.map(memory, &pages, request);
        let window = mapped.ok().and_then(|addresses| space.window(addresses.start));
        let Some(window) = window else {
            for group in groups {
                // It was made just now.
                let _ = memory.free(Cap::<()>::at(group.start));
            }
            return Err(Exhausted);
        };
        let first = self.chunks.len() as u64 * CHUNK;
        self.chunks.push(Chunk { groups, window });
        self.fresh.extend((first..first + CHUNK).rev().map(|number| Frame(number as u32)));
        Ok(())
    }

    fn chunk(&self, frame: Frame) -> &Chunk {
        // The core names only frames that it was given.
        &self.chunks[(u64::from(frame.0) / CHUNK) as usize]
    }

    fn window(&self, frame: Frame) -> &Window {
        &self.chunk(frame).window
    }

    /// The capability to a frame.
    pub(crate) fn page(&self, frame: Frame) -> Cap<Page> {
        let mut index = u64::from(frame.0) % CHUNK;
        for group in &self.chunk(frame).groups {
            let length = group.end - group.start;
            if index < length {
                return Cap::at(group.start + index);
            }
            index -= length;
        }
        Cap::NULL
    }

    pub(crate) fn read(&self, frame: Frame, offset: usize, bytes: &mut [u8]) {
        debug_assert!(offset + bytes.len() <= PAGE_BYTES, "within the frame");
        self.window(frame).read_bytes(within(frame) + offset as u64, bytes);
    }

    pub(crate) fn write(&mut self, frame: Frame, offset: usize, bytes: &[u8]) {
        debug_assert!(offset + bytes.len() <= PAGE_BYTES, "within the frame");
        self.window(frame).write_bytes(within(frame) + offset as u64, bytes);
    }

    pub(crate) fn copy(&mut self, from: Frame, to: Frame) {
        self.window(to).copy_from(within(to), self.window(from), within(from), PAGE);
    }
}

/// Where a frame begins in the window of its chunk.
const fn within(frame: Frame) -> u64 {
    frame.0 as u64 % CHUNK * PAGE
}

/// Memory that frames may be made of.
fn left(memory: &Memory) -> u64 {
    let usage = memory.usage();
    (usage.total - usage.used).saturating_sub(RESERVE)
}
