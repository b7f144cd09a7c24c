//! The classic exercise of a microkernel: create a task, map code and data into it, start it at a
//! given PC and SP, and page it on demand from another task, which is this one.
#![no_std]
#![no_main]

use abi::Fault;
use abi::registers::{Register, USER_CONTEXT};
use libsys::bootstrap::AllocationError;
use libsys::memory::{Memory, Objects, Request, Space};
use libsys::object::{Endpoint, Reply, UserContext};
use libsys::process::{Access, Process};
use libsys::worker::Options;
use libsys::{Cap, Message, System, initial, println};

/// Adds two numbers and pushes the sum again and again.
const PROGRAM: [u32; 4] = [
    0xa940_0801, // ldp x1, x2, [x0]
    0x8b02_0021, // add x1, x1, x2
    0xf81f_0fe1, // str x1, [sp, #-16]!
    0x17ff_ffff, // b   .-4
];
const NUMBERS: [u64; 2] = [40, 2];

const CODE: u64 = 0x40_0000;
const DATA: u64 = 0x50_0000;
const STACK: u64 = 0x60_0000;

#[libsys::main]
fn main(system: System) -> Result<(), AllocationError> {
    let core = initial::sched_control(system.boot, 0).unwrap_or(Cap::NULL);
    let (mut memory, mut ours) = (Memory::new(system), Space::initial());
    let (faults, reply) = (memory.create::<Endpoint>()?, memory.create::<Reply>()?);

    let mut task = Process::create(&mut memory, 4)?;
    let code: [u8; 16] = core::array::from_fn(|at| PROGRAM[at / 4].to_le_bytes()[at % 4]);
    let data: [u8; 16] = core::array::from_fn(|at| NUMBERS[at / 8].to_le_bytes()[at % 8]);
    task.load(&mut memory, &mut ours, CODE, &code, Access::Execute)?;
    task.load(&mut memory, &mut ours, DATA, &data, Access::Read)?;
    let options = Options { fault_handler: faults, stack_pages: 0, ..Options::new(core) };
    let thread = task.add_thread(&mut memory, options)?;
    thread.start_with(&UserContext::starting_at(CODE, STACK).with(Register::X(0), DATA))?;

    for _ in 0..3 {
        let Some(Fault::Vm { address, .. }) = faults.recv(reply).fault() else { break };
        println!("the task gets a page for {address:#x}");
        task.space().allocate(&mut memory, Request::page(address))?;
        reply.send(Message::EMPTY);
    }
    let fault = faults.recv(reply).fault();
    let registers = thread.thread.read_registers(true, USER_CONTEXT.len() as u64)?;
    println!("{fault:x?} is one too many; the sum is {}", registers.register(Register::X(1)));
    task.free(&mut memory)
}
