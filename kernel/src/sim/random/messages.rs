//! Messages between threads.

use abi::Syscall;
use abi::buffer::{RECEIVE_CNODE, RECEIVE_DEPTH, RECEIVE_INDEX};

use super::Player;
use crate::cap::Cap;

impl Player {
    /// A message, or the wish for one.
    pub(super) fn use_messages(&mut self) {
        self.prepare_receive();
        self.compose_message();
        let object =
            if self.chance.once_in(3) { self.notification_cap() } else { self.endpoint_cap() };
        let reply = self.pick(|cap| matches!(cap, Cap::Reply { .. }));
        let other = if self.chance.once_in(2) { reply } else { self.endpoint_cap() };
        let call = self.chance.of(&[
            Syscall::Call,
            Syscall::Call,
            Syscall::ReplyRecv,
            Syscall::NBSendRecv,
            Syscall::NBSendWait,
            Syscall::Send,
            Syscall::NBSend,
            Syscall::Recv,
            Syscall::Recv,
            Syscall::NBRecv,
            Syscall::Wait,
            Syscall::NBWait,
        ]);
        let to = match call {
            Syscall::Send | Syscall::NBSend if self.chance.once_in(2) => reply,
            _ => object,
        };
        self.system.set_x(0, to);
        self.system.set_x(6, if call == Syscall::NBSendWait { other } else { reply });
        self.system.set_x(8, other);
        self.system.set_x(7, call.number());
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

    fn prepare_receive(&mut self) {
        let thread = self.system.running();
        let Some(buffer) = self.system.ipc_buffer(thread, false) else { return };
        let place = self.place();
        self.system.set_buffer_word(buffer, RECEIVE_CNODE, place.cnode);
        self.system.set_buffer_word(buffer, RECEIVE_INDEX, place.index);
        self.system.set_buffer_word(buffer, RECEIVE_DEPTH, place.depth);
    }
}
