//! Objects and threads for scenarios. The root task makes them: it must be running.

use abi::bootinfo::slot;
use abi::{Invocation, ObjectType};

use super::System;
use super::calls::Answer;
use crate::cap::Cap;
use crate::mem::Obj;
use crate::sched_context::SchedContext;
use crate::slot::Slot;
use crate::thread::{State, Thread};

/// A thread with its capabilities, which are in the root CNode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Helper {
    pub(crate) thread: Obj<Thread>,
    pub(crate) tcb: u64,
    pub(crate) context: u64,
    pub(crate) buffer: u64,
}

/// Address of the IPC buffers of helpers.
const BUFFER: u64 = 0x7000_0000;

/// All bits of a capability address.
pub(crate) const DEPTH: u64 = 64;

impl System {
    /// A slot of the root CNode.
    pub(crate) fn slot(&self, cptr: u64) -> Obj<Slot> {
        self.booted.slot(cptr)
    }

    /// The capability in a slot of the root CNode.
    pub(crate) fn cap(&self, cptr: u64) -> Cap {
        self.booted.cap(cptr)
    }

    /// The root task's thread.
    pub(crate) fn root(&self) -> Obj<Thread> {
        self.booted.thread
    }

    /// An empty slot of the root CNode.
    pub(crate) fn free_slot(&mut self) -> u64 {
        self.next_slot += 1;
        self.next_slot - 1
    }

    /// Retypes.
    pub(crate) fn retype(
        &mut self,
        untyped: u64,
        object: ObjectType,
        size: u64,
        to: u64,
        count: u64,
    ) -> Answer {
        let words = [object.word(), size, 0, 0, to, count];
        self.invoke(untyped, Invocation::UntypedRetype, &words, &[slot::CNODE])
    }

    /// A new object in a new slot.
    pub(crate) fn make(&mut self, object: ObjectType, size: u64) -> u64 {
        let (untyped, to) = (self.largest, self.free_slot());
        assert_eq!(self.retype(untyped, object, size, to, 1), Ok([].into()));
        to
    }

    /// A badged copy of an endpoint or notification.
    pub(crate) fn mint(&mut self, cptr: u64, rights: u64, badge: u64) -> u64 {
        let to = self.free_slot();
        let words = [to, DEPTH, cptr, DEPTH, rights, badge];
        let answer = self.invoke(slot::CNODE, Invocation::CNodeMint, &words, &[slot::CNODE]);
        assert_eq!(answer, Ok([].into()));
        to
    }

    /// A copy.
    pub(crate) fn copy(&mut self, cptr: u64, rights: u64) -> u64 {
        let to = self.free_slot();
        let words = [to, DEPTH, cptr, DEPTH, rights];
        let answer = self.invoke(slot::CNODE, Invocation::CNodeCopy, &words, &[slot::CNODE]);
        assert_eq!(answer, Ok([].into()));
        to
    }

    /// Deletes what is in a slot of the root CNode.
    pub(crate) fn delete_slot(&mut self, cptr: u64) -> Answer {
        self.invoke(slot::CNODE, Invocation::CNodeDelete, &[cptr, DEPTH], &[])
    }

    /// Revokes what is in a slot of the root CNode.
    pub(crate) fn revoke_slot(&mut self, cptr: u64) -> Answer {
        self.invoke(slot::CNODE, Invocation::CNodeRevoke, &[cptr, DEPTH], &[])
    }

    /// Configures a scheduling context of the core of the first control capability plus `core`.
    pub(crate) fn configure(&mut self, context: u64, budget: u64, period: u64) -> Answer {
        self.configure_flags(context, [budget, period, 0, 0, 0], 0)
    }

    /// The same with all five words: budget, period, extra refills, badge, flags.
    pub(crate) fn configure_flags(&mut self, context: u64, words: [u64; 5], core: u64) -> Answer {
        let control = self.controls.start + core;
        self.invoke(control, Invocation::SchedControlConfigureFlags, &words, &[context])
    }

    /// The thread that a capability names.
    pub(crate) fn thread_at(&self, cptr: u64) -> Obj<Thread> {
        match self.cap(cptr) {
            Cap::Thread { thread } => thread,
            other => panic!("{cptr} holds {other:?}"),
        }
    }

    /// The scheduling context that a capability names.
    pub(crate) fn context_at(&self, cptr: u64) -> Obj<SchedContext> {
        match self.cap(cptr) {
            Cap::SchedContext { context, .. } => context,
            other => panic!("{cptr} holds {other:?}"),
        }
    }

    /// A thread in the root task's spaces with an IPC buffer, a round-robin context of ten
    /// milliseconds, and a priority. It is inactive.
    pub(crate) fn helper(&mut self, priority: u64) -> Helper {
        let helper = self.passive_helper(priority);
        assert_eq!(self.configure(helper.context, 10_000, 10_000), Ok([].into()));
        let bound = self.invoke(helper.context, Invocation::SchedContextBind, &[], &[helper.tcb]);
        assert_eq!(bound, Ok([].into()));
        helper
    }

    /// The same without a configured or bound context.
    pub(crate) fn passive_helper(&mut self, priority: u64) -> Helper {
        let tcb = self.make(ObjectType::Thread, 0);
        let context = self.make(ObjectType::SchedContext, 8);
        let buffer = self.make(ObjectType::SmallPage, 0);
        let caps = [slot::CNODE, slot::VSPACE, buffer];
        let answer = self.invoke(tcb, Invocation::ThreadConfigure, &[0, 0, BUFFER], &caps);
        assert_eq!(answer, Ok([].into()));
        for label in [Invocation::ThreadSetMaxPriority, Invocation::ThreadSetPriority] {
            assert_eq!(self.invoke(tcb, label, &[priority], &[slot::THREAD]), Ok([].into()));
        }
        Helper { thread: self.thread_at(tcb), tcb, context, buffer }
    }

    /// Starts a helper at `pc`.
    pub(crate) fn start(&mut self, helper: &Helper, pc: u64) {
        let words = [1, 1, pc];
        let answer = self.invoke(helper.tcb, Invocation::ThreadWriteRegisters, &words, &[]);
        assert_eq!(answer, Ok([].into()));
    }

    /// A started helper of the root task's priority, which waits for its turn.
    pub(crate) fn ready_helper(&mut self) -> Helper {
        let helper = self.helper(255);
        self.start(&helper, 0x40_0000);
        assert_eq!(self.state(helper.thread), State::Restart);
        helper
    }
}
