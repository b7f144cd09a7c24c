//! Threads without stack: everything is in their registers. The code depends on no address, so
//! that a copy of it can run in any address space.

use core::arch::global_asm;

// `blocker`: the system call in its registers, then system call x20 on x19, then nothing.
//
// `walker`: the system call in its registers, then x20 on x19, then x22 on x21 for ever.
//
// `client`: x22 times, in lane 1, the system call x20 on x19 with information x21, and in the end
// a signal to x23. Other message registers keep what they have, or the last answer. `undefined`
// executes an instruction that does not exist instead.
//
// `server`: the system call in its registers, then again and again, in lane 2, system call x20 on
// x19 with information x21. What arrives closes a window.
//
// `float_client` and `float_server` use the floating-point unit before they close a window.
//
// `spinner` opens windows in lane 1 for ever. `newborn` closes one and makes the system call in
// its registers.
global_asm!(
    ".macro client name, kind",
    "bench_\\name:",
    "mov x0, x19",
    "mov x1, x21",
    "mov x7, x20",
    "movz xzr, #1",
    ".ifeqs \"\\kind\", \"undefined\"",
    "udf #0",
    ".else",
    "svc #0",
    ".endif",
    ".ifeqs \"\\kind\", \"float\"",
    "fmov d0, #1.0",
    ".endif",
    "movz xzr, #8",
    "subs x22, x22, #1",
    "b.ne bench_\\name",
    "mov x0, x23",
    "mov x1, xzr",
    "mov x7, #{send}",
    "svc #0",
    "b 9f",
    ".endm",
    ".macro server name, kind",
    "bench_\\name:",
    "movz xzr, #2",
    "svc #0",
    ".ifeqs \"\\kind\", \"float\"",
    "fmov d0, #1.0",
    ".endif",
    "movz xzr, #8",
    "mov x0, x19",
    "mov x1, x21",
    "mov x7, x20",
    "b bench_\\name",
    ".endm",
    ".balign 64",
    "bench_code:",
    "client client, plain",
    "client float_client, float",
    "client undefined, undefined",
    "server server, plain",
    "server float_server, float",
    "bench_spinner:",
    "movz xzr, #1",
    "b bench_spinner",
    "bench_newborn:",
    "movz xzr, #8",
    "svc #0",
    "b 9f",
    "bench_walker:",
    "svc #0",
    "mov x0, x19",
    "mov x1, xzr",
    "mov x7, x20",
    "svc #0",
    "8: mov x0, x21",
    "mov x1, xzr",
    "mov x7, x22",
    "svc #0",
    "b 8b",
    "bench_blocker:",
    "svc #0",
    "mov x0, x19",
    "mov x1, xzr",
    "mov x7, x20",
    "svc #0",
    "9: wfi",
    "b 9b",
    "bench_code_end:",
    ".purgem client",
    ".purgem server",
    send = const abi::Syscall::Send as i64,
);

unsafe extern "C" {
    safe fn bench_code();
    safe fn bench_code_end();
    safe fn bench_client();
    safe fn bench_float_client();
    safe fn bench_undefined();
    safe fn bench_spinner();
    safe fn bench_newborn();
    safe fn bench_server();
    safe fn bench_float_server();
    safe fn bench_blocker();
    safe fn bench_walker();
}

/// A piece of code to start a thread at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stub {
    /// Makes two system calls.
    Blocker,
    /// Makes three system calls, the last for ever.
    Walker,
    /// Makes a system call many times and then signals.
    Client,
    /// The same with floating point.
    FloatClient,
    /// Faults many times and then signals.
    Undefined,
    /// Opens windows for ever.
    Spinner,
    /// Closes a window and makes a system call.
    Newborn,
    /// Makes a system call for ever.
    Server,
    /// The same with floating point.
    FloatServer,
}

impl Stub {
    /// Where it starts in this program.
    pub(crate) fn address(self) -> u64 {
        let start = match self {
            Self::Blocker => bench_blocker,
            Self::Walker => bench_walker,
            Self::Client => bench_client,
            Self::FloatClient => bench_float_client,
            Self::Undefined => bench_undefined,
            Self::Spinner => bench_spinner,
            Self::Newborn => bench_newborn,
            Self::Server => bench_server,
            Self::FloatServer => bench_float_server,
        };
        start as *const () as usize as u64
    }

    /// Where it starts in a copy of [`code`].
    pub(crate) fn offset(self) -> u64 {
        self.address() - bench_code as *const () as usize as u64
    }
}

/// All stubs, for a copy.
pub(crate) fn code() -> &'static [u8] {
    let start = bench_code as *const u8;
    let length = bench_code_end as *const () as usize - start as usize;
    // SAFETY: the instructions between the two labels are part of this program's image, which
    // nothing changes.
    unsafe { core::slice::from_raw_parts(start, length) }
}

/// Reads memory, to see whether that faults.
pub(crate) fn touch(address: u64) {
    // SAFETY: a load changes nothing, and what it reads is dropped. If nothing is mapped there,
    // the fault is reported to this thread's handler.
    unsafe {
        core::arch::asm!("ldrb wzr, [{address}]", address = in(reg) address, options(nostack));
    }
}
