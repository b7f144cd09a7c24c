//! The same by hand.
#![allow(unsafe_code, reason = "assembly is the point")]

use core::arch::naked_asm;

/// A function that consists of these instructions, `svc` with call `$number`, and others.
macro_rules! by_hand {
    (
        fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?,
        [$($before:literal),*] $number:literal [$($after:literal),*] $($operand:tt)*
    ) => {
        #[unsafe(naked)]
        pub(crate) extern "C" fn $name($(_: $type),*) $(-> $result)? {
            naked_asm!(
                $($before,)* concat!("mov x7, #", $number), "svc #0", $($after,)* "ret",
                $($operand)*
            )
        }
    };
}

/// Where an invocation that was refused goes on.
#[cold]
#[inline(never)]
extern "C" fn failed() -> bool {
    core::hint::black_box(false)
}

by_hand!(
    fn call_0(endpoint: u64) -> u64,
    ["mov x1, xzr"] -1 ["mov x0, x1"]
);

by_hand!(
    fn call_4(endpoint: u64, a: u64, b: u64, c: u64, d: u64) -> u64,
    ["mov x5, x4", "mov x4, x3", "mov x3, x2", "mov x2, x1", "mov w1, #0x7004"] -1 ["mov x0, x2"]
);

by_hand!(
    fn call_10(endpoint: u64, words: &[u64; 10]) -> u64,
    [
        "mrs x9, tpidr_el0", "ldr x9, [x9]", "ldp x2, x3, [x1, #32]",
        "ldp x4, x5, [x1, #48]", "ldp x10, x11, [x1, #64]", "stp x2, x3, [x9, #40]",
        "stp x4, x5, [x9, #56]", "stp x10, x11, [x9, #72]", "ldp x2, x3, [x1]",
        "ldp x4, x5, [x1, #16]", "mov w1, #0x700a"
    ] -1 ["mov x0, x2"]
);

by_hand!(
    fn call_cap(endpoint: u64, word: u64, cap: u64) -> u64,
    [
        "mrs x9, tpidr_el0", "ldr x9, [x9]", "str x2, [x9, #976]", "mov x2, x1",
        "mov w1, #0x7081"
    ] -1 ["mov x0, x2"]
);

by_hand!(
    fn send(endpoint: u64, word: u64),
    ["mov x2, x1", "mov w1, #0x7001"] -5 []
);

by_hand!(
    fn nb_send(endpoint: u64, word: u64),
    ["mov x2, x1", "mov w1, #0x7001"] -6 []
);

by_hand!(
    fn reply_recv(endpoint: u64, reply: u64, word: u64) -> u64,
    ["mov x6, x1", "mov w1, #1"] -2 []
);

by_hand!(
    fn recv(endpoint: u64, reply: u64) -> u64,
    ["mov x6, x1", "mov x1, xzr"] -7 []
);

by_hand!(
    fn wait(notification: u64) -> u64,
    [] -9 []
);

by_hand!(
    fn signal(notification: u64),
    ["mov x1, xzr"] -5 []
);

by_hand!(
    fn yield_now(),
    [] -11 []
);

by_hand!(
    fn copy(to: u64, to_index: u64, from: u64, from_index: u64) -> bool,
    [
        "mrs x9, tpidr_el0", "ldr x9, [x9]", "str x2, [x9, #976]", "mov w5, #15",
        "str x5, [x9, #40]", "mov x4, x3", "mov x2, x1", "mov w3, #64", "mov w5, #64",
        "mov w1, #0x5085", "movk w1, #0x1, lsl #16"
    ] -1 ["lsr x1, x1, #12", "cbnz x1, {failed}", "mov w0, #1"] failed = sym failed
);

by_hand!(
    fn mint(to: u64, to_index: u64, from: u64, from_index: u64, b: u64) -> bool,
    [
        "mrs x9, tpidr_el0", "ldr x9, [x9]", "str x2, [x9, #976]", "mov w5, #15",
        "stp x5, x4, [x9, #40]", "mov x4, x3", "mov x2, x1", "mov w3, #64", "mov w5, #64",
        "mov w1, #0x6086", "movk w1, #0x1, lsl #16"
    ] -1 ["lsr x1, x1, #12", "cbnz x1, {failed}", "mov w0, #1"] failed = sym failed
);

by_hand!(
    fn delete(cnode: u64, index: u64) -> bool,
    [
        "mov x2, x1", "mov w3, #64", "mov w1, #0x3002", "movk w1, #0x1, lsl #16"
    ] -1 ["lsr x1, x1, #12", "cbnz x1, {failed}", "mov w0, #1"] failed = sym failed
);

by_hand!(
    fn map(page: u64, space: u64, address: u64) -> bool,
    [
        "mrs x9, tpidr_el0", "ldr x9, [x9]", "str x1, [x9, #976]", "mov w3, #3",
        "mov w4, #3", "mov w1, #0xe083", "movk w1, #0x2, lsl #16"
    ] -1 ["lsr x1, x1, #12", "cbnz x1, {failed}", "mov w0, #1"] failed = sym failed
);

by_hand!(
    fn unmap(page: u64) -> bool,
    [
        "mov w1, #0xf000", "movk w1, #0x2, lsl #16"
    ] -1 ["lsr x1, x1, #12", "cbnz x1, {failed}", "mov w0, #1"] failed = sym failed
);

by_hand!(
    fn retype(untyped: u64, cnode: u64, offset: u64, count: u64) -> bool,
    [
        "mrs x9, tpidr_el0", "ldr x9, [x9]", "str x1, [x9, #976]", "stp x2, x3, [x9, #40]",
        "mov w2, #9", "mov x3, xzr", "mov x4, xzr", "mov x5, xzr", "mov w1, #0x1086"
    ] -1 ["lsr x1, x1, #12", "cbnz x1, {failed}", "mov w0, #1"] failed = sym failed
);

by_hand!(
    fn resume(thread: u64) -> bool,
    [
        "mov w1, #0xd000"
    ] -1 ["lsr x1, x1, #12", "cbnz x1, {failed}", "mov w0, #1"] failed = sym failed
);

by_hand!(
    fn set_priority(thread: u64, authority: u64, priority: u8) -> bool,
    [
        "mrs x9, tpidr_el0", "ldr x9, [x9]", "str x1, [x9, #976]", "and x2, x2, #0xff",
        "mov w1, #0xf000"
    ] -1 ["lsr x1, x1, #12", "cbnz x1, {failed}", "mov w0, #1"] failed = sym failed
);

by_hand!(
    fn address(page: u64) -> u64,
    ["mov w1, #0x4000", "movk w1, #0x3, lsl #16"]
    -1 ["cmp x1, #0xfff", "b.hi {failed}", "tst x1, #0x7f", "csel x0, xzr, x2, eq"]
    failed = sym failed
);
