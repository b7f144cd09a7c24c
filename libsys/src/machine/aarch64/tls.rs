//! Where the calling thread's copy of a thread-local variable is.

/// The address that belongs to a template. (ELF for the Arm 64-bit architecture, 5.7.11: the
/// local-exec model.)
#[doc(hidden)]
#[macro_export]
macro_rules! thread_address {
    ($template:path) => {{
        let address;
        // SAFETY: reads TPIDR_EL0 and adds a constant: the linker script keeps it below 4096.
        unsafe {
            ::core::arch::asm!(
                "mrs {0}, tpidr_el0",
                "add {0}, {0}, :tprel_lo12_nc:{1}",
                out(reg) address,
                sym $template,
                options(pure, nomem, nostack, preserves_flags)
            );
        }
        address
    }};
}
