//! The end of a turn: a thread yields, or its slice of time is over.

use super::change::{Change, Moment};
use super::{Miss, Width};
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::sched_context::SchedContext;
use crate::thread::Thread;

/// A thread whose turn ends, and who is next.
pub(super) struct Turn {
    thread: Obj<Thread>,
    context: Obj<SchedContext>,
    moment: Moment,
    /// Nobody: the thread has another turn.
    next: Option<Change>,
}

impl Kernel {
    /// Looks whether `thread`, the current one, can give up the rest of its slice.
    #[inline(always)]
    pub(super) fn check_yield<W: Width>(&self, thread: Obj<Thread>) -> Result<Turn, Miss> {
        let turn = self.check_turn::<W>(thread)?;
        if !self.suffices(turn.context, turn.moment) {
            return Err(Miss::BudgetOver);
        }
        Ok(turn)
    }

    /// Looks whether the slice of `thread` is over.
    #[inline(always)]
    pub(super) fn check_end_of_slice<W: Width>(&self, thread: Obj<Thread>) -> Result<Turn, Miss> {
        let turn = self.check_turn::<W>(thread)?;
        if self.suffices(turn.context, turn.moment) {
            return Err(Miss::BudgetLeft);
        }
        Ok(turn)
    }

    /// Looks who is next, if time comes in slices.
    #[inline(always)]
    fn check_turn<W: Width>(&self, thread: Obj<Thread>) -> Result<Turn, Miss> {
        if !W::WIDE {
            return Err(Miss::Narrow);
        }
        let moment = self.check_clock::<W>()?;
        self.check_releases::<W>(moment)?;
        let Some(context) = self.fast_core::<W>().context else { return Err(Miss::NoTime) };
        if !self[context].is_round_robin() {
            return Err(Miss::NoSlices);
        }
        let next = match self.next_in_turn(thread) {
            None => None,
            Some(next) => Some(self.check_change::<W>(thread, next, moment)?),
        };
        Ok(Turn { thread, context, moment, next })
    }

    /// Begins the next slice of the thread, and lets the next thread run.
    #[inline(always)]
    pub(super) fn perform_turn<W: Width>(&mut self, turn: &Turn) -> Obj<Thread> {
        self.note_moment(turn.moment.now);
        self.begin_slice(turn.context);
        match &turn.next {
            None => {
                self.set_deadline();
                self.perform_stay(turn.thread)
            }
            Some(change) => {
                self.leave_ready_queue(change.switch.to);
                self.enqueue_last(turn.thread);
                let next = self.perform_change::<W>(change);
                self.activate(next);
                next
            }
        }
    }
}
