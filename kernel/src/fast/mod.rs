//! Fast paths: short cuts for what happens most.
//!
//! A fast path does exactly what the general way does ([`crate::entry`]), for the cases in which
//! little has to be decided: one thread stops, the next one is known at once, and it goes on with
//! the same scheduling context. It has two halves. The first looks, with the kernel borrowed
//! shared, and either says why the case is not one of those ([`Miss`]) or returns a typed plan.
//! The second carries the plan out and cannot fail. So a miss has changed nothing, and the general
//! way begins from the start.
//!
//! Each path exists in two [`Width`]s, compiled from the same text. The *narrow* one is for a
//! single core and calls no function, so that it saves no register of its own; what would need a
//! call (a long message, several waiters) it leaves to the *wide* one.
//!
//! Fast paths do not look at the clock. Time used is charged at the next entry that asks for it;
//! the timer interrupts a thread whose budget ends, whatever path it took. So a call in the last
//! moments of a budget may pass where the general way would have it repeated in the next period.
//!
//! | file | what |
//! |---|---|
//! | [`miss`] | why a fast path was not taken |
//! | [`switch`] | from one thread to another without the scheduler |
//! | [`message`] | moving words, few or many |
//! | [`deliver`] | handing a message and the sender's time to a waiting server |
//! | [`call`] | `Call` on an endpoint |
//! | [`reply`] | `ReplyRecv` |

mod call;
mod deliver;
mod message;
mod miss;
mod reply;
mod switch;

use abi::{Syscall, SystemCalls};
use platform::contract::{Arguments, Trap};

use crate::cap::Cap;
use crate::core_state::CoreState;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::Thread;

pub use miss::Miss;

/// What a path covers.
pub(crate) trait Width {
    /// Whether everything, or only what needs no call.
    const WIDE: bool;
}

/// One core, short messages, single waiters.
pub(crate) struct Narrow;

impl Width for Narrow {
    const WIDE: bool = false;
}

/// Whatever the paths are for.
pub(crate) struct Wide;

impl Width for Wide {
    const WIDE: bool = true;
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
                let registers = self.registers(thread).x;
                let arguments = Arguments(core::array::from_fn(|index| registers[index]));
                self.fast_system_call::<Wide>(&arguments)
            }
            _ => Err(Miss::NoPath),
        }
    }

    /// The same for an `svc` whose arguments are still in registers, on the only core.
    ///
    /// # Errors
    /// [`Miss`].
    #[inline(always)]
    pub(crate) fn narrow(&mut self, arguments: &Arguments) -> Result<Obj<Thread>, Miss> {
        self.fast_system_call::<Narrow>(arguments)
    }

    #[inline(always)]
    fn fast_system_call<W: Width>(&mut self, arguments: &Arguments) -> Result<Obj<Thread>, Miss> {
        let number = arguments.0[7];
        if number == Syscall::Call.number() {
            let call = self.check_call::<W>(arguments)?;
            Ok(self.perform_call::<W>(&call, arguments))
        } else if number == Syscall::ReplyRecv.number() {
            let reply = self.check_reply::<W>(arguments)?;
            Ok(self.perform_reply::<W>(&reply, arguments))
        } else {
            Err(Miss::NoPath)
        }
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

    /// The current thread, if its calls are native and nothing happened to the core that the
    /// general way must see to.
    #[inline(always)]
    fn undisturbed<W: Width>(&self) -> Result<Obj<Thread>, Miss> {
        let core = self.fast_core::<W>();
        if !core.alerts.is_empty() {
            return Err(Miss::Alert);
        }
        let thread = core.current.ok_or(Miss::Alert)?;
        match self[thread].system_calls {
            SystemCalls::Native => Ok(thread),
            SystemCalls::Foreign => Err(Miss::Foreign),
        }
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
