//! One entry, one exit: from a trap to the thread that runs next.

use abi::Syscall;
use platform::Machine;
use platform::board::Conduit;
use platform::contract::{Arguments, Platform, SpaceRoot, Ticks, Trap};
use platform::handover::{Handover, Resume};

use crate::core_state::Alert;
use crate::endpoint::Endpoint;
use crate::fast::{Answer, Detour, Entry, Miss, Switch, Taken, Wake};
use crate::kernel::Kernel;
use crate::lock::{self, Guard};
use crate::mem::{Mem, Obj};
use crate::notification::Notification;
use crate::reply::Reply;
use crate::sched_context::SchedContext;
use crate::slot::Slot;
use crate::thread::Thread;

/// How long other cores may take to start.
const START_SECONDS: Ticks = 10;

/// Takes over the machine on the boot core and starts the root task.
pub fn boot(machine: Machine, handover: Handover) -> Resume {
    let options = &handover.board.options;
    let cores = handover.board.cores.len();
    let (domains, verbose) = (options.domains, options.verbose);
    if domains > 1 && cores > 1 {
        platform::stop(format_args!("cannot boot: several domains need tessera.cores=1"));
    }
    if options.smc && handover.board.psci != Some(Conduit::Smc) {
        platform::stop(format_args!("cannot boot: tessera.smc, but there is no secure monitor"));
    }
    let mem = Mem::new(handover.window);
    let mut guard = lock::install(Kernel::new(mem, machine, cores, domains));
    guard.verbose = verbose;
    if let Err(failure) = crate::boot::boot(&mut guard, handover) {
        platform::stop(format_args!("cannot boot: {failure}"));
    }
    guard.start_other_cores();
    leave(guard)
}

/// Takes a core other than the boot core into use.
pub fn secondary(_core: usize) -> Resume {
    let mut guard = lock::enter();
    guard.note_time();
    leave(guard)
}

/// Handles an `svc` from user level, on a fast path if one fits.
#[inline(always)]
pub fn system_call(arguments: Arguments) -> Resume {
    match lock::alone() {
        Some(mut guard) => match guard.narrow(&arguments) {
            Ok(thread) => {
                guard.tally(Entry::system_call(arguments.0[7]), Ok(Taken::Narrow));
                guard.resume(thread)
            }
            Err(Detour::General(miss)) => general_system_call(guard, miss),
            Err(Detour::Wide) => wide_system_call(guard),
            Err(Detour::Object(thread, slot)) => object(guard, thread, slot),
            Err(Detour::Long) => long_message(guard),
            Err(Detour::Foreign) => foreign_call(guard),
            Err(Detour::Wake(Wake { notification, waiter, badge })) => {
                wake(guard, arguments.0[7], notification, waiter, badge)
            }
            Err(Detour::Short) => short(guard, arguments.0[7]),
            Err(Detour::FaultAnswer(Answer { server, reply, context, endpoint, switch })) => {
                let Switch { to, space, .. } = switch;
                fault_answer(guard, server, reply, context, endpoint, to, space)
            }
        },
        None => shared_system_call(),
    }
}

/// A message that is not all in registers.
#[inline(never)]
fn long_message(mut guard: Guard) -> Resume {
    let entry = guard.entry_of(Trap::SystemCall);
    match guard.long_message() {
        Ok(thread) => {
            guard.tally(entry, Ok(Taken::Narrow));
            guard.resume(thread)
        }
        Err(Miss::Narrow) => wide_system_call(guard),
        Err(miss) => general_system_call(guard, miss),
    }
}

/// A narrow answer to a fault, its parts one by one: so they stay in registers.
#[inline(never)]
fn fault_answer(
    mut guard: Guard,
    server: Obj<Thread>,
    reply: Obj<Reply>,
    context: Obj<SchedContext>,
    endpoint: Obj<Endpoint>,
    to: Obj<Thread>,
    space: SpaceRoot,
) -> Resume {
    let switch = Switch { from: server, to, space };
    match guard.narrow_fault_answer(&Answer { server, reply, context, endpoint, switch }) {
        Ok(thread) => {
            guard.tally(Entry::system_call(Syscall::ReplyRecv.number()), Ok(Taken::Narrow));
            guard.resume(thread)
        }
        Err(_) => wide_system_call(guard),
    }
}

#[inline(never)]
fn foreign_call(mut guard: Guard) -> Resume {
    let entry = guard.entry_of(Trap::SystemCall);
    match guard.narrow_foreign_call() {
        Ok(thread) => {
            guard.tally(entry, Ok(Taken::Narrow));
            guard.resume(thread)
        }
        Err(_) => wide_system_call(guard),
    }
}

/// A system call for which neither width has a path.
#[inline(never)]
fn general_system_call(mut guard: Guard, miss: Miss) -> Resume {
    let entry = guard.entry_of(Trap::SystemCall);
    guard.tally(entry, Err(miss));
    guard.handle(Trap::SystemCall);
    leave(guard)
}

#[inline(never)]
fn shared_system_call() -> Resume {
    wide(lock::enter(), Trap::SystemCall)
}

#[inline(never)]
fn wide_system_call(guard: Guard) -> Resume {
    wide(guard, Trap::SystemCall)
}

/// Handles an exception from user level, on a fast path if one fits.
#[inline(always)]
pub fn exception(syndrome: u64, address: u64) -> Resume {
    match lock::alone() {
        Some(mut guard) => match guard.narrow_exception(syndrome, address) {
            Ok(thread) => {
                guard.tally(Entry::EXCEPTION, Ok(Taken::Narrow));
                guard.resume(thread)
            }
            Err(_) => wide_exception(guard, syndrome, address),
        },
        None => shared_exception(syndrome, address),
    }
}

#[inline(never)]
fn shared_exception(syndrome: u64, address: u64) -> Resume {
    wide(lock::enter(), Trap::Exception { syndrome, address })
}

#[inline(never)]
fn wide_exception(guard: Guard, syndrome: u64, address: u64) -> Resume {
    wide(guard, Trap::Exception { syndrome, address })
}

/// What a narrow fast path does not cover, or what comes on one of several cores.
#[inline(always)]
fn wide(mut guard: Guard, trap: Trap) -> Resume {
    let entry = guard.entry_of(trap);
    let path = guard.fast(trap);
    guard.tally(entry, path.map(|_| Taken::Wide));
    match path {
        Ok(thread) => guard.resume(thread),
        Err(_) => general(guard, trap),
    }
}

/// A call on an object of another kind than the fast paths begin with.
#[inline(never)]
fn object(mut guard: Guard, thread: Obj<Thread>, slot: Obj<Slot>) -> Resume {
    let path = guard.call_object(thread, slot);
    guard.tally(Entry::system_call(Syscall::Call.number()), path.map(|_| Taken::Narrow));
    match path {
        Ok(thread) => guard.resume(thread),
        Err(_) => general(guard, Trap::SystemCall),
    }
}

/// A signal that finds somebody waiting.
#[inline(never)]
fn wake(
    mut guard: Guard,
    number: u64,
    notification: Obj<Notification>,
    waiter: Obj<Thread>,
    badge: u64,
) -> Resume {
    match guard.narrow_wake(&Wake { notification, waiter, badge }) {
        Ok(thread) => {
            guard.tally(Entry::system_call(number), Ok(Taken::Narrow));
            guard.resume(thread)
        }
        Err(_) => short(guard, number),
    }
}

/// A signal that wakes somebody, or the end of a turn.
#[inline(never)]
fn short(mut guard: Guard, number: u64) -> Resume {
    let path = guard.short_call(number);
    guard.tally(Entry::system_call(number), path.map(|_| Taken::Wide));
    match path {
        Ok(thread) => guard.resume(thread),
        Err(_) => general(guard, Trap::SystemCall),
    }
}

/// Handles an interrupt or a system error.
#[inline(always)]
pub fn trap(trap: Trap) -> Resume {
    if trap == Trap::Interrupt {
        return interrupt();
    }
    let mut guard = lock::enter();
    let entry = guard.entry_of(trap);
    guard.tally(entry, Err(Miss::NoPath));
    general(guard, trap)
}

/// Handles an interrupt, on a fast path if one fits.
#[inline(always)]
fn interrupt() -> Resume {
    let mut guard = lock::enter();
    let claimed = guard.machine.claim_interrupt();
    let path = guard.fast_interrupt(claimed);
    guard.tally(Entry::INTERRUPT, path.map(|_| Taken::Wide));
    match path {
        Ok(thread) => guard.resume(thread),
        Err(_) => interrupt_generally(guard, claimed),
    }
}

/// The way of interrupts that have no fast path.
#[inline(never)]
fn interrupt_generally(mut guard: Guard, claimed: Option<u32>) -> Resume {
    guard.interrupted(claimed);
    leave(guard)
}

/// The way of everything that has no fast path.
#[inline(never)]
fn general(mut guard: Guard, trap: Trap) -> Resume {
    guard.handle(trap);
    leave(guard)
}

/// Runs the next thread, sleeping while there is none.
fn leave(mut guard: Guard) -> Resume {
    loop {
        if let Some(thread) = guard.schedule() {
            return guard.resume(thread);
        }
        guard = guard.idle();
        guard.handle(Trap::Interrupt);
    }
}

impl Kernel {
    /// Starts the cores beside the boot core, and waits until they wait for the lock: from then
    /// on they can be interrupted. They will idle.
    fn start_other_cores(&mut self) {
        for core in 1..self.core_count {
            if let Err(error) = self.machine.start_core(core) {
                platform::stop(format_args!("cannot boot: core {core} does not start: {error:?}"));
            }
        }
        let limit = self.machine.now().saturating_add(START_SECONDS * self.machine.frequency());
        let others = self.core_count - 1;
        while lock::waiting_cores() < others {
            if self.machine.now() > limit {
                platform::stop(format_args!("cannot boot: not all of {others} cores came up"));
            }
            platform::relax();
        }
    }

    /// Does what a trap asks for. [`Kernel::schedule`] then says who runs.
    pub fn handle(&mut self, trap: Trap) {
        if trap == Trap::Interrupt {
            let claimed = self.machine.claim_interrupt();
            return self.interrupted(claimed);
        }
        self.note_time();
        self.count_entry();
        if trap == Trap::SystemCall
            && let Some(thread) = self.current()
        {
            self.registers_mut(thread).not_yet();
        }
        let stalled = self.core_mut().alerts.take(Alert::Stalled);
        let current = self.current().filter(|_| !stalled);
        match (trap, current) {
            // Another core stopped or changed the thread before its trap was looked at: whatever
            // it asked for will be asked again, if it still runs.
            (_, None) | (Trap::Interrupt, _) => {}
            (Trap::SystemCall, Some(thread)) => self.system_call(thread),
            (Trap::Exception { syndrome, address }, Some(thread)) => {
                self.exception(thread, syndrome, address);
            }
            (Trap::SystemError { syndrome }, Some(thread)) => {
                self.exception(thread, syndrome, 0);
            }
        }
    }

    /// Does what an interrupt asks for that was claimed. [`Kernel::schedule`] then says who runs.
    pub(crate) fn interrupted(&mut self, claimed: Option<u32>) {
        self.note_time();
        self.count_entry();
        self.core_mut().alerts.take(Alert::Stalled);
        self.check_budget();
        self.serve_interrupt(claimed);
    }

    /// This core waited for the lock and has given up its hold on user state: what the kernel
    /// believes to be loaded must be made true again.
    pub(crate) fn published(&mut self) {
        self.core_mut().alerts.raise(Alert::SpaceStale);
        let enabled = self.core().fpu_enabled;
        self.machine.enable_fpu(enabled);
    }
}
