//! Threads: what the kernel knows of one, and how its state changes.
//!
//! The object takes 2 KiB. Its first half holds [`Thread`], its second half the saved registers,
//! [`Context`], which entry code writes before the kernel takes its lock and which is therefore a
//! separate object, reached through [`Kernel::registers`] only.

use core::mem::offset_of;

use abi::{Fault, SystemCalls};
use platform::address::PhysicalAddress;
use platform::context::Context;
use platform::contract::{SpaceRoot, Ticks};

use crate::cap::Cap;
use crate::endpoint::Endpoint;
use crate::kernel::Kernel;
use crate::maybe::Maybe;
use crate::mem::{Kind, Mem, Obj, Object, Region};
use crate::notification::Notification;
use crate::queue;
use crate::reply::Reply;
use crate::sched_context::SchedContext;
use crate::slot::Slot;

/// Bytes of the object.
pub const THREAD_BYTES: u64 = 1 << 11;
/// Where in the object the registers are.
const CONTEXT_OFFSET: u64 = THREAD_BYTES / 2;
/// Bytes of a thread's name, in images that keep names.
pub const NAME_BYTES: usize = 32;

/// The capabilities that a thread holds by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Holds {
    /// The root of its capability space.
    CSpace = 0,
    /// Its address space.
    VSpace = 1,
    /// The frame of its IPC buffer.
    IpcBuffer = 2,
    /// Where its faults go.
    FaultHandler = 3,
    /// Where its exhausted budgets are reported.
    TimeoutHandler = 4,
}

/// Number of capabilities that a thread holds.
pub const HELD_SLOTS: u32 = 5;

/// What a thread does. Zeroed memory is the first. (objects.md §1)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum State {
    /// Never started, suspended, or stopped by a failed call or fault.
    Inactive = 0,
    /// Continues behind what it did last.
    Running,
    /// Runs, but repeats the interrupted system call or instruction.
    Restart,
    /// Queued on an endpoint with a message.
    Sending {
        /// Whether capabilities may go along.
        can_grant: bool,
        /// Whether a reply may come back.
        can_grant_reply: bool,
        /// Whether it waits for a reply.
        call: bool,
        /// The endpoint.
        endpoint: Obj<Endpoint>,
        /// Badge of the capability used.
        badge: u64,
    },
    /// Queued on an endpoint for a message.
    Receiving {
        /// The endpoint.
        endpoint: Obj<Endpoint>,
        /// The reply object reserved for the next caller.
        reply: Option<Obj<Reply>>,
    },
    /// Queued on a notification.
    Waiting {
        /// The notification.
        notification: Obj<Notification>,
    },
    /// Waits for the use of a reply object.
    AwaitingReply {
        /// The reply object.
        reply: Obj<Reply>,
    },
}

impl State {
    /// Whether the thread wants a processor.
    #[must_use]
    pub const fn is_runnable(&self) -> bool {
        matches!(self, Self::Running | Self::Restart)
    }

    /// Whether the thread waits for another.
    #[must_use]
    pub const fn is_blocked(&self) -> bool {
        !self.is_runnable() && !matches!(self, Self::Inactive)
    }
}

/// Where the scheduler keeps a thread. Zeroed memory is the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Queued {
    /// In no queue of the scheduler.
    No = 0,
    /// In the ready queue of its priority.
    Ready,
    /// In the release queue, until its budget returns.
    Release,
}

/// Links of a list in which a thread stands.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct Links {
    /// Behind.
    pub(crate) next: Option<Obj<Thread>>,
    /// Before.
    pub(crate) previous: Option<Obj<Thread>>,
}

/// Place of a thread among those that wait for an endpoint or notification, see [`crate::queue`].
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct WaitPlace {
    /// Among all that wait.
    pub(crate) all: Links,
    /// The last of its priority, for the first of it.
    pub(crate) class_last: Option<Obj<Thread>>,
    /// Which entries of [`Thread::branches`] there are, by level.
    pub(crate) present: [u16; queue::LEVELS],
}

/// Place of a thread in the release queue, see [`crate::release`].
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct ReleasePlace {
    pub(crate) parent: Option<Obj<Thread>>,
    pub(crate) left: Option<Obj<Thread>>,
    pub(crate) right: Option<Obj<Thread>>,
    pub(crate) rank: u32,
    pub(crate) time: Ticks,
    pub(crate) order: u64,
}

/// The address space of a thread, found once and remembered as long as no space is lost. Zeroed
/// memory is one that was never found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Translation {
    /// The space, in the epoch.
    pub(crate) space: Option<SpaceRoot>,
    /// When it was found, see [`Kernel::translation`].
    pub(crate) epoch: u64,
}

/// A thread. Zeroed memory is an inactive thread of the first domain on the first core.
#[repr(C, align(32))]
#[derive(PartialEq, Debug)]
pub struct Thread {
    /// What it does. Changed through [`Kernel::set_state`] and the IPC paths.
    pub state: State,
    /// Its address space, if that is known.
    pub(crate) translation: Translation,
    /// Why it stopped, while nobody has answered.
    pub(crate) fault: Maybe<Fault>,
    /// The scheduling context it runs on.
    pub(crate) sched_context: Option<Obj<SchedContext>>,
    /// The notification that interrupts its receives.
    pub(crate) notification: Option<Obj<Notification>>,
    /// The scheduling context to which it yielded and whose use it waits to learn.
    pub(crate) yielded_to: Option<Obj<SchedContext>>,
    /// Priority, 0 to 255.
    pub(crate) priority: u8,
    /// Highest priority that it may give.
    pub(crate) max_priority: u8,
    /// Domain.
    pub(crate) domain: u8,
    /// The core on which it runs.
    pub(crate) core: u8,
    /// Whether its `svc` instructions call this kernel or are another system's.
    pub(crate) system_calls: SystemCalls,
    /// Whether floating point traps.
    pub(crate) fpu_disabled: bool,
    /// The core whose registers hold its floating-point state, unless another thread used them.
    pub(crate) fpu_core: Maybe<u8>,
    /// How often its floating-point state is still loaded before it is used.
    pub(crate) fpu_loads_left: u8,
    /// Where the scheduler keeps it.
    pub(crate) queued: Queued,
    /// User address of its IPC buffer.
    pub(crate) buffer: u64,
    pub(crate) ready: Links,
    pub(crate) wait: WaitPlace,
    pub(crate) release: ReleasePlace,
    /// How far an interrupted cache operation of this thread came.
    pub(crate) progress: Maybe<crate::cache::Progress>,
    /// Badge of the messages that this thread has not finished to cancel.
    pub(crate) cancelling: Maybe<u64>,
    /// Name, for people.
    pub(crate) name: [u8; NAME_BYTES],
    /// Counters of benchmark images.
    pub(crate) utilisation: crate::utilisation::ThreadUtilisation,
    /// Leaders of the queue in which it waits, by level; absent entries are zero.
    pub(crate) branches: [queue::Branch; queue::LEVELS],
    slots: [Slot; HELD_SLOTS as usize],
}

const _: () = assert!(size_of::<Thread>() as u64 <= CONTEXT_OFFSET);

impl Object for Thread {
    const KIND: Kind = Kind::Thread;
}

impl Object for Context {
    const KIND: Kind = Kind::Context;
}

/// Makes a thread at `offset` of a zeroed region.
pub(crate) fn create(mem: &mut Mem, region: &Region, offset: u64, domain: u8) -> Obj<Thread> {
    let thread = mem.create_zeroed::<Thread>(region, offset, 1);
    prepare(mem, thread, domain);
    thread
}

/// Gives a thread, made of zeroes, what is not zero in a fresh one.
pub(crate) fn prepare(mem: &mut Mem, thread: Obj<Thread>, domain: u8) {
    mem.get_mut(thread).domain = domain;
    mem.declare_parts(held_slots(thread), HELD_SLOTS);
    mem.declare_parts(context_of(thread), 1);
    mem.get_mut(context_of(thread)).spsr = crate::options::FRESH_SPSR;
}

/// The slots of a thread as an array.
pub(crate) fn held_slots(thread: Obj<Thread>) -> Obj<Slot> {
    thread.part(offset_of!(Thread, slots))
}

/// The saved registers of a thread.
pub(crate) fn context_of(thread: Obj<Thread>) -> Obj<Context> {
    thread.part(CONTEXT_OFFSET as usize)
}

impl Thread {
    /// One of the capabilities that the thread holds.
    #[inline(always)]
    pub(crate) const fn held(&self, what: Holds) -> &Cap {
        &self.slots[what as usize].cap
    }
}

impl Kernel {
    /// The slot in which a thread holds one of its capabilities.
    #[must_use]
    pub fn thread_slot(&self, thread: Obj<Thread>, what: Holds) -> Obj<Slot> {
        thread.part(offset_of!(Thread, slots) + size_of::<Slot>() * what as usize)
    }

    /// The saved registers of a thread that does not run at user level right now.
    #[must_use]
    pub fn registers(&self, thread: Obj<Thread>) -> &Context {
        self.mem.get(context_of(thread))
    }

    /// The saved registers of a thread that does not run at user level right now, to change them.
    #[must_use]
    pub fn registers_mut(&mut self, thread: Obj<Thread>) -> &mut Context {
        self.mem.get_mut(context_of(thread))
    }

    /// Physical address of a thread's IPC buffer, if its frame allows reading, or reading and
    /// writing.
    #[must_use]
    pub(crate) fn ipc_buffer(&self, thread: Obj<Thread>, write: bool) -> Option<PhysicalAddress> {
        let buffer = self[thread].buffer;
        let Cap::Page(page) = self[self.thread_slot(thread, Holds::IpcBuffer)].cap else {
            return None;
        };
        let needed = if write { abi::Rights::READ_WRITE } else { abi::Rights::READ };
        if buffer == 0 || page.is_device() || !page.rights().contains(needed) {
            return None;
        }
        Some(PhysicalAddress(page.start().0 + (buffer & page.inside())))
    }

    /// Sets a state that needs no queue.
    pub(crate) fn set_state(&mut self, thread: Obj<Thread>, state: State) {
        self[thread].state = state;
    }

    /// Whether the scheduler may run the thread as soon as its turn comes.
    #[must_use]
    pub(crate) fn is_schedulable(&self, thread: Obj<Thread>) -> bool {
        let thread = &self[thread];
        thread.state.is_runnable()
            && thread.queued != Queued::Release
            && thread.sched_context.is_some_and(|context| self[context].is_configured())
    }

    /// Stops a thread until somebody resumes it: its waiting is cancelled.
    pub(crate) fn suspend(&mut self, thread: Obj<Thread>) {
        self.stall(thread);
        self.cancel_ipc(thread);
        self.cancel_yield(thread);
        self.forget_progress(thread);
        self.finish_call(thread);
        self.set_state(thread, State::Inactive);
        self.dequeue(thread);
    }

    /// A thread whose last call is done and that is stopped before it could go on behind the call
    /// must not repeat it when it starts again.
    pub(crate) fn finish_call(&mut self, thread: Obj<Thread>) {
        if self[thread].state == State::Running {
            let registers = self.registers_mut(thread);
            registers.restart_pc = registers.next_pc;
        }
    }

    /// Makes a stopped or blocked thread repeat what it did last; nothing for a runnable one.
    pub(crate) fn resume(&mut self, thread: Obj<Thread>) {
        if self[thread].state.is_runnable() {
            return;
        }
        self.cancel_ipc(thread);
        self.set_state(thread, State::Restart);
        self.catch_up_sporadic(thread);
        self.wake(thread);
    }
}
