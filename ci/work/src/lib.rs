//! What drivers are measured with: the same work for programs of ours and of the peer, and the
//! marks between which plugins of QEMU count.
//!
//! | module | what |
//! |---|---|
//! | [`mark`] | instructions that plugins see |
//! | [`block`] | requests to a disk |
//! | [`packet`] | packets on a network |
//! | [`text`] | lines on a console |
#![no_std]

pub mod block;
pub mod mark;
pub mod packet;
pub mod text;

use core::fmt;

/// Windows of a work, the first of which is not counted.
const WINDOWS: u32 = 9;
/// Windows of one request each.
const MANY: u32 = 65;

/// Which part of a window is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// All of it.
    Whole,
    /// What follows the last time that the core slept, which an interrupt ended.
    AfterSleep,
}

/// Something that is done again and again, in windows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Work {
    /// Tells it from others; below 512.
    pub number: u16,
    /// What it is called.
    pub name: &'static str,
    /// Requests in a window.
    pub requests: u32,
    /// Bytes that one of them moves.
    pub bytes: u32,
    /// What counts.
    pub part: Part,
}

impl Work {
    const fn new(number: u16, name: &'static str, requests: u32, bytes: u32) -> Self {
        Self { number, name, requests, bytes, part: Part::Whole }
    }

    /// Windows of one request, what counts of which follows an interrupt.
    const fn waking(number: u16, name: &'static str, bytes: u32) -> Self {
        Self { number, name, requests: 1, bytes, part: Part::AfterSleep }
    }

    /// Windows of one request, all of which counts.
    const fn single(number: u16, name: &'static str, bytes: u32) -> Self {
        Self { number, name, requests: 1, bytes, part: Part::Whole }
    }

    /// Does the requests of a window, in all windows.
    ///
    /// # Errors
    /// That of the first window that fails.
    pub fn measure<E>(&self, mut window: impl FnMut() -> Result<(), E>) -> Result<(), E> {
        mark::select(self.number);
        for _ in 0..if self.requests == 1 { MANY } else { WINDOWS } {
            match self.part {
                Part::Whole => mark::open::<1>(),
                Part::AfterSleep => mark::open::<2>(),
            }
            window()?;
            mark::close();
        }
        Ok(())
    }
}

/// As it is announced on the console: `operation NUMBER REQUESTS BYTES NAME`.
impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, name, requests, bytes, .. } = self;
        write!(f, "operation {number} {requests} {bytes} {name}")
    }
}
