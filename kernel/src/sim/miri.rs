//! Short tests of everything that is unsafe underneath, for the interpreter Miri:
//! `cargo +nightly miri test -p tessera-kernel miri_`. Their names select them.
//!
//! They use a small window without a booted system, so that they take seconds there.

use std::vec;

use abi::{Invocation, ObjectType};

use crate::call::Call;
use crate::cap::Cap;
use crate::mem::Obj;
use crate::slot::Slot;
use crate::testing::World;

const SMALL: u64 = 256 << 10;

/// Retypes `untyped` in a world.
fn retype(world: &mut World, untyped: Obj<Slot>, words: [u64; 6], root: Obj<Slot>) {
    let mut registers = [0; 4];
    registers.copy_from_slice(&words[..4]);
    let buffer = world.memory(12);
    let mut call: Call = world.call(untyped, Invocation::UntypedRetype, &registers, &[root]);
    for (index, word) in words.iter().enumerate() {
        let at = platform::address::PhysicalAddress(buffer.0 + abi::buffer::word(index));
        world.kernel.mem.write_user(at, *word);
    }
    (call.buffer, call.length) = (Some(buffer), words.len());
    let operation = crate::untyped::decode(&world.kernel, &call).expect("a good retype");
    world.kernel.perform_retype(operation).expect("nothing is pending");
}

#[test]
fn miri_objects_are_made_used_and_destroyed() {
    let mut world = World::of_size(1, SMALL);
    let root = world.root();
    let untyped = world.untyped(15);
    let kinds = [
        ObjectType::Endpoint,
        ObjectType::Notification,
        ObjectType::Reply,
        ObjectType::Thread,
        ObjectType::SchedContext,
        ObjectType::CNode,
    ];
    for round in 0..2 {
        for (index, object) in (0..).zip(kinds) {
            let size = if object == ObjectType::CNode { 2 } else { 7 };
            retype(&mut world, untyped, [object.word(), size, 0, 0, 100 + index, 1], root);
        }
        world.kernel.revoke(untyped).expect("nothing is pending");
        for index in 100..106 {
            assert!(world.kernel[world.slot_at(index)].is_empty(), "round {round}");
        }
    }
}

#[test]
fn miri_capabilities_move_and_nested_cnodes_go() {
    let mut world = World::of_size(1, SMALL);
    let root = world.root();
    let untyped = world.untyped(12);
    retype(&mut world, untyped, [ObjectType::CNode.word(), 1, 0, 0, 100, 3], root);
    let slots: vec::Vec<_> = (100..103)
        .map(|index| match world.kernel[world.slot_at(index)].cap {
            Cap::CNode { slots, .. } => slots,
            other => panic!("{other:?}"),
        })
        .collect();
    // Each inside the one before, the last holds the first.
    for (index, inside) in [(101, slots[0]), (102, slots[1].nth(1)), (100, slots[2])] {
        let from = world.slot_at(index);
        let cap = world.kernel[from].cap;
        world.kernel.relocate(from, inside, cap);
    }
    world.kernel.revoke(untyped).expect("nothing is pending");
    assert_eq!(world.kernel.first_child(untyped), None);
}

#[test]
fn miri_user_words_are_read_and_written_in_the_window_only() {
    let mut world = World::of_size(1, SMALL);
    let page = world.memory(12);
    world.kernel.mem.write_user(page, 7);
    assert_eq!(world.kernel.mem.read_user(page), 7);
    let (start, length) = world.kernel.mem.bounds();
    for outside in [start.0 - 8, start.0 + length, start.0 + length - 4, page.0 + 1, u64::MAX - 7] {
        let outside = platform::address::PhysicalAddress(outside);
        world.kernel.mem.write_user(outside, 7);
        assert_eq!(world.kernel.mem.read_user(outside), 0);
    }
}
