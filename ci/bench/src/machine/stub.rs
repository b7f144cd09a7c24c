//! Threads without stack: everything is in their registers.

core::arch::global_asm!(
    ".global bench_stub",
    "bench_stub:",
    "svc #0",
    "mov x0, x19",
    "mov x1, xzr",
    "mov x7, x20",
    "svc #0",
    "1: wfi",
    "b 1b",
);

unsafe extern "C" {
    safe fn bench_stub();
}

/// Where the stub starts: the system call in its registers, then system call x20 on x19.
pub(crate) fn address() -> u64 {
    bench_stub as *const () as usize as u64
}
