//! Objects that come and go: more than the initial CNode has slots, and all of them back.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use libsys::bootstrap::AllocationError;
use libsys::memory::{Memory, Objects, Request, Space};
use libsys::object::Notification;
use libsys::worker::Options;
use libsys::{System, initial, println, thread};

#[libsys::main]
fn main(system: System) -> Result<(), AllocationError> {
    let boot = system.boot;
    let mut memory = Memory::new(system);
    println!("20000 slots at first: {}", memory.usage().slots >= 20_000);
    memory.deepen(boot)?;
    let before = memory.usage();
    let bells = (0..20_000).map(|_| memory.create::<Notification>());
    let bells = bells.collect::<Result<Vec<_>, _>>()?;
    let last = bells[bells.len() - 1];
    last.signal();
    println!(
        "{} notifications; the last one, {:#x}, says {}",
        bells.len(),
        last.pointer(),
        last.wait()
    );
    for bell in bells {
        memory.free(bell)?;
    }
    // The CNodes that were made for their slots remain.
    println!("{} KiB are still in use", (memory.usage().used - before.used) >> 10);

    let mut space = Space::initial();
    let large = space.allocate(&mut memory, Request::bytes(64 << 20))?;
    println!("64 MiB are mapped: {}", space.lookup(large.end - 1).is_some());
    space.unmap(&mut memory, large.start)?;

    let core = initial::sched_control(boot, 0).ok_or(AllocationError::NoSlots)?;
    // Tables stay for what comes, unless the space is cleared.
    space.clear(&mut memory)?;
    let before = memory.usage().used;
    for round in 1..=100 {
        let work = move || (1..=round).sum::<u64>();
        let thread = thread::spawn_in(&mut memory, &mut space, Options::new(core), work)?;
        let sum = thread.join_in(&mut memory, &mut space)?;
        if round == 100 {
            println!("the last of 100 threads: {sum:?}");
        }
    }
    space.clear(&mut memory)?;
    println!("{} bytes of them are left", memory.usage().used - before);

    let contiguous = memory.contiguous(300 << 10)?;
    println!("{} frames for a device, one behind the other", contiguous.iter().count());
    let refused = space.allocate(&mut memory, Request::bytes(1 << 36));
    println!("64 GiB: {refused:?}");
    Ok(())
}
