//! Keeps blocks on a disk whose driver fails in every way, each in two copies, and compares every
//! byte with what it knows. Its account is in a region that an initial task reads which spoils
//! drivers.
//!
//! A driver that is killed or stands still does what it says: nothing that it acknowledged is ever
//! damaged. One whose registers, memory or rings were changed may say that it wrote, and have
//! written elsewhere. So a copy counts only once it was read again and compared, and the other copy
//! is there until then: *lost* is a block of which no copy is whole; *mended* is one of which one
//! is. A driver that does no good is complained of.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::service::block::{Disk, DiskError, Outcome, Request, Restarts, SECTOR, Verb, control};
use libsys::window::Window;
use libsys::{heartbeat, println, time};
use systems::account;

/// Sectors of a block.
const COUNT: u64 = 8;
/// Requests in flight.
const DEPTH: usize = 12;
/// How often something is done until its driver is of no use.
const TRIES: u32 = 4;
/// Periods until a driver that was complained of has been started again.
const PATIENCE: u32 = 3;

type Driver<'a> = Disk<control::Client, &'a Window, &'a Restarts>;
/// A bit for each block.
type Blocks = u64;

struct Porter<'a> {
    disk: Driver<'a>,
    way: control::Client,
    memory: &'a Window,
    bell: &'a Restarts,
    account: Window,
    /// Where its words are in the account.
    place: u64,
    blocks: u64,
}

impl Porter<'_> {
    fn count(&self, what: u64, more: u64) {
        let at = self.place + what;
        self.account.write_word(at, self.account.read_word(at) + more);
    }

    /// A word of a block, in each pass another.
    fn word(&self, pass: u64, copy: u64, block: u64, index: u64) -> u64 {
        let place = self.place << 48 ^ pass << 24 ^ copy << 20 ^ block << 10 ^ index;
        let mixed = place.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ mixed >> 29
    }

    /// Moves these blocks of a copy; answers those that did not get there, or are not as they
    /// should be.
    fn move_all(
        &mut self,
        verb: Verb,
        (pass, copy): (u64, u64),
        blocks: Blocks,
    ) -> Result<Blocks, DiskError> {
        let (mut left, mut bad) = (blocks, 0);
        let mut places = [None; DEPTH];
        while left != 0 || places.iter().any(Option::is_some) {
            let mut waits = true;
            for (place, slot) in places.iter_mut().enumerate() {
                let at = self.disk.data().start + place as u64 * COUNT * SECTOR;
                if let Some((ticket, block)) = *slot {
                    let Some(outcome) = self.disk.outcome(ticket) else { continue };
                    *slot = None;
                    let is_good = outcome == Outcome::Done
                        && (verb == Verb::Write || self.is_whole(at, pass, copy, block));
                    bad |= u64::from(!is_good) << block;
                    self.count(account::REPEATED, u64::from(outcome != Outcome::Done));
                }
                if left != 0 {
                    let block = u64::from(left.trailing_zeros());
                    left &= left - 1;
                    self.prepare(verb, at, pass, copy, block);
                    let sector = (copy * self.blocks + block) * COUNT;
                    let request = Request { verb, sector, count: COUNT, at };
                    *slot = Some((self.disk.submit(request)?, block));
                    waits = false;
                }
            }
            if waits {
                self.disk.wait()?;
            }
        }
        Ok(bad)
    }

    /// Fills the memory of a request: with what is written, or with what nothing that is read has.
    fn prepare(&self, verb: Verb, at: u64, pass: u64, copy: u64, block: u64) {
        let words = COUNT * SECTOR / 8;
        let sectors = (0..words).step_by(SECTOR as usize / 8);
        match verb {
            Verb::Write => (0..words).for_each(|index| {
                self.memory.write_word(at + 8 * index, self.word(pass, copy, block, index));
            }),
            _ => sectors.for_each(|index| {
                let word = !self.word(pass, copy, block, index);
                self.memory.write_word(at + 8 * index, word);
            }),
        }
    }

    fn is_whole(&self, at: u64, pass: u64, copy: u64, block: u64) -> bool {
        let mut words = 0..COUNT * SECTOR / 8;
        words.all(|index| {
            self.memory.read_word(at + 8 * index) == self.word(pass, copy, block, index)
        })
    }

    /// [`move_all`](Self::move_all), whatever becomes of the driver: tries again what did not
    /// work, then complains, then tries as often with the next instance.
    fn insist(&mut self, verb: Verb, of: (u64, u64), blocks: Blocks) -> Blocks {
        let mut left = blocks;
        for chance in 0..2 {
            for _ in 0..TRIES {
                heartbeat::beat();
                if left == 0 {
                    return 0;
                }
                match self.move_all(verb, of, left) {
                    Ok(bad) => left = bad,
                    Err(_) => {
                        self.begin_again();
                        continue;
                    }
                }
                if verb == Verb::Read {
                    self.count(account::WRONG, u64::from(left.count_ones()));
                }
            }
            if chance == 0 {
                self.complain();
            }
        }
        left
    }

    fn complain(&mut self) {
        self.count(account::COMPLAINTS, 1);
        (0..PATIENCE).for_each(|_| time::next_period());
        self.begin_again();
    }

    /// Opens the disk anew: nothing of before is under way any more.
    fn begin_again(&mut self) {
        self.count(account::REPEATED, 1);
        loop {
            match Disk::open(self.way, self.memory, self.bell) {
                Ok(disk) => return self.disk = disk,
                Err(_) => {
                    heartbeat::beat();
                    time::next_period();
                }
            }
        }
    }

    /// Writes blocks of a copy until they are there.
    fn keep(&mut self, of: (u64, u64), blocks: Blocks) {
        let mut left = blocks;
        while left != 0 {
            self.insist(Verb::Write, of, left);
            let _ = self.disk.run(Request::FLUSH);
            let bad = self.insist(Verb::Read, of, left);
            self.count(account::ACKNOWLEDGED, u64::from((left & !bad).count_ones()));
            left = bad;
        }
    }

    /// Looks at all that was kept, and mends it.
    fn look(&mut self, pass: u64, all: Blocks) {
        let damaged = [0, 1].map(|copy| self.insist(Verb::Read, (pass, copy), all));
        let lost = damaged[0] & damaged[1];
        self.count(account::LOST, u64::from(lost.count_ones()));
        self.count(account::MENDED, u64::from((damaged[0] ^ damaged[1]).count_ones()));
        for (copy, blocks) in (0..).zip(damaged) {
            self.keep((pass, copy), blocks);
        }
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), &'static str> {
    let mut numbers = component.arguments().map(|word| word.parse().ok());
    let mut number = || numbers.next().flatten();
    let (place, blocks): (u64, u64) = number().zip(number()).ok_or("which, and how many?")?;
    let account = component.region("verdict").map_err(|_| "no account")?;
    let way = Restarts::connect(&component, "blk");
    let (way, memory, bell) = way.map_err(|_| "no driver")?;
    let disk = Disk::open(way, &memory, &bell).map_err(|_| "no disk")?;
    let (memory, bell, place) = (&memory, &bell, place * account::BYTES);
    let mut porter = Porter { disk, way, memory, bell, account, place, blocks };
    let all = 1_u64.checked_shl(blocks as u32).map_or(u64::MAX, |end| end - 1);
    porter.count(account::PRESENT, 1);
    for pass in 1.. {
        (0..2).for_each(|copy| porter.keep((pass, copy), all));
        porter.look(pass, all);
        porter.count(account::PASSES, 1);
        if pass == 1 {
            println!("{}: {blocks} blocks written and read", component.name());
        }
    }
    Ok(())
}
