//! Exceptions that end the machine: those of the kernel itself, panics, and refusals to boot.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::{console, mmu, psci};

/// A stop is under way: a second one must not try to print again.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// Print `kernel: stopped: reason` and switch the machine off.
pub fn stop(reason: fmt::Arguments<'_>) -> ! {
    if !STOPPING.swap(true, Relaxed) {
        if console::is_unknown() {
            mmu::open_fallback_console();
        }
        crate::message!("kernel: stopped: {reason}");
    }
    psci::power_off()
}

/// The vectors come here for every exception taken from EL1, on a fresh stack: `vector` is the
/// number of the entry (Arm ARM D1.3.1), the others are ESR_EL1, ELR_EL1 and FAR_EL1.
#[unsafe(no_mangle)]
extern "C" fn tessera_fatal(vector: u64, syndrome: u64, program: u64, address: u64) -> ! {
    let kind = match vector % 4 {
        0 if mmu::is_guard_page(address) => "stack overflow",
        0 => "synchronous exception",
        1 => "IRQ",
        2 => "FIQ",
        _ => "SError",
    };
    stop(format_args!(
        "{kind} in the kernel: ELR {program:#x} ESR {syndrome:#x} FAR {address:#x} core {}",
        super::current_core()
    ))
}

/// A broken invariant of the kernel: one line with the place, then off.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    match info.location() {
        Some(place) => stop(format_args!("panic at {place}: {}", info.message())),
        None => stop(format_args!("panic: {}", info.message())),
    }
}
