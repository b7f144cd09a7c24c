//! Calls of threads and scheduling contexts.

use abi::Invocation;
use abi::bootinfo::slot;

use super::{Program, Wish, wish};
use crate::inventory::Kind;

/// Budgets and periods in microseconds.
const TIMES: [u64; 5] = [100_000, 100_000, 200_000, 20, 19];
/// Priorities: few, so that threads of equal priority meet.
const PRIORITIES: [u64; 6] = [100, 150, 200, 50, 2, 255];

impl Program<'_, '_> {
    pub(super) fn thread(&mut self) -> Wish {
        match self.choice.below(8) {
            0..5 => self.control(),
            5 => self.configure(),
            _ => self.context(),
        }
    }

    fn control(&mut self) -> Wish {
        let thread = self.pick(Kind::Thread);
        let pc = 0x40_0000 + 4 * u64::from(self.choice.byte());
        match self.choice.below(24) {
            0..10 => wish(thread, Invocation::ThreadResume, &[], &[]),
            10..12 => wish(
                thread,
                Invocation::ThreadWriteRegisters,
                &[1, 3, pc, 0x50_0000, pc << 24],
                &[],
            ),
            12 => {
                let count = self.choice.below(38) as u64;
                let words: Vec<u64> = [u64::from(self.choice.below(4) == 0), count]
                    .into_iter()
                    .chain((0..count).map(|word| pc + word))
                    .collect();
                wish(thread, Invocation::ThreadWriteRegisters, &words, &[])
            }
            13 => {
                let words = [self.choice.below(2) as u64, self.choice.below(38) as u64];
                wish(thread, Invocation::ThreadReadRegisters, &words, &[])
            }
            14 => {
                let (source, flags) = (self.pick(Kind::Thread), self.choice.below(16) as u64);
                wish(thread, Invocation::ThreadCopyRegisters, &[flags], &[source])
            }
            15 => wish(thread, Invocation::ThreadSuspend, &[], &[]),
            16..18 => {
                let notification = self.pick(Kind::Notification);
                wish(thread, Invocation::ThreadBindNotification, &[], &[notification])
            }
            18 => wish(thread, Invocation::ThreadUnbindNotification, &[], &[]),
            19 => wish(thread, Invocation::ThreadSetTlsBase, &[pc], &[]),
            20 => {
                let words = [self.choice.below(2) as u64, self.choice.below(4) as u64];
                wish(thread, Invocation::ThreadSetFlags, &words, &[])
            }
            _ => {
                let (priority, authority) = (self.choice.of(&PRIORITIES), self.pick(Kind::Thread));
                let label = match self.choice.below(4) {
                    0 => Invocation::ThreadSetMaxPriority,
                    _ => Invocation::ThreadSetPriority,
                };
                wish(thread, label, &[priority], &[authority])
            }
        }
    }

    fn configure(&mut self) -> Wish {
        let thread = self.pick(Kind::Thread);
        let (space, buffer) = (self.pick(Kind::VSpace), self.pick(Kind::Page));
        let handler = self.maybe(Kind::Endpoint);
        let address = self.choice.of(&[0x7000_0000, 0x7000_0400, 0x7000_0c00, 0, 0x7000_0200]);
        let node = match self.choice.once_in(16) {
            true => self.pick(Kind::CNode),
            false => slot::CNODE,
        };
        match self.choice.below(8) {
            0..2 => {
                let caps = [node, space, buffer];
                wish(thread, Invocation::ThreadConfigure, &[0, 0, address], &caps)
            }
            2 => wish(thread, Invocation::ThreadSetIpcBuffer, &[address], &[buffer]),
            3 => wish(thread, Invocation::ThreadSetSpace, &[0, 0], &[handler, node, space]),
            4 | 5 => wish(thread, Invocation::ThreadSetTimeoutEndpoint, &[], &[handler]),
            _ => {
                let priority = self.choice.of(&PRIORITIES);
                let authority = self.pick(Kind::Thread);
                let context = self.maybe(Kind::Context);
                let caps = [authority, context, handler];
                wish(thread, Invocation::ThreadSetSchedParams, &[priority, priority], &caps)
            }
        }
    }

    fn context(&mut self) -> Wish {
        let context = self.pick(Kind::Context);
        let kind = if self.choice.below(3) == 0 { Kind::Notification } else { Kind::Thread };
        let object = self.pick(kind);
        match self.choice.below(16) {
            0..4 => {
                let control = self.pick(Kind::SchedControl);
                let budget = self.choice.of(&TIMES);
                let period =
                    if self.choice.below(2) == 0 { budget } else { self.choice.of(&TIMES) };
                let extra = self.choice.of(&[0, 0, 0, 1, 8, 24]);
                let words = [budget, period, extra, 9, self.choice.below(2) as u64];
                wish(control, Invocation::SchedControlConfigureFlags, &words, &[context])
            }
            4..9 => wish(context, Invocation::SchedContextBind, &[], &[object]),
            9 => wish(context, Invocation::SchedContextUnbind, &[], &[]),
            10 | 11 => wish(context, Invocation::SchedContextUnbindObject, &[], &[object]),
            12 | 13 => wish(context, Invocation::SchedContextConsumed, &[], &[]),
            _ => wish(context, Invocation::SchedContextYieldTo, &[], &[]),
        }
    }
}
