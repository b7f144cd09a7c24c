//! Nothing that was acknowledged is lost, whenever the driver dies.

use std::rc::Rc;
use std::vec::Vec;

use proptest::prelude::*;

use super::world::{Chance, Nap, Shared, Way, World};
use crate::ring::Memory;
use crate::service::block::{Disk, Outcome, Range, Request, SECTOR, Ticket, Verb};

const fn range(first: u64, sectors: u64) -> Range {
    Range { first, sectors, is_read_only: false, is_shared: false }
}

/// What a client wants to be true of a sector.
type Promise = u64;

/// A client that writes, reads and compares.
struct Busy<'a> {
    disk: Disk<Way, &'a Shared, Nap<'a>>,
    memory: &'a Shared,
    chance: Chance,
    /// What was written last, for each sector.
    promises: Vec<Promise>,
    flying: Vec<(Ticket, Request, Promise)>,
    sectors: u64,
}

impl Busy<'_> {
    /// Submits a request for sectors that no other one is about.
    fn submit(&mut self, number: u64) {
        let place = self.flying.len() as u64;
        let count = 1 + self.chance.below(3);
        let sector = self.chance.below(self.sectors - count);
        let meets =
            |other: &Request| sector < other.sector + other.count && other.sector < sector + count;
        if self.flying.iter().any(|(_, request, _)| meets(request)) || place == 8 {
            return;
        }
        let used: Vec<u64> = self.flying.iter().map(|(_, request, _)| request.at).collect();
        let at = (0..9).map(|slot| 4096 + slot * 3 * SECTOR).find(|at| !used.contains(at));
        let Some(at) = at else { return };
        let verb = if self.chance.below(2) == 0 { Verb::Read } else { Verb::Write };
        for index in 0..count * SECTOR / 8 {
            let word = if verb == Verb::Write { number + index * 1000 } else { u64::MAX };
            self.memory.write((at + 8 * index) as usize, word);
        }
        let request = Request { verb, sector, count, at };
        let ticket = self.disk.submit(request).expect("a disk");
        self.flying.push((ticket, request, number));
    }

    /// Looks at what is done.
    fn collect(&mut self) {
        let (disk, memory) = (&mut self.disk, self.memory);
        let promises = &mut self.promises;
        self.flying.retain(|(ticket, request, number)| {
            let Some(outcome) = disk.outcome(*ticket) else { return true };
            assert_eq!(outcome, Outcome::Done);
            for (index, sector) in (request.sector..request.sector + request.count).enumerate() {
                let first = index as u64 * SECTOR / 8;
                let base = *number + first * 1000;
                if request.verb == Verb::Write {
                    promises[sector as usize] = base;
                    continue;
                }
                let promised = promises[sector as usize];
                for word in 0..SECTOR / 8 {
                    let found = memory.read((request.at + 8 * (first + word)) as usize);
                    let expected = if promised == 0 { 0 } else { promised + word * 1000 };
                    assert_eq!(found, expected, "sector {sector}, word {word}");
                }
            }
            false
        });
    }
}

fn busy_clients(seed: u64, danger: u64, rounds: u64) -> u64 {
    let ranges = [range(0, 24), range(24, 40)];
    let world = World::new(&ranges, seed, danger);
    let memories = [0, 1].map(|client| world.borrow().memory(client));
    let mut clients: Vec<Busy<'_>> = Vec::new();
    for (client, memory) in memories.into_iter().enumerate() {
        let way = Way { world: Rc::clone(&world), client };
        let bell = Nap::new(&world, client);
        let disk = Disk::open(way, memory, bell).expect("a driver");
        let sectors = ranges[client].sectors;
        assert_eq!(disk.geometry().sectors, sectors);
        let (promises, flying) = (std::vec![0; sectors as usize], Vec::new());
        let chance = Chance::new(seed.wrapping_add(client as u64 * 77));
        clients.push(Busy { disk, memory, chance, promises, flying, sectors });
    }
    for number in 1..=rounds {
        for (client, busy) in clients.iter_mut().enumerate() {
            busy.submit(number << 32 | (client as u64) << 30);
            if busy.chance.below(3) == 0 {
                busy.disk.wait().expect("a disk");
            }
            busy.collect();
        }
    }
    // Nothing helps any more who was not woken.
    world.borrow_mut().danger = 0;
    for busy in &mut clients {
        while !busy.flying.is_empty() {
            busy.disk.wait().expect("a disk");
            busy.collect();
        }
    }
    // All that was promised is on the disk itself, and nothing of the other client.
    let mut world = world.borrow_mut();
    for (busy, range) in clients.iter().zip(ranges) {
        for (sector, promised) in (range.first..).zip(&busy.promises) {
            let words = world.driver().device().sector(sector);
            let expected = |word: u64| if *promised == 0 { 0 } else { promised + word * 1000 };
            let same = words.iter().zip(0..).all(|(found, word)| *found == expected(word));
            assert!(same, "sector {sector}");
        }
    }
    world.restarts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_acknowledged_is_there(seed: u64, danger in 3_u64..40) {
        busy_clients(seed, danger, 200);
    }
}

#[test]
fn drivers_that_die_all_the_time_lose_nothing() {
    let restarts = busy_clients(7, 4, 3000);
    assert!(restarts > 500, "{restarts} restarts");
}

#[test]
fn without_danger_there_is_one_session() {
    assert_eq!(busy_clients(1, 0, 500), 0);
}
