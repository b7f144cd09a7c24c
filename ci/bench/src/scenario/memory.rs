//! Clearing memory.

use libsys::ObjectType;
use libsys::object::{SlotRange, Untyped};

use super::Items;
use crate::{Bench, Outcome};

/// Clears the largest block of memory that there is, up to 1 GiB.
pub(crate) fn clearing(bench: &mut Bench) -> Outcome {
    let allocator = &mut bench.system.allocator;
    let bits = allocator.largest_bits().unwrap_or(0).min(30);
    let memory = allocator.create_sized::<Untyped>(bits)?;
    let slot = allocator.slot::<Untyped>()?;
    let cnode = allocator.cnode();
    let to = SlotRange::within(cnode, slot.pointer(), 1);
    // A child makes the memory full, and its deletion lets the next retype clear it.
    memory.retype(ObjectType::Untyped, bits, to)?;
    cnode.slot(slot.pointer()).delete()?;
    let name = match bits {
        30 => "clear 1 GiB",
        29 => "clear 512 MiB",
        28 => "clear 256 MiB",
        _ => "clear the largest block",
    };
    bench.measure(name, Items(1 << bits, "byte"), || memory.retype(ObjectType::Untyped, 12, to))?;
    cnode.slot(memory.pointer()).revoke()?;
    Ok(cnode.slot(memory.pointer()).delete()?)
}
