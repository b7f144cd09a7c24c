//! What a thread does next, decided by bytes and by what there is.

use abi::bootinfo::slot;
use abi::{Invocation, ObjectType, Syscall};
use kernel::simulation::Way;

use crate::choice::Choice;
use crate::inventory::{Inventory, Kind};
use crate::stage::DEPTH;
use crate::step::{Letter, Step, SystemCall};

mod messages;
mod objects;
mod threads;

/// Exception classes: unknown, aborts, BRK (Arm ARM D17.2.37).
const CLASSES: [u64; 4] = [0x00, 0x20, 0x24, 0x3c];
/// Pointers that mostly name nothing.
const ODD_POINTERS: [u64; 6] = [0, 7, 511, 512, 1 << 40, u64::MAX];

/// A program about to decide.
pub struct Program<'a, 'b> {
    /// Its decisions.
    pub choice: &'a mut Choice<'b>,
    /// What it knows of.
    pub inventory: &'a Inventory,
    /// Whether it keeps others going, and so never waits.
    pub keeper: bool,
}

/// A call of an object.
pub(crate) struct Wish {
    pointer: u64,
    label: u64,
    words: Vec<u64>,
    caps: Vec<u64>,
}

fn wish(pointer: u64, label: Invocation, words: &[u64], caps: &[u64]) -> Wish {
    Wish { pointer, label: label.label(), words: words.into(), caps: caps.into() }
}

impl Program<'_, '_> {
    /// The next step.
    pub fn decide(&mut self) -> Step {
        let way = if self.choice.below(4) == 0 { Way::General } else { Way::Fast };
        match self.choice.below(64) {
            0..24 if self.keeper => self.wake(way),
            0 => self.trap(way),
            1 => self.yield_turn(way),
            2..26 => self.message(way),
            _ => self.object(way),
        }
    }

    /// Lets somebody who waits or has stopped go on.
    fn wake(&mut self, way: Way) -> Step {
        let thread = self.pick(Kind::Thread);
        let letter = Letter { label: Invocation::ThreadResume.label(), ..Letter::default() };
        Step::Call(SystemCall { way, ..SystemCall::new(Syscall::Call, thread, letter) })
    }

    fn trap(&mut self, way: Way) -> Step {
        if self.choice.below(3) == 0 {
            let letter = Letter::default();
            let small = u64::from(self.choice.byte());
            // Such as would be a known one if only half of it counted.
            let number = self.choice.of(&[1 + small, (1 << 32) - 1 - small % 16]);
            let pointers = [self.choice.number(), self.choice.number(), 0];
            return Step::Call(SystemCall { number, pointers, letter, offer: None, way });
        }
        let class = self.choice.of(&CLASSES);
        Step::Exception { class, address: self.choice.number(), way }
    }

    fn yield_turn(&mut self, way: Way) -> Step {
        let call = SystemCall::new(Syscall::Yield, 0, Letter::default());
        Step::Call(SystemCall { way, ..call })
    }

    /// A call of an object, sometimes spoiled, sometimes by another system call.
    fn object(&mut self, way: Way) -> Step {
        let mut wish = match self.choice.below(16) {
            0..7 => self.capability(),
            7..11 => self.space(),
            11 => self.interrupt(),
            _ => self.thread(),
        };
        if self.choice.once_in(24) {
            self.spoil(&mut wish);
        }
        let letter = Letter { label: wish.label, words: wish.words, caps: wish.caps };
        let call = match self.choice.below(24) {
            0 => Syscall::Send,
            1 => Syscall::NBSend,
            2 if !self.keeper => return self.first_phase(wish.pointer, letter, way),
            _ => Syscall::Call,
        };
        Step::Call(SystemCall { way, ..SystemCall::new(call, wish.pointer, letter) })
    }

    /// An invocation as the first phase of a call that then receives.
    fn first_phase(&mut self, pointer: u64, letter: Letter, way: Way) -> Step {
        let from = self.pick(Kind::Notification);
        let reply = self.pick(Kind::Reply);
        let (number, pointers) = match self.choice.below(2) {
            0 => (Syscall::NBSendWait, [from, pointer, 0]),
            _ => (Syscall::NBSendRecv, [from, reply, pointer]),
        };
        Step::Call(SystemCall { number: number.number(), pointers, letter, offer: None, way })
    }

    /// Changes something about a call.
    fn spoil(&mut self, wish: &mut Wish) {
        match self.choice.below(5) {
            0 => {
                let count = self.choice.below(wish.words.len() + 1);
                wish.words.truncate(count);
            }
            1 => {
                let count = self.choice.below(wish.caps.len() + 1);
                wish.caps.truncate(count);
            }
            2 => wish.label = self.choice.number(),
            3 => {
                let place = self.choice.below(wish.words.len());
                let number = self.choice.number();
                wish.words.get_mut(place).into_iter().for_each(|word| *word = number);
            }
            _ => {
                let place = self.choice.below(wish.caps.len());
                let pointer = self.any();
                wish.caps.get_mut(place).into_iter().for_each(|cap| *cap = pointer);
            }
        }
    }

    /// A capability of a kind, mostly.
    fn pick(&mut self, kind: Kind) -> u64 {
        let known = self.inventory.of(kind);
        let byte = self.choice.byte();
        match known.len() {
            0 => 0,
            _ if byte == 255 => self.any(),
            length => known[usize::from(byte) * length / 255].into(),
        }
    }

    /// Any capability, or none.
    fn any(&mut self) -> u64 {
        match (self.choice.below(8), self.inventory.own.len()) {
            (0, _) | (_, 0) => self.choice.of(&ODD_POINTERS),
            (1, _) => self.choice.below(16) as u64,
            (_, length) => self.inventory.own[self.choice.below(length.min(256))].into(),
        }
    }

    /// Nothing, or a capability of a kind.
    fn maybe(&mut self, kind: Kind) -> u64 {
        if self.choice.below(3) == 0 { 0 } else { self.pick(kind) }
    }

    /// A slot of the root CNode for something new: mostly empty.
    fn place(&mut self) -> u64 {
        let free = &self.inventory.free;
        if free.is_empty() || self.choice.once_in(24) {
            return self.any();
        }
        free[self.choice.below(free.len().min(256))].into()
    }

    /// Which object to make, and its size.
    fn new_object(&mut self) -> (ObjectType, u64) {
        let small = self.choice.below(3) as u64;
        match self.choice.below(20) {
            0..3 => (ObjectType::Endpoint, 0),
            3..5 => (ObjectType::Notification, 0),
            5..7 => (ObjectType::Reply, 0),
            7..10 => (ObjectType::CNode, 1 + small),
            10 | 11 => (ObjectType::Untyped, 9 + 2 * small),
            12 => (ObjectType::Untyped, 12),
            13 => (ObjectType::Thread, 0),
            // The least size, larger ones, and one that is too small.
            14 | 15 => (ObjectType::SchedContext, self.choice.of(&[7, 7, 8, 9, 7, 6])),
            16 => (ObjectType::VSpace, 0),
            17 => (ObjectType::PageTable, 0),
            18 => (ObjectType::SmallPage, 0),
            _ => (self.choice.of(&[ObjectType::LargePage, ObjectType::HugePage]), small),
        }
    }

    /// The slot of the root CNode as an argument of a CNode operation.
    const fn root(index: u64) -> [u64; 2] {
        [index, DEPTH]
    }

    fn root_node() -> u64 {
        slot::CNODE
    }
}
