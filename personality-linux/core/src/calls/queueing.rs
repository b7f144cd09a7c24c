//! Signals with a value, and waiting for signals without handlers.

use super::{Address, Answer, Stop};
use crate::abi::errno::{EAGAIN, EINVAL, EPERM, ESRCH, Errno};
use crate::abi::signals::{SI_TKILL, Signal};
use crate::abi::structures::{SIGINFO_BYTES, signal_info};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::process::signals::UNBLOCKABLE;
use crate::process::state::Info;
use crate::waiting::{Key, Wait};

impl<M: Machine> Linux<M> {
    /// Takes a signal of a set that waits, its own first.
    pub(crate) fn take_signal(&mut self, me: ThreadId, set: u64) -> Option<(Signal, Info)> {
        let own = self.threads.get_mut(&me)?.pending.take(set);
        match own {
            Some(taken) => Some(taken),
            None => self.process(me).ok()?.pending.take(set),
        }
    }

    pub(super) fn rt_sigtimedwait(
        &mut self,
        me: ThreadId,
        set: Address,
        info: Address,
        time: Address,
        size: u64,
    ) -> Answer {
        super::signalling::check_size(size)?;
        let set = self.read_word(me, set)? & !UNBLOCKABLE;
        let deadline = self.deadline_after(me, time)?;
        if let Some((signal, told)) = self.take_signal(me, set) {
            if info != 0 {
                let bytes = signal_info(signal.number(), told.code, told.words, told.address);
                self.write_memory(me, info, &bytes)?;
            }
            return Ok(signal.number().into());
        }
        if deadline.is_some_and(|deadline| deadline <= self.now()) {
            return Err(EAGAIN.into());
        }
        let keys = alloc::vec![Key::Signals(self.process_id(me))];
        Err(Stop::Wait(Wait { keys, until: deadline }))
    }

    /// The signal that a `siginfo_t` in memory describes, as a thread may send it to a process.
    fn queued(
        &mut self,
        me: ThreadId,
        process: u32,
        number: u32,
        info: Address,
    ) -> Result<(Signal, Info), Errno> {
        let signal = Signal::new(number.into()).ok_or(EINVAL)?;
        let bytes: [u8; SIGINFO_BYTES] = self.read_array(me, info)?;
        let (words, _) = bytes.as_chunks::<4>();
        let word = |index: usize| u32::from_le_bytes(words[index]);
        let code = word(2) as i32;
        // Nobody else may seem to be the kernel, or to have used `kill`.
        if process != self.process_id(me) && (code >= 0 || code == SI_TKILL) {
            return Err(EPERM);
        }
        Ok((signal, Info { code, words: [word(4), word(5), word(6), word(7)], address: 0 }))
    }

    pub(super) fn rt_sigqueueinfo(
        &mut self,
        me: ThreadId,
        process: u32,
        number: u32,
        info: Address,
    ) -> Answer {
        let (signal, info) = self.queued(me, process, number, info)?;
        self.check_signal(me, process, signal)?;
        if !self.processes.get(&process).is_none_or(|process| process.pending.has_room(signal)) {
            return Err(EAGAIN.into());
        }
        self.signal_process(process, signal, info);
        self.still_here(me)
    }

    pub(super) fn rt_tgsigqueueinfo(
        &mut self,
        me: ThreadId,
        process: u32,
        thread: u32,
        number: u32,
        info: Address,
    ) -> Answer {
        let (signal, info) = self.queued(me, process, number, info)?;
        let thread = ThreadId(thread);
        if self.threads.get(&thread).map(|thread| thread.process) != Some(process) {
            return Err(ESRCH.into());
        }
        self.check_signal(me, process, signal)?;
        if !self.thread(thread)?.pending.has_room(signal) {
            return Err(EAGAIN.into());
        }
        self.signal_thread(thread, signal, info);
        self.still_here(me)
    }

    fn check_signal(&self, me: ThreadId, process: u32, signal: Signal) -> Result<(), Errno> {
        if !self.processes.contains_key(&process) {
            return Err(ESRCH);
        }
        let may = self.may_signal(self.process_id(me), process, Some(signal));
        if may { Ok(()) } else { Err(EPERM) }
    }
}
