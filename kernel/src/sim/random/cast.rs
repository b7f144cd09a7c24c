//! A cast for games about messages: clients, servers, handlers, and what stands between them.

use std::vec::Vec;

use abi::bootinfo::slot;
use abi::{Invocation, ObjectType};

use super::Player;
use crate::mem::Obj;
use crate::thread::Thread;

/// Rights of endpoints for senders: mostly enough for a call, sometimes not.
const SENDING_RIGHTS: [u64; 8] = [15, 9, 5, 15, 9, 1, 2, 4];
/// Priorities: few, so that threads of equal priority meet.
const PRIORITIES: [u64; 4] = [100, 100, 150, 200];
/// Priority of drivers.
const DRIVING: u64 = 201;
/// Addresses of IPC buffers, at the ends of their page and inside.
const BUFFERS: [u64; 4] = [0x7000_0000, 0x7000_0400, 0x7000_0800, 0x7000_0c00];
/// Budgets and periods in microseconds; the first two never end a turn.
const TIMES: [[u64; 2]; 5] =
    [[50_000, 50_000], [50_000, 100_000], [1000, 1000], [100, 1000], [40, 200]];
/// Ticks of a domain's turn.
const SLICE: u64 = 100_000;
/// A guard of this many zero bits before a CNode of two slots and the root CNode.
const GUARD_OF_TWO_LEVELS: u64 = 54;

/// What an actor mostly does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Calls.
    Client,
    /// Answers, mostly on the time of its callers.
    Server,
    /// Waits for signals.
    Driver,
}

/// A thread with a part, and the addresses of its capabilities in the root CNode.
#[derive(Clone, Copy)]
pub(super) struct Actor {
    pub(super) thread: Obj<Thread>,
    pub(super) part: Part,
    pub(super) tcb: u64,
    pub(super) context: u64,
    /// Where it receives.
    pub(super) endpoint: u64,
    /// What it receives with.
    pub(super) reply: u64,
    /// Added to addresses by its programs: threads with two levels of CNodes find the root CNode
    /// at two places.
    pub(super) displacement: u64,
}

/// All actors and their means.
#[derive(Default)]
pub(super) struct Cast {
    pub(super) actors: Vec<Actor>,
    /// Capabilities to send to endpoints.
    pub(super) senders: Vec<u64>,
    /// Capabilities to signal notifications.
    pub(super) signals: Vec<u64>,
    pub(super) spaces: Vec<u64>,
    pub(super) frames: Vec<u64>,
    /// Interrupts that become signals.
    pub(super) irqs: Vec<u32>,
    endpoints: Vec<u64>,
    /// A CNode of two slots, each with the root CNode.
    nest: u64,
}

impl Player {
    /// Makes clients and servers. The root task then steps back.
    pub(super) fn prepare_meeting(&mut self) {
        self.system.checks = false;
        self.prepare_means();
        self.prepare_domains();
        for number in 0..11 {
            self.hire(match number {
                0..4 => Part::Server,
                4..9 => Part::Client,
                _ => Part::Driver,
            });
        }
        let system = &mut self.system;
        let words = [1];
        let label = Invocation::ThreadSetPriority;
        assert_eq!(system.invoke(slot::THREAD, label, &words, &[slot::THREAD]), Ok([].into()));
        self.rehearse();
    }

    /// Two domains in turn, if there are several. The root task is in the first.
    fn prepare_domains(&mut self) {
        let domains = self.system.domains.count() as u64;
        let slices = [(0, 0, SLICE), (1, 1, SLICE), (2, 0, 0)];
        for (index, domain, duration) in slices.into_iter().filter(|_| domains > 1) {
            let label = Invocation::DomainScheduleConfigure;
            let words = [index, domain, duration];
            assert_eq!(self.system.invoke(slot::DOMAIN, label, &words, &[]), Ok([].into()));
        }
        let label = Invocation::DomainScheduleSetStart;
        assert_eq!(self.system.invoke(slot::DOMAIN, label, &[0], &[]), Ok([].into()));
    }

    fn prepare_means(&mut self) {
        let (system, chance, cast) = (&mut self.system, &mut self.chance, &mut self.cast);
        for badge in 1..4 {
            let endpoint = system.make(ObjectType::Endpoint, 0);
            cast.endpoints.push(endpoint);
            for index in 0..6 {
                let rights = if index < 4 { 9 } else { chance.of(&SENDING_RIGHTS) };
                cast.senders.push(system.mint(endpoint, rights, badge << 8 | index));
            }
        }
        for badge in [1, 2, 1 << 63] {
            let notification = system.make(ObjectType::Notification, 0);
            cast.signals.extend([notification, system.mint(notification, 15, badge)]);
        }
        for (irq, signal) in [(33, 1), (40, 3)] {
            let to = system.free_slot();
            let label = Invocation::IrqControlGet;
            let issued = system.invoke(slot::IRQ_CONTROL, label, &[irq, to, 64], &[slot::CNODE]);
            assert_eq!(issued, Ok([].into()));
            let label = Invocation::IrqHandlerSetNotification;
            let set = system.invoke(to, label, &[], &[cast.signals[signal]]);
            assert_eq!(set, Ok([].into()));
            cast.irqs.push(irq as u32);
        }
        for _ in 0..3 {
            let space = system.make(ObjectType::VSpace, 0);
            let given = system.invoke(slot::ASID_POOL, Invocation::AsidPoolAssign, &[], &[space]);
            assert_eq!(given, Ok([].into()));
            cast.spaces.push(space);
            cast.frames.push(system.make(ObjectType::SmallPage, 0));
        }
        let read_only = system.copy(cast.frames[0], 2);
        cast.frames.push(read_only);
        cast.nest = system.make(ObjectType::CNode, 1);
        for index in 0..2 {
            // Without rights to ask for: a CNode capability has none. Its guard becomes empty.
            let words = [index, 1, slot::CNODE, 64, 15, 0];
            let answer = system.invoke(cast.nest, Invocation::CNodeMint, &words, &[slot::CNODE]);
            assert_eq!(answer, Ok([].into()));
        }
    }

    /// Makes and starts an actor.
    fn hire(&mut self, part: Part) {
        let (system, chance, cast) = (&mut self.system, &mut self.chance, &mut self.cast);
        let own = chance.of(&PRIORITIES);
        let helper = system.helper(if part == Part::Driver { DRIVING } else { own });
        let core = chance.below(system.core_count as u64).min(chance.below(4));
        let [budget, period] =
            TIMES[chance.below(TIMES.len() as u64).min(chance.below(9)) as usize];
        let words = [budget, period, chance.below(3), 7, chance.below(2)];
        assert_eq!(system.configure_flags(helper.context, words, core), Ok([].into()));
        let nested = chance.once_in(3);
        let (cspace, data) =
            if nested { (cast.nest, GUARD_OF_TWO_LEVELS) } else { (slot::CNODE, 0) };
        let space = if chance.once_in(2) { slot::VSPACE } else { chance.of(&cast.spaces) };
        let frame = if chance.once_in(3) { chance.of(&cast.frames) } else { helper.buffer };
        let address = if chance.once_in(6) { 0 } else { chance.of(&BUFFERS) };
        let (words, caps) = ([data, 0, address], [cspace, space, frame]);
        let label = Invocation::ThreadConfigure;
        assert_eq!(system.invoke(helper.tcb, label, &words, &caps), Ok([].into()));
        let handler = if chance.once_in(8) { 0 } else { chance.of(&cast.senders) };
        let words = [data, 0];
        let caps = [handler, cspace, space];
        // A handler without the rights for a reply is refused: then there is none.
        let _ = system.invoke(helper.tcb, Invocation::ThreadSetSpace, &words, &caps);
        if chance.once_in(4) {
            let label = Invocation::ThreadSetTimeoutEndpoint;
            let handler = chance.of(&cast.senders);
            let _ = system.invoke(helper.tcb, label, &[], &[handler]);
        }
        if system.domains.count() > 1 && chance.once_in(3) {
            let label = Invocation::DomainSet;
            assert_eq!(system.invoke(slot::DOMAIN, label, &[1], &[helper.tcb]), Ok([].into()));
        }
        if chance.once_in(4) {
            let notification = chance.of(&cast.signals);
            let label = Invocation::ThreadBindNotification;
            let _ = system.invoke(helper.tcb, label, &[], &[notification]);
        }
        cast.actors.push(Actor {
            thread: helper.thread,
            part,
            tcb: helper.tcb,
            context: helper.context,
            endpoint: cast.endpoints[cast.actors.len() % cast.endpoints.len()],
            reply: system.make(ObjectType::Reply, 0),
            displacement: if nested { chance.below(2) << 9 } else { 0 },
        });
        system.start(&helper, 0x40_0000);
    }
}
