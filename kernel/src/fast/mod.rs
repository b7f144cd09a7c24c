//! Fast paths: short cuts for what happens most.
//!
//! A fast path does exactly what the general way does ([`crate::entry`]), for the cases in which
//! little has to be decided: one thread stops, the next one is known at once, and it goes on with
//! the same scheduling context. It has two halves. The first looks, with the kernel borrowed
//! shared, and either says why the case is not one of those ([`Miss`]) or returns a typed plan.
//! The second carries the plan out and cannot fail. So a miss has changed nothing, and the general
//! way begins from the start.
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

use abi::Syscall;
use platform::contract::{Arguments, Trap};

use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::Thread;

pub use miss::Miss;

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
                let arguments = core::array::from_fn(|index| registers[index]);
                self.fast_system_call(&Arguments(arguments))
            }
            _ => Err(Miss::NoPath),
        }
    }

    /// The same for an `svc` whose arguments are still in registers.
    ///
    /// # Errors
    /// [`Miss`].
    #[inline(always)]
    pub(crate) fn fast_system_call(&mut self, arguments: &Arguments) -> Result<Obj<Thread>, Miss> {
        let number = arguments.0[7];
        if number == Syscall::Call as u64 {
            let call = self.check_call(arguments)?;
            Ok(self.perform_call(&call, arguments))
        } else if number == Syscall::ReplyRecv as u64 {
            let reply = self.check_reply(arguments)?;
            Ok(self.perform_reply(&reply, arguments))
        } else {
            Err(Miss::NoPath)
        }
    }

    /// The current thread, if nothing happened to the core that the general way must see to.
    #[inline(always)]
    fn undisturbed(&self) -> Result<Obj<Thread>, Miss> {
        let core = self.core();
        if !core.alerts.is_empty() {
            return Err(Miss::Alert);
        }
        core.current.ok_or(Miss::Alert)
    }

    /// The capability that a thread names.
    #[inline(always)]
    fn named(&self, thread: Obj<Thread>, address: u64) -> Result<&Cap, Miss> {
        match self.lookup(thread, address) {
            Ok(slot) => Ok(&self[slot].cap),
            Err(_) => Err(Miss::Lookup),
        }
    }
}
