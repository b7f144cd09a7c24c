//! Invariants of capabilities and of the memory that they stand for.

use platform::address::PhysicalRange;

use super::{Broken, Checked, ensure};
use crate::asid::ASIDS_PER_POOL;
use crate::cap::{Cap, Remains};
use crate::irq;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::paging::{Entry, Level};
use crate::slot::Slot;
use crate::table::Table;
use crate::untyped;

/// Slots that hold something, with their capabilities.
fn held(kernel: &Kernel) -> impl Iterator<Item = (Obj<Slot>, &Slot)> {
    kernel.mem.all::<Slot>().map(|slot| (slot, &kernel[slot])).filter(|(_, held)| !held.is_empty())
}

/// Neighbours in the derivation list point at each other; an empty slot is in no list; only
/// zombies are in rings.
pub(super) fn links_are_symmetric(kernel: &Kernel) -> Checked {
    for slot in kernel.mem.all::<Slot>() {
        let here = &kernel[slot];
        let at = slot.granule();
        if let Some(next) = here.next.target() {
            let back = kernel[next].previous.target();
            ensure(back == Some(slot), "the next slot points back", at)?;
        }
        if let Some(previous) = here.previous.target() {
            let back = kernel[previous].next.target();
            ensure(back == Some(slot), "the previous slot points back", at)?;
        }
        let listed = here.next.target().is_some() || here.previous.target().is_some();
        ensure(!here.is_empty() || !listed, "an empty slot is in no list", at)?;
        let ringed = here.ring_next.is_some() || here.ring_previous.is_some();
        let zombie = matches!(here.cap, Cap::Zombie(Remains::Slots { .. }));
        ensure(zombie || !ringed, "only containers in deletion are in a ring", at)?;
        if let Some(next) = here.ring_next {
            let back = kernel[next].ring_previous;
            ensure(back == Some(slot), "the next of a ring points back", at)?;
        }
    }
    Ok(())
}

/// Every capability names a live object of its kind. The shadow map panics if one does not.
pub(super) fn names_are_live(kernel: &Kernel) -> Checked {
    for (_, slot) in held(kernel) {
        match slot.cap {
            Cap::Endpoint { endpoint, .. } | Cap::Zombie(Remains::Endpoint(endpoint)) => {
                let _ = kernel.mem.get(endpoint);
            }
            Cap::Notification { notification, .. }
            | Cap::Zombie(Remains::Notification(notification)) => {
                let _ = kernel.mem.get(notification);
            }
            Cap::Reply { reply, .. } => {
                let _ = kernel.mem.get(reply);
            }
            Cap::CNode { slots, .. } | Cap::Zombie(Remains::Slots { slots, .. }) => {
                let _ = kernel.mem.get(slots);
            }
            Cap::Thread { thread } => {
                let _ = kernel.mem.get(thread);
            }
            Cap::SchedContext { context, .. } => {
                let _ = kernel.mem.get(context);
            }
            Cap::VSpace { table, .. } | Cap::PageTable { table, .. } => {
                let _ = kernel.mem.get(table);
            }
            Cap::AsidPool { pool, .. } => {
                let _ = kernel.mem.get(pool);
            }
            _ => {}
        }
    }
    Ok(())
}

/// The memory of an untyped capability that is not handed out.
fn free_part(cap: &Cap) -> Option<PhysicalRange> {
    match *cap {
        Cap::Untyped { bits, full: false, next, .. } => {
            let end = untyped::start(next, bits).0 + (1 << bits);
            Some(PhysicalRange::new(next, end)).filter(|range| !range.is_empty())
        }
        _ => None,
    }
}

/// What an untyped capability may still hand out belongs to nobody else, but to untyped memory
/// that contains it.
pub(super) fn untyped_ranges_are_disjoint(kernel: &Kernel) -> Checked {
    for (slot, here) in held(kernel) {
        let (Some(free), Some(whole)) = (free_part(&here.cap), kernel.extent(&here.cap)) else {
            continue;
        };
        for (other, there) in held(kernel).filter(|(other, _)| *other != slot) {
            let Some(extent) = kernel.extent(&there.cap) else { continue };
            let contains = matches!(there.cap, Cap::Untyped { .. }) && extent.contains(whole);
            let handed_out = free_part(&there.cap).is_none_or(|its| !its.overlaps(whole));
            let apart = !extent.overlaps(free) || (contains && handed_out);
            ensure(apart, "free memory belongs to one untyped only", other.granule())?;
        }
    }
    Ok(())
}

/// A capability to memory inside an untyped stands in the run of the untyped's descendants.
pub(super) fn descendants_follow_their_untyped(kernel: &Kernel) -> Checked {
    for (slot, here) in held(kernel) {
        let Cap::Untyped { .. } = here.cap else { continue };
        let Some(whole) = kernel.extent(&here.cap) else { continue };
        let inside = |other: Obj<Slot>| {
            let extent = kernel.extent(&kernel[other].cap);
            extent.is_some_and(|extent| whole.contains(extent) && extent != whole)
        };
        let mut run = 0;
        let mut next = here.next.target();
        while let Some(other) = next.filter(|other| kernel.is_parent(slot, *other)) {
            run += usize::from(inside(other));
            next = kernel[other].next.target();
        }
        let all = held(kernel).filter(|(other, _)| inside(*other)).count();
        ensure(run == all, "what an untyped contains are its descendants", slot.granule())?;
    }
    Ok(())
}

/// An interrupt is the user's exactly if there is a handler capability; an interrupt without one
/// is bound to nothing.
pub(super) fn handlers_and_interrupts_agree(kernel: &Kernel) -> Checked {
    let mut handled = [false; irq::SLOTS as usize];
    for (_, slot) in held(kernel) {
        if let Cap::IrqHandler { irq } = slot.cap {
            let invariant = "a handler names an interrupt that exists";
            ensure(irq < irq::SLOTS, invariant, irq)?;
            handled[irq as usize] = true;
        }
    }
    for (index, handled) in (0..).zip(handled) {
        let invariant = "an interrupt has an owner exactly if it has a handler";
        ensure(kernel.irqs.is_issued(index) == handled, invariant, index)?;
        if let Some(slot) = kernel.irqs.slot(index)
            && !handled
        {
            ensure(kernel[slot].is_empty(), "only handlers bind notifications", index)?;
        }
    }
    Ok(())
}

/// The number that the next pool of ASIDs gets is the least that no pool has.
pub(super) fn the_first_free_pool_is_known(kernel: &Kernel) -> Checked {
    let free = kernel.asids.pools.iter().position(Option::is_none);
    let known = kernel.asids.first_free().map(usize::from);
    ensure(free == known, "the first free number of a pool is known", 0)
}

/// Every frame that a live address space maps is covered by a capability that says so.
pub(super) fn mapped_frames_are_covered(kernel: &Kernel) -> Checked {
    for (number, pool) in (0u16..).zip(kernel.asids.pools.iter()) {
        let Some(pool) = *pool else { continue };
        for low in 0..ASIDS_PER_POOL {
            if let Some(root) = kernel[pool].spaces[low] {
                let low = u16::try_from(low).unwrap_or(0);
                let asid = number << abi::object::ASIDS_PER_POOL_BITS | low;
                frames_below(kernel, root, Level::Zero, 0, asid)?;
            }
        }
    }
    Ok(())
}

fn frames_below(kernel: &Kernel, table: Obj<Table>, level: Level, base: u64, asid: u16) -> Checked {
    for (index, descriptor) in (0u64..).zip(kernel[table].descriptors) {
        let address = base + (index << level.entry_bits());
        match Entry::from_bits(descriptor, level) {
            Entry::Nothing => {}
            Entry::Table(next) => {
                if let (Some(next), Some(below)) = (kernel.mem.at(next), level.next()) {
                    frames_below(kernel, next, below, address, asid)?;
                }
            }
            Entry::Page(leaf) => {
                let covered = held(kernel).any(|(_, slot)| match slot.cap {
                    Cap::Page(page) => page.mapping().is_some_and(|mapping| {
                        mapping.asid.get() == asid
                            && mapping.address == address
                            && page.start() == leaf.frame()
                    }),
                    _ => false,
                });
                let broken = Broken {
                    invariant: "a mapped frame has a capability",
                    granule: table.granule(),
                };
                covered.then_some(()).ok_or(broken)?;
            }
        }
    }
    Ok(())
}
