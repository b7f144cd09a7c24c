//! Pages.

use abi::{Error, Invocation, Rights, VmAttributes};
use platform::address::PhysicalAddress;
use platform::host::Event;

use crate::call::Outcome;
use crate::cap::Cap;
use crate::mem::Obj;
use crate::page::{PageCap, PageSize};
use crate::paging::Leaf;
use crate::slot::Slot;
use crate::testing::World;

use super::{DEFAULT, Spaces, missing};

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
    let page = PageCap::new(PhysicalAddress(0), PageSize::Huge, true);
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
fn pages_tell_where_they_are() {
    let mut world = World::new(1);
    let page = world.page(PageSize::Large);
    let Cap::Page(cap) = world.kernel[page].cap else { unreachable!("a page") };
    let answer = world.send(page, Invocation::PageAddress, &[], &[]);
    assert_eq!(answer, Ok(Outcome::Word(cap.start().0)));
}

#[test]
fn a_page_of_another_size_at_the_same_frame_is_left_alone() {
    let mut world = World::new(1);
    let pool = world.pool();
    let space = world.assigned_space(pool);
    world.with_tables(space, 0, 2);
    let large = world.page(PageSize::Large);
    let Cap::Page(cap) = world.kernel[large].cap else { unreachable!("a page") };
    assert_eq!(world.map(large, space, 0), Ok(Outcome::Done));
    // No untyped memory yields both pages at once; the walk must hold without that.
    let Cap::Page(mapped) = world.kernel[large].cap else { unreachable!("a page") };
    let small = PageCap::new(cap.start(), PageSize::Small, false).with_mapping(mapped.mapping());
    let small = world.place(Cap::Page(small));
    assert_eq!(world.send(small, Invocation::PageUnmap, &[], &[]), Ok(Outcome::Done));
    assert!(world.translate(space, 0).is_some());
}
