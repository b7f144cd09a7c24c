//! Memory that the loader of a layout has given to this program.
//!
//! Invariant G1: a program whose main function takes a
//! [`Component`](crate::layout::Component) is started by the loader of a layout. Then x0 is the
//! address of its directory, which is mapped, read-only, never written and page aligned; and
//! what that says about files is as true: their pages are mapped, read-only and never written.
//! Memory of kind `Memory` called `heap` is mapped, writable, and used by nobody else.

use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::directory::{Directory, HEADER_BYTES};

/// The first argument; 0: none.
static ARGUMENT: AtomicU64 = AtomicU64::new(0);

/// Keeps the argument that this program was started with.
pub(super) fn keep(argument: u64) {
    ARGUMENT.store(argument, Ordering::Relaxed);
}

/// The bytes of the directory; none without one.
pub(crate) fn directory() -> &'static [u8] {
    let start = ARGUMENT.load(Ordering::Relaxed);
    if start == 0 || !start.is_multiple_of(1 << abi::PAGE_BITS) {
        return &[];
    }
    let header = bytes(start..start + HEADER_BYTES as u64);
    let length = Directory::length(header).unwrap_or(0);
    bytes(start..start + length as u64)
}

/// The bytes of a file, at the addresses that the directory says.
pub(crate) fn bytes(range: Range<u64>) -> &'static [u8] {
    let start = core::ptr::with_exposed_provenance(range.start as usize);
    // SAFETY: G1.
    unsafe { core::slice::from_raw_parts(start, (range.end - range.start) as usize) }
}
