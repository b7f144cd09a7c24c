//! Cache maintenance by virtual address over the window, and clearing of memory.

use core::arch::asm;

use aarch64_cpu::asm::barrier;

use super::Machine;
use super::layout::WINDOW_BASE;
use crate::address::{PhysicalAddress, PhysicalRange};
use crate::contract::CacheOperation;

/// Sizes in bytes that the maintenance loops need. Read once at boot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    /// The smallest data cache line.
    data_line: u64,
    /// What one DC ZVA clears; 0 if it may not be used.
    zero_block: usize,
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

/// Maintain those bytes of `start..start + length` that the window maps; the rest has no
/// cacheable mapping in the kernel and is left.
pub(super) fn maintain(
    machine: &Machine,
    operation: CacheOperation,
    start: PhysicalAddress,
    length: u64,
) {
    let facts = machine.facts();
    let wanted = PhysicalRange::new(start.0, start.0.saturating_add(length));
    for mapped in &facts.mapped {
        if mapped.overlaps(wanted) {
            let from = wanted.start.max(mapped.start) - facts.window_start;
            let to = wanted.end.min(mapped.end) - facts.window_start;
            let base = WINDOW_BASE as u64;
            by_line(operation, facts.geometry.data_line, base + from, base + to);
        }
    }
    // Arm ARM B2.7.4: completion of data cache maintenance is a DSB; also when it was for nothing,
    // so that the caller may rely on it.
    barrier::dsb(barrier::ISH);
    if operation == CacheOperation::Unify {
        // Arm ARM B2.7.4.3: after DC CVAU and DSB, invalidate instruction caches of all cores,
        // DSB, then ISB on this core; other cores synchronize at their exception return.
        // SAFETY: instructions are fetched again from memory.
        unsafe { asm!("ic ialluis", "dsb ish", "isb", options(nostack)) };
    }
}

/// The loop over the lines of a range of the window.
fn by_line(operation: CacheOperation, line: u64, from: u64, to: u64) {
    let mut at = from & !(line - 1);
    while at < to {
        let partial = at < from || to - at < line;
        one_line(if partial { careful(operation) } else { operation }, at);
        at += line;
    }
}

/// The operation for a line with bytes outside of the range: it must not lose them.
fn careful(operation: CacheOperation) -> CacheOperation {
    match operation {
        CacheOperation::Invalidate => CacheOperation::CleanInvalidate,
        other => other,
    }
}

/// One instruction (Arm ARM C6.2.91, DC). `at` is an address in a mapped part of the window.
fn one_line(operation: CacheOperation, at: u64) {
    // SAFETY: the window is mapped writable, as DC IVAC requires. Cleaning changes no memory.
    // Invalidation undoes writes that the caller said are not wanted; it covers whole lines of the
    // range that the caller owns, see `careful`.
    unsafe {
        match operation {
            CacheOperation::Clean => asm!("dc cvac, {}", in(reg) at, options(nostack)),
            CacheOperation::Invalidate => asm!("dc ivac, {}", in(reg) at, options(nostack)),
            CacheOperation::CleanInvalidate => asm!("dc civac, {}", in(reg) at, options(nostack)),
            CacheOperation::Unify => asm!("dc cvau, {}", in(reg) at, options(nostack)),
        }
    }
}

/// Write zeroes: by DC ZVA where the core allows it, else by pairs of registers.
pub(super) fn clear(machine: &Machine, words: &mut [u128]) {
    let block = machine.facts().geometry.zero_block;
    let range = words.as_mut_ptr_range();
    let (mut at, end) = (range.start as usize, range.end as usize);
    if block != 0 {
        let aligned = at.next_multiple_of(block).min(end);
        at = store_zeroes(at, aligned);
        at = zero_blocks(at, (end - at) / (4 * block), block);
    }
    store_zeroes(at, end);
}

/// Zero `rounds` times four blocks of `block` bytes inside of the slice that `clear` was given;
/// returns where they end. `at` is aligned to a block. Four at once: the loop would take as long
/// as the stores.
fn zero_blocks(mut at: usize, rounds: usize, block: usize) -> usize {
    if rounds > 0 {
        // SAFETY: the blocks lie inside of the slice, and DC ZVA writes nothing else
        // (Arm ARM C6.2.93).
        unsafe {
            asm!(
                "2: dc zva, {at}",
                "add {at}, {at}, {block}",
                "dc zva, {at}",
                "add {at}, {at}, {block}",
                "dc zva, {at}",
                "add {at}, {at}, {block}",
                "dc zva, {at}",
                "add {at}, {at}, {block}",
                "subs {rounds}, {rounds}, #1",
                "b.ne 2b",
                at = inout(reg) at,
                rounds = inout(reg) rounds => _,
                block = in(reg) block,
                options(nostack),
            );
        }
    }
    at
}

/// Zero `at..end`, a multiple of 16 bytes inside of the slice that `clear` was given; returns
/// `end`.
fn store_zeroes(at: usize, end: usize) -> usize {
    // SAFETY: all stores are to `at..end`.
    unsafe {
        asm!(
            "b 2f",
            "3: stp xzr, xzr, [{at}]",
            "stp xzr, xzr, [{at}, #16]",
            "stp xzr, xzr, [{at}, #32]",
            "stp xzr, xzr, [{at}, #48]",
            "add {at}, {at}, #64",
            "2: sub {left}, {end}, {at}",
            "cmp {left}, #64",
            "b.hs 3b",
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
    end
}

/// Discard this core's instruction cache at boot (Arm ARM B2.7.4.3).
pub(super) fn invalidate_instructions_local() {
    // SAFETY: instructions are fetched again from memory.
    unsafe { asm!("ic iallu", "dsb nsh", "isb", options(nostack)) };
}
