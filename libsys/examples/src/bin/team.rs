//! Two threads of one process, with a priority, a budget and handlers each: one never ends and is
//! cut off again and again, the other does its work meanwhile, and stops where it may not go on.
#![no_std]
#![no_main]

use abi::Fault;
use abi::registers::Register;
use core::time::Duration;
use libsys::memory::{Memory, Objects, Space};
use libsys::object::{Budget, Endpoint, Reply, UserContext};
use libsys::process::{Access, BuildError, Process};
use libsys::worker::Options;
use libsys::{Badge, Cap, Message, Rights, System, initial, println};

/// Goes round in circles; counts down, and ends with a break that nobody allows.
const PROGRAM: [u32; 4] = [
    0x1400_0000, // b    .
    0xf100_0400, // subs x0, x0, #1
    0x54ff_ffe1, // b.ne .-4
    0xd420_0000, // brk  #0
];
const CIRCLE: u64 = 0x40_0000;
const COUNT_DOWN: u64 = CIRCLE + 4;

#[libsys::main]
fn main(system: System) -> Result<(), BuildError> {
    let core = initial::sched_control(system.boot, 0).unwrap_or(Cap::NULL);
    let (mut memory, mut ours) = (Memory::new(system), Space::initial());
    let (news, reply) = (memory.create::<Endpoint>()?, memory.create::<Reply>()?);
    let late = memory.slot::<Endpoint>()?;
    memory.path(late).mint_from(memory.path(news), Rights::ALL, Badge(1))?;
    let before = memory.usage();

    let mut process = Process::create(&mut memory, 4)?;
    let code: [u8; 16] = core::array::from_fn(|at| PROGRAM[at / 4].to_le_bytes()[at % 4]);
    process.load(&mut memory, &mut ours, CIRCLE, &code, Access::Execute)?;
    let millisecond = Duration::from_millis(1);
    let dizzy = Options {
        priority: 120,
        time: Some(Budget::periodic(millisecond, 4 * millisecond)),
        timeout_handler: late,
        ..Options::new(core)
    };
    process.add_thread(&mut memory, dizzy)?.start(CIRCLE, 0)?;
    let steady = Options { priority: 110, fault_handler: news, ..Options::new(core) };
    let steady = process.add_thread(&mut memory, steady)?;
    let registers = UserContext::starting_at(COUNT_DOWN, steady.stack.end);
    steady.start_with(&registers.with(Register::X(0), 30_000_000))?;

    let mut cut_off = 0;
    let fault = loop {
        let message = news.recv(reply);
        match message.fault() {
            Some(Fault::Timeout { .. }) => cut_off += 1,
            fault => break fault,
        }
        // It goes on in its next period.
        reply.send(Message::EMPTY);
    };
    println!("one was cut off more than twice: {}", cut_off > 2);
    println!("the other came to its end: {fault:x?}");
    println!("{} threads", process.threads().len());
    process.free(&mut memory)?;
    ours.clear(&mut memory)?;
    println!("all is as it was: {}", memory.usage() == before);
    Ok(())
}
