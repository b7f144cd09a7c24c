//! Clients and drivers that do what none may do.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use proptest::prelude::*;

use super::world::{Chance, Nap, Shared, Way, World};
use crate::ring::{Bell, Memory};
use crate::server::{CallError, Recorded};
use crate::service::block::{
    Alarm, Control, Disk, DiskError, Geometry, Range, Refusal, Request, Verb, control,
};

const fn range(first: u64) -> Range {
    Range { first, sectors: 32, is_read_only: false, is_shared: false }
}

/// Writes anything into the rings' words, mostly something that looks right.
fn scribble(memory: &Shared, chance: &mut Chance, count: u64) {
    for _ in 0..count {
        let at = chance.below(2816 / 8) as usize * 8;
        match chance.below(4) {
            0 => memory.store([0, 4, 64, 68][chance.below(4) as usize], chance.below(80) as u32),
            1 => {
                let completions = [0, 4, 64, 68][chance.below(4) as usize] + 2176;
                memory.store(completions, chance.below(80) as u32);
            }
            2 => memory.write(at, chance.below(8) << 32 | chance.below(128)),
            _ => memory.write(at, chance.below(1 << 20)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever one client writes, the other one's requests are done, and done right.
    #[test]
    fn a_hostile_client_disturbs_nobody(seed: u64) {
        let world = World::new(&[range(0), range(32)], seed, 0);
        let [good, bad] = [0, 1].map(|client| world.borrow().memory(client));
        let mut chance = Chance::new(seed);
        let way = Way { world: Rc::clone(&world), client: 0 };
        let mut disk = Disk::open(way, good, Nap::new(&world, 0)).expect("a driver");
        for number in 0..40 {
            if chance.below(4) == 0 {
                let caller = Recorded::new();
                let message = match chance.below(3) {
                    0 => caller.say(2, chance.below(300), &[chance.below(3); 5]),
                    _ => caller.ask(2, &control::Open { session: chance.below(4) }),
                };
                world.borrow_mut().driver().called(&message, caller);
            }
            scribble(bad, &mut chance, 30);
            good.write(4096, number);
            let request = Request { verb: Verb::Write, sector: number % 32, count: 1, at: 4096 };
            prop_assert_eq!(disk.run(request), Ok(()));
            good.write(4096, u64::MAX);
            prop_assert_eq!(disk.run(Request { verb: Verb::Read, ..request }), Ok(()));
            prop_assert_eq!(good.read(4096), number);
        }
    }
}

#[test]
fn more_in_flight_than_may_be_ends_the_session() {
    let world = World::new(&[range(0)], 3, 0);
    let memory = world.borrow().memory(0);
    let way = Way { world: Rc::clone(&world), client: 0 };
    way.open(5).expect("a driver");
    assert_eq!(way.check(5), Ok(()));
    // Malformed requests without end, whose completions nobody takes.
    for pushed in 1..=65 {
        memory.store(0, pushed);
        while world.borrow_mut().driver().round() {}
    }
    assert_eq!(way.check(5), Err(CallError::Refused(Refusal::Session)));
}

#[test]
fn who_has_no_range_is_refused() {
    let world = World::new(&[range(0)], 3, 0);
    let way = Way { world, client: 1 };
    assert_eq!(way.open(1), Err(CallError::Refused(Refusal::Stranger)));
}

/// A driver that writes anything, and answers anything.
#[derive(Clone)]
struct Liar<'a> {
    memory: &'a Shared,
    chance: &'a RefCell<Chance>,
    calls: &'a Cell<u32>,
}

impl Control for Liar<'_> {
    fn open(&self, _: u64) -> Result<Geometry, CallError<Refusal>> {
        self.calls.set(self.calls.get() + 1);
        let mut chance = self.chance.borrow_mut();
        scribble(self.memory, &mut chance, 20);
        match chance.below(30) {
            0 => Err(CallError::Restarted),
            1 => Err(CallError::Abandoned),
            most => {
                let sectors = chance.below(u64::MAX);
                Ok(Geometry { sectors, most: most as u32, is_read_only: false, discards: true })
            }
        }
    }

    fn check(&self, _: u64) -> Result<(), CallError<Refusal>> {
        match self.chance.borrow_mut().below(3) {
            0 => Err(CallError::Refused(Refusal::Session)),
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Copy)]
struct Meddle<'a>(&'a Shared, &'a RefCell<Chance>);

impl Bell for Meddle<'_> {
    fn ring(&self) {}

    fn sleep(&self) {
        scribble(self.0, &mut self.1.borrow_mut(), 10);
    }
}

impl Alarm for Meddle<'_> {
    fn was_told(&self) -> bool {
        self.1.borrow_mut().below(8) == 0
    }
}

proptest! {
    /// A client of a hostile driver has an outcome or an error, after a bounded number of steps.
    #[test]
    fn a_hostile_driver_costs_its_clients_an_error(seed: u64) {
        let memory = Shared::new();
        let chance = RefCell::new(Chance::new(seed));
        let calls = Cell::new(0);
        let liar = Liar { memory: &memory, chance: &chance, calls: &calls };
        let Ok(mut disk) = Disk::open(liar, &memory, Meddle(&memory, &chance)) else {
            return Ok(());
        };
        let mut tickets = std::vec::Vec::new();
        for _ in 0..200 {
            let request = Request { verb: Verb::Read, sector: 0, count: 1, at: 4096 };
            let result = match disk.submit(request) {
                Ok(ticket) => {
                    tickets.push(ticket);
                    disk.wait()
                }
                Err(DiskError::Full) => disk.wait(),
                Err(error) => Err(error),
            };
            if result.is_err() {
                break;
            }
            tickets.retain(|ticket| disk.outcome(*ticket).is_none());
        }
        prop_assert!(calls.get() < 1000);
    }
}
