//! Faults, told to handlers and answered by them. (abi.md §8.4, §8.5)

use abi::fault::{UNKNOWN_SYSCALL_REGISTERS, USER_EXCEPTION_REGISTERS};
use abi::registers::{Register, TIMEOUT_REPLY_REGISTERS, USER_CONTEXT};
use abi::{Fault, Rights};

use crate::cap::{Address, Cap};
use crate::model::{FAULT_HANDLER, Model, TIMEOUT_HANDLER};
use crate::state::{Sending, State};

/// Bytes of an instruction.
pub(crate) const INSTRUCTION: u64 = 4;

impl Model {
    /// A thread stops with a fault, which its handler hears. (abi.md §8.5)
    pub(crate) fn fault(&mut self, thread: Address, fault: Fault) {
        let donate = self.context_of(thread).is_some();
        self.tell(thread, fault, FAULT_HANDLER, donate);
    }

    /// A thread's budget is used up, which its timeout handler hears.
    pub(crate) fn time_out(&mut self, thread: Address) {
        let context = self.context_of(thread).and_then(|context| self.contexts.get(&context));
        let badge = context.map_or(0, |context| context.badge);
        self.tell(thread, Fault::Timeout { badge }, TIMEOUT_HANDLER, false);
    }

    fn tell(&mut self, thread: Address, fault: Fault, handler: u64, donate: bool) {
        self.leave_queues(thread);
        match self.slots.get(Self::held(thread, handler)) {
            Some(Cap::Endpoint { object, rights, badge }) => {
                self.thread(thread, |known| known.fault = Some(fault));
                let manner = Sending {
                    badge,
                    can_grant: rights.contains(Rights::GRANT),
                    can_grant_reply: rights.contains(Rights::GRANT_REPLY),
                    call: true,
                };
                self.send(thread, object, manner, (true, donate));
            }
            _ => self.set_state(thread, State::Inactive),
        }
    }

    /// The words of a fault's message. (abi.md §8.4)
    pub(crate) fn fault_words(&mut self, thread: Address, fault: Fault) -> Vec<u64> {
        let known = &self.threads[&thread];
        let at = known.restart();
        match fault {
            Fault::Cap { address, receiving, failure } => {
                let (details, count) = failure.to_words();
                let mut words = vec![at, address, u64::from(receiving)];
                words.extend(&details[..count]);
                words
            }
            Fault::UnknownSyscall { number } => {
                let mut words: Vec<u64> = UNKNOWN_SYSCALL_REGISTERS
                    .iter()
                    .map(|register| register.map_or(at + INSTRUCTION, |r| known.get(r)))
                    .collect();
                words.push(number);
                words
            }
            Fault::UserException { number, code } => {
                let mut words = USER_EXCEPTION_REGISTERS.map(|r| known.get(r)).to_vec();
                words.extend([number, code]);
                words
            }
            Fault::Vm { address, prefetch, syndrome } => {
                vec![at, address, u64::from(prefetch), syndrome]
            }
            Fault::Timeout { badge } => match known.context {
                Some(context) => vec![badge, self.take_consumed(context)],
                None => vec![badge],
            },
            Fault::ForeignSyscall { .. } => Vec::new(),
        }
    }

    /// A handler's answer. Whether the thread goes on. (abi.md §8.4, "Reply")
    pub(crate) fn answer_fault(&mut self, thread: Address, handler: Address, fault: Fault) -> bool {
        let words = self.sent_words(handler);
        let registers: Vec<Option<Register>> = match fault {
            Fault::Cap { .. } | Fault::Vm { .. } => return true,
            Fault::UnknownSyscall { .. } => UNKNOWN_SYSCALL_REGISTERS.to_vec(),
            Fault::UserException { .. } => USER_EXCEPTION_REGISTERS.map(Some).to_vec(),
            Fault::Timeout { .. } => {
                USER_CONTEXT[..TIMEOUT_REPLY_REGISTERS].iter().copied().map(Some).collect()
            }
            Fault::ForeignSyscall { .. } => Vec::new(),
        };
        let fresh = self.fresh_spsr;
        self.thread(thread, |known| {
            for (register, word) in registers.into_iter().zip(words) {
                register.into_iter().for_each(|register| known.set(register, word, fresh));
            }
        });
        self.info(handler).label() == 0
    }
}
