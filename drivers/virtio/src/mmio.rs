//! The transport of a device whose registers the layout gives (section 4.2).
#![allow(unsafe_code, reason = "registers of a device")]

use core::ptr::NonNull;

use libsys::window::Window;
use virtio_drivers::transport::mmio::{MmioError, MmioTransport, VirtIOHeader};

/// The transport behind these registers. Several devices may lie in one page: the window that
/// the layout gives begins with those of this one.
///
/// # Errors
/// There is no device, or none that the crate knows.
pub fn transport(registers: Window) -> Result<MmioTransport<'static>, MmioError> {
    let bytes = usize::try_from(registers.end() - registers.address()).unwrap_or(0);
    let start = core::ptr::with_exposed_provenance_mut(registers.address() as usize);
    let Some(header) = NonNull::<VirtIOHeader>::new(start).filter(|header| header.is_aligned())
    else {
        return Err(MmioError::MmioRegionTooSmall);
    };
    if bytes < size_of::<VirtIOHeader>() {
        return Err(MmioError::MmioRegionTooSmall);
    }
    // SAFETY: invariant W1 of windows: these addresses are mapped and hold no Rust object; they are
    // aligned, and enough, as was just seen. The window is given away with this call.
    unsafe { MmioTransport::new(header, bytes) }
}
