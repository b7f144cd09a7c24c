//! Calls of untyped memory, CNodes, address spaces and interrupts.

use abi::Invocation;
use abi::bootinfo::slot;

use super::{Program, Wish, wish};
use crate::inventory::Kind;
use crate::stage::DEPTH;

/// User addresses: neighbours at every level, one unaligned, one too high.
const ADDRESSES: [u64; 8] = [
    0x1000_0000,
    0x1000_0000,
    0x1000_1000,
    0x1020_0000,
    0x5000_0000,
    0x80_0000_0000,
    0x1000_0800,
    1 << 47,
];
/// Rights words.
const RIGHTS: [u64; 8] = [15, 15, 15, 15, 9, 2, 3, 1];
/// Badges and guards.
const DATA: [u64; 7] = [0, 1, 2, 7, 51, 61, 2 << 6 | 3];
/// Interrupts: one of a core, the timer, shared ones, one too high.
const IRQS: [u64; 7] = [2, 16, 27, 33, 40, 100, 160];

impl Program<'_, '_> {
    pub(super) fn capability(&mut self) -> Wish {
        match self.choice.below(24) {
            0..6 => self.retype(),
            6..10 => self.copy(),
            10 | 11 => self.rearrange(),
            12 => self.inside(),
            13..21 => {
                let index = self.own();
                wish(slot::CNODE, Invocation::CNodeDelete, &Self::root(index), &[])
            }
            21 => {
                let index = match self.choice.once_in(16) {
                    true => self.pick(Kind::Untyped),
                    false => self.own(),
                };
                wish(slot::CNODE, Invocation::CNodeRevoke, &Self::root(index), &[])
            }
            _ => {
                let index = self.pick(Kind::Endpoint);
                wish(slot::CNODE, Invocation::CNodeCancelBadgedSends, &Self::root(index), &[])
            }
        }
    }

    /// A slot that may be emptied: mostly one of the last ones made.
    fn own(&mut self) -> u64 {
        let own = &self.inventory.own;
        let (length, byte) = (own.len(), usize::from(self.choice.byte()));
        match length {
            0 => 0,
            _ if byte < 224 => own[length - 1 - byte * (length.min(24)) / 256].into(),
            _ => own[(byte * length) / 256].into(),
        }
    }

    fn retype(&mut self) -> Wish {
        let device = self.choice.once_in(24);
        let untyped = self.pick(if device { Kind::DeviceUntyped } else { Kind::Untyped });
        let (object, size) = self.new_object();
        let to = self.place();
        let count = 1 + (self.choice.below(8) / 6) as u64;
        let words = [object.word(), size, 0, 0, to, count];
        let node = match self.choice.once_in(12) {
            true => self.pick(Kind::CNode),
            false => Self::root_node(),
        };
        if node == Self::root_node() {
            return wish(untyped, Invocation::UntypedRetype, &words, &[node]);
        }
        let words = [object.word(), size, node, DEPTH, to & 7, count];
        wish(untyped, Invocation::UntypedRetype, &words, &[slot::CNODE])
    }

    fn source(&mut self) -> u64 {
        let kinds = [
            Kind::Endpoint,
            Kind::Notification,
            Kind::Reply,
            Kind::Thread,
            Kind::Context,
            Kind::CNode,
            Kind::Page,
            Kind::PageTable,
            Kind::VSpace,
            Kind::Untyped,
            Kind::IrqHandler,
            Kind::AsidPool,
        ];
        if self.choice.once_in(8) {
            return self.any();
        }
        let kind = self.choice.of(&kinds);
        self.pick(kind)
    }

    fn copy(&mut self) -> Wish {
        let (from, to) = (self.source(), self.place());
        let (rights, data) = (self.choice.of(&RIGHTS), self.choice.of(&DATA));
        let words = [to, DEPTH, from, DEPTH, rights, data];
        match self.choice.below(2) {
            0 => wish(slot::CNODE, Invocation::CNodeCopy, &words[..5], &[slot::CNODE]),
            _ => wish(slot::CNODE, Invocation::CNodeMint, &words, &[slot::CNODE]),
        }
    }

    fn rearrange(&mut self) -> Wish {
        let (from, to, pivot) = (self.own(), self.place(), self.own());
        let data = self.choice.of(&DATA);
        match self.choice.below(4) {
            0 | 1 => {
                let words = [to, DEPTH, from, DEPTH];
                wish(slot::CNODE, Invocation::CNodeMove, &words, &[slot::CNODE])
            }
            2 => {
                let words = [to, DEPTH, from, DEPTH, data];
                wish(slot::CNODE, Invocation::CNodeMutate, &words, &[slot::CNODE])
            }
            _ => {
                let to = if self.choice.below(2) == 0 { from } else { to };
                let words = [to, DEPTH, data, pivot, DEPTH, data, from, DEPTH];
                let caps = [slot::CNODE, slot::CNODE];
                wish(slot::CNODE, Invocation::CNodeRotate, &words, &caps)
            }
        }
    }

    /// Something about a slot of a smaller CNode.
    fn inside(&mut self) -> Wish {
        let (node, from) = (self.pick(Kind::CNode), self.source());
        let index = self.choice.below(8) as u64;
        let depth = self.choice.of(&[1, 2, 3, 3, 64, 0]);
        let rights = self.choice.of(&RIGHTS);
        match self.choice.below(4) {
            0 => wish(node, Invocation::CNodeDelete, &[index, depth], &[]),
            1 => {
                let words = [index, depth, from, DEPTH];
                wish(node, Invocation::CNodeMove, &words, &[slot::CNODE])
            }
            2 => {
                let to = self.place();
                let words = [to, DEPTH, index, depth, rights];
                wish(slot::CNODE, Invocation::CNodeCopy, &words, &[node])
            }
            _ => {
                let words = [index, depth, from, DEPTH, rights];
                wish(node, Invocation::CNodeCopy, &words, &[slot::CNODE])
            }
        }
    }

    pub(super) fn space(&mut self) -> Wish {
        let address = self.choice.of(&ADDRESSES);
        let (page, space) = (self.pick(Kind::Page), self.pick(Kind::VSpace));
        let table = self.pick(Kind::PageTable);
        match self.choice.below(16) {
            0..3 => wish(table, Invocation::PageTableMap, &[address, 3], &[space]),
            3 | 4 => wish(table, Invocation::PageTableUnmap, &[], &[]),
            5..8 => {
                let words =
                    [address, self.choice.of(&[3, 3, 2, 1, 0]), self.choice.below(8) as u64];
                wish(page, Invocation::PageMap, &words, &[space])
            }
            8 | 9 => wish(page, Invocation::PageUnmap, &[], &[]),
            10 => wish(page, Invocation::PageAddress, &[], &[]),
            11 => {
                let label = self.choice.of(&[
                    Invocation::PageCleanData,
                    Invocation::PageInvalidateData,
                    Invocation::PageCleanInvalidateData,
                    Invocation::PageUnifyInstruction,
                ]);
                let end = self.choice.of(&[64, 4096, 1, 0, 4097]);
                wish(page, label, &[0, end], &[])
            }
            12 | 13 => {
                let label = self.choice.of(&[
                    Invocation::VSpaceCleanData,
                    Invocation::VSpaceInvalidateData,
                    Invocation::VSpaceCleanInvalidateData,
                    Invocation::VSpaceUnifyInstruction,
                ]);
                let length = self.choice.of(&[64, 4096, 0, 4097]);
                wish(space, label, &[address, address.wrapping_add(length)], &[])
            }
            14 => {
                let (untyped, to) = (self.pick(Kind::Untyped), self.place());
                let caps = [untyped, slot::CNODE];
                wish(slot::ASID_CONTROL, Invocation::AsidControlMakePool, &Self::root(to), &caps)
            }
            _ => {
                let pool = self.pick(Kind::AsidPool);
                wish(pool, Invocation::AsidPoolAssign, &[], &[space])
            }
        }
    }

    pub(super) fn interrupt(&mut self) -> Wish {
        let (irq, to) = (self.choice.of(&IRQS), self.place());
        let handler = self.pick(Kind::IrqHandler);
        let control = slot::IRQ_CONTROL;
        match self.choice.below(8) {
            0 => {
                let words = [irq, to, DEPTH];
                wish(control, Invocation::IrqControlGet, &words, &[slot::CNODE])
            }
            1 => {
                let words = [irq, self.choice.below(2) as u64, to, DEPTH];
                wish(control, Invocation::IrqControlGetTrigger, &words, &[slot::CNODE])
            }
            2 => {
                let target = self.choice.below(10) as u64;
                let words = [self.choice.below(18) as u64, target, to, DEPTH];
                let label = Invocation::IrqControlIssueSgiOrGetTriggerCore;
                wish(control, label, &words, &[slot::CNODE])
            }
            3..6 => {
                let notification = self.pick(Kind::Notification);
                wish(handler, Invocation::IrqHandlerSetNotification, &[], &[notification])
            }
            6 => wish(handler, Invocation::IrqHandlerAck, &[], &[]),
            _ => wish(handler, Invocation::IrqHandlerClear, &[], &[]),
        }
    }
}
