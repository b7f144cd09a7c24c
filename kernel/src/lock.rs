//! The big lock: one core at a time is inside the kernel.
//!
//! A ticket lock, fair and bounded: a core waits for at most one section of each other core. Its
//! guard is the only source of `&mut Kernel`.
//!
//! A core that has to wait first *publishes* what it holds of its current thread: thread
//! registers and floating point go to memory, and no user address space stays active. So the
//! holder of the lock can stop a thread that runs elsewhere by interrupting its core and waiting
//! until that core is no longer at user level, see [`wait_until_in_kernel`].
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use platform::context::Context;
use platform::handover::Resume;

use crate::kernel::{Kernel, MAX_CORES};
use crate::mem::Obj;
use crate::thread::Thread;

/// The kernel's place.
struct Place(UnsafeCell<Option<Kernel>>);

// SAFETY: reached through a `Guard` only, of which there is one at a time.
unsafe impl Sync for Place {}

/// What a core shows to others without holding the lock.
struct Shown {
    /// Whether it runs a thread at user level, or has not yet published what it holds of it.
    at_user: AtomicBool,
    /// Whether that thread may have changed floating-point registers.
    fpu: AtomicBool,
    /// Where that thread's registers are saved.
    context: AtomicPtr<Context>,
}

static KERNEL: Place = Place(UnsafeCell::new(None));
static SEVERAL_CORES: AtomicBool = AtomicBool::new(false);
static NEXT_TICKET: AtomicU32 = AtomicU32::new(0);
static SERVING: AtomicU32 = AtomicU32::new(0);
static SHOWN: [Shown; MAX_CORES] = [const {
    Shown {
        at_user: AtomicBool::new(false),
        fpu: AtomicBool::new(false),
        context: AtomicPtr::new(ptr::null_mut()),
    }
}; MAX_CORES];

/// What a core shows; its number is below [`MAX_CORES`].
fn shown(core: usize) -> &'static Shown {
    &SHOWN[core % MAX_CORES]
}

/// Puts the kernel in its place and returns the guard of the boot core. Only once, before any
/// other core runs.
pub fn install(kernel: Kernel) -> Guard {
    let shared = kernel.core_count > 1;
    SEVERAL_CORES.store(shared, Ordering::Relaxed);
    NEXT_TICKET.store(1, Ordering::Relaxed);
    // SAFETY: no other core runs yet, and no guard exists.
    let place = unsafe { &mut *KERNEL.0.get() };
    Guard { kernel: place.insert(kernel), shared }
}

/// Waits for the lock.
#[inline(always)]
pub fn enter() -> Guard {
    alone().unwrap_or_else(queue_up)
}

/// The lock, if nobody can compete for it since there is one core.
#[inline(always)]
pub fn alone() -> Option<Guard> {
    if SEVERAL_CORES.load(Ordering::Relaxed) {
        return None;
    }
    // SAFETY: there is one core, and the kernel is not re-entered, so no other guard exists.
    // `install` ran before the first entry.
    let kernel = unsafe {
        let kernel = (*KERNEL.0.get()).as_mut().unwrap_unchecked();
        &mut *platform::hold(ptr::from_mut(kernel))
    };
    Some(Guard { kernel, shared: false })
}

/// Waits for the turn of one of several cores.
fn queue_up() -> Guard {
    let core = platform::current_core();
    let ticket = NEXT_TICKET.fetch_add(1, Ordering::Relaxed);
    let waits = SERVING.load(Ordering::Acquire) != ticket;
    if waits {
        publish(core);
        while SERVING.load(Ordering::Acquire) != ticket {
            platform::relax();
        }
    }
    shown(core).at_user.store(false, Ordering::Relaxed);
    // SAFETY: it is our ticket's turn, so no other guard exists. `install` ran before the first
    // entry.
    let kernel = unsafe { (*KERNEL.0.get()).as_mut().unwrap_unchecked() };
    kernel.here = core;
    if waits {
        kernel.published();
    }
    Guard { kernel, shared: true }
}

/// Stores what this core holds of its current thread, which the lock's holder may want.
fn publish(core: usize) {
    let shown = shown(core);
    if !shown.at_user.load(Ordering::Relaxed) {
        return;
    }
    // SAFETY: the context is that of the thread which this core just left. It stays in place
    // while `at_user` is set, since whoever destroys a running thread waits for that first, and
    // nobody else touches it for the same reason.
    let context = unsafe { &mut *shown.context.load(Ordering::Relaxed) };
    platform::store_user_state(context, shown.fpu.load(Ordering::Relaxed));
    context.not_yet();
    shown.at_user.store(false, Ordering::Release);
}

/// Waits until another core, which has been interrupted, has published its current thread. The
/// caller holds the lock, so that core cannot go on.
pub(crate) fn wait_until_in_kernel(core: usize) {
    while shown(core).at_user.load(Ordering::Acquire) {
        platform::relax();
    }
}

/// Whether another core waits for the lock, which the caller holds.
pub(crate) fn is_wanted() -> bool {
    SEVERAL_CORES.load(Ordering::Relaxed) && waiting_cores() > 0
}

/// Number of cores that wait for the lock, which the caller holds.
pub(crate) fn waiting_cores() -> usize {
    let next = SERVING.load(Ordering::Relaxed).wrapping_add(1);
    let waiting = NEXT_TICKET.load(Ordering::Relaxed).wrapping_sub(next);
    usize::try_from(waiting).unwrap_or(usize::MAX)
}

/// Holding the lock.
pub struct Guard {
    kernel: &'static mut Kernel,
    /// Whether there are several cores.
    shared: bool,
}

impl Guard {
    /// Leaves the kernel into a thread.
    #[inline(always)]
    pub fn resume(mut self, thread: Obj<Thread>) -> Resume {
        if self.shared {
            self.show(thread);
        }
        Resume::new(self.kernel.registers(thread))
    }

    /// Shows what this core will hold of a thread.
    fn show(&mut self, thread: Obj<Thread>) {
        let (here, fpu) = (self.kernel.here, self.kernel.core().fpu_enabled);
        let shown = shown(here);
        let context = self.kernel.registers_mut(thread);
        shown.context.store(ptr::from_mut(context), Ordering::Relaxed);
        shown.fpu.store(fpu, Ordering::Relaxed);
        shown.at_user.store(true, Ordering::Relaxed);
    }

    /// Waits for an interrupt without holding the lock.
    #[must_use]
    pub fn idle(self) -> Self {
        drop(self);
        platform::wait_for_interrupt();
        enter()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.shared {
            SERVING.fetch_add(1, Ordering::Release);
        }
    }
}

impl Deref for Guard {
    type Target = Kernel;
    fn deref(&self) -> &Kernel {
        self.kernel
    }
}

impl DerefMut for Guard {
    fn deref_mut(&mut self) -> &mut Kernel {
        self.kernel
    }
}
