//! Messages of all kinds.

use abi::Syscall;
use abi::bootinfo::slot;
use kernel::simulation::Way;

use super::Program;
use crate::inventory::Kind;
use crate::stage::DEPTH;
use crate::step::{Letter, Step, SystemCall};

/// Calls that send to x0.
const SENDING: [Syscall; 6] =
    [Syscall::Call, Syscall::Call, Syscall::Call, Syscall::Send, Syscall::Send, Syscall::NBSend];
/// Calls that receive on x0.
const RECEIVING: [Syscall; 6] =
    [Syscall::Recv, Syscall::Recv, Syscall::Recv, Syscall::NBRecv, Syscall::Wait, Syscall::NBWait];
/// Calls that never wait.
const POLLING: [Syscall; 3] = [Syscall::NBSend, Syscall::NBRecv, Syscall::NBWait];

impl Program<'_, '_> {
    pub(super) fn message(&mut self, way: Way) -> Step {
        let letter = self.letter();
        let offer = (self.choice.below(3) == 0).then(|| self.offer());
        let object = match self.choice.below(8) {
            0..5 => self.pick(Kind::Endpoint),
            5 | 6 => self.pick(Kind::Notification),
            _ => self.any(),
        };
        let reply = self.pick(Kind::Reply);
        let from = match self.choice.below(8) {
            0..6 => self.pick(Kind::Source),
            6 => self.pick(Kind::Notification),
            _ => object,
        };
        let (call, pointers) = match self.choice.below(8) {
            0..3 if self.keeper => (Syscall::Send, [reply, 0, 0]),
            _ if self.keeper => (self.choice.of(&POLLING), [from, reply, 0]),
            0..2 => (self.choice.of(&SENDING), [object, reply, 0]),
            2 => (Syscall::Send, [reply, 0, 0]),
            3 | 4 => (self.choice.of(&RECEIVING), [from, reply, 0]),
            5 | 6 => (Syscall::ReplyRecv, [from, reply, 0]),
            _ => match self.choice.below(3) {
                0 => (Syscall::NBSendRecv, [from, reply, object]),
                1 => (Syscall::NBSendWait, [from, object, 0]),
                _ => (Syscall::Call, [reply, 0, 0]),
            },
        };
        Step::Call(SystemCall { number: call.number(), pointers, letter, offer, way })
    }

    fn letter(&mut self) -> Letter {
        let length = self.choice.of(&[0, 1, 2, 4, 4, 5, 12, 36]);
        let first = u64::from(self.choice.byte());
        let words = (0..length).map(|word| first + word).collect();
        let caps = match self.choice.below(4) {
            0 => (0..=self.choice.below(3)).map(|_| self.enclosed()).collect(),
            _ => Vec::new(),
        };
        let label = if self.choice.below(4) == 0 { self.choice.number() } else { 0 };
        Letter { label, words, caps }
    }

    fn enclosed(&mut self) -> u64 {
        match self.choice.below(3) {
            0 => self.any(),
            _ => self.pick(Kind::Endpoint),
        }
    }

    fn offer(&mut self) -> [u64; 3] {
        match self.choice.once_in(8) {
            true => [self.pick(Kind::CNode), self.choice.below(8) as u64, 3],
            false => [slot::CNODE, self.place(), DEPTH],
        }
    }
}
