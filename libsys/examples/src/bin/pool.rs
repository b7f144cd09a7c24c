//! A pool of threads: many jobs, bounded waiting, and jobs that go wrong alone.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::hint::black_box;
use libsys::bootstrap::AllocationError;
use libsys::memory::{Memory, Space};
use libsys::pool::{Busy, Limits, Pool};
use libsys::worker::Options;
use libsys::{System, heap, initial, println};

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

    // This thread runs at the same priority: nobody takes a job while it puts them in.
    let jobs = (0..16_u32).map(|number| pool.try_submit(move || number));
    let (taken, refused): (Vec<_>, Vec<_>) = jobs.partition(Result::is_ok);
    let busy = refused.iter().filter(|job| matches!(job, Err(Busy::Full))).count();
    println!("of 16 jobs at once {} were taken and {busy} refused", taken.len());
    let submitter = pool.submitter();
    let inner = pool.submit(move || submitter.submit(|| 5).map(|job| job.wait()));
    println!("a job that waits for a job: {:?}", inner.map(|job| job.wait()));
    println!("{:?}", pool.shut_down(&mut memory, &mut space)?);
    Ok(())
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
