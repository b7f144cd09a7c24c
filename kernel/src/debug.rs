//! Debug and benchmark calls, and messages for people. (abi.md §1.1)
//!
//! They exist only in images built with them; in others every such number is an unknown call.

use abi::syscall::{CapTag, DebugSyscall};
use abi::{Error, Fault};
use platform::contract::{CacheOperation, Platform};

use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::options::{BENCHMARK, DEBUG};
use crate::thread::{NAME_BYTES, Thread};

/// Bytes of a name that the caller may pass, with its terminator.
const LONGEST_NAME: u64 = 960;

/// Says that a call was refused.
pub(crate) fn report_refused(kernel: &Kernel, thread: Obj<Thread>, error: Error) {
    if DEBUG && kernel.verbose {
        platform::message!(
            "kernel: refused {} at {:#x}: {error:?}",
            Name(&kernel[thread].name),
            kernel.registers(thread).restart_pc
        );
    }
}

/// Says that a fault has no handler.
pub(crate) fn report_unhandled(kernel: &Kernel, thread: Obj<Thread>, fault: Fault) {
    if DEBUG {
        platform::message!(
            "kernel: unhandled fault of {} at {:#x}: {fault:x?}",
            Name(&kernel[thread].name),
            kernel.registers(thread).restart_pc
        );
    }
}

/// A thread's name for printing.
struct Name<'a>(&'a [u8; NAME_BYTES]);

impl core::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(NAME_BYTES);
        match core::str::from_utf8(self.0.get(..end).unwrap_or_default()) {
            Ok("") | Err(_) => f.write_str("a thread"),
            Ok(name) => write!(f, "'{name}'"),
        }
    }
}

impl Kernel {
    /// Serves a debug or benchmark call. Returns whether this image has it.
    pub(crate) fn debug_call(&mut self, thread: Obj<Thread>, number: u64) -> bool {
        let Some(call) = DebugSyscall::from_number(number) else { return false };
        let present = match call {
            DebugSyscall::SendIpi | DebugSyscall::ThreadAffinity => DEBUG && self.core_count > 1,
            call if call.is_benchmark() => BENCHMARK,
            _ => DEBUG,
        };
        if present {
            self.serve_debug_call(thread, call);
        }
        present
    }

    fn serve_debug_call(&mut self, thread: Obj<Thread>, call: DebugSyscall) {
        let [x0, x1] = [0, 1].map(|index| self.registers(thread).x[index]);
        match call {
            DebugSyscall::PutChar => {
                let [byte, ..] = x0.to_le_bytes();
                self.machine.put_byte(byte);
            }
            DebugSyscall::DumpScheduler => self.dump_threads(),
            DebugSyscall::Halt => {
                platform::message!("kernel: halted by user level");
                self.machine.power_off();
            }
            DebugSyscall::CapIdentify => {
                let tag = self.lookup(thread, x0).map_or(CapTag::Null, |slot| tag(&self[slot].cap));
                self.registers_mut(thread).x[0] = tag as u64;
            }
            DebugSyscall::Snapshot => self.dump_caps(thread),
            DebugSyscall::NameThread => self.name_thread(thread, x0),
            DebugSyscall::SendIpi => self.debug_ipi(x0, x1),
            DebugSyscall::ThreadAffinity => {
                let target = self.thread_argument(thread, x0, "the affinity of");
                let core = self[target].core;
                self.registers_mut(thread).x[0] = core.into();
            }
            DebugSyscall::FlushCaches => self.flush_all_caches(),
            DebugSyscall::ResetLog => self.start_interval(thread),
            DebugSyscall::FinalizeLog => self.end_interval(thread),
            DebugSyscall::NullSyscall => {}
            DebugSyscall::ThreadUtilisation => self.report_utilisation(thread, x0),
            DebugSyscall::ResetThreadUtilisation => self.reset_utilisation(thread, x0),
            DebugSyscall::DumpAllThreadsUtilisation => self.dump_utilisation(),
            DebugSyscall::ResetAllThreadsUtilisation => self.reset_all_utilisation(),
            DebugSyscall::DumpFastPaths => self.dump_tally(),
        }
    }

    /// The thread that a capability address names; anything else stops the machine, as the ABI
    /// has it for debug calls.
    pub(crate) fn thread_argument(
        &self,
        caller: Obj<Thread>,
        address: u64,
        what: &str,
    ) -> Obj<Thread> {
        match self.lookup(caller, address).map(|slot| self[slot].cap) {
            Ok(Cap::Thread { thread }) => thread,
            _ => platform::stop(format_args!("debug call: {what} {address:#x}, not a thread")),
        }
    }

    fn name_thread(&mut self, caller: Obj<Thread>, address: u64) {
        let target = self.thread_argument(caller, address, "the name of");
        let Some(buffer) = self.ipc_buffer(caller, false) else {
            platform::stop(format_args!("debug call: a name without an IPC buffer"));
        };
        let mut name = [0; NAME_BYTES];
        for offset in 0..LONGEST_NAME {
            let at = abi::buffer::MESSAGE + offset;
            let word = self.buffer_word(buffer, at & !7).to_le_bytes();
            let byte = word[(at & 7) as usize];
            if byte == 0 {
                self[target].name = name;
                return;
            }
            if let Some(place) = name.get_mut(offset as usize) {
                *place = byte;
            }
        }
        platform::stop(format_args!("debug call: a name without an end"));
    }

    fn dump_threads(&mut self) {
        platform::message!("thread        priority core state");
        self.for_each_ready(|kernel, thread| {
            let Thread { priority, core, state, .. } = &kernel[thread];
            platform::message!("{thread:?}  {priority:8} {core:4} {state:?}");
        });
    }

    /// Prints the capabilities of the caller's CNode that are directly in its root.
    fn dump_caps(&self, caller: Obj<Thread>) {
        let root = self[self.thread_slot(caller, crate::thread::Holds::CSpace)].cap;
        if let Cap::CNode { radix, slots, .. } = root {
            for index in 0..1u32.checked_shl(radix.into()).unwrap_or(0) {
                let cap = &self[slots.nth(index)].cap;
                if *cap != Cap::Null {
                    platform::message!("{index:6} {cap:x?}");
                }
            }
        }
    }

    fn debug_ipi(&mut self, core: u64, intid: u64) {
        let core = u8::try_from(core).ok().filter(|core| usize::from(*core) < self.core_count);
        let intid = u8::try_from(intid).ok().filter(|intid| *intid < 16);
        match (core, intid) {
            (Some(core), Some(intid)) => self.machine.send_software_interrupt(intid, core),
            _ => platform::stop(format_args!("debug call: no such core or interrupt")),
        }
    }

    fn flush_all_caches(&mut self) {
        let (start, length) = self.mem.bounds();
        self.machine.maintain_cache(CacheOperation::CleanInvalidate, start, length);
    }
}

/// What a capability is called in [`DebugSyscall::CapIdentify`].
fn tag(cap: &Cap) -> CapTag {
    match cap {
        Cap::Null => CapTag::Null,
        Cap::Untyped { .. } => CapTag::Untyped,
        Cap::Endpoint { .. } => CapTag::Endpoint,
        Cap::Notification { .. } => CapTag::Notification,
        Cap::Reply { .. } => CapTag::Reply,
        Cap::CNode { .. } => CapTag::CNode,
        Cap::Thread { .. } => CapTag::Thread,
        Cap::SchedContext { .. } => CapTag::SchedContext,
        Cap::SchedControl { .. } => CapTag::SchedControl,
        Cap::IrqControl => CapTag::IrqControl,
        Cap::IrqHandler { .. } => CapTag::IrqHandler,
        Cap::SgiSignal { .. } => CapTag::SgiSignal,
        Cap::Domain => CapTag::Domain,
        Cap::VSpace { .. } => CapTag::VSpace,
        Cap::PageTable { .. } => CapTag::PageTable,
        Cap::Page(_) => CapTag::Frame,
        Cap::AsidControl => CapTag::AsidControl,
        Cap::AsidPool { .. } => CapTag::AsidPool,
        Cap::Smc { .. } => CapTag::Smc,
        Cap::Zombie(_) => CapTag::Zombie,
    }
}

#[cfg(test)]
mod tests;
