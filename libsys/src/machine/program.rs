//! From the entry code to the program's main function.

use abi::bootinfo::BootInfo;

use super::aarch64;

/// Keeps what the kernel handed over and runs `main`. Only the function that
/// [`entry!`](crate::entry) defines calls this, once, with the value of x0 at entry.
///
/// # Safety
/// `boot` is what the kernel passed to the initial thread, and this thread's TPIDR_EL0 holds the
/// address of the program's thread block.
pub unsafe fn start(boot: &'static BootInfo, main: fn(&'static BootInfo) -> !) -> ! {
    // SAFETY: the caller's obligation is that of `keep`.
    unsafe { aarch64::keep(boot) };
    main(boot)
}

/// Makes `$main`, a `fn(&'static BootInfo) -> !`, the program's main function.
///
/// The image needs the library's linker script, `libsys/user.ld`: the program's `build.rs`
/// prints `cargo:rustc-link-arg-bins=-T` and the path to it (see that of `root-task`).
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[unsafe(export_name = "libsys_main")]
        extern "C" fn libsys_main(boot: &'static $crate::BootInfo) -> ! {
            // SAFETY: `_start` calls this once with what the kernel passed in x0, after it has
            // set TPIDR_EL0.
            unsafe { $crate::start(boot, $main) }
        }
    };
}
