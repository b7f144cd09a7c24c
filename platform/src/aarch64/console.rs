//! The early console: a raw writer on the PL011 that the firmware has configured.
//!
//! It must work in a panic, so it takes no lock and needs no state but the UART's presence.

use core::fmt;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use safe_mmio::fields::{ReadPure, WriteOnly};
use safe_mmio::{UniqueMmioPointer, field, field_shared};

use super::layout::UART_BASE;

/// Where QEMU's `virt` board has its PL011: used only if the device tree cannot be read at all,
/// since then there is no other way to say so.
pub(super) const FALLBACK_UART: u64 = 0x0900_0000;

/// The registers that output needs (Arm DDI 0183, 3.2).
#[repr(C)]
struct Pl011 {
    data: WriteOnly<u32>,
    _receive_status: [u32; 5],
    flags: ReadPure<u32>,
}

/// UARTFR.TXFF: the transmit queue is full.
const TRANSMIT_FULL: u32 = 1 << 5;

/// Boot does not know yet whether there is a UART.
const UNKNOWN: u8 = 0;
/// A UART is mapped at [`UART_BASE`].
const OPEN: u8 = 1;
/// There is none.
const CLOSED: u8 = 2;

/// One of the above.
static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);

/// Say that a PL011 is mapped at [`UART_BASE`].
pub(super) fn open() {
    STATE.store(OPEN, Relaxed);
}

/// Say that there is no UART.
pub(super) fn close() {
    STATE.store(CLOSED, Relaxed);
}

/// Whether boot has not come far enough to know.
pub(super) fn is_unknown() -> bool {
    STATE.load(Relaxed) == UNKNOWN
}

/// Writes to the early console; without a UART the output is lost.
#[derive(Debug)]
pub struct Console(());

/// The early console.
#[must_use]
pub fn console() -> Console {
    Console(())
}

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(put_byte);
        Ok(())
    }
}

/// Write one byte, waiting for room; a line feed goes out with a carriage return before it.
pub(super) fn put_byte(byte: u8) {
    if STATE.load(Relaxed) == OPEN {
        // SAFETY: `open` is called only once the registers are mapped.
        unsafe { put_byte_at(UART_BASE, byte) };
    }
}

/// Print why the kernel cannot boot, before the MMU is on, and stop. No formatting: that follows
/// pointers which hold virtual addresses.
pub(super) fn stop_early(reason: &str) -> ! {
    for byte in "kernel: stopped: cannot boot: ".bytes().chain(reason.bytes()).chain([b'\n']) {
        // SAFETY: the MMU is off; on a board without a PL011 there the output is lost.
        unsafe { put_byte_at(FALLBACK_UART, byte) };
    }
    loop {
        aarch64_cpu::asm::wfe();
    }
}

/// Write one byte to the PL011 at `base`.
///
/// # Safety
/// A PL011's registers are mapped at `base`, or the MMU is off and they lie there.
pub(super) unsafe fn put_byte_at(base: u64, byte: u8) {
    let Some(registers) = NonNull::new(base as *mut Pl011) else { return };
    // SAFETY: the caller's promise. Other cores may write at the same time: each access is one
    // store that the device takes whole, so at worst characters mix.
    let mut uart = unsafe { UniqueMmioPointer::new(registers) };
    let carriage_return = (byte == b'\n').then_some(b'\r');
    for each in carriage_return.into_iter().chain([byte]) {
        while field_shared!(uart, flags).read() & TRANSMIT_FULL != 0 {
            core::hint::spin_loop();
        }
        field!(uart, data).write(u32::from(each));
    }
}
