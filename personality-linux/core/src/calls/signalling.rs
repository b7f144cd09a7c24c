//! Signals.

use alloc::vec::Vec;

use super::{Address, Answer, Stop};
use crate::abi::errno::{EINVAL, ENOMEM, EPERM, ESRCH, Errno};
use crate::abi::signals::{
    SI_TKILL, SI_USER, SIGCONT, SIGKILL, SIGSTOP, SS_DISABLE, SS_ONSTACK, Signal,
};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::process::Action;
use crate::process::end::FIRST;
use crate::process::signals::UNBLOCKABLE;
use crate::process::state::Info;
use crate::waiting::Wait;

/// Bytes of a set of signals.
const SET_BYTES: u64 = 8;
/// Smallest alternate stack.
const MINSIGSTKSZ: u64 = 5120;

pub(super) fn check_size(size: u64) -> Result<(), Errno> {
    if size == SET_BYTES { Ok(()) } else { Err(EINVAL) }
}

/// A signal, or none for 0.
fn signal(number: u32) -> Result<Option<Signal>, Errno> {
    match number {
        0 => Ok(None),
        number => Signal::new(number.into()).map(Some).ok_or(EINVAL),
    }
}

impl<M: Machine> Linux<M> {
    pub(super) fn rt_sigaction(
        &mut self,
        me: ThreadId,
        number: u32,
        new: Address,
        old: Address,
        size: u64,
    ) -> Answer {
        check_size(size)?;
        let signal = signal(number)?.ok_or(EINVAL)?;
        let action = self.process(me)?.action(signal);
        let replacement = match new {
            0 => None,
            _ if signal == SIGKILL || signal == SIGSTOP => return Err(EINVAL.into()),
            at => {
                let bytes: [u8; 32] = self.read_array(me, at)?;
                let mut words = bytes.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
                let mut word = || words.next().unwrap_or(0);
                let (handler, flags, restorer) = (word(), word(), word());
                Some(Action { handler, flags, restorer, mask: word() & !UNBLOCKABLE })
            }
        };
        if old != 0 {
            let words = [action.handler, action.flags, action.restorer, action.mask];
            self.write_memory(me, old, &words.map(u64::to_le_bytes).concat())?;
        }
        if let Some(action) = replacement {
            self.process(me)?.actions[signal.index()] = action;
        }
        Ok(0)
    }

    pub(super) fn rt_sigprocmask(
        &mut self,
        me: ThreadId,
        how: u32,
        new: Address,
        old: Address,
        size: u64,
    ) -> Answer {
        check_size(size)?;
        let before = self.thread(me)?.mask;
        let mask = match new {
            0 => before,
            at => {
                let set = self.read_word(me, at)?;
                match how {
                    0 => before | set,
                    1 => before & !set,
                    2 => set,
                    _ => return Err(EINVAL.into()),
                }
            }
        };
        if old != 0 {
            self.write_memory(me, old, &before.to_le_bytes())?;
        }
        self.thread(me)?.mask = mask & !UNBLOCKABLE;
        Ok(0)
    }

    pub(super) fn rt_sigpending(&mut self, me: ThreadId, buffer: Address, size: u64) -> Answer {
        check_size(size)?;
        let own = self.thread(me)?.pending.set;
        let shared = self.process(me)?.pending.set;
        self.write_memory(me, buffer, &(own | shared).to_le_bytes())?;
        Ok(0)
    }

    /// Only a signal ends it: it never has another answer.
    pub(super) fn rt_sigsuspend(&mut self, me: ThreadId, mask: Address, size: u64) -> Answer {
        check_size(size)?;
        let mask = self.read_word(me, mask)?;
        self.mask_for_call(me, mask);
        Err(Stop::Wait(Wait::default()))
    }

    pub(super) fn sigaltstack(&mut self, me: ThreadId, new: Address, old: Address) -> Answer {
        let stack = self.frames.machine.registers(me).stack;
        let (address, flags, size) = self.thread(me)?.alternate;
        let is_on = size > 0 && stack.wrapping_sub(address) <= size;
        let replacement = match new {
            0 => None,
            at => {
                let bytes: [u8; 24] = self.read_array(me, at)?;
                let word = |index: usize| {
                    bytes[8 * index..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word))
                };
                if is_on {
                    return Err(EPERM.into());
                }
                match word(1) as u32 {
                    flags if flags & SS_DISABLE != 0 => Some((0, SS_DISABLE, 0)),
                    0 | SS_ONSTACK if word(2) >= MINSIGSTKSZ => Some((word(0), 0, word(2))),
                    0 | SS_ONSTACK => return Err(ENOMEM.into()),
                    _ => return Err(EINVAL.into()),
                }
            }
        };
        if old != 0 {
            let flags = if is_on { SS_ONSTACK } else { flags };
            let words = [address, flags.into(), size].map(u64::to_le_bytes).concat();
            self.write_memory(me, old, &words)?;
        }
        if let Some(replacement) = replacement {
            self.thread(me)?.alternate = replacement;
        }
        Ok(0)
    }

    pub(super) fn kill(&mut self, me: ThreadId, whom: i32, number: u32) -> Answer {
        let signal = signal(number)?;
        let caller = self.process_id(me);
        let own_group = self.process(me)?.group;
        let is_meant = |(number, group): (u32, u32)| match whom {
            -1 => number != caller && number != FIRST,
            0 => group == own_group,
            whom if whom > 0 => number == whom.unsigned_abs(),
            whom => group == whom.unsigned_abs(),
        };
        let all = self.processes.iter().map(|(number, process)| (*number, process.group));
        let meant: Vec<u32> = all.filter(|one| is_meant(*one)).map(|(number, _)| number).collect();
        if meant.is_empty() {
            return Err(ESRCH.into());
        }
        let permitted = |process: &u32| self.may_signal(caller, *process, signal);
        let meant: Vec<u32> = meant.into_iter().filter(permitted).collect();
        if meant.is_empty() {
            return Err(EPERM.into());
        }
        let info = self.sender(me, SI_USER)?;
        if let Some(signal) = signal {
            for process in meant {
                self.signal_process(process, signal, info);
            }
        }
        self.still_here(me)
    }

    /// Whether a process may send another a signal.
    pub(super) fn may_signal(&self, sender: u32, receiver: u32, signal: Option<Signal>) -> bool {
        let (Some(own), Some(theirs)) =
            (self.processes.get(&sender), self.processes.get(&receiver))
        else {
            return false;
        };
        own.credentials.may_signal(&theirs.credentials)
            || signal == Some(SIGCONT) && own.session == theirs.session
    }

    /// What a signal says that a thread sends.
    fn sender(&mut self, me: ThreadId, code: i32) -> Result<Info, Errno> {
        let user = self.process(me)?.credentials.user.real;
        Ok(Info { code, words: [self.process_id(me), user, 0, 0], address: 0 })
    }

    pub(super) fn tkill(&mut self, me: ThreadId, thread: u32, number: u32) -> Answer {
        let signal = signal(number)?;
        let info = self.sender(me, SI_TKILL)?;
        let Some(receiver) = self.threads.get(&ThreadId(thread)).map(|thread| thread.process)
        else {
            return Err(ESRCH.into());
        };
        if !self.may_signal(self.process_id(me), receiver, signal) {
            return Err(EPERM.into());
        }
        if let Some(signal) = signal {
            self.signal_thread(ThreadId(thread), signal, info);
        }
        self.still_here(me)
    }

    pub(super) fn tgkill(
        &mut self,
        me: ThreadId,
        process: u32,
        thread: u32,
        number: u32,
    ) -> Answer {
        if self.process_id(ThreadId(thread)) != process {
            return Err(ESRCH.into());
        }
        self.tkill(me, thread, number)
    }

    /// 0, if the caller has not ended by what it did to others.
    pub(super) fn still_here(&self, me: ThreadId) -> Answer {
        if self.threads.contains_key(&me) { Ok(0) } else { Err(Stop::Gone) }
    }
}
