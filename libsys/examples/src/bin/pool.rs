//! A pool of threads: many jobs, bounded waiting, and jobs that go wrong alone.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hint::black_box;
use core::sync::atomic::{AtomicBool, Ordering};
use libsys::bootstrap::AllocationError;
use libsys::memory::{Memory, Space};
use libsys::pool::{Busy, Limits, Lost, Pool, Submitter};
use libsys::worker::Options;
use libsys::{System, heap, initial, println, thread, time};

#[libsys::main]
fn main(system: System) -> Result<(), AllocationError> {
    let core = initial::sched_control(system.boot, 0).ok_or(AllocationError::NoSlots)?;
    let (mut memory, mut space) = (Memory::new(system), Space::initial());
    // Tables and the heap's pieces stay for what comes: make them first.
    round(&mut memory, &mut space, Options::new(core))?;
    space.clear(&mut memory)?;
    let before = (memory.usage(), heap::usage().used);
    let sum = round(&mut memory, &mut space, Options::new(core))?;
    space.clear(&mut memory)?;
    println!("1000 jobs: {sum}");
    println!("everything is free again: {}", (memory.usage(), heap::usage().used) == before);

    let limits = Limits { threads: 3, queue: 4, waiters: 1 };
    let pool = Pool::new(&mut memory, &mut space, Options::new(core), limits)?;
    let before = pool.submit(|| "before").map(|job| job.wait());
    let wrong = pool.submit(|| -> u64 { panic!("on purpose") }).map(|job| job.wait());
    let deep = pool.submit(|| dig(black_box(1 << 20))).map(|job| job.wait());
    let after = pool.submit(|| "after").map(|job| job.wait());
    println!("{before:?}, {wrong:?}, {after:?}");
    println!("a job without an end to its stack: {deep:?}");
    // One of them at least would end inside of the heap.
    let lists = (0..8).map(|place| pool.submit(move || shift(black_box(place))).map(|j| j.wait()));
    let faulted = lists.filter(|list| matches!(list, Ok(Err(Lost::Faulted(_))))).count();
    println!("{faulted} jobs ended their stacks between allocations: {:?}", Box::new("alive"));

    // This thread runs at the same priority: nobody takes a job while it puts them in, with a whole
    // slice of time ahead.
    time::next_period();
    let jobs = (0..16_u32).map(|number| pool.try_submit(move || number));
    let (taken, refused): (Vec<_>, Vec<_>) = jobs.partition(Result::is_ok);
    let busy = refused.iter().filter(|job| matches!(job, Err(Busy::Full))).count();
    println!("of 16 jobs at once {} were taken and {busy} refused", taken.len());
    let submitter = pool.submitter();
    let inner = pool.submit(move || submitter.submit(|| 5).map(|job| job.wait()));
    println!("a job that waits for a job: {:?}", inner.map(|job| job.wait()));
    println!("{:?}", pool.shut_down(&mut memory, &mut space)?);
    leave_late(&mut memory, &mut space, Options::new(core))
}

/// Set by who is about to wait for room.
static WAITS: AtomicBool = AtomicBool::new(false);

/// A pool that is shut down while another thread waits for room.
fn leave_late(
    memory: &mut Memory,
    space: &mut Space,
    options: Options,
) -> Result<(), AllocationError> {
    let pool = Pool::new(memory, space, options, Limits { threads: 1, queue: 1, waiters: 1 })?;
    let (submitter, inner) = (pool.submitter(), pool.submitter());
    let long = pool.submit(move || until_closed(&inner));
    time::next_period();
    let queued = pool.submit(|| "queued");
    let late = thread::spawn_in(memory, space, options, {
        let submitter = submitter.clone();
        move || {
            WAITS.store(true, Ordering::Relaxed);
            submitter.submit(|| "late").map(|job| job.wait())
        }
    })?;
    while !WAITS.load(Ordering::Relaxed) {
        time::next_period();
    }
    pool.shut_down(memory, space)?;
    println!("done: {:?}, {:?}", long.map(|job| job.wait()), queued.map(|job| job.wait()));
    println!("waited for room: {:?}", late.join_in(memory, space)?);
    println!("came too late: {:?}", submitter.submit(|| "never").map(|job| job.wait()));
    Ok(())
}

/// Ends when the pool is closed, which is after its queue is full.
fn until_closed(pool: &Submitter) -> &'static str {
    while !WAITS.load(Ordering::Relaxed) || !matches!(pool.try_submit(|| ()), Err(Busy::Closed)) {
        time::next_period();
    }
    "long"
}

/// A pool for a thousand jobs: the sum of what they answer.
fn round(memory: &mut Memory, space: &mut Space, options: Options) -> Result<u64, AllocationError> {
    let limits = Limits { threads: 4, queue: 8, waiters: 1 };
    let pool = Pool::new(memory, space, options, limits)?;
    let jobs: Vec<_> = (1..=1000_u64).map(|number| pool.submit(move || number)).collect();
    let results = jobs.into_iter().flatten().map(|job| job.wait());
    let sum = results.map(Result::unwrap_or_default).sum();
    pool.shut_down(memory, space)?;
    Ok(sum)
}

/// Needs a stack of 64 bytes and more for each step.
#[inline(never)]
fn dig(depth: u64) -> u64 {
    let place = black_box([depth; 8]);
    if depth == 0 { 0 } else { dig(depth - 1) + place[7] }
}

/// Begins a list a bit further down the stack for each step.
#[inline(never)]
fn shift(steps: u64) -> u64 {
    let place = black_box([steps; 2]);
    if steps == 0 { *list(black_box(1 << 20)).0 } else { shift(steps - 1) + place[1] }
}

/// Numbers on the heap, each in the stack frame of the one before.
struct List(Box<u64>);

#[inline(never)]
fn list(length: u64) -> List {
    let number = Box::new(length);
    if length == 0 { List(number) } else { List(Box::new(*list(length - 1).0 + *number)) }
}
