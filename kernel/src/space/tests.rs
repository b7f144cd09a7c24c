//! Every sentence of objects.md §11, and of what deletion means for address spaces.

use abi::{Error, Invocation, LookupFailure, Rights, VmAttributes};
use platform::address::PhysicalAddress;
use platform::contract::{CacheOperation, Platform};
use platform::host::Event;
use std::vec::Vec;

use super::Operation;
use crate::asid::{ASIDS_PER_POOL, AsidPool, POOLS};
use crate::call::Outcome;
use crate::cap::Cap;
use crate::derivation::Origin;
use crate::kernel::Preempted;
use crate::mem::Obj;
use crate::page::PageSize;
use crate::paging::Leaf;
use crate::slot::Slot;
use crate::table::Table;
use crate::testing::{RADIX, World};
use crate::thread::Holds;

const DEFAULT: u64 = 3;
const READ_WRITE: u64 = 3;

/// Words, capabilities and result of a message.
type Answer = Result<Outcome, Error>;

/// What the tests of this part ask of a world.
trait Spaces {
    fn send(
        &mut self,
        slot: Obj<Slot>,
        invocation: Invocation,
        words: &[u64],
        caps: &[Obj<Slot>],
    ) -> Answer;
    fn pool(&mut self) -> Obj<Slot>;
    fn assigned_space(&mut self, pool: Obj<Slot>) -> Obj<Slot>;
    fn with_tables(&mut self, space: Obj<Slot>, address: u64, count: usize) -> Vec<Obj<Slot>>;
    fn copy(&mut self, slot: Obj<Slot>) -> Obj<Slot>;
    fn delete(&mut self, slot: Obj<Slot>);
    fn translate(&self, space: Obj<Slot>, address: u64) -> Option<Leaf>;
    fn map(&mut self, page: Obj<Slot>, space: Obj<Slot>, address: u64) -> Answer;
}

impl Spaces for World {
    fn send(
        &mut self,
        slot: Obj<Slot>,
        invocation: Invocation,
        words: &[u64],
        caps: &[Obj<Slot>],
    ) -> Answer {
        let operation = super::decode(&self.kernel, &self.call(slot, invocation, words, caps))?;
        Ok(self.kernel.perform_space(operation).expect("nothing is pending"))
    }

    /// The pool of number 0, as boot makes it.
    fn pool(&mut self) -> Obj<Slot> {
        let region = self.region(12);
        let pool = self.kernel.mem.create_zeroed::<AsidPool>(&region, 0, 1);
        self.kernel.add_pool(0, pool);
        self.place(Cap::AsidPool { index: 0, pool })
    }

    fn assigned_space(&mut self, pool: Obj<Slot>) -> Obj<Slot> {
        let space = self.address_space();
        assert_eq!(self.send(pool, Invocation::AsidPoolAssign, &[], &[space]), Ok(Outcome::Done));
        space
    }

    /// Maps page tables from the top until `count` exist for `address`.
    fn with_tables(&mut self, space: Obj<Slot>, address: u64, count: usize) -> Vec<Obj<Slot>> {
        let tables: Vec<_> = (0..count).map(|_| self.page_table()).collect();
        for table in &tables {
            let answer = self.send(*table, Invocation::PageTableMap, &[address, DEFAULT], &[space]);
            assert_eq!(answer, Ok(Outcome::Done));
        }
        tables
    }

    fn copy(&mut self, slot: Obj<Slot>) -> Obj<Slot> {
        let to = self.slot();
        let cap = self.kernel.derive(slot, self.kernel[slot].cap).expect("can be copied");
        self.kernel.insert(slot, to, cap, Origin::Derived);
        to
    }

    fn delete(&mut self, slot: Obj<Slot>) {
        self.kernel.delete(slot).expect("nothing is pending");
    }

    fn translate(&self, space: Obj<Slot>, address: u64) -> Option<Leaf> {
        let (asid, _) = super::assigned(&self.kernel[space].cap)?;
        self.kernel.walk(self.kernel.space(asid)?, address).page
    }

    fn map(&mut self, page: Obj<Slot>, space: Obj<Slot>, address: u64) -> Answer {
        self.send(page, Invocation::PageMap, &[address, READ_WRITE, DEFAULT], &[space])
    }
}

fn missing(bits_left: u64) -> Answer {
    Err(Error::destination(LookupFailure::MissingCapability { bits_left }))
}

fn dead() -> Answer {
    Err(Error::destination(LookupFailure::InvalidRoot))
}

#[test]
fn tables_are_installed_from_the_top_and_rounded_down() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    let address = 0x12_3456_7fff;
    let tables = world.with_tables(space, address, 3);
    let addresses = tables.iter().map(|table| match world.kernel[*table].cap {
        Cap::PageTable { asid: Some(_), address, .. } => address,
        _ => unreachable!("mapped"),
    });
    let addresses: Vec<_> = addresses.collect();
    assert_eq!(addresses, [0, 0x12_0000_0000 & !0x3fff_ffff, 0x12_3440_0000]);
    let one_more = world.page_table();
    let again = world.send(one_more, Invocation::PageTableMap, &[address, 0], &[space]);
    assert_eq!(again, Err(Error::DeleteFirst));
}

#[test]
fn a_table_is_refused_for_the_first_failing_check() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    let fresh = world.address_space();
    let null = world.slot();
    let table = world.page_table();
    let beyond = abi::USER_TOP + 1;
    let mut map = |table, words: &[u64], caps: &[Obj<Slot>]| {
        world.send(table, Invocation::PageTableMap, words, caps)
    };
    assert_eq!(map(table, &[0], &[space]), Err(Error::TruncatedMessage));
    assert_eq!(map(table, &[0, 0], &[]), Err(Error::TruncatedMessage));
    assert_eq!(map(table, &[beyond, 0], &[null]), Err(Error::InvalidCapability(1)));
    assert_eq!(map(table, &[beyond, 0], &[fresh]), Err(Error::InvalidCapability(1)));
    assert_eq!(map(table, &[beyond, 0], &[table]), Err(Error::InvalidCapability(1)));
    assert_eq!(map(table, &[beyond, 0], &[space]), Err(Error::InvalidArgument(0)));
    assert_eq!(map(table, &[abi::USER_TOP, 0], &[space]), Ok(Outcome::Done));
    assert_eq!(map(table, &[beyond, 0], &[null]), Err(Error::InvalidCapability(0)));
    assert_eq!(
        world.send(table, Invocation::PageMap, &[], &[]),
        Err(Error::IllegalOperation),
        "a label of another object"
    );
}

#[test]
fn a_page_in_the_way_of_a_table_is_to_be_deleted_first() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    world.with_tables(space, 0, 2);
    let page = world.page(PageSize::Large);
    assert_eq!(world.map(page, space, 0), Ok(Outcome::Done));
    let table = world.page_table();
    let answer = world.send(table, Invocation::PageTableMap, &[0x1000, 0], &[space]);
    assert_eq!(answer, Err(Error::DeleteFirst));
}

#[test]
fn pages_go_where_their_level_is() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    let small = world.page(PageSize::Small);
    let large = world.page(PageSize::Large);
    assert_eq!(world.map(small, space, 0x1000), missing(39));
    world.with_tables(space, 0, 1);
    assert_eq!(world.map(small, space, 0x1000), missing(30));
    assert_eq!(world.map(large, space, 0), missing(30));
    world.with_tables(space, 0, 1);
    assert_eq!(world.map(small, space, 0x1000), missing(21));
    assert_eq!(world.map(large, space, 0x20_0000), Ok(Outcome::Done));
    assert_eq!(world.map(small, space, 0x20_1000), missing(21));
    world.with_tables(space, 0, 1);
    assert_eq!(world.map(small, space, 0x1000), Ok(Outcome::Done));
    let other = world.page(PageSize::Large);
    assert_eq!(world.map(other, space, 0), missing(12));
    let huge = world.kernel.mem.covers(PhysicalAddress(0), 1);
    assert!(!huge, "a device page of 1 GiB lies outside of the window");
    let page = crate::page::PageCap::new(PhysicalAddress(0), PageSize::Huge, true);
    let huge = world.place(Cap::Page(page));
    assert_eq!(world.map(huge, space, 0), missing(12));
    assert_eq!(world.map(huge, space, 1 << 30), Ok(Outcome::Done));
    assert_eq!(world.map(small, space, 0x1000), Ok(Outcome::Done));
}

#[test]
fn a_page_is_refused_for_the_first_failing_check() {
    let mut world = World::new(1);
    let pool = world.pool();
    let (space, other) = (world.assigned_space(pool), world.assigned_space(pool));
    let page = world.page(PageSize::Large);
    let null = world.slot();
    world.with_tables(space, 0, 2);
    world.with_tables(other, 0, 2);
    let top = abi::USER_END;
    let mut map =
        |words: &[u64], caps: &[Obj<Slot>]| world.send(page, Invocation::PageMap, words, caps);
    assert_eq!(map(&[0, 3], &[space]), Err(Error::TruncatedMessage));
    assert_eq!(map(&[0, 3, 3], &[]), Err(Error::TruncatedMessage));
    assert_eq!(map(&[1, 3, 3], &[null]), Err(Error::InvalidCapability(1)));
    assert_eq!(map(&[top + 0x1000, 3, 3], &[space]), Err(Error::Alignment));
    assert_eq!(map(&[top, 3, 3], &[space]), Err(Error::InvalidArgument(0)));
    assert_eq!(map(&[u64::MAX << 21, 3, 3], &[space]), Err(Error::InvalidArgument(0)));
    assert_eq!(map(&[0x20_0000, 3, 3], &[space]), Ok(Outcome::Done));
    assert_eq!(map(&[0x20_0000, 3, 3], &[other]), Err(Error::InvalidCapability(1)));
    assert_eq!(map(&[0x40_0000, 3, 3], &[space]), Err(Error::InvalidArgument(0)));
    assert_eq!(map(&[0x20_0000, 2, 3], &[space]), Ok(Outcome::Done));
}

#[test]
fn rights_are_those_of_the_capability_and_of_the_call() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    world.with_tables(space, 0, 3);
    let page = world.page(PageSize::Small);
    let Cap::Page(cap) = world.kernel[page].cap else { unreachable!("a page") };
    for (held, asked, expected) in [
        (Rights::ALL, Rights::ALL, Rights::READ_WRITE),
        (Rights::ALL, Rights::READ, Rights::READ),
        (Rights::ALL, Rights::WRITE, Rights::NONE),
        (Rights::READ, Rights::READ_WRITE, Rights::READ),
        (Rights::WRITE, Rights::READ_WRITE, Rights::NONE),
        (Rights::ALL, Rights::NONE, Rights::NONE),
    ] {
        let page = world.place(Cap::Page(cap.mask_rights(held)));
        for attributes in [0, 1, 4, 5] {
            let words = [0x1000, asked.word(), attributes];
            let answer = world.send(page, Invocation::PageMap, &words, &[space]);
            assert_eq!(answer, Ok(Outcome::Done));
            let attributes = VmAttributes::from_word(attributes);
            let leaf = Leaf::new(cap.start(), PageSize::Small, expected, attributes);
            assert_eq!(world.translate(space, 0x1fff), Some(leaf));
        }
    }
}

#[test]
fn another_page_simply_replaces_the_mapping() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    world.with_tables(space, 0, 3);
    let (first, second) = (world.page(PageSize::Small), world.page(PageSize::Small));
    assert_eq!(world.map(first, space, 0x5000), Ok(Outcome::Done));
    world.kernel.machine.take_events();
    assert_eq!(world.map(second, space, 0x5000), Ok(Outcome::Done));
    let expected = [Event::FlushPage { asid: 1, vaddr: 0x5000 }, Event::PublishTables { core: 0 }];
    assert_eq!(world.kernel.machine.take_events(), expected);
    let second_leaf = world.translate(space, 0x5000);
    // The first capability believes that it is mapped; its unmapping does not hurt the second.
    let stale = world.send(first, Invocation::PageCleanData, &[0, 8], &[]);
    assert_eq!(stale, Err(Error::InvalidCapability(0)));
    assert_eq!(world.send(first, Invocation::PageUnmap, &[], &[]), Ok(Outcome::Done));
    assert_eq!(world.translate(space, 0x5000), second_leaf);
    assert_eq!(world.send(first, Invocation::PageUnmap, &[], &[]), Ok(Outcome::Done));
    assert_eq!(world.send(second, Invocation::PageUnmap, &[], &[]), Ok(Outcome::Done));
    assert_eq!(world.translate(space, 0x5000), None);
}

#[test]
fn new_permissions_take_effect_without_a_hole() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    world.with_tables(space, 0, 3);
    let page = world.page(PageSize::Small);
    assert_eq!(world.map(page, space, 0), Ok(Outcome::Done));
    assert_eq!(world.kernel.machine.take_events().last(), Some(&Event::PublishTables { core: 0 }));
    let answer = world.send(page, Invocation::PageMap, &[0, 2, DEFAULT], &[space]);
    assert_eq!(answer, Ok(Outcome::Done));
    assert_eq!(world.kernel.machine.take_events(), [Event::FlushPage { asid: 1, vaddr: 0 }]);
}

#[test]
fn deleting_any_page_capability_removes_its_own_mapping() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    world.with_tables(space, 0, 3);
    let page = world.page(PageSize::Small);
    let copy = world.copy(page);
    assert_eq!(world.map(page, space, 0x1000), Ok(Outcome::Done));
    assert_eq!(world.map(copy, space, 0x2000), Ok(Outcome::Done));
    world.delete(copy);
    assert_eq!(world.translate(space, 0x2000), None);
    assert!(world.translate(space, 0x1000).is_some());
    world.delete(page);
    assert_eq!(world.translate(space, 0x1000), None);
}

#[test]
fn only_the_last_capability_unmaps_a_table() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    let tables = world.with_tables(space, 0, 3);
    let page = world.page(PageSize::Small);
    assert_eq!(world.map(page, space, 0), Ok(Outcome::Done));
    let copy = world.copy(tables[1]);
    let unmap = |world: &mut World, slot| world.send(slot, Invocation::PageTableUnmap, &[], &[]);
    assert_eq!(unmap(&mut world, copy), Err(Error::RevokeFirst));
    world.delete(copy);
    assert!(world.translate(space, 0).is_some());
    world.kernel.machine.take_events();
    assert_eq!(unmap(&mut world, tables[1]), Ok(Outcome::Done));
    assert_eq!(world.kernel.machine.take_events(), [Event::FlushSpace { asid: 1 }]);
    assert_eq!(world.translate(space, 0), None);
    assert_eq!(unmap(&mut world, tables[1]), Ok(Outcome::Done), "nothing left to do");
    // Mapped again the table is empty: what hung below it does not come back.
    let answer = world.send(tables[1], Invocation::PageTableMap, &[0, 0], &[space]);
    assert_eq!(answer, Ok(Outcome::Done));
    assert_eq!(world.map(page, space, 0), missing(21));
    world.delete(tables[0]);
    assert_eq!(world.map(page, space, 0), missing(39));
}

#[test]
fn pages_tell_where_they_are() {
    let mut world = World::new(1);
    let page = world.page(PageSize::Large);
    let Cap::Page(cap) = world.kernel[page].cap else { unreachable!("a page") };
    let answer = world.send(page, Invocation::PageAddress, &[], &[]);
    assert_eq!(answer, Ok(Outcome::Word(cap.start().0)));
}

#[test]
fn a_deleted_space_leaves_capabilities_with_a_dead_asid() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    let tables = world.with_tables(space, 0, 3);
    let page = world.page(PageSize::Small);
    assert_eq!(world.map(page, space, 0), Ok(Outcome::Done));
    world.kernel.machine.take_events();
    world.delete(space);
    assert_eq!(world.kernel.machine.take_events(), [Event::FlushSpace { asid: 1 }]);
    assert_eq!(world.send(page, Invocation::PageCleanData, &[0, 8], &[]), dead());
    // The ASID is given out again, so that the page seems mapped in the new space.
    let elsewhere = world.assigned_space(pool);
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
    let (asid, _) = super::assigned(&world.kernel[space].cap).expect("assigned");
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
    let expected = [Event::ActivateNoSpace { core: 0 }, Event::FlushSpace { asid: 1 }];
    assert_eq!(world.kernel.machine.take_events(), expected);
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
    assert_eq!(events.last(), Some(&Event::FlushSpace { asid: 1 }));
    assert!(world.kernel.cores[1].kicked && world.kernel.cores[1].space.is_none());
}

#[test]
fn cache_operations_of_pages_are_checked_in_order() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    world.with_tables(space, 0, 3);
    let page = world.page(PageSize::Small);
    let send =
        |world: &mut World, invocation, words: &[u64]| world.send(page, invocation, words, &[]);
    let clean = Invocation::PageCleanData;
    assert_eq!(send(&mut world, clean, &[0]), Err(Error::TruncatedMessage));
    assert_eq!(send(&mut world, clean, &[0, 0]), Err(Error::IllegalOperation), "not mapped");
    world.send(page, Invocation::PageMap, &[0x3000, 2, DEFAULT], &[space]).expect("mapped");
    assert_eq!(send(&mut world, clean, &[8, 8]), Err(Error::InvalidArgument(1)));
    assert_eq!(send(&mut world, clean, &[0x1000, 0x1001]), Err(Error::InvalidArgument(0)));
    assert_eq!(send(&mut world, clean, &[0, 0x1001]), Err(Error::InvalidArgument(0)));
    let invalidate = Invocation::PageInvalidateData;
    assert_eq!(send(&mut world, invalidate, &[0, 8]), Err(Error::IllegalOperation), "read-only");
    world.send(page, Invocation::PageMap, &[0x3000, 3, DEFAULT], &[space]).expect("mapped");
    let Cap::Page(cap) = world.kernel[page].cap else { unreachable!("a page") };
    for (invocation, operation) in [
        (clean, CacheOperation::Clean),
        (invalidate, CacheOperation::Invalidate),
        (Invocation::PageCleanInvalidateData, CacheOperation::CleanInvalidate),
        (Invocation::PageUnifyInstruction, CacheOperation::Unify),
    ] {
        world.kernel.machine.take_events();
        assert_eq!(send(&mut world, invocation, &[8, 0x1000]), Ok(Outcome::Done));
        let start = PhysicalAddress(cap.start().0 + 8);
        let expected = [Event::MaintainCache { operation, start, length: 0xff8 }];
        assert_eq!(world.kernel.machine.take_events(), expected);
    }
}

#[test]
fn cache_operations_of_spaces_are_checked_in_order() {
    let mut world = World::new(1);
    let pool = world.pool();
    let (space, fresh) = (world.assigned_space(pool), world.address_space());
    world.with_tables(space, 0, 3);
    let page = world.page(PageSize::Small);
    world.send(page, Invocation::PageMap, &[0x3000, 2, DEFAULT], &[space]).expect("mapped");
    let Cap::Page(cap) = world.kernel[page].cap else { unreachable!("a page") };
    let clean = Invocation::VSpaceCleanData;
    let top = abi::USER_TOP;
    assert_eq!(world.send(fresh, clean, &[0], &[]), Err(Error::TruncatedMessage));
    assert_eq!(world.send(fresh, clean, &[5, 5], &[]), Err(Error::InvalidArgument(1)));
    assert_eq!(world.send(fresh, clean, &[5, top + 1], &[]), Err(Error::IllegalOperation));
    assert_eq!(world.send(fresh, clean, &[5, top], &[]), Err(Error::InvalidCapability(0)));
    world.kernel.machine.take_events();
    assert_eq!(world.send(space, clean, &[0x8000, top], &[]), Ok(Outcome::Done), "no page");
    assert_eq!(world.kernel.machine.take_events(), []);
    let range = Err(Error::Range { min: 0x3010, max: 0x3fff });
    assert_eq!(world.send(space, clean, &[0x3010, 0x4001], &[]), range);
    let invalidate = Invocation::VSpaceInvalidateData;
    assert_eq!(
        world.send(space, invalidate, &[0x3010, 0x4000], &[]),
        Err(Error::IllegalOperation),
        "read-only"
    );
    let unify = Invocation::VSpaceUnifyInstruction;
    assert_eq!(world.send(space, unify, &[0x3010, 0x4000], &[]), Ok(Outcome::Done));
    let start = PhysicalAddress(cap.start().0 + 0x10);
    let expected =
        [Event::MaintainCache { operation: CacheOperation::Unify, start, length: 0xff0 }];
    assert_eq!(world.kernel.machine.take_events(), expected);
    let copy = world.copy(space);
    world.delete(pool);
    assert_eq!(world.send(copy, clean, &[5, 6], &[]), dead());
    let pool = world.pool();
    world.assigned_space(pool);
    assert_eq!(world.send(copy, clean, &[5, 6], &[]), Err(Error::InvalidCapability(0)));
}

#[test]
fn a_long_cache_operation_goes_on_where_it_was_interrupted() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    world.with_tables(space, 0, 2);
    let page = world.page(PageSize::Large);
    let Cap::Page(cap) = world.kernel[page].cap else { unreachable!("a page") };
    // Mapping uncached is a long operation itself.
    let call = world.call(page, Invocation::PageMap, &[0, 3, 0], &[space]);
    let operation = super::decode(&world.kernel, &call).expect("correct");
    world.kernel.machine.take_events();
    world.kernel.machine.unmask_interrupt(40);
    world.kernel.machine.raise(40, 0);
    assert_eq!(world.kernel.perform_space(operation), Err(Preempted));
    assert_eq!(world.translate(space, 0), None, "not before the caches are done");
    let mut rounds = 1;
    while world.kernel.perform_space(operation) == Err(Preempted) {
        rounds += 1;
    }
    assert!(rounds > 10 && world.translate(space, 0).is_some());
    let pieces = world.kernel.machine.take_events().into_iter().filter_map(|event| match event {
        Event::MaintainCache { operation: CacheOperation::CleanInvalidate, start, length } => {
            Some((start.0, length))
        }
        _ => None,
    });
    let end = pieces.fold(cap.start().0, |reached, (start, length)| {
        assert_eq!(start, reached, "each byte once, in order");
        start + length
    });
    assert_eq!(end, cap.start().0 + PageSize::Large.bytes());
}

#[test]
fn progress_belongs_to_one_call() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    world.with_tables(space, 0, 2);
    let page = world.page(PageSize::Large);
    assert_eq!(world.map(page, space, 0), Ok(Outcome::Done));
    let decode = |world: &World, end| {
        let call = world.call(page, Invocation::PageCleanData, &[0, end], &[]);
        super::decode(&world.kernel, &call).expect("correct")
    };
    let (short, long) = (decode(&world, 0x10_0000), decode(&world, 0x20_0000));
    world.kernel.machine.unmask_interrupt(40);
    world.kernel.machine.raise(40, 0);
    let first = |world: &mut World, operation: Operation| {
        world.kernel.machine.take_events();
        assert_eq!(world.kernel.perform_space(operation), Err(Preempted));
        match world.kernel.machine.take_events()[0] {
            Event::MaintainCache { start, .. } => start,
            event => unreachable!("{event:?}"),
        }
    };
    let start = first(&mut world, short);
    assert!(first(&mut world, short) > start, "the same call goes on");
    assert_eq!(first(&mut world, long), start, "another call starts anew");
    assert_eq!(first(&mut world, short), start, "and the first one is forgotten");
    let thread = world.thread;
    world.kernel.forget_progress(thread);
    assert_eq!(first(&mut world, short), start);
}
