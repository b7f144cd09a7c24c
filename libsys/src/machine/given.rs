//! Memory that the loader of a layout has given to this program.
//!
//! Invariant G1: a program whose main function takes a
//! [`Component`](crate::layout::Component) is started by the loader of a layout. Then x0 is the
//! address of its directory, which is mapped, read-only, never written and page aligned; and
//! what that says about files is as true: their pages are mapped, read-only and never written.
//! Memory of kind `Memory` called `heap` is mapped, writable, and used by nobody else.

use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::PAGE_BITS;
use abi::directory::{Directory, HEADER_BYTES, Kind};

use super::heap;

/// The first argument; 0: none.
static ARGUMENT: AtomicU64 = AtomicU64::new(0);

/// Keeps the argument that this program was started with.
pub(super) fn keep(argument: u64) {
    ARGUMENT.store(argument, Ordering::Relaxed);
}

/// What the loader has given to this program. Values come from x0 only, so what their directory
/// says about memory is true (G1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given(Directory<'static>);

impl Given {
    /// What is at the address in x0; nothing if no directory can be or is there. Only called for
    /// the program's one component.
    pub(crate) fn take() -> Option<Self> {
        let start = ARGUMENT.load(Ordering::Relaxed);
        if start == 0 || !start.is_multiple_of(1 << PAGE_BITS) {
            return None;
        }
        // SAFETY: G1: a page at least.
        let header = unsafe { bytes(program_range(start, HEADER_BYTES as u64)?) };
        let length = Directory::length(header)?;
        // SAFETY: G1, and the header says so.
        let directory = unsafe { bytes(program_range(start, length as u64)?) };
        let given = Self(Directory::new(directory)?);
        given.use_heap();
        Some(given)
    }

    /// The directory.
    pub(crate) fn directory(self) -> Directory<'static> {
        self.0
    }

    /// The bytes of a file.
    pub(crate) fn file(self, name: &str) -> Option<&'static [u8]> {
        let addresses = self.0.find(Kind::File, name)?.addresses()?;
        if addresses.start == 0 {
            return addresses.is_empty().then_some(&[]);
        }
        // SAFETY: G1.
        Some(unsafe { bytes(addresses) })
    }

    /// Gives the heap what is there for it.
    fn use_heap(self) {
        let memory = self.0.find(Kind::Memory, "heap");
        if let Some(memory) = memory.and_then(|entry| entry.addresses()) {
            heap::donate(memory);
        }
    }
}

/// So many bytes from an address, if a program can have anything there.
fn program_range(start: u64, length: u64) -> Option<Range<u64>> {
    let end = start.checked_add(length)?;
    (end <= abi::USER_END).then_some(start..end)
}

/// The bytes at these addresses.
///
/// # Safety
/// They do not begin at 0, and are mapped, and nobody writes there, as long as the program lives.
unsafe fn bytes(addresses: Range<u64>) -> &'static [u8] {
    let start = core::ptr::with_exposed_provenance(addresses.start as usize);
    // SAFETY: the caller's obligation; a range that ends below `abi::USER_END` is no longer than
    // `isize::MAX`.
    unsafe { core::slice::from_raw_parts(start, (addresses.end - addresses.start) as usize) }
}
