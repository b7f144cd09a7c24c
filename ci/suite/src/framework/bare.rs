//! Bare threads: a few instructions, all registers known, and every fault reported.

use abi::registers::{Register, USER_CONTEXT};
use libsys::object::{Endpoint, Reply, SchedContext, Thread, UserContext};
use libsys::syscall::{Message, Received};
use libsys::window::{MemoryKind, Window};
use libsys::{Cap, initial};

use super::outcome::Outcome;
use super::world::World;

/// Condition flags of a bare thread at its start: all four set.
pub const FLAGS: u64 = 0xf000_0000;

/// A thread that runs given instructions.
pub struct Bare {
    /// The thread.
    pub thread: Cap<Thread>,
    /// Its scheduling context.
    pub context: Cap<SchedContext>,
    /// Where its faults arrive.
    pub endpoint: Cap<Endpoint>,
    /// The reply object for its faults.
    pub reply: Cap<Reply>,
    /// The address of its first instruction.
    pub code: u64,
    /// Its IPC buffer, which is at the start of this window.
    pub buffer: Window,
}

impl World {
    /// A bare thread of priority 100 on core 0, with an IPC buffer, that does not run yet. Its
    /// faults arrive, unbadged, at an endpoint of its own.
    pub fn bare(&mut self, instructions: &[u32]) -> Outcome<Bare> {
        let code = self.code(instructions)?;
        let thread = self.thread()?;
        let (endpoint, reply) = (self.create()?, self.create()?);
        let page = self.create()?;
        let buffer = Window::map(&mut self.allocator, page, MemoryKind::Ram)?;
        thread.set_ipc_buffer(buffer.address(), page)?;
        let context = self.context(0)?;
        thread.set_sched_params(initial::THREAD, 100, 100, context, endpoint)?;
        Ok(Bare { thread, context, endpoint, reply, code, buffer })
    }
}

impl Bare {
    /// Registers that are all different, with the PC at the first instruction and all condition
    /// flags set.
    pub fn registers(&self) -> UserContext {
        let numbered = UserContext::from_words(|index| 0x0101_0101_0101 * (index as u64 + 1));
        numbered.with(Register::Pc, self.code).with(Register::Spsr, FLAGS)
    }

    /// [`registers`](Self::registers) with these values in x0 and up.
    pub fn with_arguments(&self, values: &[u64]) -> UserContext {
        let pairs = (0..).zip(values);
        pairs.fold(self.registers(), |context, (number, value)| {
            context.with(Register::X(number), *value)
        })
    }

    /// Starts the thread with these registers.
    pub fn start(&self, registers: &UserContext) -> Outcome {
        Ok(self.thread.write_registers(true, registers)?)
    }

    /// Starts the thread and waits for its first fault.
    pub fn run(&self, registers: &UserContext) -> Outcome<Received> {
        self.start(registers)?;
        Ok(self.fault())
    }

    /// Waits for the next fault.
    pub fn fault(&self) -> Received {
        self.endpoint.recv(self.reply)
    }

    /// Answers the last fault.
    pub fn answer(&self, label: u64, words: &[u64]) {
        libsys::syscall::send(self.reply.pointer(), Message::new(label, words));
    }

    /// All registers of the thread, which must be stopped or blocked.
    pub fn read(&self) -> Outcome<UserContext> {
        Ok(self.thread.read_registers(false, USER_CONTEXT.len() as u64)?)
    }
}

/// The first register in which two contexts differ, and both values; PSTATE is compared by its
/// condition flags.
pub fn difference(found: &UserContext, expected: &UserContext) -> Option<(Register, u64, u64)> {
    let value = |context: &UserContext, register| match register {
        Register::Spsr => context.register(register) & FLAGS,
        _ => context.register(register),
    };
    let pairs =
        USER_CONTEXT.map(|register| (register, value(found, register), value(expected, register)));
    pairs.into_iter().find(|(_, found, expected)| found != expected)
}
