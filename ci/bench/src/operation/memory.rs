//! Objects made of memory, and memory cleared for them.

use abi::ObjectType;
use abi::object::MIN_SCHED_CONTEXT_BITS;
use libsys::Cap;
use libsys::object::{SlotRange, Untyped};

use super::REPETITIONS;
use super::stage::Stage;
use crate::machine::mark;
use crate::{Bench, Outcome};

/// Objects of a large retype.
const BATCH: u64 = 256;
/// Bytes, as a power of two, that objects are made of: room for 256 of them, or a large page,
/// behind a small one.
const BITS: u32 = 22;
/// Bytes, as a power of two, to be cleared.
const CLEARED_BITS: u32 = 21;

/// A type, its size, and the names of making one and of making 256.
struct Kind(ObjectType, u32, &'static str, &'static str);

const KINDS: [Kind; 10] = [
    Kind(ObjectType::Untyped, 12, "retype an untyped", "retype 256 untypeds"),
    Kind(ObjectType::Thread, 0, "retype a thread", "retype 256 threads"),
    Kind(ObjectType::Endpoint, 0, "retype an endpoint", "retype 256 endpoints"),
    Kind(ObjectType::Notification, 0, "retype a notification", "retype 256 notifications"),
    Kind(ObjectType::CNode, 4, "retype a CNode", "retype 256 CNodes"),
    Kind(
        ObjectType::SchedContext,
        MIN_SCHED_CONTEXT_BITS,
        "retype a context",
        "retype 256 contexts",
    ),
    Kind(ObjectType::Reply, 0, "retype a reply", "retype 256 replies"),
    Kind(ObjectType::VSpace, 0, "retype an address space", "retype 256 address spaces"),
    Kind(ObjectType::SmallPage, 0, "retype a page", "retype 256 pages"),
    Kind(ObjectType::PageTable, 0, "retype a page table", "retype 256 page tables"),
];

/// Untyped memory, and a place for what is made of it.
struct Material {
    stage: Stage,
    memory: Cap<Untyped>,
    first_slot: u64,
}

impl Material {
    fn slots(&self, count: u64) -> SlotRange {
        SlotRange::within(self.stage.own.cnode(), self.first_slot, count)
    }

    /// Takes everything back, so that the next retype finds clear memory: the retype of a small
    /// object clears all of it, and as long as that object is there, nothing is cleared again.
    fn renew(&self) -> Outcome {
        self.stage.own.path(self.memory).revoke()?;
        let slot = SlotRange::within(self.stage.own.cnode(), self.first_slot + BATCH, 1);
        Ok(self.memory.retype(ObjectType::Untyped, 4, slot)?)
    }
}

/// Makes one and 256 objects of each type, of clear memory.
pub(crate) fn retyping(bench: &mut Bench) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let memory = stage.own.create_sized::<Untyped>(BITS)?;
    let first_slot = stage.own.slots(BATCH + 1)?.start;
    let material = Material { stage, memory, first_slot };
    for Kind(object, size, one, many) in KINDS {
        retype(bench, &material, one, (object, size, 1))?;
        retype(bench, &material, many, (object, size, BATCH))?;
    }
    retype(bench, &material, "retype a large page", (ObjectType::LargePage, 0, 1))?;
    material.stage.clear(bench)
}

fn retype(
    bench: &mut Bench,
    material: &Material,
    name: &str,
    (object, size, count): (ObjectType, u32, u64),
) -> Outcome {
    bench.announce(&[name]);
    for _ in 0..REPETITIONS {
        material.renew()?;
        mark::open::<1>();
        let made = material.memory.retype(object, size, material.slots(count));
        mark::close();
        made?;
    }
    Ok(())
}

/// Makes a small object of memory that was all used: nearly all of it is clearing.
pub(crate) fn clearing(bench: &mut Bench) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let memory = stage.own.create_sized::<Untyped>(CLEARED_BITS)?;
    let slot = stage.own.slot::<Untyped>()?;
    let (path, slots) =
        (stage.own.path(memory), SlotRange::within(stage.own.cnode(), slot.pointer(), 1));
    bench.announce(&["clear 2 MiB"]);
    for _ in 0..REPETITIONS {
        memory.retype(ObjectType::Untyped, CLEARED_BITS, slots)?;
        path.revoke()?;
        mark::open::<1>();
        let made = memory.retype(ObjectType::Untyped, 4, slots);
        mark::close();
        made?;
        path.revoke()?;
    }
    stage.clear(bench)
}
