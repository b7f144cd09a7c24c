//! Signals: `Send` and `NBSend` on a notification, and interrupts that become signals.

use super::change::{Change, Moment};
use super::{Miss, Width};
use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::notification::{Notification, Signals};
use crate::thread::{State, Thread};
use abi::{MessageInfo, Rights};
use platform::contract::Arguments;

/// A notification, the badge that it gets, and whom it finds.
pub(super) struct Target {
    pub(super) notification: Obj<Notification>,
    pub(super) badge: u64,
    pub(super) reaction: Reaction,
}

/// What a notification does with a badge.
pub(super) enum Reaction {
    /// It keeps this word, for nobody waits.
    Keep(u64),
    /// It wakes this thread.
    Wake(Obj<Thread>),
}

/// A signal that can be carried out.
pub(super) struct Signal {
    notification: Obj<Notification>,
    badge: u64,
    effect: Effect,
}

/// What a signal does.
enum Effect {
    /// Nobody waits: the word is kept.
    Keep(u64),
    /// A thread wakes that is not better than the current one.
    Wake(Obj<Thread>),
    /// A better thread wakes and runs at once.
    Switch(Change, Moment),
}

impl Kernel {
    /// Looks what the current thread signals through the capability that it names.
    #[inline(always)]
    pub(super) fn check_target<W: Width>(
        &self,
        sender: Obj<Thread>,
        arguments: &Arguments,
    ) -> Result<Target, Miss> {
        if MessageInfo(arguments.0[1]).extra_caps() > 0 {
            return Err(Miss::ExtraCaps);
        }
        self.signalled(self.named::<W>(sender, arguments.0[0])?)
    }

    /// Looks what is signalled through `cap`.
    #[inline(always)]
    pub(super) fn signalled(&self, cap: &Cap) -> Result<Target, Miss> {
        let Cap::Notification { rights, notification, badge } = *cap else {
            return Err(Miss::NotForSignalling);
        };
        if !rights.contains(Rights::WRITE) {
            return Err(Miss::NotForSignalling);
        }
        let reaction = match (self[notification].signals, self[notification].thread) {
            (Signals::Active(word), _) => Reaction::Keep(word | badge),
            (Signals::Waiting(waiter), _) => Reaction::Wake(waiter),
            (Signals::Idle, Some(bound)) if self.is_receiving(bound) => Reaction::Wake(bound),
            (Signals::Idle, _) => Reaction::Keep(badge),
        };
        Ok(Target { notification, badge, reaction })
    }

    /// Looks what a signal does while `current` runs.
    #[inline(always)]
    pub(super) fn check_signal<W: Width>(
        &self,
        current: Obj<Thread>,
        target: Target,
    ) -> Result<Signal, Miss> {
        let Target { notification, badge, reaction } = target;
        let moment = self.check_rest::<W>()?;
        let effect = match reaction {
            Reaction::Keep(word) => Effect::Keep(word),
            Reaction::Wake(waiter) => self.check_wake::<W>(current, waiter, moment)?,
        };
        Ok(Signal { notification, badge, effect })
    }

    /// Lets a notification for which nobody waits keep a word.
    #[inline(always)]
    pub(super) fn keep_signal(&mut self, notification: Obj<Notification>, word: u64) {
        self[notification].signals = Signals::Active(word);
    }

    #[inline(always)]
    fn is_receiving(&self, thread: Obj<Thread>) -> bool {
        matches!(self[thread].state, State::Receiving { .. })
    }

    /// Looks who runs when `waiter` wakes.
    #[inline(always)]
    fn check_wake<W: Width>(
        &self,
        current: Obj<Thread>,
        waiter: Obj<Thread>,
        moment: Moment,
    ) -> Result<Effect, Miss> {
        let (old, new) = (&self[current], &self[waiter]);
        if new.priority <= old.priority {
            if new.core != old.core {
                return Err(Miss::OtherCore);
            }
            if new.domain != old.domain {
                return Err(Miss::OtherDomain);
            }
            let context = self.check_time(waiter, moment.now)?;
            if self[context].sporadic {
                return Err(Miss::Sporadic);
            }
            return Ok(Effect::Wake(waiter));
        }
        self.check_releases::<W>(moment)?;
        let change = self.check_change::<W>(current, waiter, moment)?;
        if self[change.context].sporadic {
            return Err(Miss::Sporadic);
        }
        Ok(Effect::Switch(change, moment))
    }

    /// Signals.
    #[inline(always)]
    pub(super) fn perform_signal<W: Width>(
        &mut self,
        current: Obj<Thread>,
        signal: &Signal,
    ) -> Obj<Thread> {
        let Signal { notification, badge, ref effect } = *signal;
        match effect {
            Effect::Keep(word) => {
                self.keep_signal(notification, *word);
                self.perform_stay(current)
            }
            Effect::Wake(waiter) => {
                self.wake_with(notification, *waiter, badge);
                if self[*waiter].priority == self[current].priority {
                    self.enqueue_last(*waiter);
                } else {
                    self.enqueue_first(*waiter);
                }
                self.perform_stay(current)
            }
            Effect::Switch(change, moment) => {
                self.note_moment(moment.now);
                self.wake_with(notification, change.switch.to, badge);
                self.enqueue_first(current);
                self.perform_change::<W>(change)
            }
        }
    }

    /// Ends the waiting of a thread with a word.
    #[inline(always)]
    fn wake_with(&mut self, notification: Obj<Notification>, waiter: Obj<Thread>, word: u64) {
        match self[waiter].state {
            State::Waiting { .. } => self.leave_notification(notification, waiter),
            _ => self.cancel_ipc(waiter),
        }
        self[waiter].state = State::Running;
        self.registers_mut(waiter).x[0] = word;
    }
}
