use std::vec::Vec;

use super::{Branch, Head, Level};
use crate::invariants::queue_is_sound;
use crate::mem::Obj;
use crate::testing::World;
use crate::thread::{self, THREAD_BYTES, Thread, WaitPlace};

/// A world with so many threads.
fn world(threads: u32) -> (World, Vec<Obj<Thread>>) {
    let bits = (u64::from(threads) * THREAD_BYTES).next_power_of_two().trailing_zeros();
    let mut world = World::of_size(1, (1 << 20) + (2 << bits));
    let region = world.region(bits);
    let mem = &mut world.kernel.mem;
    let make = |index| thread::create(mem, &region, u64::from(index) * THREAD_BYTES, 0);
    let threads = (0..threads).map(make).collect();
    (world, threads)
}

/// The queue in its order.
fn members(world: &World, head: Head) -> Vec<Obj<Thread>> {
    let next = |thread: &Obj<Thread>| world.kernel[*thread].wait.all.next;
    core::iter::successors(head, next).collect()
}

/// Plays a long random game of coming and going against a sorted list, with priorities that
/// `choose` picks from random numbers.
fn game(seed: u64, choose: impl Fn(u64) -> u8) {
    let (mut world, mut outside) = world(128);
    let (mut head, mut model): (Head, Vec<Obj<Thread>>) = (None, Vec::new());
    let mut state = seed;
    let mut random = move || {
        // Steele and Vigna's multiplier for 64 bits (2021).
        state = state.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        state >> 33
    };
    for step in 0..6000 {
        // Queues grow and shrink in waves.
        let wants_to_grow = !random().is_multiple_of(if step / 300 % 2 == 0 { 4 } else { 2 });
        let insert = model.is_empty() || (wants_to_grow && !outside.is_empty());
        let index = random() as usize;
        if insert {
            let thread = outside.swap_remove(index % outside.len());
            let priority = choose(random());
            world.kernel[thread].priority = priority;
            head = Some(world.kernel.queue_insert(head, thread));
            let place = model.partition_point(|other| world.kernel[*other].priority >= priority);
            model.insert(place, thread);
        } else {
            // The best, as most often, or anybody.
            let place = if index.is_multiple_of(3) { 0 } else { index % model.len() };
            let thread = model.remove(place);
            head = world.kernel.queue_remove(head.expect("somebody waits"), thread);
            assert_eq!(world.kernel[thread].wait, WaitPlace::default());
            assert_eq!(world.kernel[thread].branches, [Branch::default(); 2]);
            outside.push(thread);
        }
        assert_eq!(members(&world, head), model, "step {step}");
        if let Some(head) = head {
            queue_is_sound(&world.kernel, head, |_| true).expect("a sound queue");
        }
    }
}

#[test]
fn queues_of_any_priorities_are_ordered() {
    game(1, |random| random as u8);
}

#[test]
fn queues_of_few_priorities_are_ordered() {
    game(2, |random| [3, 4, 0x13, 0x93, 0x94][random as usize % 5]);
}

#[test]
fn queues_of_the_ends_of_branches_are_ordered() {
    game(3, |random| [0, 0x0f, 0x10, 0xef, 0xf0, 0xff][random as usize % 6]);
}

#[test]
fn as_long_as_all_are_equal_nobody_has_a_branch() {
    let (mut world, threads) = world(8);
    let mut head = None;
    for thread in &threads {
        world.kernel[*thread].priority = 77;
        head = Some(world.kernel.queue_insert(head, *thread));
        assert!(threads.iter().all(|thread| world.kernel[*thread].wait.present == [0, 0]));
    }
    assert_eq!(members(&world, head), threads);
}

#[test]
fn keys_are_the_halves_of_a_priority() {
    assert_eq!(Level::Groups.key(0xa5), 0xa);
    assert_eq!(Level::Classes.key(0xa5), 0x5);
}
