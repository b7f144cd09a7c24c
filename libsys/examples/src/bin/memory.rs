//! Objects that come and go: more than the initial CNode has slots, and all of them back.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use libsys::bootstrap::AllocationError;
use libsys::memory::{Memory, Objects, Request, Space};
use libsys::object::Notification;
use libsys::{System, println};

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
    let contiguous = memory.contiguous(300 << 10)?;
    println!("{} frames for a device, one behind the other", contiguous.iter().count());
    let refused = space.allocate(&mut memory, Request::bytes(1 << 36));
    println!("64 GiB: {refused:?}");
    Ok(())
}
