//! Scheduling contexts: the right to use a processor, so much in each period.
//!
//! The object is a header of 96 bytes and, behind it, a ring of refills.

use platform::contract::Ticks;

use crate::kernel::Kernel;
use crate::mem::{Kind, Mem, Obj, Object, Region};
use crate::notification::Notification;
use crate::refill::{Refill, Refills};
use crate::reply::Reply;
use crate::thread::{State, Thread};

/// Bytes before the refills.
const HEADER_BYTES: usize = 96;

/// A scheduling context. Zeroed memory is one that is not configured. Invariant: once configured,
/// the refills in use sum to `budget`.
#[repr(C, align(32))]
#[derive(PartialEq, Debug)]
pub struct SchedContext {
    /// Length of the period; 0 for round robin.
    pub(crate) period: Ticks,
    /// Time that may be used in each period.
    pub(crate) budget: Ticks,
    /// Time used since somebody last asked.
    pub(crate) consumed: Ticks,
    /// What timeout faults say.
    pub(crate) badge: u64,
    /// The thread that runs on it.
    pub(crate) thread: Option<Obj<Thread>>,
    /// The notification that lends it.
    pub(crate) notification: Option<Obj<Notification>>,
    /// The most recent call through which it was donated.
    pub(crate) reply: Option<Obj<Reply>>,
    /// The thread that yielded to it and waits to learn its use.
    pub(crate) yielded_from: Option<Obj<Thread>>,
    /// Position of the earliest refill in the ring.
    first: u32,
    /// Refills in use.
    count: u32,
    /// Most refills; 0 before configuration.
    limit: u32,
    /// The core it belongs to.
    pub(crate) core: u8,
    /// Whether unused time is kept until the thread is woken.
    pub(crate) sporadic: bool,
}

const _: () = assert!(size_of::<SchedContext>() <= HEADER_BYTES);

impl Object for SchedContext {
    const KIND: Kind = Kind::SchedContext;
}

impl SchedContext {
    /// Whether the context has a budget.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        self.limit > 0
    }

    /// Most refills; 0 before configuration.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// Whether the whole budget returns as soon as it is used.
    #[must_use]
    pub const fn is_round_robin(&self) -> bool {
        self.period == 0
    }

    /// Whether the context runs with constant bandwidth: unused time is lost when it is switched
    /// to, not when its thread wakes.
    #[must_use]
    pub const fn is_constant_bandwidth(&self) -> bool {
        !self.sporadic
    }
}

/// Makes an unconfigured scheduling context of `1 << bits` bytes in a zeroed region.
pub(crate) fn create(mem: &mut Mem, region: &Region, offset: u64, bits: u32) -> Obj<SchedContext> {
    let context = mem.create_zeroed::<SchedContext>(region, offset, 1);
    declare(mem, context, bits);
    context
}

/// Declares the refills of a scheduling context of `1 << bits` bytes live with it.
pub(crate) fn declare(mem: &mut Mem, context: Obj<SchedContext>, bits: u32) {
    let refills = u32::try_from(abi::object::refill_capacity(bits)).unwrap_or(u32::MAX);
    mem.declare_parts(context.part::<Refill>(HEADER_BYTES), refills);
}

/// The refills of a scheduling context.
pub(crate) struct RefillRing<'a> {
    mem: &'a mut Mem,
    context: Obj<SchedContext>,
}

impl RefillRing<'_> {
    fn place(&self, index: u32) -> Obj<Refill> {
        let context = self.mem.get(self.context);
        let position = context.first + index;
        let position = if position >= context.limit { position - context.limit } else { position };
        self.context.part::<Refill>(HEADER_BYTES).nth(position)
    }
}

impl Refills for RefillRing<'_> {
    fn count(&self) -> u32 {
        self.mem.get(self.context).count
    }

    fn limit(&self) -> u32 {
        self.mem.get(self.context).limit
    }

    fn at(&self, index: u32) -> Refill {
        *self.mem.get(self.place(index))
    }

    fn put(&mut self, index: u32, refill: Refill) {
        let place = self.place(index);
        *self.mem.get_mut(place) = refill;
    }

    fn pop(&mut self) -> Refill {
        let head = self.at(0);
        let context = self.mem.get_mut(self.context);
        context.first = if context.first + 1 == context.limit { 0 } else { context.first + 1 };
        context.count -= 1;
        head
    }

    fn push(&mut self, refill: Refill) {
        let place = self.place(self.count());
        *self.mem.get_mut(place) = refill;
        self.mem.get_mut(self.context).count += 1;
    }
}

/// Parameters of a scheduling context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameters {
    /// Budget in ticks.
    pub budget: Ticks,
    /// Period in ticks; equal to the budget for round robin.
    pub period: Ticks,
    /// Most refills.
    pub limit: u32,
}

impl Kernel {
    /// The refills of a configured context.
    pub(crate) fn refills(&mut self, context: Obj<SchedContext>) -> RefillRing<'_> {
        RefillRing { mem: &mut self.mem, context }
    }

    /// The earliest refill of a configured context.
    pub(crate) fn head_refill(&self, context: Obj<SchedContext>) -> Refill {
        self[self.head_place(context)]
    }

    /// The same, to change it.
    pub(crate) fn head_refill_mut(&mut self, context: Obj<SchedContext>) -> &mut Refill {
        let place = self.head_place(context);
        &mut self[place]
    }

    fn head_place(&self, context: Obj<SchedContext>) -> Obj<Refill> {
        context.part::<Refill>(HEADER_BYTES).nth(self[context].first)
    }

    /// The refills of a configured context, earliest first.
    pub(crate) fn refill_list(
        &self,
        context: Obj<SchedContext>,
    ) -> impl Iterator<Item = Refill> + '_ {
        let SchedContext { first, count, limit, .. } = self[context];
        let refills = context.part::<Refill>(HEADER_BYTES);
        (0..count).map(move |index| self[refills.nth((first + index) % limit.max(1))])
    }

    /// Whether a configured context may run now, for a useful time.
    pub(crate) fn may_run(&self, context: Obj<SchedContext>) -> bool {
        let head = self.head_refill(context);
        head.time <= self.core().time && head.amount >= self.min_budget()
    }

    /// Whether the context is configured and its earliest refill may be used now.
    pub(crate) fn is_released(&self, context: Obj<SchedContext>) -> bool {
        self[context].is_configured() && self.head_refill(context).time <= self.core().time
    }

    /// The shortest useful budget in ticks.
    pub(crate) const fn min_budget(&self) -> Ticks {
        self.min_budget
    }

    /// Gives a context a fresh budget, all of it available now.
    pub(crate) fn set_fresh_refills(&mut self, context: Obj<SchedContext>, new: Parameters) {
        let now = self.core().time;
        let round_robin = new.budget == new.period;
        let header = &mut self[context];
        header.period = if round_robin { 0 } else { new.period };
        header.budget = new.budget;
        (header.first, header.count) = (0, 0);
        header.limit = if round_robin { 2 } else { new.limit };
        self.refills(context).push(Refill { time: now, amount: new.budget });
    }

    /// Changes the budget of a context in use so that in no window more is used than either
    /// the old or the new parameters allow.
    pub(crate) fn update_refills(&mut self, context: Obj<SchedContext>, new: Parameters) {
        let now = self.core().time;
        let mut head = self.head_refill(context);
        if head.time <= now {
            head.time = now;
        }
        let missing = new.budget.saturating_sub(head.amount);
        head.amount = head.amount.min(new.budget);
        let header = &mut self[context];
        (header.period, header.budget, header.limit) = (new.period, new.budget, new.limit);
        (header.first, header.count) = (0, 0);
        let mut refills = self.refills(context);
        refills.push(head);
        if missing > 0 {
            let time = head.time.saturating_add(new.period);
            refills.push(Refill { time, amount: missing });
        }
        let min = self.min_budget();
        self.refills(context).merge_small_heads(min);
    }

    /// Gives `context` to `thread`, taking it from whoever has it.
    pub(crate) fn donate(&mut self, context: Obj<SchedContext>, thread: Obj<Thread>) {
        if let Some(giver) = self[context].thread {
            self.stall(giver);
            self.dequeue(giver);
            if usize::from(self[giver].core) != self.here {
                self.charge_if_current(context);
            }
            self[giver].sched_context = None;
            self.leave_core_if_current(giver);
        }
        self[context].thread = Some(thread);
        self[thread].sched_context = Some(context);
        self.migrate(thread, self[context].core);
    }

    /// Takes `context` away from its thread, which stops running.
    pub(crate) fn unbind_thread(&mut self, context: Obj<SchedContext>) {
        let Some(thread) = self[context].thread else { return };
        self.stall(thread);
        self.charge_if_current(context);
        self.dequeue(thread);
        self[thread].sched_context = None;
        self[context].thread = None;
        self.leave_core_if_current(thread);
    }

    /// Gives an unused context to a thread without one and lets it run.
    pub(crate) fn bind_thread(&mut self, context: Obj<SchedContext>, thread: Obj<Thread>) {
        self[context].thread = Some(thread);
        self[thread].sched_context = Some(context);
        self.migrate(thread, self[context].core);
        if self[context].sporadic {
            self.catch_up(context);
        }
        self.admit(thread);
        if self.is_schedulable(thread) {
            self.enqueue_first(thread);
            self.choose_again(thread);
        }
    }

    /// Moves a ready context's time to now, see [`Refills::catch_up`].
    pub(crate) fn catch_up(&mut self, context: Obj<SchedContext>) {
        let header = &self[context];
        if !header.is_configured() || header.is_round_robin() {
            return;
        }
        let now = self.core().time;
        if self.refills(context).catch_up(now) {
            self.core_mut().reprogram = true;
        }
    }

    /// Takes a notification's link to the context away.
    pub(crate) fn unbind_lender(&mut self, context: Obj<SchedContext>) {
        if let Some(notification) = self[context].notification.take() {
            self[notification].sched_context = None;
        }
    }

    /// Cuts the context off the calls through which it was donated.
    pub(crate) fn unbind_replies(&mut self, context: Obj<SchedContext>) {
        if let Some(reply) = self[context].reply.take() {
            self[reply].above = crate::reply::Above::Nothing;
        }
    }

    /// Time used since the last query, in microseconds; starts a new count.
    pub(crate) fn take_consumed(&mut self, context: Obj<SchedContext>) -> u64 {
        let consumed = core::mem::take(&mut self[context].consumed);
        self.microseconds(consumed)
    }

    /// Effects of deleting the last capability of a scheduling context.
    pub(crate) fn finalise_sched_context(&mut self, context: Obj<SchedContext>) {
        self.unbind_thread(context);
        self.unbind_lender(context);
        self.unbind_replies(context);
        self.complete_yield(context);
        for core in self.cores.iter_mut() {
            if core.context == Some(context) {
                core.context = None;
            }
        }
        self[context].limit = 0;
    }

    /// Ends the waiting of a thread that yielded to `context`, telling it the time used.
    pub(crate) fn complete_yield(&mut self, context: Obj<SchedContext>) {
        let Some(thread) = self[context].yielded_from.take() else { return };
        let consumed = self.take_consumed(context);
        self[thread].yielded_to = None;
        if self[thread].state == State::Running {
            self.answer_word(thread, consumed);
        }
    }

    /// Forgets that a thread waits to learn the use of a context.
    pub(crate) fn cancel_yield(&mut self, thread: Obj<Thread>) {
        if let Some(context) = self[thread].yielded_to.take() {
            self[context].yielded_from = None;
        }
    }
}
