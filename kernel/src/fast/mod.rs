//! Fast paths: short cuts for what happens most.
//!
//! A fast path does exactly what the general way does ([`crate::entry`]), for the cases in which
//! little has to be decided: one thread stops, the next one is known at once, and it goes on with
//! the same scheduling context. It has two halves. The first looks, with the kernel borrowed
//! shared, and either says why the case is not one of those ([`Miss`]) or returns a typed plan.
//! The second carries the plan out and cannot fail. So a miss has changed nothing, and the general
//! way begins from the start.
//!
//! Paths for messages exist in three [`Width`]s, compiled from the same text. The *narrow* one is
//! for a single core and calls no function, so that it saves no register of its own. The *long* one
//! adds messages that are not all in registers. The *wide* one has the rest: several cores, several
//! waiters, capability spaces of several levels. What a width leaves to another is a [`Detour`].
//!
//! Paths for messages do not look at the clock. Time used is charged at the next entry that asks
//! for it; the timer interrupts a thread whose budget ends, whatever path it took. So a call in the
//! last moments of a budget may pass where the general way would have it repeated in the next
//! period. Paths for signals, turns and interrupts look at it, since others may pay afterwards.
//!
//! | file | what |
//! |---|---|
//! | [`miss`] | why a fast path was not taken |
//! | [`switch`] | from one thread to another without the scheduler |
//! | [`message`] | moving words, few or many |
//! | [`deliver`] | handing a message and the sender's time to a waiting server |
//! | [`call`] | `Call` on an endpoint |
//! | [`reply`] | `ReplyRecv` |
//! | [`fault`] | faults to their handlers, and the answers |
//! | [`object`] | `Call` on a kernel object |
//! | [`change`] | to a thread that runs on time of its own |
//! | [`signal`] | `Send` and `NBSend` on a notification |
//! | [`wake`] | the same for a lone waiter that becomes ready |
//! | [`turn`] | `Yield`, and the end of a slice of time |
//! | [`interrupt`] | the timer, and interrupts that become signals |
//! | [`tally`] | counters of benchmark images: how often, and why not |
//!
//! `kernel/doc/fast-paths.md` says for users what each path needs.

mod call;
mod change;
mod deliver;
mod fault;
mod interrupt;
mod message;
mod miss;
mod object;
mod reply;
mod signal;
mod switch;
mod tally;
mod turn;
mod wake;

use abi::message::REGISTER_WORDS;
use abi::{Fault, MessageInfo, Syscall, SystemCalls};
use platform::contract::{Arguments, Trap};

use crate::cap::Cap;
use crate::core_state::CoreState;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::options::{BENCHMARK, DEBUG};
use crate::slot::Slot;
use crate::thread::Thread;
use signal::Reaction;

pub use miss::Miss;
pub(crate) use reply::Answer;
pub(crate) use switch::Switch;
pub use tally::Tally;
pub(crate) use tally::{Entry, Taken};
pub(crate) use wake::Wake;

/// Calls without a message.
const SHORT_CALLS: [u64; 3] =
    [Syscall::Send.number(), Syscall::NBSend.number(), Syscall::Yield.number()];

/// Where a system call goes on that a narrow path does not finish.
pub(crate) enum Detour {
    /// On the wide path.
    Wide,
    /// At an object that is no endpoint: called by this thread, in this slot.
    Object(Obj<Thread>, Obj<Slot>),
    /// With a message that is not all in registers, or takes capabilities along.
    Long,
    /// On the general way: the wide path would miss for the same reason.
    General(Miss),
    /// With a signal that finds somebody waiting who is not better than the current thread.
    Wake(Wake),
    /// With a signal to a better thread or through several CNodes, or the end of a turn.
    Short,
    /// Beside the path: code for this would make plain answers dearer.
    FaultAnswer(Answer),
    /// It is a call of another system.
    Foreign,
}

impl Detour {
    /// Where a message goes on that misses the narrow path.
    #[inline(always)]
    fn of_message(miss: Miss, arguments: &Arguments) -> Self {
        let is_long = MessageInfo(arguments.0[1]).lengths() > REGISTER_WORDS;
        if miss == Miss::Narrow && is_long { Self::Long } else { miss.into() }
    }
}

const _: () = assert!(Syscall::Call.number() == u64::MAX);
const _: () = assert!(Syscall::ReplyRecv.number() == u64::MAX - 1);

impl From<Miss> for Detour {
    #[inline(always)]
    fn from(miss: Miss) -> Self {
        match miss {
            Miss::Narrow => Self::Wide,
            _ => Self::General(miss),
        }
    }
}

/// What a path covers.
pub(crate) trait Width {
    /// Whether everything, or only what needs no call.
    const WIDE: bool;
    /// Whether messages that are not all in registers.
    const LONG: bool;
}

/// One core, short messages, single waiters.
pub(crate) struct Narrow;

impl Width for Narrow {
    const WIDE: bool = false;
    const LONG: bool = false;
}

/// The same for long messages, which need a call.
pub(crate) struct Long;

impl Width for Long {
    const WIDE: bool = false;
    const LONG: bool = true;
}

/// Whatever the paths are for.
pub(crate) struct Wide;

impl Width for Wide {
    const WIDE: bool = true;
    const LONG: bool = true;
}

impl Kernel {
    /// Performs the trap of the current thread on a fast path and returns the thread that runs
    /// next.
    ///
    /// # Errors
    /// [`Miss`], and nothing has changed.
    pub fn fast(&mut self, trap: Trap) -> Result<Obj<Thread>, Miss> {
        match (trap, self.current()) {
            (Trap::SystemCall, Some(thread)) => {
                let arguments = self.arguments(thread);
                match self.wide_system_call(&arguments) {
                    Err(Miss::OtherObject) => {
                        // If this takes several levels, so do the others in the message.
                        let slot = match self.lookup_in_one_level(thread, arguments.0[0]) {
                            None if MessageInfo(arguments.0[1]).extra_caps() > 0 => None,
                            None => self.lookup(thread, arguments.0[0]).ok(),
                            found => found,
                        };
                        self.call_object(thread, slot.ok_or(Miss::Lookup)?)
                    }
                    done => done,
                }
            }
            (Trap::Exception { syndrome, address }, _) => {
                self.fast_exception::<Wide>(syndrome, address)
            }
            _ => Err(Miss::NoPath),
        }
    }

    /// The same for an exception, on the only core.
    ///
    /// # Errors
    /// [`Miss`].
    #[inline(always)]
    pub(crate) fn narrow_exception(
        &mut self,
        syndrome: u64,
        address: u64,
    ) -> Result<Obj<Thread>, Miss> {
        self.fast_exception::<Narrow>(syndrome, address)
    }

    /// What the machine does on its only core, without the wide path.
    ///
    /// # Errors
    /// [`Miss`], and nothing has changed.
    #[cfg(not(target_os = "none"))]
    pub(crate) fn fast_and_narrow(&mut self, trap: Trap) -> Result<Obj<Thread>, Miss> {
        match (trap, self.current()) {
            (Trap::SystemCall, Some(thread)) => {
                let arguments = self.arguments(thread);
                match self.narrow(&arguments) {
                    Ok(next) => Ok(next),
                    Err(Detour::FaultAnswer(answer)) => self.narrow_fault_answer(&answer),
                    Err(Detour::Object(thread, slot)) => self.call_object(thread, slot),
                    Err(Detour::Long) => self.long_message(),
                    Err(Detour::Foreign) => self.narrow_foreign_call(),
                    Err(Detour::Wake(wake)) => self.narrow_wake(&wake),
                    Err(Detour::Short) => self.short_call(arguments.0[7]),
                    Err(Detour::Wide) => Err(Miss::Narrow),
                    Err(Detour::General(miss)) => Err(miss),
                }
            }
            (Trap::Exception { syndrome, address }, _) => self.narrow_exception(syndrome, address),
            _ => Err(Miss::NoPath),
        }
    }

    /// The arguments of an `svc` from memory.
    #[inline(always)]
    fn arguments(&self, thread: Obj<Thread>) -> Arguments {
        let [x0, x1, x2, x3, x4, x5, x6, x7, ..] = self.registers(thread).x;
        Arguments([x0, x1, x2, x3, x4, x5, x6, x7])
    }

    /// The same for an `svc` of a thread whose calls are another system's.
    ///
    /// # Errors
    /// [`Miss`].
    #[inline(always)]
    pub(crate) fn narrow_foreign_call(&mut self) -> Result<Obj<Thread>, Miss> {
        self.fast_foreign_call::<Narrow>()
    }

    /// The same for an `svc` whose arguments are still in registers, on the only core.
    ///
    /// # Errors
    /// [`Miss`].
    #[inline(always)]
    pub(crate) fn narrow(&mut self, arguments: &Arguments) -> Result<Obj<Thread>, Detour> {
        if self.is_foreign::<Narrow>()? {
            return Err(Detour::Foreign);
        }
        let number = arguments.0[7];
        // The two most frequent have the highest numbers: one comparison finds either.
        if number >= Syscall::ReplyRecv.number() {
            if number == Syscall::Call.number() {
                return match self.check_call::<Narrow>(arguments) {
                    Ok(call) => Ok(self.perform_call::<Narrow>(&call, arguments)),
                    Err(Miss::OtherObject) => Err(self.detour_to_object(arguments.0[0])),
                    Err(miss) => Err(Detour::of_message(miss, arguments)),
                };
            }
            let answer = self.check_reply::<Narrow>(arguments);
            let answer = answer.map_err(|miss| Detour::of_message(miss, arguments))?;
            if self.answers_fault(&answer) {
                return Err(Detour::FaultAnswer(answer));
            }
            Ok(self.perform_reply::<Narrow>(&answer, arguments))
        } else if (Syscall::NBSend.number()..=Syscall::Send.number()).contains(&number) {
            let current = self.undisturbed::<Narrow>()?;
            let target = match self.check_target::<Narrow>(current, arguments) {
                Ok(target) => target,
                Err(Miss::Narrow) => return Err(Detour::Short),
                Err(miss) => return Err(miss.into()),
            };
            let (notification, badge) = (target.notification, target.badge);
            match target.reaction {
                Reaction::Wake(waiter) if self[waiter].priority <= self[current].priority => {
                    Err(Detour::Wake(Wake { notification, waiter, badge }))
                }
                Reaction::Wake(_) => Err(Detour::Short),
                Reaction::Keep(word) => {
                    self.check_rest::<Narrow>()?;
                    self.keep_signal(notification, word);
                    Ok(self.perform_stay(current))
                }
            }
        } else if number == Syscall::Yield.number() {
            Err(Detour::Short)
        } else if Syscall::from_number(number).is_none() {
            Err(Detour::Wide)
        } else {
            Err(Detour::General(Miss::NoPath))
        }
    }

    /// A call without a message, whose number is given: a signal, or the end of a turn.
    ///
    /// # Errors
    /// [`Miss`], and nothing has changed.
    #[inline(always)]
    pub(crate) fn short_call(&mut self, number: u64) -> Result<Obj<Thread>, Miss> {
        let current = self.undisturbed::<Wide>()?;
        if number == Syscall::Yield.number() {
            let turn = self.check_yield::<Wide>(current)?;
            return Ok(self.perform_turn::<Wide>(&turn));
        }
        let arguments = self.arguments(current);
        let target = self.check_target::<Wide>(current, &arguments)?;
        let signal = self.check_signal::<Wide>(current, target)?;
        Ok(self.perform_signal::<Wide>(current, &signal))
    }

    /// The way to the object that a call has turned out to be for. What this looks up has just been
    /// looked up: the compiler knows.
    #[inline(always)]
    fn detour_to_object(&self, address: u64) -> Detour {
        let Some(thread) = self.fast_core::<Narrow>().current else { return Detour::Wide };
        match self.lookup_in_one_level(thread, address) {
            Some(slot) => Detour::Object(thread, slot),
            None => Detour::Wide,
        }
    }

    /// The same for a message that is not all in registers.
    ///
    /// # Errors
    /// [`Miss`], and nothing has changed.
    #[inline(always)]
    pub(crate) fn long_message(&mut self) -> Result<Obj<Thread>, Miss> {
        let thread = self.undisturbed::<Long>()?;
        let arguments = &self.arguments(thread);
        if arguments.0[7] == Syscall::Call.number() {
            let call = self.check_call::<Long>(arguments)?;
            return Ok(self.perform_call::<Long>(&call, arguments));
        }
        let answer = self.check_reply::<Long>(arguments)?;
        if self.answers_fault(&answer) {
            return self.perform_fault_answer::<Wide>(&answer, arguments);
        }
        Ok(self.perform_reply::<Long>(&answer, arguments))
    }

    fn wide_system_call(&mut self, arguments: &Arguments) -> Result<Obj<Thread>, Miss> {
        if self.is_foreign::<Wide>()? {
            return self.fast_foreign_call::<Wide>();
        }
        let number = arguments.0[7];
        if Syscall::from_number(number).is_none() && !DEBUG && !BENCHMARK {
            let thread = self.undisturbed::<Wide>()?;
            return self.fast_call_fault::<Wide>(thread, Fault::UnknownSyscall { number });
        }
        if number == Syscall::Call.number() {
            let call = self.check_call::<Wide>(arguments)?;
            Ok(self.perform_call::<Wide>(&call, arguments))
        } else if number == Syscall::ReplyRecv.number() {
            let answer = self.check_reply::<Wide>(arguments)?;
            if self.answers_fault(&answer) {
                return self.perform_fault_answer::<Wide>(&answer, arguments);
            }
            Ok(self.perform_reply::<Wide>(&answer, arguments))
        } else if SHORT_CALLS.contains(&number) {
            self.short_call(number)
        } else {
            Err(Miss::NoPath)
        }
    }

    /// The answer to a fault for which a narrow path was left.
    ///
    /// # Errors
    /// [`Miss`], and nothing has changed.
    #[inline(always)]
    pub(crate) fn narrow_fault_answer(&mut self, answer: &Answer) -> Result<Obj<Thread>, Miss> {
        let arguments = self.arguments(answer.server);
        self.perform_fault_answer::<Narrow>(answer, &arguments)
    }

    /// The executing core; on narrow paths its number is known.
    #[inline(always)]
    fn fast_core<W: Width>(&self) -> &CoreState {
        &self.cores[if W::WIDE { self.here } else { 0 }]
    }

    #[inline(always)]
    fn fast_core_mut<W: Width>(&mut self) -> &mut CoreState {
        let here = if W::WIDE { self.here } else { 0 };
        &mut self.cores[here]
    }

    /// The current thread, if nothing happened to the core that the general way must see to.
    #[inline(always)]
    fn undisturbed<W: Width>(&self) -> Result<Obj<Thread>, Miss> {
        let core = self.fast_core::<W>();
        if !core.alerts.is_empty() {
            return Err(Miss::Alert);
        }
        core.current.ok_or(Miss::Alert)
    }

    /// Whether the `svc` of the current thread is a call of another system.
    #[inline(always)]
    fn is_foreign<W: Width>(&self) -> Result<bool, Miss> {
        let thread = self.undisturbed::<W>()?;
        Ok(self[thread].system_calls == SystemCalls::Foreign)
    }

    /// The capability that a thread names.
    #[inline(always)]
    fn named<W: Width>(&self, thread: Obj<Thread>, address: u64) -> Result<&Cap, Miss> {
        let slot = match self.lookup_in_one_level(thread, address) {
            Some(slot) => slot,
            None if W::WIDE => self.lookup(thread, address).map_err(|_| Miss::Lookup)?,
            None => return Err(Miss::Narrow),
        };
        Ok(&self[slot].cap)
    }
}
