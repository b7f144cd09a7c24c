//! Messages between threads.

use abi::Syscall;
use abi::buffer::{RECEIVE_CNODE, RECEIVE_DEPTH, RECEIVE_INDEX};

use super::Player;
use crate::cap::Cap;
use crate::endpoint::Waiters;
use crate::notification::Signals;

/// Calls that begin with a message to somebody who may wait for it.
const SENDING: [Syscall; 7] = [
    Syscall::Call,
    Syscall::Call,
    Syscall::NBSendRecv,
    Syscall::NBSendWait,
    Syscall::Send,
    Syscall::Send,
    Syscall::NBSend,
];
/// Calls that receive.
const RECEIVING: [Syscall; 6] =
    [Syscall::Recv, Syscall::Recv, Syscall::Recv, Syscall::NBRecv, Syscall::Wait, Syscall::NBWait];
/// Calls that never block, for the one who keeps others going.
const POLLING: [Syscall; 3] = [Syscall::NBSend, Syscall::NBRecv, Syscall::NBRecv];

impl Player {
    /// A message, or the wish for one.
    pub(super) fn use_messages(&mut self) {
        self.prepare_receive();
        self.compose_message();
        match self.chance.below(10) {
            0..3 => self.answer_somebody(),
            3..7 => self.receive_from_somebody(),
            _ => self.send_to_somebody(),
        }
    }

    /// Whether the running thread is the one that keeps others going, and does so now.
    fn keeps_going(&mut self) -> bool {
        self.system.running() == self.system.root() && !self.chance.once_in(6)
    }

    /// Uses a reply object that holds a caller, and perhaps receives the next message.
    fn answer_somebody(&mut self) {
        let kernel = &self.system.booted.kernel;
        let holding: std::vec::Vec<_> =
            kernel.mem.all().filter(|reply| kernel.caller_of(*reply).is_some()).collect();
        let reply = if holding.is_empty() {
            self.reply_cap()
        } else {
            let reply = self.chance.of(&holding);
            self.pick(|cap| matches!(*cap, Cap::Reply { reply: its, .. } if its == reply))
        };
        let endpoint = self.endpoint_cap();
        self.system.set_x(0, endpoint);
        self.system.set_x(6, reply);
        self.system.set_x(8, reply);
        let call = if self.keeps_going() {
            Syscall::Send
        } else {
            self.chance.of(&[Syscall::ReplyRecv, Syscall::NBSendRecv, Syscall::Send, Syscall::Call])
        };
        if matches!(call, Syscall::Send | Syscall::Call) {
            self.system.set_x(0, reply);
        }
        if call == Syscall::NBSendRecv {
            let other = self.reply_cap();
            self.system.set_x(6, other);
        }
        self.system.set_x(7, call.number());
    }

    fn reply_cap(&mut self) -> u64 {
        self.pick(|cap| matches!(cap, Cap::Reply { .. }))
    }

    fn receive_from_somebody(&mut self) {
        let call = if self.keeps_going() { Syscall::NBRecv } else { self.chance.of(&RECEIVING) };
        let from = match self.chance.below(6) {
            0..3 => self.endpoint_where(|waiters| matches!(waiters, Waiters::Senders(_))),
            3 => self.endpoint_cap(),
            4 => self.notification_where(|signals| matches!(signals, Signals::Active(_))),
            _ => self.notification_cap(),
        };
        let reply = self.reply_cap();
        self.system.set_x(0, from);
        self.system.set_x(6, reply);
        self.system.set_x(7, call.number());
    }

    fn send_to_somebody(&mut self) {
        let call =
            if self.keeps_going() { self.chance.of(&POLLING) } else { self.chance.of(&SENDING) };
        let to = match self.chance.below(8) {
            0..4 => self.endpoint_where(|waiters| matches!(waiters, Waiters::Receivers(_))),
            4 => self.endpoint_cap(),
            5 | 6 => self.notification_where(|signals| matches!(signals, Signals::Waiting(_))),
            _ => self.notification_cap(),
        };
        let (reply, from) = (self.reply_cap(), self.endpoint_cap());
        self.system.set_x(0, if call == Syscall::NBSendRecv { from } else { to });
        self.system.set_x(6, if call == Syscall::NBSendWait { to } else { reply });
        self.system.set_x(8, to);
        if call == Syscall::NBSendWait {
            let from = self.notification_cap();
            self.system.set_x(0, from);
        }
        self.system.set_x(7, call.number());
    }

    /// An endpoint in a certain state, if there is one.
    fn endpoint_where(&mut self, is: fn(Waiters) -> bool) -> u64 {
        let fitting = self.fitting(|cap| match *cap {
            Cap::Endpoint { endpoint, .. } => is(self.system[endpoint].waiters),
            _ => false,
        });
        if fitting.is_empty() { self.endpoint_cap() } else { self.chance.of(&fitting) }
    }

    /// A notification in a certain state, if there is one.
    fn notification_where(&mut self, is: fn(Signals) -> bool) -> u64 {
        let fitting = self.fitting(|cap| match *cap {
            Cap::Notification { notification, .. } => is(self.system[notification].signals),
            _ => false,
        });
        if fitting.is_empty() { self.notification_cap() } else { self.chance.of(&fitting) }
    }

    fn compose_message(&mut self) {
        let thread = self.system.running();
        let label = if self.chance.once_in(4) { self.chance.below(60) } else { 0 };
        let words = [7; 40];
        let length = self.chance.of(&[0, 1, 4, 5, 12, 36]);
        let caps = [self.any_cap(), self.endpoint_cap(), self.any_cap()];
        let count = match self.system.ipc_buffer(thread, false) {
            Some(_) if self.chance.once_in(3) => self.chance.below(4) as usize,
            _ => 0,
        };
        self.system.compose(label, &words[..length], &caps[..count]);
    }

    /// Offers a slot for a capability.
    pub(super) fn prepare_receive(&mut self) {
        let thread = self.system.running();
        let Some(buffer) = self.system.ipc_buffer(thread, false) else { return };
        let place = self.place();
        self.system.set_buffer_word(buffer, RECEIVE_CNODE, place.cnode);
        self.system.set_buffer_word(buffer, RECEIVE_INDEX, place.index);
        self.system.set_buffer_word(buffer, RECEIVE_DEPTH, place.depth);
    }
}
