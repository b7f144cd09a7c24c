//! Threads: each with variables of its own, a result for who waits, and an end that concerns
//! nobody else.
#![no_std]
#![no_main]

use core::cell::Cell;
use libsys::bootstrap::AllocationError;
use libsys::worker::Options;
use libsys::{Mutex, System, initial, println, thread};

libsys::thread_local! {
    /// What this thread has counted.
    static COUNT: Cell<u64> = Cell::new(1000);
}

static TOTAL: Mutex<u64> = Mutex::new(0);

#[libsys::main]
fn main(mut system: System) -> Result<(), AllocationError> {
    let core = initial::sched_control(system.boot, 0).ok_or(AllocationError::NoSlots)?;
    let options = Options::new(core);
    TOTAL.wait_on(system.allocator.create()?);
    let mut threads = heapless::Vec::<_, 4>::new();
    for steps in 1..=4 {
        let thread = thread::spawn(&mut system.allocator, options, move || count(steps))?;
        threads.push(thread).expect("room for four");
    }
    for thread in threads {
        println!("a thread counted to {:?}", thread.join());
    }
    let wrong = thread::spawn(&mut system.allocator, options, || -> u64 { panic!("on purpose") })?;
    println!("another one: {:?}", wrong.join());
    println!("together {}, here {}", *TOTAL.lock(), COUNT.with(Cell::get));
    Ok(())
}

/// Counts in this thread's variable, and for all threads together.
fn count(steps: u64) -> u64 {
    for _ in 0..steps {
        COUNT.with(|count| count.set(count.get() + 1));
        *TOTAL.lock() += 1;
    }
    COUNT.with(Cell::get)
}
