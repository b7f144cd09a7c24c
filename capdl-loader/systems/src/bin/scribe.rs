//! Fills its range of a disk again and again, in any order and with many requests in flight, then
//! reads all of it and compares.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::println;
use libsys::service::block::{
    Disk, DiskError, Outcome, Request, Restarts, SECTOR, Ticket, Verb, control,
};
use libsys::window::Window;

/// Sectors of a request.
const COUNT: u64 = 8;
/// Requests in flight.
const DEPTH: usize = 12;
/// FNV-1a (Fowler, Noll, Vo), by words.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

type Client<'a> = Disk<control::Client, &'a Window, &'a Restarts>;

/// What it writes into a word.
fn word(seed: u64, round: u64, index: u64) -> u64 {
    let mixed = (seed ^ round << 56 ^ index).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}

struct Scribe<'a> {
    disk: Client<'a>,
    memory: &'a Window,
    seed: u64,
    blocks: u64,
    /// Places of data, and what is under way there: request and block.
    places: [Option<(Ticket, u64)>; DEPTH],
    /// What was read, by block.
    sum: u64,
    wrong: u64,
}

impl Scribe<'_> {
    fn at(&self, place: usize) -> u64 {
        self.disk.data().start + place as u64 * COUNT * SECTOR
    }

    /// Does something with all blocks, in an order without neighbours.
    fn pass(&mut self, verb: Verb, round: u64) -> Result<(), DiskError> {
        let step = 37;
        for number in 0..self.blocks {
            let block = number * step % self.blocks;
            let place = self.free_place(verb, round)?;
            let at = self.at(place);
            if verb == Verb::Write {
                for index in 0..COUNT * SECTOR / 8 {
                    let value = word(self.seed, round, block << 16 | index);
                    self.memory.write_word(at + 8 * index, value);
                }
            }
            let request = Request { verb, sector: block * COUNT, count: COUNT, at };
            self.places[place] = Some((self.disk.submit(request)?, block));
        }
        while self.places.iter().any(Option::is_some) {
            self.collect(verb, round)?;
            if self.places.iter().any(Option::is_some) {
                self.disk.wait()?;
            }
        }
        self.disk.run(Request::FLUSH)
    }

    /// A place where nothing is under way.
    fn free_place(&mut self, verb: Verb, round: u64) -> Result<usize, DiskError> {
        loop {
            if let Some(place) = self.places.iter().position(Option::is_none) {
                return Ok(place);
            }
            self.disk.wait()?;
            self.collect(verb, round)?;
        }
    }

    /// Looks at what is done.
    fn collect(&mut self, verb: Verb, round: u64) -> Result<(), DiskError> {
        for place in 0..DEPTH {
            let Some((ticket, block)) = self.places[place] else { continue };
            match self.disk.outcome(ticket) {
                None => continue,
                Some(Outcome::Done) => self.places[place] = None,
                Some(outcome) => return Err(DiskError::Failed(outcome)),
            }
            if verb == Verb::Read {
                self.compare(self.at(place), round, block);
            }
        }
        Ok(())
    }

    fn compare(&mut self, at: u64, round: u64, block: u64) {
        let mut hash = BASIS;
        for index in 0..COUNT * SECTOR / 8 {
            let found = self.memory.read_word(at + 8 * index);
            self.wrong += u64::from(found != word(self.seed, round, block << 16 | index));
            hash = (hash ^ found).wrapping_mul(PRIME);
        }
        // The order of blocks differs from run to run.
        self.sum = self.sum.wrapping_add(hash);
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), &'static str> {
    let name = component.name();
    let rounds = component.arguments().next().and_then(|word| word.parse().ok());
    let rounds: u64 = rounds.ok_or("how often?")?;
    let way = Restarts::connect(&component, "blk");
    let (driver, memory, bell) = way.map_err(|_| "no driver")?;
    let seed = name.bytes().fold(BASIS, |seed, byte| seed.wrapping_mul(31) + u64::from(byte));
    let disk = Disk::open(driver, &memory, &bell).map_err(|_| "no disk")?;
    let blocks = disk.geometry().sectors / COUNT;
    println!("{name}: {blocks} blocks");
    let (places, memory) = ([None; DEPTH], &memory);
    let mut scribe = Scribe { disk, memory, seed, blocks, places, sum: 0, wrong: 0 };
    for round in 1..=rounds {
        scribe.pass(Verb::Write, round).map_err(|_| "writing failed")?;
    }
    scribe.pass(Verb::Read, rounds).map_err(|_| "reading failed")?;
    let Scribe { sum, wrong, .. } = scribe;
    println!("{name}: {blocks} blocks read, {wrong} words wrong, sum {sum:016x}");
    Ok(())
}
