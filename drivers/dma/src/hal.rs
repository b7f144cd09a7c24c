//! Regions and the pool as the crate `virtio-drivers` wants them: without a value that says which.
//!
//! So what is known of them is known to the whole program. Drivers have one thread; where there
//! are more, as in tests, who finds the lock taken tries again.
#![allow(unsafe_code, reason = "memory is handed to devices")]

use core::ptr::NonNull;

use libsys::window::Window;
use libsys::{Guard, Mutex};
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

use crate::pool::{self, PAGE, Pages};
use crate::region::{Spans, physical};

/// An address that is no memory's: a device that is given it fails instead of changing memory.
const NOWHERE: PhysAddr = !0xfff;

/// What is known to the whole program.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) spans: Spans,
    pub(crate) pages: Option<Pages>,
}

static SHARED: Mutex<Shared> = Mutex::new(Shared { spans: Spans::new(), pages: None });

/// What is known to the whole program, for one thread at a time.
pub(crate) fn shared() -> Guard<'static, Shared> {
    loop {
        if let Some(shared) = SHARED.try_lock() {
            return shared;
        }
        core::hint::spin_loop();
    }
}

/// Pages of the pool that were taken.
pub(crate) fn window(start: u64, pages: usize) -> Window {
    // SAFETY: D1; the pool hands out no page twice.
    unsafe { Window::claim(start..start + pages as u64 * PAGE) }
}

/// The memory of this crate, for `virtio-drivers`.
///
/// ```
/// use dma::Frames;
/// use virtio_drivers::queue::VirtQueue;
///
/// /// A queue whose memory is from the pool.
/// type Queue = VirtQueue<Frames, 64>;
/// # let _: Option<Queue> = None;
/// ```
#[derive(Debug)]
pub enum Frames {}

// SAFETY: `dma_alloc` answers cleared pages of the pool, which D1 describes, and nobody else has;
// they begin at pages, as regions of a layout do. Nothing is mapped by `mmio_phys_to_virt`.
unsafe impl Hal for Frames {
    fn dma_alloc(pages: usize, _direction: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        const { assert!(PAGE_SIZE as u64 == PAGE, "pages of one size") };
        let taken = pool::take(pages).ok().and_then(|(start, physical)| {
            let start = core::ptr::with_exposed_provenance_mut(start as usize);
            Some((physical, NonNull::new(start)?))
        });
        // Physical address 0 says that there are none.
        taken.unwrap_or((0, NonNull::dangling()))
    }

    unsafe fn dma_dealloc(_physical: PhysAddr, start: NonNull<u8>, pages: usize) -> i32 {
        pool::give_back(start.as_ptr().expose_provenance() as u64, pages);
        0
    }

    unsafe fn mmio_phys_to_virt(_physical: PhysAddr, _size: usize) -> NonNull<u8> {
        // Registers are where the layout has mapped them: transports that ask are not used.
        NonNull::dangling()
    }

    unsafe fn share(buffer: NonNull<[u8]>, _direction: BufferDirection) -> PhysAddr {
        let start = buffer.cast::<u8>().as_ptr().expose_provenance() as u64;
        // Of a region, as queues only take such buffers.
        physical(&shared().spans, start, buffer.len() as u64).unwrap_or(NOWHERE)
    }

    unsafe fn unshare(_physical: PhysAddr, _buffer: NonNull<[u8]>, _direction: BufferDirection) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_buffers_have_their_physical_addresses() {
        crate::fake::provide_pool();
        let (at, start) = Frames::dma_alloc(3, BufferDirection::Both);
        assert!(at != 0 && start.as_ptr().addr().is_multiple_of(PAGE_SIZE));
        let buffer = NonNull::slice_from_raw_parts(start, 3 * PAGE_SIZE);
        // SAFETY: nothing is done to these bytes, which were just taken.
        let shared_at = unsafe { Frames::share(buffer, BufferDirection::DriverToDevice) };
        assert_eq!(shared_at, at);
        // SAFETY: as they were taken.
        assert_eq!(unsafe { Frames::dma_dealloc(at, start, 3) }, 0);
        assert_eq!(Frames::dma_alloc(1 << 20, BufferDirection::Both).0, 0, "no such pool");
        let mut own = [0_u8; 8];
        // SAFETY: nothing is done to these bytes.
        let at = unsafe { Frames::share((&mut own[..]).into(), BufferDirection::Both) };
        assert_eq!(at, NOWHERE, "a device cannot have what is not of a region");
    }
}
