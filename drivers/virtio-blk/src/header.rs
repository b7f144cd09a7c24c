//! What stands before and behind the data of a request (section 5.2.6).
//!
//! Each request in flight has a frame of its own in the driver's pages:
//!
//! | bytes | what | who writes |
//! |---|---|---|
//! | 0–15 | kind, reserved, first sector | driver |
//! | 16–31 | what is discarded: first sector, how many, flags | driver |
//! | 32 | status | device |

use dma::{Buffer, Piece, PoolError};
use libsys::service::block::{Job, Outcome, Verb};

/// Bytes of a frame.
const FRAME: u64 = 64;
const SEGMENT: u64 = 16;
const STATUS: u64 = 32;
/// No status that a device writes.
const UNTOUCHED: u8 = 0xff;
/// Bytes of a page.
const PAGE: u64 = 4096;

/// The frames of all requests in flight.
#[derive(Debug)]
pub struct Frames(Buffer);

impl Frames {
    /// So many.
    ///
    /// # Errors
    /// The pool is full.
    pub fn new(count: usize) -> Result<Self, PoolError> {
        let bytes = count as u64 * FRAME;
        Buffer::new(bytes.div_ceil(PAGE) as usize).map(Self)
    }

    /// Writes what the device needs to know of a job.
    pub fn write(&self, frame: usize, job: &Job) {
        let (at, window) = (frame as u64 * FRAME, self.0.window());
        let kind: u32 = match job.verb {
            Verb::Read => 0,
            Verb::Write => 1,
            Verb::Flush => 4,
            Verb::Discard => 11,
        };
        // Only reads and writes are of a sector.
        let has_sector = matches!(job.verb, Verb::Read | Verb::Write);
        window.write_word(at, kind.into());
        window.write_word(at + 8, if has_sector { job.sector } else { 0 });
        window.write_word(at + SEGMENT, job.sector);
        window.write_word(at + SEGMENT + 8, job.count.into());
        window.write_bytes(at + STATUS, &[UNTOUCHED]);
    }

    /// What stands before the data.
    #[must_use]
    pub fn header(&self, frame: usize) -> Option<Piece> {
        self.0.piece(frame as u64 * FRAME, SEGMENT as u32)
    }

    /// What is discarded.
    #[must_use]
    pub fn segment(&self, frame: usize) -> Option<Piece> {
        self.0.piece(frame as u64 * FRAME + SEGMENT, SEGMENT as u32)
    }

    /// Where the device writes its status.
    #[must_use]
    pub fn status(&self, frame: usize) -> Option<Piece> {
        self.0.piece(frame as u64 * FRAME + STATUS, 1)
    }

    /// What the device says.
    #[must_use]
    pub fn outcome(&self, frame: usize) -> Outcome {
        let mut status = [UNTOUCHED];
        self.0.window().read_bytes(frame as u64 * FRAME + STATUS, &mut status);
        match status {
            [0] => Outcome::Done,
            [2] => Outcome::Unsupported,
            _ => Outcome::Device,
        }
    }
}
