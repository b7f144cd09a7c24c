//! A client, and a driver, that write anything anywhere at any time.

use core::cell::Cell;

use proptest::prelude::*;
use std::vec::Vec;

use super::fake::{FakeCard, Rings, packet, station};
use crate::cap::Badge;
use crate::ring::{LocalMemory, Memory};
use crate::server::CallError;
use crate::service::packet::{
    Address, Checksum, Control, Grant, Link, MOST_BYTES, Opened, Port, Refusal, Statistics, Switch,
    Wants, control,
};

/// Memory that a peer scribbles into: some reads answer what the peer has chosen.
struct Scribbled<'a> {
    memory: LocalMemory<3104>,
    values: &'a [u64],
    next: Cell<usize>,
}

impl<'a> Scribbled<'a> {
    fn new(values: &'a [u64]) -> Self {
        Self { memory: LocalMemory::new(), values, next: Cell::new(0) }
    }

    /// The peer's next value; it leaves alone what it has none for.
    fn scribble(&self) -> Option<u64> {
        self.next.set(self.next.get() + 1);
        let value = self.values.get(self.next.get() % self.values.len().max(1))?;
        (value % 4 != 0).then_some(value / 4)
    }
}

impl Memory for Scribbled<'_> {
    fn bytes(&self) -> usize {
        self.memory.bytes()
    }

    fn load(&self, offset: usize) -> u32 {
        let real = self.memory.load(offset);
        self.scribble().map_or(real, |value| value as u32)
    }

    fn store(&self, offset: usize, value: u32) {
        self.memory.store(offset, value);
    }

    fn barrier(&self) {}

    fn read(&self, offset: usize) -> u64 {
        let real = self.memory.read(offset);
        self.scribble().unwrap_or(real)
    }

    fn write(&self, offset: usize, value: u64) {
        self.memory.write(offset, value);
    }
}

/// Values that are more often near to good ones.
fn values() -> impl Strategy<Value = Vec<u64>> {
    let value = prop_oneof![
        Just(0_u64),
        (0_u64..8).prop_map(|index| index * 4 + 1),
        (0_u64..2000).prop_map(|length| (length | 2 << 16) * 4 + 1),
        any::<u64>(),
    ];
    prop::collection::vec(value, 1..64)
}

/// A driver that answers calls with anything.
struct Liar(Cell<u64>);

impl Control for Liar {
    fn open(&self) -> Result<Opened, CallError<Refusal>> {
        Ok(Opened { session: self.0.get(), address: Address([3; 6]), is_connected: false })
    }

    fn listen(&self, _: u64, _: Wants) -> Result<(), CallError<Refusal>> {
        Err(CallError::Refused(Refusal::Session))
    }

    fn count(&self, _: u64) -> Result<Statistics, CallError<Refusal>> {
        Err(CallError::Abandoned)
    }
}

proptest! {
    /// The other client's packets come as if the hostile one were not there.
    #[test]
    fn a_client_harms_only_itself(values in values(), turns in 1_u32..40) {
        let bell = Rings::default();
        let (good, bad) = (Scribbled::new(&[]), Scribbled::new(&values));
        let mut switch = Switch::new(1);
        switch.attach(Badge(1), station(1), Grant::Own, Port::new(&good, &bell));
        switch.attach(Badge(2), station(2), Grant::Own, Port::new(&bad, &bell));
        let mut card = FakeCard::new(usize::MAX);
        for badge in [1, 2] {
            let opened = control::Server::open(&mut switch.control(&card), Badge(badge));
            prop_assert!(opened.is_ok());
        }
        for turn in 0..turns {
            card.bring(&packet(station(1), station(7), turn as u8));
            card.bring(&packet(station(2), station(7), turn as u8));
            for _ in 0..4 {
                switch.work(&mut card);
            }
        }
        for (_, sent) in &card.sent {
            prop_assert_eq!(Address::at(sent, 6), Some(station(2)), "its own address only");
        }
        let counted = control::Server::count(&mut switch.control(&card), Badge(1), 1);
        let counts = counted.expect("its session goes on");
        prop_assert!(counts.received + counts.dropped >= u64::from(turns));
    }

    /// A client gets errors from a driver that lies, and goes on.
    #[test]
    fn a_driver_cannot_break_its_client(values in values(), turns in 1_u32..40) {
        let bell = Rings::default();
        let memory = Scribbled::new(&values);
        let mut link = Link::open(Liar(Cell::new(5)), &memory, &bell).expect("enough memory");
        let mut buffer = [0; MOST_BYTES];
        for _ in 0..turns {
            let _ = link.send(&packet(station(2), station(1), 1), Checksum::Unknown);
            if let Ok(Some(frame)) = link.receive(&mut buffer) {
                prop_assert!((14..=MOST_BYTES).contains(&frame.length()));
            }
            link.flush();
            let _ = (link.wait(), link.wait_room(), link.count());
        }
        prop_assert!(link.reopen().is_ok());
    }
}
