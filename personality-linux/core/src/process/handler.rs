//! The frame on the stack of a handler, and the way back.

use super::state::{Action, Info, ThreadState};
use super::stubs::{CLEAR, CONTEXT_BYTES, CONTEXT_HEAD, RETURN, SAVE};
use crate::abi::errno::{EFAULT, Errno};
use crate::abi::signals::{
    SA_ONSTACK, SA_RESTORER, SIGSEGV, SS_DISABLE, SS_ONSTACK, Signal, frame,
};
use crate::abi::structures::signal_info;
use crate::calls::{Answer, Stop};
use crate::linux::Linux;
use crate::machine::{Machine, Registers, ThreadId};
use crate::process::signals::{Return, UNBLOCKABLE};

/// Bytes behind the frame: frame pointer and return address, for debuggers.
const RECORD: u64 = 16;
/// The condition flags, all that a program can set of PSTATE.
const FLAGS: u64 = 0xf000_0000;

impl<M: Machine> Linux<M> {
    /// Puts a frame on the stack of a thread; answers the registers with which its handler begins.
    ///
    /// # Errors
    /// `EFAULT`: there is no such stack.
    pub(crate) fn enter_handler(
        &mut self,
        id: ThreadId,
        (signal, info): (Signal, Info),
        action: Action,
        before: Registers,
    ) -> Result<Registers, Errno> {
        let thread = self.thread(id)?;
        let mask = thread.mask_before.unwrap_or(thread.mask);
        let (address, flags, size) = thread.alternate;
        let is_on_alternate = before.stack.wrapping_sub(address) <= size && size > 0;
        let uses_alternate = action.flags & SA_ONSTACK != 0 && flags & SS_DISABLE == 0;
        let top = match uses_alternate && !is_on_alternate {
            true => address.wrapping_add(size),
            false => before.stack,
        };
        let record = (top & !0xf).checked_sub(RECORD).ok_or(EFAULT)?;
        let start = record.checked_sub(frame::BYTES).ok_or(EFAULT)?;
        let stack_flags = if is_on_alternate { SS_ONSTACK } else { flags };

        // Registers of floating point are stored by the thread itself; an empty record is behind.
        let mut bytes = [0; frame::RECORDS as usize + CONTEXT_BYTES + 16];
        let mut put = |offset: u64, part: &[u8]| {
            bytes[offset as usize..offset as usize + part.len()].copy_from_slice(part);
        };
        put(frame::INFO, &signal_info(signal.number(), info.code, info.words, info.address));
        let stack = [address, stack_flags.into(), size];
        for (index, word) in stack.iter().enumerate() {
            put(frame::STACK + 8 * index as u64, &word.to_le_bytes());
        }
        put(frame::MASK, &mask.to_le_bytes());
        put(frame::FAULT_ADDRESS, &info.address.to_le_bytes());
        let special = [before.stack, before.program_counter, before.flags & FLAGS];
        for (index, word) in before.general.iter().chain(&special).enumerate() {
            put(frame::GENERAL + 8 * index as u64, &word.to_le_bytes());
        }
        put(frame::RECORDS, &CONTEXT_HEAD.map(u32::to_le_bytes).concat());
        self.write_memory(id, start, &bytes)?;
        let pair = [before.general[29], before.general[30]].map(u64::to_le_bytes).concat();
        self.write_memory(id, record, &pair)?;

        let mut registers = before;
        let has_restorer = action.flags & SA_RESTORER != 0;
        registers.general[0] = signal.number().into();
        registers.general[1] = start + frame::INFO;
        registers.general[2] = start + frame::CONTEXT;
        registers.general[29] = record;
        registers.general[30] = if has_restorer { action.restorer } else { RETURN };
        registers.stack = start;
        registers.general[16] = start + frame::RECORDS;
        registers.general[17] = action.handler;
        registers.program_counter = SAVE;
        Ok(registers)
    }

    /// `rt_sigreturn`.
    pub(crate) fn rt_sigreturn(&mut self, me: ThreadId) -> Answer {
        let mut now = self.frames.machine.registers(me);
        if !(RETURN..=CLEAR).contains(&now.program_counter) {
            // It has not loaded its registers of floating point.
            now.program_counter = RETURN;
            self.set_state(me, ThreadState::Running);
            self.frames.machine.resume(me, &now);
            return Err(Stop::Gone);
        }
        match self.read_frame(me, now) {
            Ok((registers, mask)) => {
                self.thread(me)?.mask = mask & !UNBLOCKABLE;
                self.leave(me, Return::Registers(registers));
            }
            Err(_) => {
                let info = Info { code: 0x80, ..Info::default() };
                self.force(me, SIGSEGV, info);
                self.leave(me, Return::Registers(now));
            }
        }
        Err(Stop::Gone)
    }

    fn read_frame(&mut self, me: ThreadId, now: Registers) -> Result<(Registers, u64), Errno> {
        let start = now.stack;
        let at = |offset: u64| start.checked_add(offset).ok_or(EFAULT);
        let mask = self.read_word(me, at(frame::MASK)?)?;
        let words: [u8; 34 * 8] = self.read_array(me, at(frame::GENERAL)?)?;
        let mut words = words.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
        let mut registers = now;
        for register in &mut registers.general {
            *register = words.next().unwrap_or(0);
        }
        registers.stack = words.next().unwrap_or(0);
        registers.program_counter = words.next().unwrap_or(0);
        registers.flags = words.next().unwrap_or(0) & FLAGS;
        Ok((registers, mask))
    }
}
