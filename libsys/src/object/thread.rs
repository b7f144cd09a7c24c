//! Threads.

use abi::rights::THREAD_FLAG_FPU_DISABLED;
use abi::{Error, GuardWord, Invocation, ObjectType, SystemCalls};

use super::{
    CNode, Endpoint, FixedSize, Notification, Object, Page, SchedContext, UserContext, VSpace,
};
use crate::cap::Cap;
use crate::invoke::{invoke, perform};

/// A thread.
///
/// ```no_run
/// use libsys::initial::{CNODE, THREAD, VSPACE};
/// use libsys::object::{Page, Space, Thread, UserContext};
/// use libsys::{Cap, Error};
///
/// /// Starts a thread in this program's spaces; it still needs a scheduling context to run.
/// fn start(thread: Cap<Thread>, pc: u64, sp: u64) -> Result<(), Error> {
///     thread.configure(Space::new(CNODE, VSPACE), 0, Cap::<Page>::NULL)?;
///     thread.set_priority(THREAD, 100)?;
///     thread.write_registers(true, &UserContext::starting_at(pc, sp))
/// }
/// # fn main() {}
/// ```
pub enum Thread {}

impl Object for Thread {
    const TYPE: ObjectType = ObjectType::Thread;
}

impl FixedSize for Thread {}

/// The CSpace and the address space of a thread.
///
/// ```
/// use libsys::GuardWord;
/// use libsys::initial::{CNODE, VSPACE};
/// use libsys::object::Space;
///
/// let own = Space::new(CNODE, VSPACE);
/// // The same for a thread that will find slots by their number in 64 bits.
/// let guarded = Space { guard: Some(GuardWord { bits: 52, guard: 0 }), ..own };
/// assert_ne!(own, guarded);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Space {
    /// Root of the CSpace.
    pub cspace: Cap<CNode>,
    /// A guard for the thread's copy of that capability; `None` keeps the one it has.
    pub guard: Option<GuardWord>,
    /// The address space.
    pub vspace: Cap<VSpace>,
}

impl Space {
    /// These roots, with the guard that the CNode capability has.
    #[must_use]
    pub const fn new(cspace: Cap<CNode>, vspace: Cap<VSpace>) -> Self {
        Self { cspace, guard: None, vspace }
    }

    /// The data words for both; that of the address space is ignored by the kernel.
    fn words(self) -> [u64; 2] {
        [self.guard.map_or(0, GuardWord::word), 0]
    }
}

/// What [`Cap::<Thread>::copy_registers`](Cap::copy_registers) does, in this order.
///
/// ```no_run
/// use libsys::object::{CopyRegisters, Thread};
/// use libsys::{Cap, Error};
///
/// /// Lets one thread go on where another was.
/// fn fork(parent: Cap<Thread>, child: Cap<Thread>) -> Result<(), Error> {
///     let all = CopyRegisters { frame: true, integer: true, ..CopyRegisters::default() };
///     child.copy_registers(parent, CopyRegisters { resume_target: true, ..all })
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CopyRegisters {
    /// Suspend the source first.
    pub suspend_source: bool,
    /// Resume the target.
    pub resume_target: bool,
    /// Copy the first 17 registers of the user context.
    pub frame: bool,
    /// Copy the other 19.
    pub integer: bool,
}

impl CopyRegisters {
    fn word(self) -> u64 {
        u64::from(self.suspend_source)
            | u64::from(self.resume_target) << 1
            | u64::from(self.frame) << 2
            | u64::from(self.integer) << 3
    }
}

/// Registers.
impl Cap<Thread> {
    /// Reads the first `count` registers (1 to 36) of another thread, suspending it first if
    /// asked. The rest of the answer is 0.
    ///
    /// # Errors
    /// - `Range(1, 36)`: the count.
    /// - `IllegalOperation`: the thread is the caller.
    pub fn read_registers(self, suspend: bool, count: u64) -> Result<UserContext, Error> {
        let words = [u64::from(suspend), count];
        let reply = invoke(self.pointer(), Invocation::ThreadReadRegisters, &words, &[])?;
        Ok(UserContext::from_words(|index| reply.word(index)))
    }

    /// The first `N` (1 to 36) of [`read_registers`](Self::read_registers).
    ///
    /// # Errors
    /// Those of `read_registers`.
    pub fn read_first_registers<const N: usize>(self, suspend: bool) -> Result<[u64; N], Error> {
        let words = [u64::from(suspend), N as u64];
        let reply = invoke(self.pointer(), Invocation::ThreadReadRegisters, &words, &[])?;
        Ok(core::array::from_fn(|index| reply.word(index)))
    }

    /// Writes all registers of another thread and resumes it if asked. Of SPSR only the
    /// condition flags count.
    ///
    /// # Errors
    /// - `IllegalOperation`: the thread is the caller.
    pub fn write_registers(self, resume: bool, context: &UserContext) -> Result<(), Error> {
        self.write_first_registers(resume, context.words())
    }

    /// [`write_registers`](Self::write_registers) for the first registers of the user context.
    ///
    /// # Errors
    /// Those of `write_registers`.
    pub fn write_first_registers(self, resume: bool, values: &[u64]) -> Result<(), Error> {
        let mut words = [0; 2 + abi::registers::USER_CONTEXT.len()];
        let count = values.len().min(words.len() - 2);
        words[0] = u64::from(resume);
        words[1] = count as u64;
        words[2..2 + count].copy_from_slice(&values[..count]);
        let words = &words[..2 + count];
        perform(self.pointer(), Invocation::ThreadWriteRegisters, words, &[])
    }

    /// Copies registers of `source` to this thread.
    ///
    /// # Errors
    /// - `InvalidCapability(1)`: the source is no thread.
    #[inline]
    pub fn copy_registers(self, source: Self, what: CopyRegisters) -> Result<(), Error> {
        let caps = [source.pointer()];
        perform(self.pointer(), Invocation::ThreadCopyRegisters, &[what.word()], &caps)
    }

    /// Sets TPIDR_EL0, also of the caller itself. A thread that runs code of this library needs
    /// the value that it was started with.
    ///
    /// # Errors
    /// None of its own.
    #[inline]
    pub fn set_tls_base(self, address: u64) -> Result<(), Error> {
        perform(self.pointer(), Invocation::ThreadSetTlsBase, &[address], &[])
    }

    /// Lets floating-point instructions fault, or not. Answers the flags.
    ///
    /// # Errors
    /// None of its own.
    pub fn disable_fpu(self, disable: bool) -> Result<u64, Error> {
        let flag = THREAD_FLAG_FPU_DISABLED;
        if disable { self.set_flags(0, flag) } else { self.set_flags(flag, 0) }
    }

    /// Clears, then sets flags. Answers them.
    ///
    /// # Errors
    /// None of its own.
    #[inline]
    pub fn set_flags(self, clear: u64, set: u64) -> Result<u64, Error> {
        let reply = invoke(self.pointer(), Invocation::ThreadSetFlags, &[clear, set], &[])?;
        Ok(reply.word(0))
    }

    /// Lets the thread's `svc` instructions be calls of this kernel, or faults for a server of
    /// another system's programs ([`crate::foreign`]). Also for the caller itself.
    ///
    /// # Errors
    /// None of its own.
    #[inline]
    pub fn set_system_calls(self, calls: SystemCalls) -> Result<(), Error> {
        perform(self.pointer(), Invocation::ThreadSetSystemCalls, &[calls.word()], &[])
    }
}

/// Spaces and handlers. A fault or timeout handler is valid if it is [`Cap::NULL`], or an
/// endpoint with Write and one of Grant and GrantReply.
impl Cap<Thread> {
    /// Sets CSpace, address space and IPC buffer (address 0: none).
    ///
    /// # Errors
    /// - `IllegalOperation`: the buffer is no page, or a device's; `Alignment`: its address,
    ///   to 1024 bytes.
    /// - `IllegalOperation`: replacing the old spaces would delete much; the CSpace is no
    ///   CNode; the address space is none, or has no identifier.
    #[inline]
    pub fn configure<S>(
        self,
        space: Space,
        buffer_address: u64,
        buffer: Cap<Page<S>>,
    ) -> Result<(), Error> {
        let [cspace, vspace] = space.words();
        let words = [cspace, vspace, buffer_address];
        let caps = [space.cspace.pointer(), space.vspace.pointer(), buffer.pointer()];
        perform(self.pointer(), Invocation::ThreadConfigure, &words, &caps)
    }

    /// Sets CSpace, address space and fault handler.
    ///
    /// # Errors
    /// Those of [`configure`](Self::configure) for the spaces, then
    /// - `InvalidCapability(1)`: the fault handler is not valid.
    #[inline]
    pub fn set_space(self, fault_handler: Cap<Endpoint>, space: Space) -> Result<(), Error> {
        let caps = [fault_handler.pointer(), space.cspace.pointer(), space.vspace.pointer()];
        perform(self.pointer(), Invocation::ThreadSetSpace, &space.words(), &caps)
    }

    /// Sets the IPC buffer (address 0: none).
    ///
    /// # Errors
    /// Those of [`configure`](Self::configure) for the buffer.
    #[inline]
    pub fn set_ipc_buffer<S>(self, address: u64, page: Cap<Page<S>>) -> Result<(), Error> {
        perform(self.pointer(), Invocation::ThreadSetIpcBuffer, &[address], &[page.pointer()])
    }

    /// Sets who is told when the thread's budget runs out.
    ///
    /// # Errors
    /// - `InvalidCapability(1)`: the handler is not valid.
    #[inline]
    pub fn set_timeout_endpoint(self, handler: Cap<Endpoint>) -> Result<(), Error> {
        perform(self.pointer(), Invocation::ThreadSetTimeoutEndpoint, &[], &[handler.pointer()])
    }

    /// Binds a notification: its signals also end the thread's receives on endpoints.
    ///
    /// # Errors
    /// - `IllegalOperation`: the thread has one; no notification, or no Read right; the
    ///   notification has waiters or a thread.
    #[inline]
    pub fn bind_notification(self, notification: Cap<Notification>) -> Result<(), Error> {
        let caps = [notification.pointer()];
        perform(self.pointer(), Invocation::ThreadBindNotification, &[], &caps)
    }

    /// Undoes [`bind_notification`](Self::bind_notification).
    ///
    /// # Errors
    /// - `IllegalOperation`: the thread has none.
    #[inline]
    pub fn unbind_notification(self) -> Result<(), Error> {
        perform(self.pointer(), Invocation::ThreadUnbindNotification, &[], &[])
    }
}

/// Scheduling. Priorities are limited by the maximum of the thread `authority`.
impl Cap<Thread> {
    /// Sets the priority.
    ///
    /// # Errors
    /// - `InvalidCapability(1)`: the authority is no thread.
    /// - `Range(0, maximum)`: the priority exceeds the authority's maximum.
    #[inline]
    pub fn set_priority(self, authority: Self, priority: u8) -> Result<(), Error> {
        let words = [u64::from(priority)];
        perform(self.pointer(), Invocation::ThreadSetPriority, &words, &[authority.pointer()])
    }

    /// Sets the maximum of the priorities that this thread may give.
    ///
    /// # Errors
    /// Those of [`set_priority`](Self::set_priority).
    #[inline]
    pub fn set_max_priority(self, authority: Self, maximum: u8) -> Result<(), Error> {
        let words = [u64::from(maximum)];
        perform(self.pointer(), Invocation::ThreadSetMaxPriority, &words, &[authority.pointer()])
    }

    /// Sets maximum and priority, scheduling context ([`Cap::NULL`]: none) and fault handler.
    ///
    /// # Errors
    /// - `InvalidCapability(1)`, `Range(0, maximum)`: as in [`set_priority`](Self::set_priority),
    ///   for the maximum first.
    /// - `IllegalOperation`: the thread has another context; the context is bound elsewhere; the
    ///   thread is blocked and the context has no time now; none is given for the caller.
    /// - `InvalidCapability(2)`: no scheduling context.
    /// - `InvalidCapability(3)`: the fault handler is not valid.
    #[inline]
    pub fn set_sched_params(
        self,
        authority: Self,
        maximum: u8,
        priority: u8,
        context: Cap<SchedContext>,
        fault_handler: Cap<Endpoint>,
    ) -> Result<(), Error> {
        let words = [u64::from(maximum), u64::from(priority)];
        let caps = [authority.pointer(), context.pointer(), fault_handler.pointer()];
        perform(self.pointer(), Invocation::ThreadSetSchedParams, &words, &caps)
    }

    /// Stops the thread; also the caller.
    ///
    /// # Errors
    /// None of its own.
    #[inline]
    pub fn suspend(self) -> Result<(), Error> {
        perform(self.pointer(), Invocation::ThreadSuspend, &[], &[])
    }

    /// Lets a stopped or blocked thread run; a blocked system call is repeated.
    ///
    /// # Errors
    /// None of its own.
    #[inline]
    pub fn resume(self) -> Result<(), Error> {
        perform(self.pointer(), Invocation::ThreadResume, &[], &[])
    }
}
