//! One entry, one exit: from a trap to the thread that runs next.

use platform::Machine;
use platform::board::Conduit;
use platform::contract::{Arguments, Ticks, Trap};
use platform::handover::{Handover, Resume};

use crate::core_state::Alert;
use crate::kernel::Kernel;
use crate::lock::{self, Guard};
use crate::mem::Mem;

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
            Ok(thread) => guard.resume(thread),
            Err(_) => wide(guard),
        },
        None => shared_system_call(),
    }
}

/// The same on one of several cores.
#[inline(never)]
fn shared_system_call() -> Resume {
    wide(lock::enter())
}

/// A system call that a narrow fast path does not cover.
#[inline(never)]
fn wide(mut guard: Guard) -> Resume {
    match guard.fast(Trap::SystemCall) {
        Ok(thread) => guard.resume(thread),
        Err(_) => general(guard, Trap::SystemCall),
    }
}

/// Handles another exception from user level.
#[inline(always)]
pub fn trap(trap: Trap) -> Resume {
    general(lock::enter(), trap)
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
        use platform::contract::Platform;
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
            (Trap::Interrupt, _) => {
                self.check_budget();
                self.handle_interrupt();
            }
            // Another core stopped or changed the thread before its trap was looked at: whatever
            // it asked for will be asked again, if it still runs.
            (_, None) => {}
            (Trap::SystemCall, Some(thread)) => self.system_call(thread),
            (Trap::Exception { syndrome, address }, Some(thread)) => {
                self.exception(thread, syndrome, address);
            }
            (Trap::SystemError { syndrome }, Some(thread)) => {
                self.exception(thread, syndrome, 0);
            }
        }
    }

    /// This core waited for the lock and has given up its hold on user state: what the kernel
    /// believes to be loaded must be made true again.
    pub(crate) fn published(&mut self) {
        use platform::contract::Platform;
        self.core_mut().alerts.raise(Alert::SpaceStale);
        let enabled = self.core().fpu_enabled;
        self.machine.enable_fpu(enabled);
    }
}
