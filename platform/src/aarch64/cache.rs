//! Cache maintenance by virtual address over the window.

use core::arch::asm;

use aarch64_cpu::asm::barrier;

use super::Machine;
use super::blocks::each_block;
use super::layout::WINDOW_BASE;
use crate::address::{PhysicalAddress, PhysicalRange};
use crate::contract::CacheOperation;

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

/// Maintain the lines of a range of the window; those with bytes outside of it with care.
fn by_line(operation: CacheOperation, line: u64, from: u64, to: u64) {
    let (first_whole, last_whole) = ((from + line - 1) & !(line - 1), to & !(line - 1));
    if operation != CacheOperation::Invalidate {
        return whole_lines(operation, line, from & !(line - 1), to);
    }
    // A line with bytes outside of the range must not lose them.
    if from != first_whole {
        whole_lines(CacheOperation::CleanInvalidate, line, first_whole - line, first_whole);
    }
    whole_lines(operation, line, first_whole, last_whole);
    if to != last_whole {
        whole_lines(CacheOperation::CleanInvalidate, line, last_whole, to);
    }
}

/// One instruction for each line (Arm ARM C6.2.91, DC). The addresses are in a mapped part of the
/// window, from the start of a line on.
fn whole_lines(operation: CacheOperation, line: u64, from: u64, to: u64) {
    // SAFETY: the window is mapped writable, as DC IVAC requires. Cleaning changes no memory.
    // Invalidation undoes writes that the caller said are not wanted; it covers whole lines of the
    // range that the caller owns, see `by_line`.
    unsafe {
        match operation {
            CacheOperation::Clean => each_block!("dc cvac", from, to, line),
            CacheOperation::Invalidate => each_block!("dc ivac", from, to, line),
            CacheOperation::CleanInvalidate => each_block!("dc civac", from, to, line),
            CacheOperation::Unify => each_block!("dc cvau", from, to, line),
        }
    }
}

/// Discard this core's instruction cache at boot (Arm ARM B2.7.4.3).
pub(super) fn invalidate_instructions_local() {
    // SAFETY: instructions are fetched again from memory.
    unsafe { asm!("ic iallu", "dsb nsh", "isb", options(nostack)) };
}
