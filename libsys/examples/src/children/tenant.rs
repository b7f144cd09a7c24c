//! A spawned program has what a root task has, within its means.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::cell::Cell;
use examples::tenant::{BELL, FAIL, PANIC, RESOURCES};
use libsys::bootstrap::AllocationError;
use libsys::process::slots;
use libsys::worker::Options;
use libsys::{console, heap, log, println, thread};

libsys::thread_local! {
    /// A variable of each thread.
    static OURS: Cell<u64> = Cell::new(40);
}

#[libsys::main]
fn main(argument: u64) -> Result<(), AllocationError> {
    console::connect(slots::CONSOLE);
    println!("tenant: argument {argument}, thread {:?}", libsys::current_thread());
    BELL.signal();
    let mut allocator = RESOURCES.allocator();
    heap::grow_from(&mut allocator, 20)?;
    let numbers: Vec<u64> = (1..=50_000).collect();
    println!("tenant: {} numbers on the heap, sum {}", numbers.len(), numbers.iter().sum::<u64>());
    OURS.with(|ours| ours.set(41));
    let options = Options { priority: 100, ..Options::new(RESOURCES.core) };
    let other = thread::spawn(&mut allocator, options, || OURS.with(Cell::get))?;
    println!("tenant: {} here, {:?} in another thread", OURS.with(Cell::get), other.join());
    log::warn!("about to end");
    match argument {
        FAIL => Err(AllocationError::NoSlots),
        PANIC => panic!("as I was told"),
        _ => Ok(()),
    }
}
