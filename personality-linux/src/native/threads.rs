//! Threads, and who of them waits.

use alloc::collections::BTreeMap;
use core::time::Duration;

use abi::object::MIN_SCHED_CONTEXT_BITS;
use abi::registers::Register;
use libsys::foreign::SystemCalls;
use libsys::memory::{Made, Objects};
use libsys::object::{Budget, Page, SchedContext, Space, Thread, UserContext, VSpace};
use libsys::server::Origin;
use libsys::{Cap, Rights, initial};
use linux::machine::{Exhausted, Registers, ThreadId};

use super::Resources;
use super::parts::PRIORITY;

/// Bytes of an `svc`.
const SVC_BYTES: u64 = 4;
/// How long a program runs while others want to.
const SLICE: Duration = Duration::from_millis(10);

/// A thread, what it consists of, and what holds it while it waits.
struct Native<C> {
    thread: Cap<Thread>,
    made: Made,
    caller: Option<C>,
    /// Whether it waits for a call, at whose instruction it is reported to be.
    in_call: bool,
}

/// All of them.
pub(crate) struct Threads<C> {
    threads: BTreeMap<ThreadId, Native<C>>,
}

impl<C> Default for Threads<C> {
    fn default() -> Self {
        Self { threads: BTreeMap::new() }
    }
}

impl<C> Threads<C> {
    /// Makes a thread that does not run yet.
    pub(crate) fn create(
        &mut self,
        resources: &mut Resources,
        id: ThreadId,
        space: Cap<VSpace>,
    ) -> Result<(), Exhausted> {
        let handler = resources.slot().ok_or(Exhausted)?;
        let badge = Origin::fault_badge(id.0.into());
        let minted = initial::CNODE.slot(handler).mint_from(
            initial::CNODE.slot(resources.endpoint.pointer()),
            Rights::ALL,
            badge,
        );
        let (time, nothing) = (resources.time, resources.nothing);
        let made = minted.map_err(|_| Exhausted).and_then(|()| {
            let work = |objects: &mut libsys::memory::Maker<'_>| {
                let thread = objects.create::<Thread>()?;
                let context = objects.create_sized::<SchedContext>(MIN_SCHED_CONTEXT_BITS)?;
                time.configure(context, Budget::round_robin(SLICE))?;
                let authority = initial::THREAD;
                let handler = Cap::at(handler);
                thread.set_sched_params(authority, PRIORITY, PRIORITY, context, handler)?;
                thread.configure(Space::new(nothing, space), 0, Cap::<Page>::NULL)?;
                thread.set_system_calls(SystemCalls::Foreign)?;
                Ok(thread)
            };
            resources.memory.all_or_nothing(work).map_err(|_| Exhausted)
        });
        // The thread has a capability of its own to its handler.
        resources.give_back_slot(handler);
        let (thread, made) = made?;
        self.threads.insert(id, Native { thread, made, caller: None, in_call: false });
        Ok(())
    }

    /// Puts a thread into another address space.
    pub(crate) fn configure(&mut self, resources: &Resources, id: ThreadId, space: Cap<VSpace>) {
        if let Some(native) = self.threads.get(&id) {
            let space = Space::new(resources.nothing, space);
            // The thread and both roots exist.
            let _ = native.thread.configure(space, 0, Cap::<Page>::NULL);
        }
    }

    /// Frees a thread. Whoever holds it has nobody to answer then.
    pub(crate) fn destroy(&mut self, resources: &mut Resources, id: ThreadId) {
        if let Some(native) = self.threads.remove(&id) {
            // Its objects were made here.
            let _ = native.made.free(&mut resources.memory);
        }
    }

    /// A thread waits from now on.
    pub(crate) fn waits(&mut self, id: ThreadId, caller: C, in_call: bool) {
        if let Some(native) = self.threads.get_mut(&id) {
            native.caller = Some(caller);
            native.in_call = in_call;
        }
    }

    /// What has held a thread, which does not wait any more.
    pub(crate) fn released(&mut self, id: ThreadId) -> Option<C> {
        let native = self.threads.get_mut(&id)?;
        native.in_call = false;
        native.caller.take()
    }

    /// The registers of a thread that waits.
    pub(crate) fn registers(&self, id: ThreadId) -> Registers {
        self.read(id, false)
    }

    /// Stops a thread.
    pub(crate) fn stop(&mut self, id: ThreadId) -> Registers {
        self.read(id, true)
    }

    fn read(&self, id: ThreadId, suspend: bool) -> Registers {
        let Some(native) = self.threads.get(&id) else { return Registers::default() };
        let count = abi::registers::USER_CONTEXT.len() as u64;
        // The thread is another one than the caller.
        let context = native.thread.read_registers(suspend, count).unwrap_or_default();
        let behind = if native.in_call { SVC_BYTES } else { 0 };
        Registers {
            general: core::array::from_fn(|index| context.register(Register::X(index as u8))),
            stack: context.register(Register::Sp),
            program_counter: context.register(Register::Pc).wrapping_add(behind),
            flags: context.register(Register::Spsr),
            thread_pointer: context.register(Register::Tpidr),
        }
    }

    /// Changes the registers of a thread that waits.
    pub(crate) fn change(&mut self, id: ThreadId, registers: &Registers) {
        let in_call = self.threads.get(&id).is_some_and(|native| native.in_call);
        let behind = if in_call { SVC_BYTES } else { 0 };
        let program_counter = registers.program_counter.wrapping_sub(behind);
        self.write(id, &Registers { program_counter, ..*registers }, false);
    }

    /// Sets the registers of a thread.
    pub(crate) fn write(&mut self, id: ThreadId, registers: &Registers, resume: bool) {
        let Some(native) = self.threads.get(&id) else { return };
        let mut context = UserContext::starting_at(registers.program_counter, registers.stack)
            .with(Register::Spsr, registers.flags)
            .with(Register::Tpidr, registers.thread_pointer);
        for (index, value) in registers.general.iter().enumerate() {
            context = context.with(Register::X(index as u8), *value);
        }
        // The thread is another one than the caller.
        let _ = native.thread.write_registers(resume, &context);
    }
}
