//! Memory that a disk can reach directly.

use std::io;
use std::ptr::null_mut;

/// Where a large page of memory begins.
const ALIGNED: usize = 2 << 20;

/// Pages of their own, large ones if the kernel has some: then few pieces are described to the
/// device.
#[derive(Debug)]
pub(crate) struct Buffer {
    start: *mut u8,
    bytes: usize,
    /// What was mapped.
    mapping: (*mut libc::c_void, usize),
}

impl Buffer {
    /// So many bytes, all zero.
    pub(crate) fn new(bytes: usize) -> io::Result<Self> {
        let large = bytes.next_multiple_of(ALIGNED);
        let length = large + ALIGNED;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: new pages, that overlap nothing; `start` lies in them with `bytes` behind it.
        unsafe {
            let mapped = libc::mmap(null_mut(), length, access, flags, -1, 0);
            if mapped == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            let skipped = mapped.align_offset(ALIGNED);
            let start = mapped.cast::<u8>().add(skipped);
            // A kernel without large pages refuses, and small ones serve as well.
            libc::madvise(start.cast(), large, libc::MADV_HUGEPAGE);
            start.write_bytes(0x5a, bytes);
            Ok(Self { start, bytes, mapping: (mapped, length) })
        }
    }

    /// All of it.
    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: initialised memory that belongs to this value alone, which is borrowed.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.bytes) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let (start, length) = self.mapping;
        // SAFETY: nobody has a reference to it any more.
        unsafe { libc::munmap(start, length) };
    }
}
