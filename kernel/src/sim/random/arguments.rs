//! Arguments that are mostly right.

use std::vec::Vec;

use abi::bootinfo::slot;
use abi::{Invocation, Syscall};

use super::Player;
use crate::cap::Cap;

/// A slot as CNode operations name it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The capability to the CNode.
    pub(super) cnode: u64,
    pub(super) index: u64,
    pub(super) depth: u64,
}

impl Player {
    /// Slots of the root CNode that hold something fitting.
    pub(super) fn fitting(&self, is: impl Fn(&Cap) -> bool) -> Vec<u64> {
        let slots = self.first_slot;
        let cap = |cptr: &u64| is(&self.system[slots.nth(*cptr as u32)].cap);
        (0..512).filter(cap).collect()
    }

    /// The address of a capability for which `is` holds, mostly.
    pub(super) fn pick(&mut self, is: impl Fn(&Cap) -> bool) -> u64 {
        if self.chance.once_in(40) {
            return self.chance.of(&[0, 1, 5, 100, 511, 512, u64::MAX, 1 << 40]);
        }
        let fitting = self.fitting(is);
        if fitting.is_empty() { 0 } else { self.chance.of(&fitting) }
    }

    pub(super) fn thread_cap(&mut self) -> u64 {
        self.pick(|cap| matches!(cap, Cap::Thread { .. }))
    }

    pub(super) fn context_cap(&mut self) -> u64 {
        self.pick(|cap| matches!(cap, Cap::SchedContext { .. }))
    }

    pub(super) fn endpoint_cap(&mut self) -> u64 {
        self.pick(|cap| matches!(cap, Cap::Endpoint { .. }))
    }

    pub(super) fn notification_cap(&mut self) -> u64 {
        self.pick(|cap| matches!(cap, Cap::Notification { .. }))
    }

    pub(super) fn cnode_cap(&mut self) -> u64 {
        self.pick(|cap| matches!(cap, Cap::CNode { .. }))
    }

    pub(super) fn page_cap(&mut self) -> u64 {
        self.pick(|cap| matches!(cap, Cap::Page(page) if !page.is_device()))
    }

    pub(super) fn space_cap(&mut self) -> u64 {
        self.pick(|cap| matches!(cap, Cap::VSpace { .. }))
    }

    pub(super) fn any_cap(&mut self) -> u64 {
        self.pick(|cap| *cap != Cap::Null)
    }

    /// Nothing, or a capability of some kind.
    pub(super) fn maybe(&mut self, pick: fn(&mut Self) -> u64) -> u64 {
        if self.chance.once_in(3) { 0 } else { pick(self) }
    }

    /// The first slot of the root CNode that players may destroy.
    pub(super) fn first_own(&self) -> u64 {
        if self.wild { 1 } else { self.system.untyped.end }
    }

    /// A slot: in the root CNode, or in any other CNode.
    pub(super) fn place(&mut self) -> Place {
        if self.chance.once_in(2) {
            let index = self.first_own() + self.chance.below(60);
            return Place { cnode: slot::CNODE, index, depth: 64 };
        }
        let cnode = self.cnode_cap();
        let is_own = cnode < 512 && cnode >= self.first_own();
        match self.system[self.first_slot.nth(cnode.min(511) as u32)].cap {
            Cap::CNode { radix, guard_bits, guard, slots } if is_own => {
                let is_root = slots == self.first_slot;
                let first = if is_root { self.first_own() } else { 0 };
                let index = first + self.chance.below((1 << radix) - first);
                let (radix, guard_bits) = (u64::from(radix), u64::from(guard_bits));
                Place { cnode, index: guard << radix | index, depth: radix + guard_bits }
            }
            _ => Place {
                cnode: slot::CNODE,
                index: self.first_own() + self.chance.below(300),
                depth: 64,
            },
        }
    }

    /// A slot that holds something, mostly.
    pub(super) fn occupied_place(&mut self) -> Place {
        let first = self.first_own();
        let own: Vec<_> = self
            .fitting(|cap| *cap != Cap::Null)
            .into_iter()
            .filter(|slot| *slot >= first)
            .collect();
        if own.is_empty() || self.chance.once_in(3) {
            return self.place();
        }
        Place { cnode: slot::CNODE, index: self.chance.of(&own), depth: 64 }
    }

    /// Composes a message for a call; the program makes it when it is asked for its registers.
    pub(super) fn ask(&mut self, cptr: u64, label: Invocation, words: &[u64], caps: &[u64]) {
        let thread = self.system.running();
        let has_buffer = self.system.ipc_buffer(thread, false).is_some();
        let (mut words, mut caps) = (words, if has_buffer { caps } else { &[] });
        if self.chance.once_in(60) {
            words = &words[..words.len() / 2];
        }
        if self.chance.once_in(60) {
            caps = &caps[..caps.len() / 2];
        }
        self.system.compose(label.label(), words, caps);
        self.system.set_x(0, cptr);
        let call = match self.chance.below(12) {
            0 => Syscall::Send,
            1 => Syscall::NBSend,
            2 => {
                self.system.set_x(8, cptr);
                self.system.set_x(6, cptr);
                let receive = self.maybe(Self::endpoint_cap);
                self.system.set_x(0, receive);
                self.chance.of(&[Syscall::NBSendRecv, Syscall::NBSendWait])
            }
            _ => Syscall::Call,
        };
        self.system.set_x(7, call.number());
    }
}
