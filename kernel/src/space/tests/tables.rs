//! Page tables.

use std::vec::Vec;

use abi::{Error, Invocation};
use platform::host::Event;

use crate::call::Outcome;
use crate::cap::Cap;
use crate::mem::Obj;
use crate::page::PageSize;
use crate::slot::Slot;
use crate::testing::World;

use super::{Spaces, missing};

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
