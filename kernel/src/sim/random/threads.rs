//! Use of threads, scheduling contexts and domains.

use abi::Invocation;
use abi::bootinfo::slot;

use super::Player;

/// Budgets and periods in microseconds.
const TIMES: [u64; 7] = [20, 21, 100, 1000, 5000, 19, 100_000];

impl Player {
    /// A call to one of these objects.
    pub(super) fn use_threads(&mut self) {
        match self.chance.below(20) {
            0..6 => self.configure_thread(),
            6..12 => self.use_thread(),
            12..19 => self.use_context(),
            _ => self.use_domain(),
        }
    }

    fn configure_thread(&mut self) {
        let thread = self.thread_cap();
        let (cspace, space) = (self.cspace(), self.space_cap());
        let buffer = self.page_cap();
        let handler = self.maybe(Self::endpoint_cap);
        let priority = 200 + self.chance.below(56);
        let address = self.chance.of(&[0, 0x7000_0000, 0x7000_0400, 0x7000_0400, 0x7000_0c00]);
        let authority = self.thread_cap();
        match self.chance.below(12) {
            0..3 => {
                let caps = [cspace, space, buffer];
                self.ask(thread, Invocation::ThreadConfigure, &[0, 0, address], &caps);
            }
            3 => self.ask(thread, Invocation::ThreadSetIpcBuffer, &[address], &[buffer]),
            4 | 5 => {
                let caps = [handler, cspace, space];
                self.ask(thread, Invocation::ThreadSetSpace, &[0, 0], &caps);
            }
            6 => self.ask(thread, Invocation::ThreadSetTimeoutEndpoint, &[], &[handler]),
            7 => self.ask(thread, Invocation::ThreadSetPriority, &[priority], &[authority]),
            8 => self.ask(thread, Invocation::ThreadSetMaxPriority, &[priority], &[authority]),
            _ => {
                let context = self.maybe(Self::context_cap);
                let caps = [authority, context, handler];
                let words = [priority, priority];
                self.ask(thread, Invocation::ThreadSetSchedParams, &words, &caps);
            }
        }
    }

    /// A CNode for a thread: mostly the root CNode, in which it can do something.
    fn cspace(&mut self) -> u64 {
        if self.wild && self.chance.once_in(8) { self.cnode_cap() } else { slot::CNODE }
    }

    fn use_thread(&mut self) {
        let thread = self.thread_cap();
        let pc = 0x40_0000 + 4 * self.chance.below(1000);
        match self.chance.below(17) {
            0..4 => self.ask(thread, Invocation::ThreadWriteRegisters, &[1, 2, pc, 0], &[]),
            4 => {
                let words = [self.chance.below(2), self.chance.below(38)];
                self.ask(thread, Invocation::ThreadReadRegisters, &words, &[]);
            }
            5 => {
                let source = self.thread_cap();
                let flags = self.chance.below(16);
                self.ask(thread, Invocation::ThreadCopyRegisters, &[flags], &[source]);
            }
            6 | 7 => self.ask(thread, Invocation::ThreadSuspend, &[], &[]),
            8..11 => self.ask(thread, Invocation::ThreadResume, &[], &[]),
            11 | 12 => {
                let notification = self.notification_cap();
                self.ask(thread, Invocation::ThreadBindNotification, &[], &[notification]);
            }
            13 => self.ask(thread, Invocation::ThreadUnbindNotification, &[], &[]),
            14 => self.ask(thread, Invocation::ThreadSetTlsBase, &[pc], &[]),
            15 => {
                let words = [self.chance.below(2), self.chance.below(2)];
                self.ask(thread, Invocation::ThreadSetFlags, &words, &[]);
            }
            _ => {
                let foreign = u64::from(self.chance.once_in(3));
                self.ask(thread, Invocation::ThreadSetSystemCalls, &[foreign], &[]);
            }
        }
    }

    fn use_context(&mut self) {
        let context = self.context_cap();
        let object =
            if self.chance.once_in(3) { self.notification_cap() } else { self.thread_cap() };
        match self.chance.below(20) {
            0..7 => {
                let cores = self.system.core_count as u64;
                let control = self.system.controls.start + self.chance.below(cores);
                let budget = self.chance.of(&TIMES);
                let period = if self.chance.once_in(3) { budget } else { self.chance.of(&TIMES) };
                let extra = self.chance.of(&[0, 0, 1, 4, 8]);
                let words = [budget, period, extra, self.chance.below(9), self.chance.below(2)];
                let label = Invocation::SchedControlConfigureFlags;
                self.ask(control, label, &words, &[context]);
            }
            7..13 => self.ask(context, Invocation::SchedContextBind, &[], &[object]),
            13 => self.ask(context, Invocation::SchedContextUnbind, &[], &[]),
            14 | 15 => self.ask(context, Invocation::SchedContextUnbindObject, &[], &[object]),
            16 => self.ask(context, Invocation::SchedContextConsumed, &[], &[]),
            _ => self.ask(context, Invocation::SchedContextYieldTo, &[], &[]),
        }
    }

    fn use_domain(&mut self) {
        let domain = self.chance.below(3);
        match self.chance.below(4) {
            0 | 1 => {
                let thread = self.thread_cap();
                self.ask(slot::DOMAIN, Invocation::DomainSet, &[domain], &[thread]);
            }
            2 => {
                let duration = self.chance.of(&[0, 10_000, 1_000_000, 1 << 56]);
                let words = [self.chance.below(4), domain, duration];
                self.ask(slot::DOMAIN, Invocation::DomainScheduleConfigure, &words, &[]);
            }
            _ => {
                let words = [self.chance.below(4)];
                self.ask(slot::DOMAIN, Invocation::DomainScheduleSetStart, &words, &[]);
            }
        }
    }
}
