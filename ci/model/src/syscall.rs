//! System calls and exceptions: what happens when the running thread enters the kernel.
//! (abi.md §1, §8.3)

use abi::{Error, Fault, LookupFailure, Rights, Syscall};

use crate::cap::{Address, Cap};
use crate::fault::INSTRUCTION;
use crate::model::{Model, Request};
use crate::state::{Sending, State};

/// How a send phase goes. (abi.md §1)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Manner {
    Call,
    Send,
    NonBlocking,
    First,
}

const EMPTY: LookupFailure = LookupFailure::MissingCapability { bits_left: 0 };

impl Model {
    /// The running thread executes `svc` with what is in its registers and its buffer.
    pub fn system_call(&mut self) {
        let Some(thread) = self.scheduler.current else { return };
        self.thread(thread, |known| {
            known.registers[0] = known.next;
            known.next += INSTRUCTION;
        });
        let [x0, x6, x7, x8] = [0, 6, 7, 8].map(|number| self.threads[&thread].x(number));
        match Syscall::from_number(x7) {
            Some(Syscall::Call) => self.invoke_by(thread, x0, Manner::Call),
            Some(Syscall::Send) => self.invoke_by(thread, x0, Manner::Send),
            Some(Syscall::NBSend) => self.invoke_by(thread, x0, Manner::NonBlocking),
            Some(Syscall::ReplyRecv) => {
                self.invoke_by(thread, x6, Manner::First);
                self.receive_by(thread, (x0, Some(x6)), true);
            }
            Some(Syscall::NBSendRecv) => {
                self.invoke_by(thread, x8, Manner::First);
                self.receive_by(thread, (x0, Some(x6)), true);
            }
            Some(Syscall::NBSendWait) => {
                self.invoke_by(thread, x6, Manner::First);
                self.receive_by(thread, (x0, None), true);
            }
            Some(Syscall::Recv) => self.receive_by(thread, (x0, Some(x6)), true),
            Some(Syscall::NBRecv) => self.receive_by(thread, (x0, Some(x6)), false),
            Some(Syscall::Wait) => self.receive_by(thread, (x0, None), true),
            Some(Syscall::NBWait) => self.receive_by(thread, (x0, None), false),
            Some(Syscall::Yield) => self.yield_turn(thread),
            None => self.refuse(thread, Fault::UnknownSyscall { number: x7 }),
        }
        self.schedule();
    }

    /// An instruction of the running thread cannot be executed.
    pub fn exception(&mut self, fault: Fault) {
        let Some(thread) = self.scheduler.current else { return };
        self.thread(thread, |known| known.registers[0] = known.next);
        self.fault(thread, fault);
        self.schedule();
    }

    /// A call that the kernel does not have has not happened.
    fn refuse(&mut self, thread: Address, fault: Fault) {
        self.thread(thread, |known| known.next = known.restart());
        self.fault(thread, fault);
    }

    /// A send phase. (abi.md §8.3)
    fn invoke_by(&mut self, thread: Address, pointer: u64, manner: Manner) {
        let blocking = matches!(manner, Manner::Call | Manner::Send);
        let slot = self.resolve_pointer(thread, pointer).map_err(|failure| (pointer, failure));
        let found = slot.and_then(|slot| Ok((slot, self.sent_caps(thread)?)));
        let (slot, caps) = match found {
            Ok(found) => found,
            Err((address, failure)) if blocking => {
                return self.fault(thread, Fault::Cap { address, receiving: false, failure });
            }
            Err(_) => return,
        };
        let answer = match self.slots.get(slot) {
            None => Err(Error::InvalidCapability(0)),
            Some(Cap::Endpoint { object, rights, badge }) if rights.contains(Rights::WRITE) => {
                let sending = Sending {
                    badge,
                    can_grant: rights.contains(Rights::GRANT),
                    can_grant_reply: rights.contains(Rights::GRANT_REPLY),
                    call: manner == Manner::Call,
                };
                let donate = matches!(manner, Manner::Call | Manner::First);
                return self.send(thread, object, sending, (blocking, donate));
            }
            Some(Cap::Notification { object, rights, badge }) if rights.contains(Rights::WRITE) => {
                self.signal(object, badge);
                Ok(Vec::new())
            }
            Some(Cap::Endpoint { .. } | Cap::Notification { .. }) => {
                Err(Error::InvalidCapability(0))
            }
            Some(Cap::Reply { object, can_grant }) => {
                self.use_reply(object, thread, can_grant);
                Ok(Vec::new())
            }
            Some(cap) if manner == Manner::First && is_refused_in_first_phase(&cap) => return,
            Some(cap) => {
                let words = self.sent_words(thread);
                let request = Request {
                    slot,
                    words: &words,
                    caps,
                    caller: thread,
                    answer: manner == Manner::Call,
                };
                self.invoke(cap, self.info(thread).label(), &request)
            }
        };
        if manner == Manner::Call && self.threads.contains_key(&thread) {
            self.answer(thread, &answer);
        }
    }

    /// A receive phase. (abi.md §8.3, "Receive phase problems")
    fn receive_by(
        &mut self,
        thread: Address,
        (pointer, reply): (u64, Option<u64>),
        blocking: bool,
    ) {
        if self.state(thread) != State::Running {
            return;
        }
        let found = self.receivable(thread, pointer, reply);
        match found {
            Ok(Receivable::Endpoint(endpoint, reply)) => {
                self.receive(thread, endpoint, reply, blocking);
            }
            Ok(Receivable::Notification(notification)) => {
                self.wait(thread, notification, blocking);
            }
            Err((address, failure)) => {
                self.fault(thread, Fault::Cap { address, receiving: true, failure });
            }
        }
    }

    fn receivable(
        &self,
        thread: Address,
        pointer: u64,
        reply: Option<u64>,
    ) -> Result<Receivable, (u64, LookupFailure)> {
        let at = |pointer| self.resolve_pointer(thread, pointer).map_err(|why| (pointer, why));
        match self.slots.get(at(pointer)?) {
            Some(Cap::Endpoint { object, rights, .. }) if rights.contains(Rights::READ) => {
                let Some(reply) = reply else { return Ok(Receivable::Endpoint(object, None)) };
                match self.slots.get(at(reply)?) {
                    Some(Cap::Reply { object: reply, .. }) => {
                        Ok(Receivable::Endpoint(object, Some(reply)))
                    }
                    _ => Err((reply, EMPTY)),
                }
            }
            Some(Cap::Notification { object, rights, .. })
                if rights.contains(Rights::READ)
                    && self.bound_thread(object).is_none_or(|bound| bound == thread) =>
            {
                Ok(Receivable::Notification(object))
            }
            _ => Err((pointer, EMPTY)),
        }
    }
}

/// What can be received from.
enum Receivable {
    Endpoint(Address, Option<Address>),
    Notification(Address),
}

/// Kinds that a first phase does not invoke. (abi.md §1, "In a first phase")
const fn is_refused_in_first_phase(cap: &Cap) -> bool {
    matches!(
        cap,
        Cap::Thread { .. }
            | Cap::CNode { .. }
            | Cap::Domain
            | Cap::SchedControl { .. }
            | Cap::SchedContext { .. }
    )
}
