//! What a play begins with: objects of all kinds, and threads that are about to run.

use abi::bootinfo::slot;
use abi::{Invocation, ObjectType, Syscall};
use model::Cap;

use crate::inventory::{Inventory, Kind};
use crate::play::{Outcome, Play};
use crate::step::{Letter, Step, SystemCall};

/// All bits of an address.
pub const DEPTH: u64 = 64;
/// Priorities of the threads: some are equal.
const PRIORITIES: [u64; 6] = [100, 100, 150, 150, 200, 50];
/// User addresses of IPC buffers, at different places of their pages.
const BUFFERS: [u64; 4] = [0x7000_0000, 0x7000_0400, 0x7000_0800, 0x7000_0c00];

/// A prepared play.
pub struct Stage {
    /// The state to begin with.
    pub play: Play,
    /// The root task's thread.
    pub root: u64,
    /// What there is.
    pub inventory: Inventory,
}

/// Makes a stage.
struct Builder {
    play: Play,
    /// The largest untyped memory.
    untyped: u64,
    /// The next empty slot.
    next: u64,
}

impl Builder {
    /// The root task calls an object, and must succeed.
    fn call(&mut self, pointer: u64, label: Invocation, words: &[u64], caps: &[u64]) {
        let letter = Letter { label: label.label(), words: words.into(), caps: caps.into() };
        let step = Step::Call(SystemCall::new(Syscall::Call, pointer, letter));
        let outcome = self.play.step(&step);
        assert_eq!(outcome, Ok(Outcome::Answered(0)), "{step}");
    }

    fn slot(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    fn make(&mut self, object: ObjectType, size: u64) -> u64 {
        let to = self.slot();
        let words = [object.word(), size, 0, 0, to, 1];
        self.call(self.untyped, Invocation::UntypedRetype, &words, &[slot::CNODE]);
        to
    }

    fn mint(&mut self, from: u64, rights: u64, badge: u64) -> u64 {
        let to = self.slot();
        let words = [to, DEPTH, from, DEPTH, rights, badge];
        self.call(slot::CNODE, Invocation::CNodeMint, &words, &[slot::CNODE]);
        to
    }

    fn messages(&mut self) -> u64 {
        let mut handler = 0;
        for badge in 1..4 {
            let endpoint = self.make(ObjectType::Endpoint, 0);
            for (rights, index) in [(15, 0), (9, 1), (1, 2), (5, 3)] {
                handler = self.mint(endpoint, rights, badge << 8 | index);
            }
            let notification = self.make(ObjectType::Notification, 0);
            self.mint(notification, 15, badge);
        }
        for _ in 0..4 {
            self.make(ObjectType::Reply, 0);
        }
        handler
    }

    fn spaces(&mut self) -> u64 {
        let space = self.make(ObjectType::VSpace, 0);
        self.call(slot::ASID_POOL, Invocation::AsidPoolAssign, &[], &[space]);
        for _ in 0..3 {
            self.make(ObjectType::PageTable, 0);
            self.make(ObjectType::SmallPage, 0);
        }
        self.make(ObjectType::CNode, 3);
        self.make(ObjectType::Untyped, 12);
        self.make(ObjectType::Untyped, 13);
        let to = self.slot();
        self.call(slot::IRQ_CONTROL, Invocation::IrqControlGet, &[40, to, DEPTH], &[slot::CNODE]);
        space
    }

    fn thread(&mut self, number: usize, control: u64, (handler, space): (u64, u64)) {
        let tcb = self.make(ObjectType::Thread, 0);
        let context = self.make(ObjectType::SchedContext, 7);
        let buffer = self.make(ObjectType::SmallPage, 0);
        let space = if number.is_multiple_of(2) { slot::VSPACE } else { space };
        let words = [0, 0, BUFFERS[number % 4]];
        let caps = [slot::CNODE, space, buffer];
        self.call(tcb, Invocation::ThreadConfigure, &words, &caps);
        let label = Invocation::SchedControlConfigureFlags;
        let period = if number == 3 { 200_000 } else { 100_000 };
        self.call(control, label, &[100_000, period, 0, 7, 0], &[context]);
        let caps = [slot::THREAD, context, handler];
        let priority = PRIORITIES[number];
        let label = Invocation::ThreadSetSchedParams;
        self.call(tcb, label, &[254, priority], &caps);
        let words = [1, 3, 0x40_0000, 0x50_0000, 0];
        self.call(tcb, Invocation::ThreadWriteRegisters, &words, &[]);
    }
}

impl Stage {
    /// Boots and prepares.
    ///
    /// # Panics
    /// If the kernel refuses a call, or does not do what the model says.
    #[must_use]
    pub fn new() -> Self {
        let play = Play::boot();
        assert_eq!(play.compare(), Ok(()), "after boot");
        let root = play.model.scheduler.current.expect("a root task");
        let mut inventory = Inventory::new(u16::MAX / 2);
        inventory.update(&play.model, root);
        let size = |index: &&u16| match play.model.slots.get(root_slot(&play, root, **index)) {
            Some(Cap::Untyped { bits, .. }) => bits,
            _ => 0,
        };
        let untyped = *inventory.of(Kind::Untyped).iter().max_by_key(size).expect("memory");
        let slots = 0..u16::try_from(crate::machine::ROOT_SLOTS).unwrap_or(u16::MAX);
        let filled = |index: &u16| play.model.slots.get(root_slot(&play, root, *index)).is_some();
        let last = slots.rev().find(filled).expect("capabilities");
        let control = u64::from(inventory.of(Kind::SchedControl)[0]);
        let mut builder = Builder { play, untyped: untyped.into(), next: u64::from(last) + 1 };
        let handler = builder.messages();
        let space = builder.spaces();
        for number in 0..PRIORITIES.len() {
            builder.thread(number, control, (handler - 3, space));
        }
        // The root task runs when nobody else does.
        builder.call(slot::THREAD, Invocation::ThreadSetPriority, &[1], &[slot::THREAD]);
        let play = builder.play;
        assert_eq!(play.compare(), Ok(()), "after preparation");
        let mut inventory = Inventory::new(last + 1);
        inventory.update(&play.model, root);
        Self { play, root, inventory }
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

/// The model's name for a slot of the root CNode.
fn root_slot(play: &Play, root: u64, index: u16) -> model::SlotName {
    let node = play.model.slots.get(model::Model::held(root, model::model::CSPACE));
    let Some(Cap::CNode { object, .. }) = node else { panic!("no root CNode") };
    model::Model::slot(object, index.into())
}
