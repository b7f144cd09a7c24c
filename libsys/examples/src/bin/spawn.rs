//! Programs that are started from their ELF files, with capabilities, memory and a number, until
//! they end in one way or the other. Afterwards everything is as it was.
#![no_std]
#![no_main]

use examples::tenant::{BELL, CSPACE_BITS, FAIL, FINISH, PANIC, RESOURCES};
use libsys::memory::{Memory, Objects, Space};
use libsys::object::Notification;
use libsys::process::{BuildError, Gift, Image, Program, Supervisor};
use libsys::worker::Options;
use libsys::{Badge, Cap, Rights, System, initial, println};

#[libsys::main]
fn main(system: System) -> Result<(), BuildError> {
    let core = initial::sched_control(system.boot, 0).unwrap_or(Cap::NULL);
    let (mut memory, mut space) = (Memory::new(system), Space::initial());
    let bell = memory.create::<Notification>()?;
    let supervisor = Supervisor::create(&mut memory)?;
    let image = Image::of_module("tenant")?;
    let before = memory.usage();
    for argument in [FINISH, FAIL, PANIC] {
        let number = 10 * argument;
        let program = Program {
            argument,
            gifts: &[Gift::new(BELL, bell, Rights::WRITE).badged(Badge(number))],
            cspace_bits: CSPACE_BITS,
            resources: Some(&RESOURCES),
            supervisor: Some((&supervisor, number)),
            ..Program::new(&image, Options { priority: 200, ..Options::new(core) })
        };
        let process = program.start(&mut memory, &mut space)?;
        println!("{}; the bell says {}", supervisor.wait(), bell.poll());
        process.free(&mut memory)?;
        space.clear(&mut memory)?;
    }
    println!("all is as it was: {}", memory.usage() == before);
    println!("no program: {}", Image::of_module("landlord").unwrap_err());
    Ok(())
}
