//! Sectors of a disk, for several clients with a range each.
//!
//! A sector has [`SECTOR`] bytes. A client sees its own range of the disk only, from sector 0 on.
//! It puts requests into a ring and takes completions out of another; the data of a request lies
//! in the memory that both share, where the device reaches it, too: nothing is copied.
//!
//! | bytes | what |
//! |---|---|
//! | 0–2175 | ring of requests, [`SLOTS`] of 32 bytes |
//! | 2176–2815 | ring of completions, [`SLOTS`] of 8 bytes |
//! | 4096– | data: whole sectors, wherever the client wants them |
//!
//! | words of a request | what |
//! |---|---|
//! | 0 | tag of the client's choice, and from bit 32 on the [`Verb`] |
//! | 1 | first sector |
//! | 2 | how many |
//! | 3 | where their bytes are, from the start of the shared memory |
//!
//! A completion is one word: the tag, and from bit 32 on the [`Outcome`].
//!
//! # What a client may rely on
//!
//! Requests in flight at the same time are done in any order, and perhaps more than once: a client
//! that wants an order waits for one before it submits the next. No more than [`SLOTS`] are in
//! flight. What was acknowledged is done. What was not, after the driver was started again, the
//! client submits once more ([`Disk`] does so by itself); all requests can be repeated.
//!
//! # What nobody can do to others
//!
//! A request that is malformed, outside of the client's range or of the shared memory is answered
//! with its [`Outcome`]. A client that breaks its rings, or has more in flight than it may, loses
//! its session. Neither delays anybody else: clients take turns.
//!
//! | module | what |
//! |---|---|
//! | `element` | requests and completions as words |
//! | `area` | how the shared memory is divided |
//! | `range` | who has which part of the disk |
//! | `disk` | the client's half |
//! | `shared` | the client's half for many futures |
//! | `port` | the driver's half, for one client |
//! | `server` | the driver's half, for all |

mod area;
mod disk;
mod element;
mod port;
mod range;
mod server;
mod shared;
#[cfg(test)]
mod tests;

pub use super::alarm::{Alarm, Restarts};
pub use area::{Area, SLOTS};
pub use disk::{Control, Disk, DiskError, Ticket};
pub use element::{Malformed, Outcome, Request, Verb};
pub use range::{Range, RangeError, ranges};
pub use server::{Device, Done, Job, Server};
pub use shared::SharedDisk;

/// Bytes of a sector.
pub const SECTOR: u64 = 512;

crate::data! {
    /// Why the driver refuses a call.
    ///
    /// ```
    /// use libsys::service::block::Refusal;
    ///
    /// /// Whether a new session helps.
    /// fn is_over(refusal: Refusal) -> bool {
    ///     refusal == Refusal::Session
    /// }
    /// assert!(is_over(Refusal::Session) && !is_over(Refusal::Stranger));
    /// ```
    pub enum Refusal {
        /// It has no range for this client.
        Stranger = 1,
        /// The session has ended, or belongs to an earlier instance: open another.
        Session = 2,
        /// The memory that both share is too small.
        Memory = 3,
    }
}

crate::data! {
    /// What a disk, or a range of it, can do.
    ///
    /// ```
    /// use libsys::service::block::{Geometry, SECTOR};
    ///
    /// let floppy = Geometry { sectors: 2880, most: 128, is_read_only: false, discards: false };
    /// assert_eq!(floppy.sectors * SECTOR, 1_474_560);
    /// ```
    pub struct Geometry {
        /// How many sectors.
        pub sectors: u64,
        /// Most sectors of a request.
        pub most: u32,
        /// Whether it cannot be written.
        pub is_read_only: bool,
        /// Whether sectors can be discarded.
        pub discards: bool,
    }
}

crate::interface! {
    /// What a client asks of the driver of a disk.
    pub mod control {
        type Error = Refusal;

        /// Begins a session with a number of the client's choice, other than that of the last
        /// one. That one ends: no device reaches its memory any more when the driver answers. The
        /// client has made its words of both rings zero; the driver has done so with its own.
        Open = 0xb0: fn open(session: u64) -> Geometry;
        /// Whether the session goes on. Also a sign of life of both sides.
        Check = 0xb1: fn check(session: u64);
    }
}
