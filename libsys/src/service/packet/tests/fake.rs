//! A card, and clients that reach the driver without a kernel.

use core::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::vec::Vec;

use crate::cap::Badge;
use crate::ring::{Bell, LocalMemory};
use crate::server::CallError;
use crate::service::Alarm;
use crate::service::packet::{
    Address, Card, Checksum, Control, Frame, Grant, Link, MOST_BYTES, Opened, Port, Refusal,
    Statistics, Switch, Wants, control,
};

/// Words of the memory that a client and the driver share: rings of four slots.
const WORDS: usize = 2 * (128 + 4 * 1536) / 8;

pub(super) type Memory = LocalMemory<WORDS>;

/// Counts how often it was rung.
#[derive(Clone, Default, Debug)]
pub(super) struct Rings {
    count: Rc<Cell<u32>>,
    /// Whether the driver was started again.
    pub(super) told: Cell<bool>,
}

impl Rings {
    pub(super) fn take(&self) -> u32 {
        self.count.take()
    }
}

impl Alarm for &Rings {
    fn was_told(&self) -> bool {
        self.told.take()
    }
}

impl Bell for &Rings {
    fn ring(&self) {
        self.count.set(self.count.get() + 1);
    }

    fn sleep(&self) {}
}

/// A card with room for so many packets.
#[derive(Debug)]
pub(super) struct FakeCard {
    pub(super) room: usize,
    pub(super) sent: Vec<(Frame, Vec<u8>)>,
    pub(super) coming: VecDeque<(Frame, Vec<u8>)>,
    buffer: [u8; MOST_BYTES],
}

impl FakeCard {
    pub(super) fn new(room: usize) -> Self {
        let buffer = [0; MOST_BYTES];
        Self { room, sent: Vec::new(), coming: VecDeque::new(), buffer }
    }

    /// A packet comes from outside.
    pub(super) fn bring(&mut self, packet: &[u8]) {
        let frame = Frame::new(packet.len(), Checksum::Verified).expect("a packet");
        self.coming.push_back((frame, packet.to_vec()));
    }
}

impl Card for FakeCard {
    fn prepare(&mut self) -> Option<&mut [u8; MOST_BYTES]> {
        (self.sent.len() < self.room).then_some(&mut self.buffer)
    }

    fn send(&mut self, frame: Frame) {
        self.sent.push((frame, self.buffer[..frame.length()].to_vec()));
    }

    fn received(&mut self) -> Option<(Frame, &[u8])> {
        self.coming.front().map(|(frame, packet)| (*frame, packet.as_slice()))
    }

    fn release(&mut self) {
        self.coming.pop_front();
    }

    fn flush(&mut self) {}

    fn fall_asleep(&mut self) -> bool {
        self.coming.is_empty()
    }

    fn is_connected(&self) -> bool {
        true
    }
}

/// A driver in a test: a switch and its card.
pub(super) struct Driver<'a> {
    pub(super) switch: RefCell<Switch<&'a Memory, &'a Rings>>,
    pub(super) card: RefCell<FakeCard>,
}

/// A switch for these clients: badges from 1 on, addresses by [`station`].
fn switch<'a>(
    memories: &'a [Memory],
    bell: &'a Rings,
    grants: &[Grant],
) -> Switch<&'a Memory, &'a Rings> {
    let mut switch = Switch::new(100);
    for ((memory, grant), badge) in memories.iter().zip(grants).zip(1..) {
        let port = Port::new(memory, bell);
        assert!(switch.attach(Badge(badge), station(badge), *grant, port));
    }
    switch
}

impl<'a> Driver<'a> {
    /// With these clients.
    pub(super) fn new(memories: &'a [Memory], bell: &'a Rings, grants: &[Grant]) -> Self {
        let switch = RefCell::new(switch(memories, bell, grants));
        Self { switch, card: RefCell::new(FakeCard::new(8)) }
    }

    /// Dies, and is started again: it knows nothing any more.
    pub(super) fn restart(&self, memories: &'a [Memory], bell: &'a Rings, grants: &[Grant]) {
        self.switch.replace(switch(memories, bell, grants));
        bell.told.set(true);
    }

    /// Works until there is nothing more to do.
    pub(super) fn settle(&self) {
        let mut turns = 0;
        while self.switch.borrow_mut().work(&mut *self.card.borrow_mut()) {
            turns += 1;
            assert!(turns < 1000, "a bounded number of turns");
        }
    }

    /// A session of the client with this badge.
    pub(super) fn link(
        &'a self,
        memory: &'a Memory,
        bell: &'a Rings,
        badge: u64,
    ) -> Link<Desk<'a>, &'a Memory, &'a Rings> {
        Link::open(Desk { driver: self, badge: Badge(badge) }, memory, bell).expect("a session")
    }
}

/// Calls without a kernel.
pub(super) struct Desk<'a> {
    pub(super) driver: &'a Driver<'a>,
    pub(super) badge: Badge,
}

impl Control for Desk<'_> {
    fn open(&self) -> Result<Opened, CallError<Refusal>> {
        let (mut switch, card) = (self.driver.switch.borrow_mut(), self.driver.card.borrow());
        let opened = control::Server::open(&mut switch.control(&*card), self.badge);
        opened.map_err(CallError::Refused)
    }

    fn listen(&self, session: u64, wants: Wants) -> Result<(), CallError<Refusal>> {
        let (mut switch, card) = (self.driver.switch.borrow_mut(), self.driver.card.borrow());
        let desk = &mut switch.control(&*card);
        control::Server::listen(desk, self.badge, session, wants).map_err(CallError::Refused)
    }

    fn count(&self, session: u64) -> Result<Statistics, CallError<Refusal>> {
        let (mut switch, card) = (self.driver.switch.borrow_mut(), self.driver.card.borrow());
        let counted = control::Server::count(&mut switch.control(&*card), self.badge, session);
        counted.map_err(CallError::Refused)
    }
}

/// The address of the client with this badge.
pub(super) fn station(badge: u64) -> Address {
    Address([2, 0, 0, 0, 0, badge as u8])
}

/// A packet of 60 bytes that ends with this number.
pub(super) fn packet(to: Address, from: Address, number: u8) -> [u8; 60] {
    let mut packet = [0; 60];
    packet[..6].copy_from_slice(&to.0);
    packet[6..12].copy_from_slice(&from.0);
    packet[59] = number;
    packet
}
