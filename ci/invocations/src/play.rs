//! A kernel and its model, side by side.

use abi::buffer::{CAPS_OR_BADGES, RECEIVE_CNODE, word};
use abi::message::REGISTER_WORDS;
use abi::{Fault, MessageInfo, Syscall};
use kernel::simulation::Simulation;
use model::Model;
use model::state::State;
use platform::contract::Trap;

use crate::step::{Step, SystemCall};

/// Highest number that an `svc` immediate or an address can have in the syndrome.
const SYNDROME: u64 = 1 << 25 | 7;

/// Both, in the same state.
pub struct Play {
    /// The kernel.
    pub kernel: Simulation,
    /// The model.
    pub model: Model,
}

/// What both did with a step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// A call of an object was answered with this label, 0 for success.
    Answered(u64),
    /// A message was sent or received, or somebody waits for that.
    Moved,
    /// The thread faulted.
    Faulted,
    /// Nothing can happen: nobody runs.
    Idle,
}

impl Outcome {
    /// Whether what was asked for happened.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Answered(0) | Self::Moved)
    }
}

/// How the kernel differs from the model.
pub type Difference = String;

impl Play {
    /// A freshly booted machine.
    #[must_use]
    pub fn boot() -> Self {
        let kernel = crate::machine::boot();
        let model = kernel.model();
        Self { kernel, model }
    }

    /// The same state once more.
    #[must_use]
    pub fn twin(&self) -> Self {
        Self { kernel: self.kernel.twin(), model: self.model.clone() }
    }

    /// Becomes equal to another play.
    pub fn become_like(&mut self, other: &Self) {
        self.kernel.become_like(&other.kernel);
        self.model.clone_from(&other.model);
    }

    /// The running thread does something on both sides, and what it and its successor can see is
    /// compared.
    ///
    /// # Errors
    /// The first difference.
    pub fn step(&mut self, step: &Step) -> Result<Outcome, Difference> {
        if let Step::Resume(thread) = step {
            return self.resume(*thread);
        }
        let Some(thread) = self.model.scheduler.current else { return Ok(Outcome::Idle) };
        match step {
            Step::Resume(_) => {}
            Step::Call(call) => {
                self.compose(thread, call);
                self.kernel.enter(Trap::SystemCall, call.way);
                self.model.system_call();
            }
            Step::Exception { class, address, way } => {
                let syndrome = class << 26 | SYNDROME;
                let trap = Trap::Exception { syndrome, address: *address };
                let at = self.model.threads.get(&thread).map_or(0, |known| known.next);
                self.kernel.enter(trap, *way);
                self.model.exception(fault(*class, syndrome, *address, at));
            }
        }
        self.compare_seen(thread)?;
        Ok(self.outcome(thread, step))
    }

    /// Somebody outside resumes a thread, if it exists.
    fn resume(&mut self, thread: u64) -> Result<Outcome, Difference> {
        if self.model.threads.contains_key(&thread) {
            self.kernel.resume(thread);
            self.model.resume_from_outside(thread);
        }
        self.compare_seen(thread)?;
        Ok(Outcome::Idle)
    }

    /// The program writes registers and buffer.
    fn compose(&mut self, thread: u64, call: &SystemCall) {
        let SystemCall { number, pointers: [x0, x6, x8], letter, offer, .. } = call;
        let words = letter.words.iter().copied().chain([0; REGISTER_WORDS]);
        let registers = [(0, *x0), (1, letter.info().0), (6, *x6), (7, *number), (8, *x8)];
        let registers = registers.into_iter().chain((2..6).zip(words));
        for (index, value) in registers {
            self.kernel.registers_mut(thread).x[index] = value;
            self.model.thread(thread, |known| known.set_x(index, value));
        }
        // Nobody can write a buffer that the kernel could not even read.
        let Some(buffer) = self.model.buffer_of(thread, false) else { return };
        let words = letter.words.iter().enumerate().skip(REGISTER_WORDS);
        for (index, value) in words {
            self.write(buffer + word(index), *value);
        }
        for (index, pointer) in (0..).zip(&letter.caps) {
            self.write(buffer + CAPS_OR_BADGES + 8 * index, *pointer);
        }
        for (index, value) in (0..).zip(offer.iter().flatten()) {
            self.write(buffer + RECEIVE_CNODE + 8 * index, *value);
        }
    }

    fn write(&mut self, address: u64, value: u64) {
        self.kernel.set_word(address, value);
        self.model.memory.write(address, value);
    }

    /// Compares who runs, and the registers of a thread and of the one that runs.
    fn compare_seen(&self, thread: u64) -> Result<(), Difference> {
        let (here, there) = (self.kernel.running(), self.model.scheduler.current);
        if here != there {
            return Err(format!("{here:x?} runs, {there:x?} in the model"));
        }
        for thread in [Some(thread), there].into_iter().flatten() {
            let Some(known) = self.model.threads.get(&thread) else { continue };
            let saved = self.kernel.registers(thread);
            let (here, there) = (&saved.x[..9], known.general());
            if here != there {
                return Err(format!(
                    "registers of {thread:#x}:\n  {here:x?}\n  {there:x?} in the model"
                ));
            }
            let runs = known.state == State::Running;
            if saved.restart_pc != known.restart() || runs && saved.next_pc != known.next {
                return Err(format!("program counters of {thread:#x}"));
            }
        }
        Ok(())
    }

    /// Compares everything.
    ///
    /// # Errors
    /// The first difference.
    pub fn compare(&self) -> Result<(), Difference> {
        match self.kernel.difference(&self.model) {
            Some(difference) => Err(difference),
            None => {
                self.kernel.check().map_err(|broken| format!("{broken:?}"))?;
                crate::walk::check(&self.kernel, &self.model)
            }
        }
    }

    fn outcome(&self, thread: u64, step: &Step) -> Outcome {
        let Some(known) = self.model.threads.get(&thread) else { return Outcome::Moved };
        let Step::Call(call) = step else { return Outcome::Faulted };
        if known.fault.is_some() && known.state.is_blocked() {
            return Outcome::Faulted;
        }
        let answered = call.number == Syscall::Call.number()
            && known.state == State::Running
            && known.x(0) == 0;
        if answered { Outcome::Answered(MessageInfo(known.x(1)).label()) } else { Outcome::Moved }
    }
}

/// What an exception is told as. (abi.md §8.4)
fn fault(class: u64, syndrome: u64, address: u64, at: u64) -> Fault {
    match class {
        // Aborts of an instruction fetch and of a data access, from EL0.
        0x20 => Fault::Vm { address: at, prefetch: true, syndrome },
        0x24 => Fault::Vm { address, prefetch: false, syndrome },
        _ => Fault::UserException { number: syndrome, code: 0 },
    }
}
