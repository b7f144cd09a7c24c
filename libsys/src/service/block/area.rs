//! How the shared memory is divided.

use core::ops::Range;

use super::SECTOR;
use crate::ring::{Memory, Part, Shape};

/// Most requests of a client in flight, and slots of each of its rings.
pub const SLOTS: usize = 64;
/// Bytes of a request.
const REQUEST: u32 = 32;
/// Bytes of a completion.
const COMPLETION: u32 = 8;
/// Where data begins.
const DATA: u64 = 4096;

const fn shape(bytes: u32) -> Shape {
    match Shape::new(SLOTS as u32, bytes) {
        Some(shape) => shape,
        None => panic!("a power of two of whole words"),
    }
}

/// The ring of requests.
pub(super) const REQUESTS: Shape = shape(REQUEST);
/// The ring of completions.
pub(super) const COMPLETIONS: Shape = shape(COMPLETION);

const _: () = assert!((REQUESTS.bytes() + COMPLETIONS.bytes()) as u64 <= DATA, "one page");
const _: () = assert!(REQUESTS.bytes().is_multiple_of(64), "whole cache lines");
const _: () = assert!(COMPLETIONS.bytes().is_multiple_of(64), "whole cache lines");

/// Memory that a client and its driver share.
///
/// ```
/// use libsys::service::block::Area;
///
/// let area = Area::of(64 << 10).expect("enough");
/// assert_eq!(area.data(), 4096..65536);
/// assert!(area.holds(4096, 120) && !area.holds(4096, 121), "whole sectors of the data");
/// assert_eq!(Area::of(4096), None, "no room for data");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Area {
    end: u64,
}

impl Area {
    /// Memory of so many bytes. `None`: too few.
    #[must_use]
    pub const fn of(bytes: u64) -> Option<Self> {
        if bytes >= DATA + SECTOR { Some(Self { end: bytes }) } else { None }
    }

    /// Where data lies.
    #[must_use]
    pub const fn data(self) -> Range<u64> {
        DATA..self.end
    }

    /// Whether so many sectors lie at this place, as data may: from a multiple of 8 on.
    #[must_use]
    pub fn holds(self, at: u64, sectors: u64) -> bool {
        let bytes = sectors.checked_mul(SECTOR);
        let end = bytes.and_then(|bytes| at.checked_add(bytes));
        at >= DATA && at.is_multiple_of(8) && end.is_some_and(|end| end <= self.end)
    }
}

/// The memory of both rings.
pub(super) fn rings<M: Memory + Copy>(memory: M) -> Option<(Area, [Part<M>; 2])> {
    let area = Area::of(memory.bytes() as u64)?;
    let middle = REQUESTS.bytes();
    let requests = Part::new(memory, 0..middle)?;
    let completions = Part::new(memory, middle..middle + COMPLETIONS.bytes())?;
    Some((area, [requests, completions]))
}
