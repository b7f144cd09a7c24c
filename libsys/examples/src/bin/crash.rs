//! A process that crashes is reported with the cause and started again; its neighbour goes on.
#![no_std]
#![no_main]

use examples::crash::TICK;
use libsys::exit::Ending;
use libsys::memory::{Memory, Objects, Space};
use libsys::object::Notification;
use libsys::process::{BuildError, Event, Gift, Image, Program, Supervisor};
use libsys::worker::Options;
use libsys::{Cap, Rights, System, initial, println};

const NEIGHBOUR: u64 = 1;
const FRAGILE: u64 = 2;

#[libsys::main]
fn main(system: System) -> Result<(), BuildError> {
    let core = initial::sched_control(system.boot, 0).unwrap_or(Cap::NULL);
    let (mut memory, mut space) = (Memory::new(system), Space::initial());
    let supervisor = Supervisor::create(&mut memory)?;
    let tick = memory.create::<Notification>()?;

    let image = Image::of_module("neighbour")?;
    let neighbour = Program {
        argument: 4,
        gifts: &[Gift::new(TICK, tick, Rights::READ)],
        supervisor: Some((&supervisor, NEIGHBOUR)),
        ..Program::new(&image, Options { priority: 120, ..Options::new(core) })
    };
    let neighbour = neighbour.start(&mut memory, &mut space)?;

    let image = Image::of_module("fragile")?;
    let before = memory.usage();
    for attempt in 1.. {
        let fragile = Program {
            argument: attempt,
            supervisor: Some((&supervisor, FRAGILE)),
            ..Program::new(&image, Options { priority: 110, ..Options::new(core) })
        };
        let fragile = fragile.start(&mut memory, &mut space)?;
        let report = supervisor.wait();
        println!("{report}");
        fragile.free(&mut memory)?;
        tick.signal();
        if report.event == Event::Ended(Ending::Finished) {
            break;
        }
    }
    println!("all but the neighbour is as it was: {}", memory.usage() == before);
    println!("{}", supervisor.wait());
    Ok(neighbour.free(&mut memory)?)
}
