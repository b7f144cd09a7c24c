//! Instructions that act on one aligned block of memory: how large the blocks are, a loop over
//! them, and the clearing of memory by it.

use core::arch::asm;

use super::Machine;

/// Sizes in bytes of the blocks. Read once at boot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    /// The smallest data cache line.
    pub(super) data_line: u64,
    /// What one DC ZVA clears; 0 if it may not be used.
    pub(super) zero_block: usize,
}

impl Geometry {
    /// Read CTR_EL0 and DCZID_EL0 (Arm ARM D17.2.34, D17.2.36).
    pub(super) fn read() -> Self {
        let (cache_type, zero_id): (u64, u64);
        // SAFETY: identification registers.
        unsafe {
            asm!("mrs {}, ctr_el0", out(reg) cache_type, options(nomem, nostack));
            asm!("mrs {}, dczid_el0", out(reg) zero_id, options(nomem, nostack));
        }
        let allowed = zero_id & 1 << 4 == 0;
        Self {
            data_line: 4 << (cache_type >> 16 & 0xf),
            zero_block: if allowed { 4 << (zero_id & 0xf) } else { 0 },
        }
    }
}

/// Apply an instruction to each block of `$size` bytes from `$from` on, as long as one starts
/// below `$to`. Four at a time: the loop costs less than the instructions.
macro_rules! each_block {
    ($instruction:literal, $from:expr, $to:expr, $size:expr) => {
        core::arch::asm!(
            "b 3f",
            concat!("2: ", $instruction, ", {at}"),
            "add {at}, {at}, {size}",
            concat!($instruction, ", {at}"),
            "add {at}, {at}, {size}",
            concat!($instruction, ", {at}"),
            "add {at}, {at}, {size}",
            concat!($instruction, ", {at}"),
            "add {at}, {at}, {size}",
            "3: sub {left}, {to}, {at}",
            "cmp {left}, {size}, lsl #2",
            "b.ge 2b",
            "b 5f",
            concat!("4: ", $instruction, ", {at}"),
            "add {at}, {at}, {size}",
            "5: cmp {at}, {to}",
            "b.lo 4b",
            at = inout(reg) $from => _,
            to = in(reg) $to,
            size = in(reg) $size,
            left = out(reg) _,
            options(nostack),
        )
    };
}
pub(super) use each_block;

/// Write zeroes: by DC ZVA where the core allows it, else by pairs of registers.
pub(super) fn clear(machine: &Machine, words: &mut [u128]) {
    let block = machine.facts().geometry.zero_block;
    let range = words.as_mut_ptr_range();
    let (mut at, end) = (range.start as usize, range.end as usize);
    if block != 0 {
        let first = ((at + block - 1) & !(block - 1)).min(end);
        let last = first.max(end & !(block - 1));
        store_zeroes(at, first);
        // SAFETY: `first..last` are whole blocks inside of `words`, or nothing, and DC ZVA writes
        // nothing else (Arm ARM C6.2.93).
        unsafe { each_block!("dc zva", first, last, block) };
        at = last;
    }
    store_zeroes(at, end);
}

/// Zero `at..end`, a multiple of 16 bytes inside of the slice that `clear` was given.
fn store_zeroes(at: usize, end: usize) {
    // SAFETY: all stores are to `at..end`.
    unsafe {
        asm!(
            "b 3f",
            "2: stp xzr, xzr, [{at}]",
            "stp xzr, xzr, [{at}, #16]",
            "stp xzr, xzr, [{at}, #32]",
            "stp xzr, xzr, [{at}, #48]",
            "add {at}, {at}, #64",
            "3: sub {left}, {end}, {at}",
            "cmp {left}, #64",
            "b.hs 2b",
            "b 5f",
            "4: stp xzr, xzr, [{at}], #16",
            "5: cmp {at}, {end}",
            "b.lo 4b",
            at = inout(reg) at => _,
            end = in(reg) end,
            left = out(reg) _,
            options(nostack),
        );
    }
}
