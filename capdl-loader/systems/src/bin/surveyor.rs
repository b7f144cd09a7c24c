//! Looks at its range of a disk: what it can do, what it refuses, and whether sectors that are
//! discarded leave their neighbours alone. Then the next one, `guest`, does so.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::println;
use libsys::service::block::{
    Disk, DiskError, Outcome, Request, Restarts, SECTOR, SLOTS, Verb, control,
};
use libsys::window::Window;

/// Sectors that are discarded, and as many before and behind them.
const PART: u64 = 16;
/// Where all three parts begin.
const FIRST: u64 = 64;

type Client<'a> = Disk<control::Client, &'a Window, &'a Restarts>;

struct Surveyor<'a> {
    name: &'static str,
    disk: Client<'a>,
    memory: &'a Window,
}

/// What it writes into the words of a sector.
const fn word(sector: u64, index: u64) -> u64 {
    (sector << 32 ^ index ^ 0x7e55).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Surveyor<'_> {
    /// Where the data of a sector is, by its place.
    fn at(&self, place: u64) -> u64 {
        self.disk.data().start + place * SECTOR
    }

    /// A request for one sector, whose data is at a place.
    fn request(&self, verb: Verb, sector: u64, place: u64) -> Request {
        Request { verb, sector, count: 1, at: self.at(place) }
    }

    /// Submits requests for sectors from here on, all at once, and waits for them.
    fn all(&mut self, verb: Verb, first: u64, count: u64) -> Result<usize, DiskError> {
        let mut tickets = [None; SLOTS];
        for (place, ticket) in (0..count).zip(&mut tickets) {
            *ticket = Some(self.disk.submit(self.request(verb, first + place, place))?);
        }
        let most = self.disk.in_flight();
        for ticket in tickets.into_iter().flatten() {
            loop {
                match self.disk.outcome(ticket) {
                    Some(Outcome::Done) => break,
                    Some(outcome) => return Err(DiskError::Failed(outcome)),
                    None => self.disk.wait()?,
                }
            }
        }
        Ok(most)
    }

    /// Writes sectors; answers how many requests were in flight.
    fn write(&mut self, first: u64, count: u64) -> Result<usize, DiskError> {
        for sector in first..first + count {
            for index in 0..SECTOR / 8 {
                let at = self.at(sector - first) + 8 * index;
                self.memory.write_word(at, word(sector, index));
            }
        }
        self.all(Verb::Write, first, count)
    }

    /// Reads sectors; answers how many of their words are not what was written.
    fn wrong(&mut self, first: u64, count: u64) -> Result<usize, DiskError> {
        self.memory.clear(self.at(0)..self.at(count));
        self.all(Verb::Read, first, count)?;
        let words = (first..first + count).flat_map(|sector| {
            let start = self.at(sector - first);
            (0..SECTOR / 8).map(move |index| (start + 8 * index, word(sector, index)))
        });
        Ok(words.filter(|(at, expected)| self.memory.read_word(*at) != *expected).count())
    }

    /// What becomes of a request that is refused.
    fn refused(&mut self, what: &str, request: Request) -> Result<(), DiskError> {
        let name = self.name;
        match self.disk.run(request) {
            Err(DiskError::Failed(outcome)) => println!("{name}: {what}: {outcome:?}"),
            Ok(()) => println!("{name}: {what}: done, which is wrong"),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// All that a client may do who may write.
    fn owns(&mut self) -> Result<(), DiskError> {
        let (name, all) = (self.name, 3 * PART);
        let most = self.write(FIRST, all)?;
        println!("{name}: {most} requests in flight, {} words wrong", self.wrong(FIRST, all)?);
        self.disk.run(Request::FLUSH)?;
        println!("{name}: flushed");
        let (sector, at) = (FIRST + PART, 0);
        self.disk.run(Request { verb: Verb::Discard, sector, count: PART, at })?;
        let before = self.wrong(FIRST, PART)?;
        let behind = self.wrong(FIRST + 2 * PART, PART)?;
        println!("{name}: {PART} sectors discarded, {before} + {behind} words beside them wrong");
        self.write(FIRST + PART, PART)?;
        println!("{name}: written again, {} words wrong", self.wrong(FIRST, all)?);
        Ok(())
    }

    /// What nobody may do.
    fn trespasses(&mut self) -> Result<(), DiskError> {
        let sectors = self.disk.geometry().sectors;
        let (data, most) = (self.disk.data(), u64::from(self.disk.geometry().most));
        let read = |sector, count, at| Request { verb: Verb::Read, sector, count, at };
        self.refused("behind its range", read(sectors, 1, data.start))?;
        self.refused("across its end", read(sectors - 1, 2, data.start))?;
        self.refused("more than at once", read(0, most + 1, data.start))?;
        self.refused("into the rings", read(0, 1, 0))?;
        self.refused("behind the memory", read(0, 1, data.end))?;
        self.refused("with wild numbers", read(u64::MAX, u64::MAX, u64::MAX))
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), &'static str> {
    let name = component.name();
    if component.arguments().any(|word| word == "waits") {
        component.bell().map_err(|_| "nobody to wait for")?.wait();
    }
    let (driver, memory, bell) = Restarts::connect(&component, "blk").map_err(|_| "no driver")?;
    let disk = Disk::open(driver, &memory, &bell).map_err(|_| "no disk")?;
    let geometry = disk.geometry();
    println!(
        "{name}: {} sectors, read only: {}, discards: {}",
        geometry.sectors, geometry.is_read_only, geometry.discards
    );
    let mut surveyor = Surveyor { name, disk, memory: &memory };
    let surveyed = match geometry.is_read_only {
        false => surveyor.owns(),
        true => {
            let write = surveyor.request(Verb::Write, 0, 0);
            let discard = Request { verb: Verb::Discard, ..write };
            let writes = surveyor.refused("writing", write);
            writes.and_then(|()| surveyor.refused("discarding", discard))
        }
    };
    surveyed.and_then(|()| surveyor.trespasses()).map_err(|error| {
        println!("{name}: {error}");
        "the disk does not do what it should"
    })?;
    println!("{name}: done");
    if let Ok(next) = component.notification("guest") {
        next.signal();
    }
    Ok(())
}
