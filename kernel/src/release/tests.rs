use std::vec::Vec;

use platform::contract::Ticks;

use super::ReleaseQueues;
use crate::invariants::release_queues_are_heaps;
use crate::mem::Obj;
use crate::testing::World;
use crate::thread::{self, Queued, THREAD_BYTES, Thread};

const THREADS: u64 = 100;

/// A world with release queues and threads.
fn world() -> (World, Vec<Obj<Thread>>) {
    let mut world = World::of_size(1, 2 << 20);
    let region = world.region(16);
    let queues = world.kernel.mem.create_zeroed::<ReleaseQueues>(&region, 0, 1);
    world.kernel.set_release_queues(queues);
    let region = world.region(18);
    let mem = &mut world.kernel.mem;
    let make = |index| thread::create(mem, &region, index * THREAD_BYTES, 0);
    let threads = (0..THREADS).map(make).collect();
    (world, threads)
}

/// What is said about the queues is what looking at everybody gives.
fn compare(world: &World, waiting: &[Obj<Thread>], now: Ticks, priority: u8) {
    let kernel = &world.kernel;
    let queues = &kernel[kernel.release_queues(0).expect("made")];
    let time = |thread: &Obj<Thread>| kernel[*thread].release.time;
    let earliest = waiting.iter().map(time).min().unwrap_or(Ticks::MAX);
    assert_eq!((queues.earliest(), kernel.cores[0].earliest_release), (earliest, earliest));
    let better = waiting.iter().filter(|thread| kernel[**thread].priority > priority);
    assert_eq!(queues.earliest_above(priority), better.map(time).min().unwrap_or(Ticks::MAX));
    // The highest priority, then the earliest, then who came first.
    let due = waiting.iter().filter(|thread| time(thread) <= now);
    let place = |thread: &&Obj<Thread>| {
        let thread = &kernel[**thread];
        (u8::MAX - thread.priority, thread.release.time, thread.release.order)
    };
    assert_eq!(queues.best_due(now), due.min_by_key(place).copied());
}

#[test]
fn release_queues_know_who_is_due() {
    let (mut world, mut outside) = world();
    let mut waiting: Vec<Obj<Thread>> = Vec::new();
    let mut state = 7u64;
    let mut random = move |limit: usize| {
        state = state.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        (state >> 33) as usize % limit
    };
    for step in 0..6000 {
        let wants_more = random(4) < if step / 500 % 2 == 0 { 3 } else { 1 };
        if waiting.is_empty() || (wants_more && !outside.is_empty()) {
            let thread = outside.swap_remove(random(outside.len()));
            world.kernel[thread].priority = random(256) as u8;
            world.kernel.enter_release_queue(thread, random(50) as Ticks);
            waiting.push(thread);
        } else if random(3) == 0 {
            let thread = waiting[random(waiting.len())];
            let time = world.kernel[thread].release.time;
            world.kernel.change_released_priority(thread, random(256) as u8);
            assert_eq!(world.kernel[thread].release.time, time);
        } else {
            let thread = waiting.swap_remove(random(waiting.len()));
            world.kernel.leave_release_queue(thread);
            assert_eq!(world.kernel[thread].queued, Queued::No);
            outside.push(thread);
        }
        compare(&world, &waiting, random(50) as Ticks, random(256) as u8);
        release_queues_are_heaps(&world.kernel).expect("heaps");
    }
}

#[test]
fn the_end_of_time_is_never_due_before() {
    let (mut world, threads) = world();
    world.kernel.enter_release_queue(threads[0], Ticks::MAX);
    let kernel = &world.kernel;
    assert_eq!(kernel[kernel.release_queues(0).expect("made")].best_due(Ticks::MAX - 2), None);
}
