//! The frames that the pager has given out, and how many have each.

use alloc::vec::Vec;

use super::machine::Size;

/// Names a frame for as long as somebody has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct FrameId(usize);

/// A frame.
#[derive(Debug)]
struct Frame<F> {
    handle: F,
    size: Size,
    /// Places in address spaces and objects; 0: the entry is free.
    users: u32,
}

/// All frames.
#[derive(Debug)]
pub(super) struct Frames<F> {
    frames: Vec<Frame<F>>,
    free: Vec<usize>,
}

impl<F: Copy> Frames<F> {
    pub(super) const fn new() -> Self {
        Self { frames: Vec::new(), free: Vec::new() }
    }

    /// Adds a frame that one has.
    pub(super) fn insert(&mut self, handle: F, size: Size) -> FrameId {
        let frame = Frame { handle, size, users: 1 };
        match self.free.pop() {
            Some(index) => {
                self.frames[index] = frame;
                FrameId(index)
            }
            None => {
                self.frames.push(frame);
                FrameId(self.frames.len() - 1)
            }
        }
    }

    /// One more has it.
    pub(super) fn share(&mut self, id: FrameId) {
        self.frames[id.0].users += 1;
    }

    /// How many have it.
    pub(super) fn users(&self, id: FrameId) -> u32 {
        self.frames[id.0].users
    }

    pub(super) fn handle(&self, id: FrameId) -> F {
        self.frames[id.0].handle
    }

    pub(super) fn size(&self, id: FrameId) -> Size {
        self.frames[id.0].size
    }

    /// One less has it. If nobody has: the frame, to be destroyed.
    pub(super) fn release(&mut self, id: FrameId) -> Option<F> {
        let frame = &mut self.frames[id.0];
        frame.users -= 1;
        (frame.users == 0).then(|| {
            self.free.push(id.0);
            frame.handle
        })
    }

    /// How many frames of each size there are: small, large.
    pub(super) fn count(&self) -> (u64, u64) {
        let alive = self.frames.iter().filter(|frame| frame.users > 0);
        alive.fold((0, 0), |(small, large), frame| match frame.size {
            Size::Small => (small + 1, large),
            Size::Large => (small, large + 1),
        })
    }
}
