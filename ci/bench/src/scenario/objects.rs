//! Making, deriving and deleting capabilities and objects.

use abi::Invocation;
use abi::bootinfo::slot;
use abi::object::MIN_SCHED_CONTEXT_BITS;
use libsys::object::{CNode, Endpoint, Reply, SlotRange, Space, Thread, Untyped};
use libsys::{Badge, Cap, GuardWord, ObjectType, Received, Rights, SlotPath, initial, invoke};

use super::Items;
use crate::{Bench, Outcome};

/// Bits of a CNode that holds 100 000 capabilities.
const MANY_BITS: u32 = 17;
/// Derived capabilities to revoke.
const MANY: u64 = 100_000;

/// A CNode in which plain numbers below `1 << bits`, with depth `bits`, are slots.
fn slot_of(node: Cap<CNode>, index: u64, bits: u32) -> SlotPath {
    SlotPath::with_depth(node, index, u8::try_from(bits).unwrap_or(64))
}

/// Revokes 100 000 derived capabilities, by the badge that they share and by their memory.
pub(crate) fn revoking(bench: &mut Bench) -> Outcome {
    let mut own = bench.system.allocator.subset(24, 64)?;
    let node = own.create_sized::<CNode>(MANY_BITS)?;
    let endpoint = own.create::<Endpoint>()?;
    let source = own.path(endpoint);
    let items = Items(MANY, "capability");
    let fill = || {
        (0..MANY).try_for_each(|index| {
            slot_of(node, index, MANY_BITS).mint_from(source, Rights::ALL, Badge(index + 1))
        })
    };
    bench.measure("mint 100 000 capabilities", items, fill)?;
    bench.measure("revoke 100 000 capabilities", items, || source.revoke())?;
    fill()?;
    let path = own.path(node);
    bench.measure("delete a CNode with 100 000 capabilities", items, || path.delete())?;
    own.reclaim()
}

/// CNodes inside each other.
const NESTED: u64 = 1_000;

/// Deletes a CNode that holds the last capability of a CNode, and so on, 1 000 deep.
pub(crate) fn nesting(bench: &mut Bench) -> Outcome {
    let mut own = bench.system.allocator.subset(18, NESTED + 8)?;
    let first = own.create_sized::<CNode>(1)?;
    let mut outer = first;
    for _ in 1..NESTED {
        let inner = own.create_sized::<CNode>(1)?;
        slot_of(outer, 1, 1).copy_from(own.path(inner), Rights::ALL)?;
        if outer.pointer() != first.pointer() {
            own.path(outer).delete()?;
        }
        outer = inner;
    }
    own.path(outer).delete()?;
    let path = own.path(first);
    let items = Items(NESTED, "CNode");
    bench.measure("delete 1 000 nested CNodes", items, || path.delete())?;
    own.reclaim()
}

/// Copies through a path of 50 CNodes of one bit each, and exchanges two slots behind it, which
/// names three of them.
pub(crate) fn deep_space(bench: &mut Bench) -> Outcome {
    const DEPTH: u8 = 50;
    let mut own = bench.system.allocator.subset(14, 128)?;
    let leaf = own.create::<Reply>()?;
    let mut node = own.create_sized::<CNode>(1)?;
    slot_of(node, 0, 1).copy_from(own.path(leaf), Rights::ALL)?;
    slot_of(node, 1, 1).copy_from(own.path(leaf), Rights::ALL)?;
    for _ in 1..DEPTH {
        let outer = own.create_sized::<CNode>(1)?;
        let guard = GuardWord { bits: 0, guard: 0 };
        slot_of(outer, 0, 1).mint_from(own.path(node), Rights::ALL, guard)?;
        node = outer;
    }
    let target = own.slot::<Reply>()?;
    let (to, from) = (own.path(target), SlotPath::with_depth(node, 0, DEPTH));
    let items = Items(u64::from(DEPTH), "level");
    bench.measure("copy from a slot 50 levels deep", items, || to.copy_from(from, Rights::ALL))?;
    let (pivot, guard) = (SlotPath::with_depth(node, 1, DEPTH), GuardWord { bits: 0, guard: 0 });
    bench.measure("swap slots 50 levels deep", Items(3 * u64::from(DEPTH), "level"), || {
        from.rotate_from(pivot, guard, from, guard)
    })?;
    own.reclaim()
}

/// Bits of an address, hence the most levels of a lookup.
const DEEPEST: u64 = 64;

/// The longest lookups of a call, seven with 64 levels each: the invoked capability, three in the
/// message, and three slots to rotate. The caller's CSpace is one of two halves: the first ends in
/// a CNode of two slots which hold itself, the second is the ordinary CSpace.
pub(crate) fn deepest_call(bench: &mut Bench) -> Outcome {
    let mut own = bench.system.allocator.subset(12, 32)?;
    let ring = own.create_sized::<CNode>(1)?;
    slot_of(ring, 0, 1).copy_from(own.path(ring), Rights::ALL)?;
    slot_of(ring, 1, 1).copy_from(own.path(ring), Rights::ALL)?;
    let top = own.create_sized::<CNode>(1)?;
    slot_of(top, 0, 1).copy_from(own.path(ring), Rights::ALL)?;
    let rest = (DEEPEST - 1).saturating_sub(bench.system.boot.cnode_bits);
    let guard = GuardWord { bits: u8::try_from(rest).unwrap_or(0), guard: 0 };
    let ordinary = SlotPath::new(initial::CNODE, initial::CNODE.pointer());
    slot_of(top, 1, 1).mint_from(ordinary, Rights::ALL, guard)?;
    let second = |slot: u64| 1 << (DEEPEST - 1) | slot;
    let back = Space::new(Cap::at(second(slot::CNODE)), Cap::at(second(slot::VSPACE)));
    let exchange = || {
        // Source and destination are slot 0, the pivot is slot 1; the guards stay empty.
        let words = [0, DEEPEST, 0, 1, DEEPEST, 0, 0, DEEPEST];
        let label = Invocation::CNodeRotate.label();
        let (info, words) = invoke::raw(0, label, &words, &[1, 0, 1]);
        invoke::check(Received { badge: 0, info, words }).map(|_| ())
    };
    let items = Items(7 * DEEPEST, "level");
    bench.measure("rotate with seven lookups 64 levels deep", items, || {
        initial::THREAD.set_space(Cap::NULL, Space::new(top, initial::VSPACE))?;
        let exchanged = exchange();
        Cap::<Thread>::at(second(slot::THREAD)).set_space(Cap::at(second(0)), back)?;
        exchanged
    })?;
    own.reclaim()
}

/// Objects of one retype.
const BATCH: u64 = 256;

/// Makes 256 objects at once, of each type that takes more than a capability.
pub(crate) fn retyping(bench: &mut Bench) -> Outcome {
    let mut own = bench.system.allocator.subset(22, BATCH + 8)?;
    let memory = own.create_sized::<Untyped>(21)?;
    let slots = own.slots(BATCH)?;
    let to = SlotRange::within(own.cnode(), slots.start, BATCH);
    let types = [
        ("retype 256 threads", ObjectType::Thread, 0, "thread"),
        ("retype 256 contexts", ObjectType::SchedContext, MIN_SCHED_CONTEXT_BITS, "context"),
        ("retype 256 tables", ObjectType::PageTable, 0, "table"),
        ("retype 256 CNodes", ObjectType::CNode, 4, "CNode"),
        ("retype 256 endpoints", ObjectType::Endpoint, 0, "endpoint"),
        ("retype 256 notifications", ObjectType::Notification, 0, "notification"),
        ("retype 256 replies", ObjectType::Reply, 0, "reply"),
        ("retype 256 frames", ObjectType::SmallPage, 0, "frame"),
    ];
    for (name, object, size, unit) in types {
        bench.measure(name, Items(BATCH, unit), || memory.retype(object, size, to))?;
        let path = own.path(memory);
        // What was used is cleared by the next retype, which is not what is measured.
        path.revoke()?;
        memory.retype(ObjectType::Untyped, 4, SlotRange::within(own.cnode(), slots.start, 1))?;
        path.revoke()?;
    }
    own.reclaim()
}
