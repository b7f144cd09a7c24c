//! Cache maintenance.

use abi::{Error, Invocation};
use platform::address::PhysicalAddress;
use platform::contract::{CacheOperation, Platform};
use platform::host::Event;

use crate::call::Outcome;
use crate::cap::Cap;
use crate::kernel::Preempted;
use crate::page::PageSize;
use crate::space;
use crate::space::Operation;
use crate::testing::World;

use super::{DEFAULT, Spaces, dead};

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
    let operation = space::decode(&world.kernel, &call).expect("correct");
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
        space::decode(&world.kernel, &call).expect("correct")
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
