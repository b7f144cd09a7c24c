//! System calls: which phases a call has, and from which registers. (abi.md §1)

use abi::foreign::NUMBER_REGISTER;
use abi::{Fault, LookupFailure, Rights, Syscall, SystemCalls};

use crate::call::Manner;
use crate::cap::Cap;
use crate::kernel::{Kernel, Preempted};
use crate::mem::Obj;
use crate::reply::Reply;
use crate::thread::{State, Thread};

/// Bytes of an `svc` instruction.
pub(crate) const SVC_BYTES: u64 = 4;

pub(crate) const CALL: Manner =
    Manner { call: true, blocking: true, donate: true, first_phase: false };
const SEND: Manner = Manner { call: false, blocking: true, donate: false, first_phase: false };
const NB_SEND: Manner = Manner { blocking: false, ..SEND };
const FIRST_PHASE: Manner =
    Manner { call: false, blocking: false, donate: true, first_phase: true };

/// Whether a receive takes a reply object along, and waits.
#[derive(Clone, Copy)]
struct Receive {
    with_reply: bool,
    blocking: bool,
}

const RECV: Receive = Receive { with_reply: true, blocking: true };
const NB_RECV: Receive = Receive { with_reply: true, blocking: false };
const WAIT: Receive = Receive { with_reply: false, blocking: true };
const NB_WAIT: Receive = Receive { with_reply: false, blocking: false };

impl Kernel {
    /// The current thread executed `svc`.
    pub(crate) fn system_call(&mut self, thread: Obj<Thread>) {
        match self[thread].system_calls {
            SystemCalls::Native => self.native_call(thread),
            SystemCalls::Foreign => self.foreign_call(thread),
        }
    }

    /// Whatever the thread's registers say, it is not a call of this kernel.
    fn foreign_call(&mut self, thread: Obj<Thread>) {
        if self.check_budget_or_restart() {
            let number = self.registers(thread).x[NUMBER_REGISTER];
            self.fault(thread, Fault::ForeignSyscall { number });
        }
    }

    fn native_call(&mut self, thread: Obj<Thread>) {
        let number = self.registers(thread).x[7];
        let known = Syscall::from_number(number);
        if known.is_none() && self.debug_call(thread, number) {
            self.step_over(thread);
            return;
        }
        if !self.check_budget_or_restart() {
            return;
        }
        let Some(call) = known else {
            self.fault(thread, Fault::UnknownSyscall { number });
            return;
        };
        self.step_over(thread);
        if self.run_phases(thread, call) == Err(Preempted) {
            self.repeat_later(thread);
        }
    }

    /// The call is really taken: the thread will go on behind it.
    fn step_over(&mut self, thread: Obj<Thread>) {
        let registers = self.registers_mut(thread);
        registers.next_pc = registers.restart_pc.wrapping_add(SVC_BYTES);
    }

    /// The call was preempted: the thread makes it again after what preempted it.
    fn repeat_later(&mut self, thread: Obj<Thread>) {
        use platform::contract::Platform;
        if self.current() == Some(thread) && self[thread].state.is_runnable() {
            self.set_state(thread, State::Restart);
        }
        if self.machine.interrupt_pending() {
            self.handle_interrupt();
        }
    }

    fn run_phases(&mut self, thread: Obj<Thread>, call: Syscall) -> Result<(), Preempted> {
        let [x0, x6, x8] = [0, 6, 8].map(|index| self.registers(thread).x[index]);
        match call {
            Syscall::Call => return self.invoke(thread, x0, CALL),
            Syscall::Send => return self.invoke(thread, x0, SEND),
            Syscall::NBSend => return self.invoke(thread, x0, NB_SEND),
            Syscall::ReplyRecv => return self.send_and_receive(thread, x6, RECV),
            Syscall::NBSendRecv => return self.send_and_receive(thread, x8, RECV),
            Syscall::NBSendWait => return self.send_and_receive(thread, x6, WAIT),
            Syscall::Recv => self.receive_phase(thread, RECV),
            Syscall::NBRecv => self.receive_phase(thread, NB_RECV),
            Syscall::Wait => self.receive_phase(thread, WAIT),
            Syscall::NBWait => self.receive_phase(thread, NB_WAIT),
            Syscall::Yield => self.yield_budget(),
        }
        Ok(())
    }

    fn send_and_receive(
        &mut self,
        thread: Obj<Thread>,
        send_to: u64,
        receive: Receive,
    ) -> Result<(), Preempted> {
        self.invoke(thread, send_to, FIRST_PHASE)?;
        if self.current() == Some(thread) && self[thread].state == State::Running {
            self.receive_phase(thread, receive);
        }
        Ok(())
    }

    fn receive_phase(&mut self, thread: Obj<Thread>, receive: Receive) {
        if let Err((address, failure)) = self.try_receive(thread, receive) {
            self.fault(thread, Fault::Cap { address, receiving: true, failure });
        }
    }

    /// Receives on the capability in x0.
    ///
    /// # Errors
    /// The capability address that is not as it must be, and why.
    fn try_receive(
        &mut self,
        thread: Obj<Thread>,
        receive: Receive,
    ) -> Result<(), (u64, LookupFailure)> {
        const WRONG_KIND: LookupFailure = LookupFailure::MissingCapability { bits_left: 0 };
        let address = self.registers(thread).x[0];
        let slot = self.lookup(thread, address).map_err(|failure| (address, failure))?;
        match self[slot].cap {
            Cap::Endpoint { rights, endpoint, .. } if rights.contains(Rights::READ) => {
                let reply =
                    if receive.with_reply { Some(self.reply_argument(thread)?) } else { None };
                self.receive(thread, endpoint, reply, receive.blocking);
                Ok(())
            }
            Cap::Notification { rights, notification, .. }
                if rights.contains(Rights::READ)
                    && self[notification].thread.is_none_or(|bound| bound == thread) =>
            {
                self.wait(thread, notification, receive.blocking);
                Ok(())
            }
            _ => Err((address, WRONG_KIND)),
        }
    }

    /// The reply object in x6.
    fn reply_argument(&self, thread: Obj<Thread>) -> Result<Obj<Reply>, (u64, LookupFailure)> {
        let address = self.registers(thread).x[6];
        let slot = self.lookup(thread, address).map_err(|failure| (address, failure))?;
        match self[slot].cap {
            Cap::Reply { reply, .. } => Ok(reply),
            _ => Err((address, LookupFailure::MissingCapability { bits_left: 0 })),
        }
    }
}
