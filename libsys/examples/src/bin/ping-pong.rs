//! Two programs in address spaces of their own play: messages with and without answer, an answer
//! and the next receive in one step, badges that say who sends, a capability that travels.
#![no_std]
#![no_main]

use examples::ping_pong::{REPLY, TABLE, WHISTLE};
use libsys::memory::{Memory, Objects, Space};
use libsys::object::{Endpoint, Notification, Reply};
use libsys::process::{BuildError, Gift, Image, Program, Supervisor};
use libsys::worker::Options;
use libsys::{Badge, Cap, Rights, System, initial, println};

#[libsys::main]
fn main(system: System) -> Result<(), BuildError> {
    let core = initial::sched_control(system.boot, 0).unwrap_or(Cap::NULL);
    let (mut memory, mut space) = (Memory::new(system), Space::initial());
    let supervisor = Supervisor::create(&mut memory)?;
    let table = memory.create::<Endpoint>()?;
    let (reply, whistle) = (memory.create::<Reply>()?, memory.create::<Notification>()?);
    let before = memory.usage();

    let image = Image::of_module("pong")?;
    let pong = Program {
        gifts: &[Gift::new(TABLE, table, Rights::READ), Gift::new(REPLY, reply, Rights::ALL)],
        supervisor: Some((&supervisor, 2)),
        ..Program::new(&image, Options { priority: 120, ..Options::new(core) })
    };
    let pong = pong.start(&mut memory, &mut space)?;

    let image = Image::of_module("ping")?;
    let sender = Rights::WRITE.or(Rights::GRANT);
    let ping = Program {
        argument: 6,
        gifts: &[
            Gift::new(TABLE, table, sender).badged(Badge(77)),
            Gift::new(WHISTLE, whistle, Rights::READ_WRITE).badged(Badge(5)),
        ],
        supervisor: Some((&supervisor, 1)),
        ..Program::new(&image, Options { priority: 110, ..Options::new(core) })
    };
    let ping = ping.start(&mut memory, &mut space)?;

    for _ in 0..2 {
        println!("{}", supervisor.wait());
    }
    ping.free(&mut memory)?;
    pong.free(&mut memory)?;
    space.clear(&mut memory)?;
    println!("all is as it was: {}", memory.usage() == before);
    Ok(())
}
