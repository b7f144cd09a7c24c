//! Memory of programs.
//!
//! | module | what |
//! |---|---|
//! | [`frames`] | who uses which frame |
//! | [`object`] | what files and shared memory consist of: the one page cache |
//! | [`area`] | what a program has asked for: ranges of addresses |
//! | [`table`] | which frame is at which address: the page tables, as the server keeps them |
//! | [`space`] | all of these for one program: faults, `mmap`, `munmap`, `mprotect`, `brk` |
//! | [`fork`] | a copy of an address space that shares its frames until somebody writes |
//! | [`user`] | reading and writing a program's memory, by the server's own tables |

pub(crate) mod area;
pub(crate) mod fork;
pub(crate) mod frames;
pub(crate) mod object;
pub(crate) mod space;
pub(crate) mod table;
#[cfg(test)]
mod tests;
pub(crate) mod user;

pub(crate) use area::{Area, Backing};
pub(crate) use frames::{Discarded, Frames};
pub(crate) use object::{MemoryObject, Source, Unavailable};
pub(crate) use space::{AddressSpace, Place, Refused};

use crate::machine::PAGE;

/// The address of the page that an address is in.
pub(crate) const fn page_of(address: u64) -> u64 {
    address & !(PAGE - 1)
}

/// An address rounded up to whole pages.
pub(crate) const fn page_up(address: u64) -> Option<u64> {
    address.checked_next_multiple_of(PAGE)
}
