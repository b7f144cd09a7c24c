//! What the actors of a [`super::cast::Cast`] do: mostly they call and answer.

use abi::bootinfo::slot;
use abi::{Invocation, MessageInfo, Syscall};

use platform::contract::{Platform, TIMER_INTERRUPT, Trap};

use super::Player;
use super::cast::{Actor, Part};
use crate::cap::Cap;
use crate::mem::Obj;
use crate::notification::Signals;
use crate::thread::{State, Thread};

/// Use of floating point while it traps, aborts, and other exceptions (Arm ARM D17.2.37).
const FLOATING_POINT: u64 = 0x07;
const FAULTS: [u64; 4] = [0x00, 0x20, 0x24, 0x3c];
/// Lengths of messages: in registers, in buffers, and more than there may be.
const LENGTHS: [u64; 12] = [0, 0, 1, 3, 4, 4, 5, 10, 40, 119, 120, 127];
/// Systems calls beside those of a part.
const OTHERS: [Syscall; 10] = [
    Syscall::Call,
    Syscall::ReplyRecv,
    Syscall::NBSendRecv,
    Syscall::NBSendWait,
    Syscall::Send,
    Syscall::NBSend,
    Syscall::Recv,
    Syscall::NBRecv,
    Syscall::Wait,
    Syscall::NBWait,
];

impl Player {
    /// One entry of a game about messages, or a few.
    pub(super) fn step_meeting(&mut self) {
        self.system.checks = self.chance.once_in(16);
        if self.is_stuck() || self.chance.once_in(16) {
            self.direct();
        }
        if self.chance.once_in(24) {
            self.disturb();
        }
        self.step();
    }

    /// A device interrupts whose driver has acknowledged the last time, or the timer too early.
    fn disturb(&mut self) {
        let here = self.system.here;
        let devices = self.cast.irqs.clone();
        let irq = if self.chance.once_in(8) { TIMER_INTERRUPT } else { self.chance.of(&devices) };
        self.system.machine.unmask_interrupt(irq);
        self.system.machine.raise(irq, here);
        self.system.enter(Trap::Interrupt);
        self.system.machine.lower(irq, here);
    }

    /// The running thread plays its part, or for once something else.
    pub(super) fn play_part(&mut self, thread: Obj<Thread>) {
        let actor = self.cast.actors.iter().copied().find(|actor| actor.thread == thread);
        self.compose_anything(thread);
        match (actor, self.chance.below(100)) {
            (_, 0..2) => self.manage(),
            (_, 2..5) => self.use_floating_point(thread),
            (_, 5..9) => self.fail(thread),
            (_, 9) => self.system.interrupt(),
            (_, 10..12) => self.system_call(thread, Syscall::Yield.number()),
            (Some(actor), 12..16) => self.signal_somebody(actor),
            (Some(actor), 20..90) if actor.part == Part::Driver => self.wait_for_signals(actor),
            (Some(actor), 16..20) => self.do_anything(actor),
            (Some(actor), _) if actor.part == Part::Server => self.serve(actor),
            (Some(actor), _) => self.call_server(actor),
            (None, _) => self.system.interrupt(),
        }
    }

    /// Random words in the registers of a message and in the buffer.
    fn compose_anything(&mut self, thread: Obj<Thread>) {
        let length = self.chance.of(&LENGTHS);
        let caps = if self.chance.once_in(24) { self.chance.below(4) } else { 0 };
        let label = if self.chance.once_in(3) { self.chance.below(1 << 52) } else { 0 };
        let info = MessageInfo::new(label, caps as usize, length as usize);
        let info = info.with_unwrapped(self.chance.below(8));
        let words: [u64; 4] = core::array::from_fn(|_| self.chance.below(u64::MAX));
        let registers = self.system.registers_mut(thread);
        registers.x[1] = info.0;
        registers.x[2..6].copy_from_slice(&words);
        let Some(buffer) = self.system.ipc_buffer(thread, false) else { return };
        for _ in 0..3 {
            let at = 8 * self.chance.below(length + 1);
            let word = self.chance.below(u64::MAX);
            self.system.set_buffer_word(buffer, at, word);
        }
        if self.chance.once_in(3) {
            self.prepare_receive();
        }
        for index in 0..caps {
            let cptr = if self.chance.once_in(8) { 1 << 40 } else { self.any_cap() };
            self.system.set_buffer_word(buffer, abi::buffer::CAPS_OR_BADGES + 8 * index, cptr);
        }
    }

    /// The running thread makes a call with these capability addresses in x0, x6 and x8.
    fn make_call(&mut self, actor: Actor, call: Syscall, addresses: [u64; 3]) {
        for (register, address) in [0, 6, 8].into_iter().zip(addresses) {
            let address = if self.chance.once_in(250) {
                self.chance.of(&[0, 5, u64::MAX, 1 << 40])
            } else {
                address + actor.displacement
            };
            self.system.set_x(register, address);
        }
        self.system_call(actor.thread, call.number());
    }

    fn call_server(&mut self, actor: Actor) {
        let to = self.chance.of(&self.cast.senders);
        self.make_call(actor, Syscall::Call, [to, actor.reply, to]);
    }

    fn serve(&mut self, actor: Actor) {
        let from = match self.chance.once_in(60) {
            true => self.chance.of(&self.cast.senders),
            false => actor.endpoint,
        };
        let call = match self.chance.below(40) {
            0 => Syscall::NBSendRecv,
            1 => Syscall::Recv,
            // A server may be a client of others.
            2..4 => return self.call_server(actor),
            _ => Syscall::ReplyRecv,
        };
        self.make_call(actor, call, [from, actor.reply, actor.reply]);
    }

    fn signal_somebody(&mut self, actor: Actor) {
        let to = self.chance.of(&self.cast.signals);
        self.humble_waiter(to);
        let call = self.chance.of(&[Syscall::Send, Syscall::NBSend, Syscall::Call, Syscall::Wait]);
        self.make_call(actor, call, [to, actor.reply, to]);
    }

    /// Somebody outside makes the first waiter no better than the running thread.
    fn humble_waiter(&mut self, signal: u64) {
        let Cap::Notification { notification, .. } = self.system.cap(signal) else { return };
        let Signals::Waiting(waiter) = self.system[notification].signals else { return };
        let own = self.system[self.system.running()].priority;
        let priority = if self.chance.once_in(2) { own } else { own.saturating_sub(1) };
        self.system.requeue_waiter(waiter, priority);
    }

    fn wait_for_signals(&mut self, actor: Actor) {
        let from = self.chance.of(&self.cast.signals);
        self.make_call(actor, Syscall::Wait, [from, actor.reply, from]);
    }

    fn do_anything(&mut self, actor: Actor) {
        let call = self.chance.of(&OTHERS);
        let others = self.chance.of(&self.cast.actors);
        let any = [
            self.chance.of(&self.cast.senders),
            self.chance.of(&self.cast.signals),
            others.endpoint,
            others.reply,
            actor.reply,
        ];
        let addresses = core::array::from_fn(|_| self.chance.of(&any));
        self.make_call(actor, call, addresses);
    }

    /// The running thread faults.
    fn fail(&mut self, thread: Obj<Thread>) {
        if self.chance.once_in(3) {
            let number = self.chance.below(40);
            return self.system_call(thread, number);
        }
        let class = self.chance.of(&FAULTS);
        let address = self.chance.below(1 << 47);
        self.system.exception(class << 26 | 1 << 25 | self.chance.below(64), address);
    }

    /// The running thread computes with registers that stay in the core.
    fn use_floating_point(&mut self, thread: Obj<Thread>) {
        let (here, value) = (self.system.here, self.chance.below(u64::MAX));
        self.system.machine.core_state_mut(here).tpidr = value;
        if !self.system.core().fpu_enabled {
            self.system.exception(FLOATING_POINT << 26 | 1 << 25, 0);
        }
        if self.system.core().fpu_enabled && self.system.current() == Some(thread) {
            let register = self.chance.below(32) as usize;
            self.system.machine.core_state_mut(here).fpu.q[register] = value.into();
        }
    }

    /// The running thread changes how another one runs.
    fn manage(&mut self) {
        let other = self.chance.of(&self.cast.actors);
        let actor = self.cast.actors.iter().find(|actor| actor.thread == self.system.running());
        let displacement = actor.map_or(0, |actor| actor.displacement);
        let at = |cptr: u64| cptr + displacement;
        let has_buffer = self.system.ipc_buffer(self.system.running(), false).is_some();
        if !has_buffer {
            return self.system.interrupt();
        }
        let priority = self.chance.of(&[50, 100, 150, 200]);
        let space = self.chance.of(&self.cast.spaces);
        let frame = self.chance.of(&self.cast.frames);
        let signal = self.chance.of(&self.cast.signals);
        let handler = self.chance.of(&self.cast.senders);
        let core = self.chance.below(self.system.core_count as u64);
        let foreign = u64::from(self.chance.once_in(3));
        let (tcb, context) = (at(other.tcb), at(other.context));
        let (authority, root) = (at(slot::THREAD), at(slot::CNODE));
        let (target, label, words, caps): (_, _, &[u64], &[u64]) = match self.chance.below(15) {
            12.. => (context, Invocation::SchedContextYieldTo, &[], &[]),
            0 | 1 => (tcb, Invocation::ThreadSetPriority, &[priority], &[authority]),
            2 => (tcb, Invocation::ThreadSetIpcBuffer, &[0x7000_0400], &[at(frame)]),
            3 => (tcb, Invocation::ThreadSetTimeoutEndpoint, &[], &[at(handler)]),
            4 => (tcb, Invocation::ThreadBindNotification, &[], &[at(signal)]),
            5 => (tcb, Invocation::ThreadUnbindNotification, &[], &[]),
            6 => (context, Invocation::SchedContextBind, &[], &[at(signal)]),
            7 => {
                let control = at(self.system.controls.start + core);
                let label = Invocation::SchedControlConfigureFlags;
                (control, label, &[5000, 5000, 0, 9, 0], &[context])
            }
            8 => (at(slot::DOMAIN), Invocation::DomainSet, &[priority & 1], &[tcb]),
            9 => (tcb, Invocation::ThreadSuspend, &[], &[]),
            10 => (tcb, Invocation::ThreadSetSystemCalls, &[foreign], &[]),
            _ if self.chance.once_in(3) => (root, Invocation::CNodeRevoke, &[space, 64], &[]),
            _ if self.chance.once_in(9) => {
                // All address spaces lose their ASIDs.
                (root, Invocation::CNodeDelete, &[slot::ASID_POOL, 64], &[])
            }
            _ => (tcb, Invocation::ThreadResume, &[], &[]),
        };
        self.system.compose(label.label(), words, caps);
        self.system.set_x(0, target);
        let thread = self.system.running();
        self.system_call(thread, Syscall::Call.number());
    }

    /// Somebody outside keeps the play going: servers give their time back once they wait, and
    /// when nobody goes on, servers start again, and clients if there is no need for that.
    fn direct(&mut self) {
        let stuck = self.is_stuck();
        let absent = self.cast.actors.iter().any(|actor| {
            actor.part == Part::Server && !self.is_waiting(actor) && self.is_blocked(actor)
        });
        for actor in self.cast.actors.clone() {
            let again = stuck && (actor.part == Part::Server || !absent);
            self.direct_actor(actor, again);
        }
        self.system.enter(Trap::Interrupt);
    }

    fn is_stuck(&self) -> bool {
        self.system.current().is_none_or(|current| current == self.system.root())
    }

    fn is_waiting(&self, actor: &Actor) -> bool {
        matches!(self.system.state(actor.thread), State::Receiving { .. })
    }

    fn is_blocked(&self, actor: &Actor) -> bool {
        !self.system.state(actor.thread).is_runnable()
    }

    fn direct_actor(&mut self, actor: Actor, again: bool) {
        let Cap::SchedContext { context, .. } = self.system.cap(actor.context) else { return };
        let Cap::Thread { thread } = self.system.cap(actor.tcb) else { return };
        let waits = self.is_waiting(&actor);
        let passive = waits && actor.part == Part::Server && !self.chance.once_in(8);
        if passive && self.system[thread].sched_context == Some(context) {
            self.system.unbind_thread(context);
        }
        if again && !passive {
            self.system.resume(thread);
        }
        if again && self.system[context].thread.is_some_and(|user| user != thread) {
            self.system.unbind_thread(context);
        }
        let free = self.system[context].thread.is_none() && self.system[context].is_configured();
        if !passive && free && self.system[thread].sched_context.is_none() {
            self.system.bind_thread(context, thread);
        }
    }
}
