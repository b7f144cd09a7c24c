//! ASIDs, their pools, and the address space that a core uses.

use abi::{Error, Invocation};
use platform::address::PhysicalAddress;
use platform::host::Event;

use crate::asid::{ASIDS_PER_POOL, POOLS};
use crate::call::Outcome;
use crate::cap::Cap;
use crate::configure;
use crate::core_state::Alert;
use crate::derivation::Origin;
use crate::mem::Obj;
use crate::page::PageSize;
use crate::slot::Slot;
use crate::space;
use crate::table::Table;
use crate::testing::{RADIX, World};
use crate::thread::Holds;

use super::{Spaces, dead};

#[test]
fn a_deleted_space_leaves_capabilities_with_a_dead_asid() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    let tables = world.with_tables(space, 0, 3);
    let page = world.page(PageSize::Small);
    assert_eq!(world.map(page, space, 0), Ok(Outcome::Done));
    world.delete(space);
    assert_eq!(world.send(page, Invocation::PageCleanData, &[0, 8], &[]), dead());
    // The ASID is given out again, so that the page seems mapped in the new space.
    world.kernel.machine.take_events();
    let elsewhere = world.assigned_space(pool);
    assert_eq!(world.kernel.machine.take_events(), [Event::FlushSpace { asid: 1 }]);
    let other = world.assigned_space(pool);
    world.with_tables(other, 0, 3);
    assert_eq!(world.map(page, other, 0), Err(Error::InvalidCapability(1)));
    assert_eq!(world.send(page, Invocation::PageUnmap, &[], &[]), Ok(Outcome::Done));
    assert_eq!(world.map(page, other, 0), Ok(Outcome::Done));
    for table in tables {
        assert_eq!(world.send(table, Invocation::PageTableUnmap, &[], &[]), Ok(Outcome::Done));
        let answer = world.send(table, Invocation::PageTableMap, &[0, 0], &[elsewhere]);
        assert_eq!(answer, Ok(Outcome::Done));
    }
    assert_eq!(world.translate(elsewhere, 0), None);
}

#[test]
fn the_first_pool_has_511_asids() {
    let mut world = World::new(1);
    let pool = world.pool();
    let Cap::AsidPool { pool: object, .. } = world.kernel[pool].cap else { unreachable!("a pool") };
    let space = world.assigned_space(pool);
    let table = match world.kernel[space].cap {
        Cap::VSpace { asid: Some(asid), table } => {
            assert_eq!(asid.get(), 1, "ASID 0 is reserved");
            table
        }
        _ => unreachable!("assigned"),
    };
    for expected in 2..ASIDS_PER_POOL {
        let asid = world.kernel.free_asid(0, object).expect("one is free");
        assert_eq!(usize::from(asid.get()), expected);
        world.kernel.give_asid(object, asid, table);
    }
    let late = world.address_space();
    let answer = world.send(pool, Invocation::AsidPoolAssign, &[], &[late]);
    assert_eq!(answer, Err(Error::DeleteFirst));
    let answer = world.send(pool, Invocation::AsidPoolAssign, &[], &[space]);
    assert_eq!(answer, Err(Error::InvalidCapability(1)), "assigned already");
    assert_eq!(
        world.send(pool, Invocation::AsidPoolAssign, &[], &[]),
        Err(Error::TruncatedMessage)
    );
}

#[test]
fn pools_are_made_of_pages_of_untyped_memory() {
    let mut world = World::new(1);
    let first = world.pool();
    let control = world.place(Cap::AsidControl);
    let root = world.root();
    let depth = u64::from(RADIX);
    let (untyped, large, occupied) = (world.untyped(12), world.untyped(13), 0u64);
    let null = world.slot();
    let device = world.place(crate::untyped::fresh(PhysicalAddress(0x1000), 12, true));
    let mut make = |words: &[u64], caps: &[Obj<Slot>]| {
        world.send(control, Invocation::AsidControlMakePool, words, caps)
    };
    let free = 1000;
    assert_eq!(make(&[free], &[untyped, root]), Err(Error::TruncatedMessage));
    assert_eq!(make(&[free, depth], &[untyped]), Err(Error::TruncatedMessage));
    for wrong in [large, device, null, first] {
        assert_eq!(make(&[occupied, depth], &[wrong, root]), Err(Error::InvalidCapability(1)));
    }
    assert_eq!(make(&[occupied, depth], &[untyped, root]), Err(Error::DeleteFirst));
    assert_eq!(make(&[free, depth], &[untyped, null]), dead(), "no CNode");
    let range = Err(Error::Range { min: 1, max: 64 });
    assert_eq!(make(&[free, 65], &[untyped, root]), range);
    assert_eq!(make(&[free, depth], &[untyped, root]), Ok(Outcome::Done));
    assert_eq!(make(&[free + 1, depth], &[untyped, root]), Err(Error::RevokeFirst));
    let slot = world.slot_at(1000);
    assert!(matches!(world.kernel[slot].cap, Cap::AsidPool { index: 1, .. }));
    assert_eq!(world.kernel.first_child(untyped), Some(slot));
    let space = world.assigned_space(slot);
    let (asid, _) = space::assigned(&world.kernel[space].cap).expect("assigned");
    assert_eq!(usize::from(asid.get()), ASIDS_PER_POOL, "the first of the second pool");
}

#[test]
fn there_are_128_pools() {
    let mut world = World::new(1);
    let first = world.pool();
    let Cap::AsidPool { pool, .. } = world.kernel[first].cap else { unreachable!("a pool") };
    let control = world.place(Cap::AsidControl);
    let (untyped, root) = (world.untyped(12), world.root());
    for index in 1..POOLS {
        world.kernel.add_pool(u8::try_from(index).expect("small"), pool);
    }
    let words = [1000, u64::from(RADIX)];
    let answer = world.send(control, Invocation::AsidControlMakePool, &words, &[untyped, root]);
    assert_eq!(answer, Err(Error::DeleteFirst));
}

#[test]
fn a_deleted_pool_takes_its_spaces_along() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    let page = world.page(PageSize::Small);
    let thread = world.thread;
    let held = world.kernel.thread_slot(thread, Holds::VSpace);
    world.kernel.insert(space, held, world.kernel[space].cap, Origin::Derived);
    world.kernel.activate_space_of(thread);
    world.kernel.machine.take_events();
    world.delete(pool);
    assert_eq!(world.kernel.machine.take_events(), [Event::ActivateNoSpace { core: 0 }]);
    assert_eq!(world.map(page, space, 0), dead());
    let table = world.page_table();
    let answer = world.send(table, Invocation::PageTableMap, &[0, 0], &[space]);
    assert_eq!(answer, dead());
    // A new pool of the same number gives the same ASID to another space.
    let pool = world.pool();
    world.assigned_space(pool);
    assert_eq!(world.map(page, space, 0), Err(Error::InvalidCapability(1)));
    world.kernel.activate_space_of(thread);
    assert_eq!(world.kernel.machine.core_state(0).space, None, "the thread faults");
}

#[test]
fn a_switch_within_one_space_touches_nothing() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    let thread = world.thread;
    let held = world.kernel.thread_slot(thread, Holds::VSpace);
    world.kernel.insert(space, held, world.kernel[space].cap, Origin::Derived);
    world.kernel.machine.take_events();
    world.kernel.activate_space_of(thread);
    assert_eq!(world.kernel.machine.take_events().len(), 1);
    world.kernel.activate_space_of(thread);
    assert_eq!(world.kernel.machine.take_events(), []);
    let root = match world.kernel[space].cap {
        Cap::VSpace { table, .. } => world.kernel.mem.address::<Table>(table),
        _ => unreachable!("a space"),
    };
    assert_eq!(world.kernel.machine.core_state(0).space, Some((root, 1)));
    world.delete(held);
    world.kernel.activate_space_of(thread);
    assert_eq!(world.kernel.machine.core_state(0).space, None);
}

/// objects.md §5, SetSpace "replaces all three": a thread that replaces its own address space
/// returns to user level in the new one.
#[test]
fn the_running_thread_gets_its_new_space_at_once() {
    let mut world = World::new(1);
    let pool = world.pool();
    let (old, new) = (world.assigned_space(pool), world.assigned_space(pool));
    let (root, nothing) = (world.root(), world.slot());
    let thread = world.thread;
    let held = world.kernel.thread_slot(thread, Holds::VSpace);
    world.kernel.insert(old, held, world.kernel[old].cap, Origin::Derived);
    world.kernel.load(Some(thread));
    let before = world.kernel.machine.core_state(0).space;
    let target = world.place(Cap::Thread { thread });
    let caps = [nothing, root, new];
    let call = world.call(target, Invocation::ThreadSetSpace, &[0, 0], &caps);
    let change =
        configure::decode(&world.kernel, &call, thread, Invocation::ThreadSetSpace).expect("good");
    assert_eq!(world.kernel.perform_configure(change), Ok(Outcome::Done));
    world.kernel.load(Some(thread));
    let after = world.kernel.machine.core_state(0).space;
    assert!(before.is_some() && after.is_some() && before != after, "{before:?} {after:?}");
}

#[test]
fn a_space_is_left_by_other_cores_too() {
    let mut world = World::new(2);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    let thread = world.thread;
    let held = world.kernel.thread_slot(thread, Holds::VSpace);
    world.kernel.insert(space, held, world.kernel[space].cap, Origin::Derived);
    world.kernel.here = 1;
    world.kernel.machine.set_core(1);
    world.kernel.activate_space_of(thread);
    world.kernel.here = 0;
    world.kernel.machine.set_core(0);
    world.delete(held);
    world.kernel.machine.take_events();
    world.delete(space);
    let events = world.kernel.machine.take_events();
    assert!(events.contains(&Event::InterruptCore { core: 0, target: 1 }));
    assert!(
        world.kernel.cores[1].alerts.has(Alert::Kicked) && world.kernel.cores[1].space.is_none()
    );
}
