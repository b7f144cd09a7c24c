//! Threads' registers and running. (objects.md §5)

use abi::registers::{FRAME_REGISTERS, USER_CONTEXT};
use abi::{Error, Invocation};

use crate::cap::{Address, Cap};
use crate::model::{Answer, Model, Request};
use crate::state::State;

impl Model {
    /// An invocation that concerns registers or running. Nothing if it is another one.
    pub(crate) fn control(
        &mut self,
        thread: Address,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Option<Answer> {
        Some(match operation {
            Invocation::ThreadReadRegisters => self.read_registers(thread, request),
            Invocation::ThreadWriteRegisters => self.write_registers(thread, request),
            Invocation::ThreadCopyRegisters => self.copy_registers(thread, request),
            Invocation::ThreadSuspend => {
                self.suspend(thread);
                Ok(Vec::new())
            }
            Invocation::ThreadResume => {
                self.resume(thread);
                Ok(Vec::new())
            }
            _ => return None,
        })
    }

    fn read_registers(&mut self, thread: Address, request: &Request<'_>) -> Answer {
        let ([flags, count], []) = request.needs()?;
        let most = USER_CONTEXT.len() as u64;
        if !(1..=most).contains(&count) {
            return Err(Error::Range { min: 1, max: most });
        }
        if thread == request.caller {
            return Err(Error::IllegalOperation);
        }
        if flags & 1 != 0 {
            self.suspend(thread);
        }
        let known = &self.threads[&thread];
        Ok(known.registers.iter().copied().take(usize::try_from(count).unwrap_or(0)).collect())
    }

    fn write_registers(&mut self, thread: Address, request: &Request<'_>) -> Answer {
        let ([flags, count], []) = request.needs()?;
        let sent = &request.words[2..];
        if (sent.len() as u64) < count {
            return Err(Error::TruncatedMessage);
        }
        if thread == request.caller {
            return Err(Error::IllegalOperation);
        }
        let (fresh, count) = (self.fresh_spsr, usize::try_from(count).unwrap_or(0));
        self.thread(thread, |known| {
            for (register, word) in USER_CONTEXT.into_iter().zip(&sent[..count]) {
                known.set(register, *word, fresh);
            }
            known.next = known.restart();
        });
        if flags & 1 != 0 {
            self.resume(thread);
        }
        Ok(Vec::new())
    }

    fn copy_registers(&mut self, thread: Address, request: &Request<'_>) -> Answer {
        let ([flags], [source]) = request.needs()?;
        let Some(Cap::Thread { object: source }) = source.cap else {
            return Err(Error::InvalidCapability(1));
        };
        if flags & 1 != 0 {
            self.suspend(source);
        }
        if flags & 2 != 0 {
            self.resume(thread);
        }
        let from = self.threads[&source].registers;
        self.thread(thread, |known| {
            if flags & 4 != 0 {
                known.registers[..FRAME_REGISTERS].copy_from_slice(&from[..FRAME_REGISTERS]);
                known.next = known.restart();
            }
            if flags & 8 != 0 {
                known.registers[FRAME_REGISTERS..].copy_from_slice(&from[FRAME_REGISTERS..]);
            }
        });
        Ok(Vec::new())
    }

    /// Stops a thread. (§5, Suspend)
    pub(crate) fn suspend(&mut self, thread: Address) {
        self.cancel(thread);
        self.cancel_yield(thread);
        self.stop_behind_call(thread);
        self.set_state(thread, State::Inactive);
        self.leave_queues(thread);
    }

    /// Somebody who is no thread resumes one.
    pub fn resume_from_outside(&mut self, thread: Address) {
        self.resume(thread);
        self.schedule();
    }

    /// A running thread that is stopped does not repeat its last call. (§1)
    pub(crate) fn stop_behind_call(&mut self, thread: Address) {
        self.thread(thread, |known| {
            if known.state == State::Running {
                known.registers[0] = known.next;
            }
        });
    }

    /// Starts a thread that is stopped or blocked. (§5, Resume)
    pub(crate) fn resume(&mut self, thread: Address) {
        if self.state(thread).is_runnable() {
            return;
        }
        self.cancel(thread);
        self.set_state(thread, State::Restart);
        self.wake(thread);
    }
}
