//! Use of untyped memory, CNodes, address spaces and interrupts.

use abi::bootinfo::slot;
use abi::{Invocation, ObjectType};

use super::Player;
use super::player::IRQS;
use crate::cap::Cap;

/// User addresses: neighbours at every level.
const ADDRESSES: [u64; 7] =
    [0x1000_0000, 0x1000_1000, 0x1020_0000, 0x5000_0000, 0x80_0000_0000, 0x1000_0800, 1 << 47];

impl Player {
    /// A call to one of these objects.
    pub(super) fn use_objects(&mut self) {
        match self.chance.below(20) {
            0..6 => self.retype(),
            6..14 => self.use_cnode(),
            14..18 => self.use_spaces(),
            _ => self.use_interrupts(),
        }
    }

    fn retype(&mut self) {
        let untyped = self.pick(|cap| matches!(cap, Cap::Untyped { device: false, .. }));
        let untyped = if self.chance.once_in(20) {
            self.pick(|cap| matches!(cap, Cap::Untyped { .. }))
        } else {
            untyped
        };
        let (object, size) = match self.chance.below(24) {
            0 | 1 => (ObjectType::Untyped, 9 + self.chance.below(6)),
            2..6 => (ObjectType::Thread, 0),
            6 | 7 => (ObjectType::Endpoint, 0),
            8 | 9 => (ObjectType::Notification, 0),
            10..13 => (ObjectType::CNode, 1 + self.chance.below(4)),
            13..16 => (ObjectType::SchedContext, 7 + self.chance.below(2)),
            16..18 => (ObjectType::Reply, 0),
            18 => (ObjectType::VSpace, 0),
            19 | 20 => (ObjectType::SmallPage, 0),
            21 => (ObjectType::PageTable, 0),
            22 => (ObjectType::Untyped, 12),
            _ => (self.chance.of(&[ObjectType::LargePage, ObjectType::HugePage]), 0),
        };
        let place = self.place();
        let count = 1 + self.chance.below(3);
        if place.cnode == slot::CNODE {
            let words = [object.word(), size, 0, 0, place.index, count];
            self.ask(untyped, Invocation::UntypedRetype, &words, &[slot::CNODE]);
        } else {
            let words = [object.word(), size, place.cnode, 64, place.index & 15, count];
            self.ask(untyped, Invocation::UntypedRetype, &words, &[slot::CNODE]);
        }
    }

    fn use_cnode(&mut self) {
        let (from, to) = (self.occupied_place(), self.place());
        let any = self.any_cap();
        let rights = self.chance.of(&[15, 15, 15, 1, 2, 3, 7, 11, 0]);
        let data = self.chance.of(&[0, 1, 2, 3, 51, 61, 2 << 6 | 3]);
        let (source, words) = if self.chance.once_in(3) {
            (slot::CNODE, [to.index, to.depth, any, 64, rights, data])
        } else {
            (from.cnode, [to.index, to.depth, from.index, from.depth, rights, data])
        };
        match self.chance.below(20) {
            0..5 => self.ask(to.cnode, Invocation::CNodeCopy, &words[..5], &[source]),
            5..9 => self.ask(to.cnode, Invocation::CNodeMint, &words, &[source]),
            9 | 10 => {
                let words = [to.index, to.depth, from.index, from.depth];
                self.ask(to.cnode, Invocation::CNodeMove, &words, &[from.cnode]);
            }
            11 => {
                let words = [to.index, to.depth, from.index, from.depth, data];
                self.ask(to.cnode, Invocation::CNodeMutate, &words, &[from.cnode]);
            }
            12 => {
                let pivot = self.occupied_place();
                let to = if self.chance.once_in(2) { from } else { to };
                let words = [
                    to.index,
                    to.depth,
                    data,
                    pivot.index,
                    pivot.depth,
                    data,
                    from.index,
                    from.depth,
                ];
                let caps = [pivot.cnode, from.cnode];
                self.ask(to.cnode, Invocation::CNodeRotate, &words, &caps);
            }
            13..16 => self.ask(from.cnode, Invocation::CNodeDelete, &[from.index, from.depth], &[]),
            16 | 17 => {
                let index = match self.chance.once_in(12) {
                    true => self.pick(|cap| matches!(cap, Cap::Untyped { .. })),
                    false => from.index,
                };
                self.ask(from.cnode, Invocation::CNodeRevoke, &[index, from.depth], &[]);
            }
            _ => {
                let index = self.endpoint_cap();
                let label = Invocation::CNodeCancelBadgedSends;
                self.ask(slot::CNODE, label, &[index, 64], &[]);
            }
        }
    }

    fn use_spaces(&mut self) {
        let address = self.chance.of(&ADDRESSES);
        let (page, space) = (self.page_cap(), self.space_cap());
        let table = self.pick(|cap| matches!(cap, Cap::PageTable { .. }));
        let rights = self.chance.below(4);
        match self.chance.below(16) {
            0..4 => self.ask(table, Invocation::PageTableMap, &[address, 3], &[space]),
            4 => self.ask(table, Invocation::PageTableUnmap, &[], &[]),
            5..9 => {
                let attributes = self.chance.below(8);
                self.ask(page, Invocation::PageMap, &[address, rights, attributes], &[space]);
            }
            9 => self.ask(page, Invocation::PageUnmap, &[], &[]),
            10 => self.ask(page, Invocation::PageAddress, &[], &[]),
            11 => {
                let label = self.chance.of(&[
                    Invocation::PageCleanData,
                    Invocation::PageInvalidateData,
                    Invocation::PageCleanInvalidateData,
                    Invocation::PageUnifyInstruction,
                ]);
                self.ask(page, label, &[0, 4096], &[]);
            }
            12 => {
                let label = self.chance.of(&[
                    Invocation::VSpaceCleanData,
                    Invocation::VSpaceInvalidateData,
                    Invocation::VSpaceUnifyInstruction,
                ]);
                self.ask(space, label, &[address, address + 64], &[]);
            }
            13 => {
                let untyped = self.pick(|cap| matches!(cap, Cap::Untyped { bits: 12, .. }));
                let place = self.place();
                let words = [place.index, place.depth];
                let caps = [untyped, place.cnode];
                self.ask(slot::ASID_CONTROL, Invocation::AsidControlMakePool, &words, &caps);
            }
            _ => {
                let pool = self.pick(|cap| matches!(cap, Cap::AsidPool { .. }));
                self.ask(pool, Invocation::AsidPoolAssign, &[], &[space]);
            }
        }
    }

    fn use_interrupts(&mut self) {
        let irq = self.chance.of(&IRQS);
        let place = self.place();
        let root = [place.cnode];
        let handler = self.pick(|cap| matches!(cap, Cap::IrqHandler { .. }));
        let control = slot::IRQ_CONTROL;
        match self.chance.below(12) {
            0 | 1 => {
                let words = [irq, place.index, place.depth];
                self.ask(control, Invocation::IrqControlGet, &words, &root);
            }
            2 => {
                let words = [irq, 1, place.index, place.depth];
                self.ask(control, Invocation::IrqControlGetTrigger, &words, &root);
            }
            3 => {
                let core = self.chance.below(3);
                let words = [irq, self.chance.below(2), place.index, place.depth, core];
                let label = Invocation::IrqControlIssueSgiOrGetTriggerCore;
                self.ask(control, label, &words, &root);
            }
            4..8 => {
                let notification = self.notification_cap();
                let label = Invocation::IrqHandlerSetNotification;
                self.ask(handler, label, &[], &[notification]);
            }
            8 | 9 => self.ask(handler, Invocation::IrqHandlerAck, &[], &[]),
            10 => self.ask(handler, Invocation::IrqHandlerClear, &[], &[]),
            _ => {
                let signal = self.pick(|cap| matches!(cap, Cap::SgiSignal { .. }));
                self.ask(signal, Invocation::IrqHandlerAck, &[], &[]);
            }
        }
    }
}
