//! From the entry code to the program's main function, and to its end.

use super::{aarch64, given};
use crate::start::{Main, Origin};
use crate::{exit, logger};

/// Runs a program. Only the function that [`entry!`](crate::entry) defines calls this, once.
///
/// # Safety
/// `registers` are x0 to x3 as they were when the program started, and TPIDR_EL0 is what
/// `_start` has set it to.
#[doc(hidden)]
pub unsafe fn run<A>(registers: [u64; 4], main: impl Main<A>) -> ! {
    // SAFETY: the caller's obligation is that of `begin`.
    let start = unsafe { aarch64::begin(registers) };
    if let Origin::Spawned { argument } = start.origin {
        given::keep(argument);
    }
    logger::install();
    exit::exit(main.run(start))
}

/// Makes a function the main function of a program that is not annotated with
/// [`main`](macro@crate::main).
///
/// ```no_run
/// use libsys::{BootInfo, exit};
///
/// libsys::entry!(begin);
///
/// fn begin(boot: &'static BootInfo) -> ! {
///     libsys::println!("core {} of {}", boot.node_id, boot.node_count);
///     exit(libsys::exit::Ending::Finished)
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[cfg_attr(target_os = "none", unsafe(export_name = "libsys_main"))]
        extern "C" fn libsys_main(x0: u64, x1: u64, x2: u64, x3: u64) -> ! {
            // SAFETY: only `_start` calls this function, once, with the registers at entry.
            unsafe { $crate::run([x0, x1, x2, x3], $main) }
        }
    };
}
