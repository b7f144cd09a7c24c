//! Registers of floating point when a thread is copied: the parent stores its own, the child
//! loads them, each with code of [`super::stubs`] and in memory below its stack pointer, whose
//! content the server keeps meanwhile.

use alloc::boxed::Box;

use super::signals::Return;
use super::state::{Flight, ThreadState};
use super::stubs::{CALL, CONTEXT_BYTES, LOAD, SAVE};
use crate::abi::errno::{EFAULT, Errno};
use crate::abi::signals::SIGSEGV;
use crate::linux::Linux;
use crate::machine::{Machine, Registers, ThreadId};

/// Registers of floating point.
pub(crate) type Context = [u8; CONTEXT_BYTES];

/// What a thread is in the middle of.
#[derive(Debug)]
pub(crate) struct Detour {
    /// The registers with which it goes on.
    registers: Registers,
    /// Where its floating point registers are, and what was there.
    area: u64,
    before: Box<Context>,
    /// The call that it makes; none for one that begins.
    flight: Option<Flight>,
}

/// Where registers are stored for a moment.
fn area_below(stack: u64) -> Result<u64, Errno> {
    Ok(stack.checked_sub(CONTEXT_BYTES as u64).ok_or(EFAULT)? & !0xf)
}

impl<M: Machine> Linux<M> {
    /// Lets a thread that makes a call store its registers; after that the call is tried again,
    /// with the registers in its thread.
    ///
    /// # Errors
    /// `EFAULT`: there is no memory below its stack pointer.
    pub(crate) fn store_floating(&mut self, me: ThreadId, flight: Flight) -> Result<(), Errno> {
        let registers = self.frames.machine.registers(me);
        let area = area_below(registers.stack)?;
        let before: Box<Context> = Box::new(self.read_array(me, area)?);
        // It must be writable.
        self.write_memory(me, area, &before[..])?;
        let mut detour = registers;
        (detour.general[16], detour.general[17]) = (area, CALL);
        detour.program_counter = SAVE;
        let thread = self.thread(me)?;
        thread.detour = Some(Detour { registers, area, before, flight: Some(flight) });
        thread.state = ThreadState::Detour;
        self.frames.machine.resume(me, &detour);
        Ok(())
    }

    /// Lets a thread begin with these registers, and with those of floating point of another if
    /// there are any and it has memory for them.
    pub(super) fn begin_thread(
        &mut self,
        id: ThreadId,
        registers: Registers,
        context: Option<Box<Context>>,
    ) {
        let loads = context.map(|context| self.load_floating(id, registers, &context));
        if !matches!(loads, Some(Ok(()))) {
            self.frames.machine.resume(id, &registers);
        }
    }

    fn load_floating(
        &mut self,
        id: ThreadId,
        registers: Registers,
        context: &Context,
    ) -> Result<(), Errno> {
        let area = area_below(registers.stack)?;
        let before: Box<Context> = Box::new(self.read_array(id, area)?);
        self.write_memory(id, area, context)?;
        let mut detour = registers;
        detour.general[16] = area;
        detour.program_counter = LOAD;
        let thread = self.thread(id)?;
        thread.detour = Some(Detour { registers, area, before, flight: None });
        thread.state = ThreadState::Detour;
        self.frames.machine.resume(id, &detour);
        Ok(())
    }

    /// A thread has stored or loaded its registers.
    pub(crate) fn end_detour(&mut self, id: ThreadId) {
        let Ok(thread) = self.thread(id) else { return };
        let Some(detour) = thread.detour.take() else { return };
        let stored = match detour.flight {
            Some(_) => self.read_array(id, detour.area).ok().map(Box::new),
            None => None,
        };
        // Who has unmapped it meanwhile does not miss it.
        let _ = self.write_memory(id, detour.area, &detour.before[..]);
        let Ok(thread) = self.thread(id) else { return };
        match detour.flight {
            Some(flight) => {
                thread.floating = stored;
                let flight = Flight { is_woken: true, ..flight };
                thread.state = ThreadState::InCall(flight);
                self.frames.machine.set_registers(id, &detour.registers);
                self.attempt(id);
            }
            None => {
                thread.state = ThreadState::Running;
                self.leave(id, Return::Registers(detour.registers));
            }
        }
    }

    /// A thread could not store or load its registers, although there was memory.
    pub(crate) fn fail_detour(&mut self, id: ThreadId) {
        let number = self.process_id(id);
        self.end_process(number, SIGSEGV.number().into());
    }

    /// Whether a thread is storing or loading its registers.
    pub(crate) fn is_in_detour(&self, id: ThreadId) -> bool {
        matches!(self.threads.get(&id).map(|thread| thread.state), Some(ThreadState::Detour))
    }
}
