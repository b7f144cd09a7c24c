//! Writes blocks to a disk whose driver fails again and again, reads them, and compares every byte
//! with what it knows. Its account is in a region that an initial task reads which spoils drivers.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::window::Window;
use libsys::{println, time};
use systems::account;
use systems::disk::{BLOCK, interface, receipt, sum, word};

/// Blocks of the disk.
const BLOCKS: u64 = 16;
/// How often a block is read until it counts as wrong.
const READS: u32 = 4;
/// Periods until a driver that it complained of has been started again.
const PATIENCE: u32 = 2;

struct Copier {
    disk: interface::Client,
    desk: Window,
    account: Window,
}

impl Copier {
    fn count(&self, what: u64) {
        self.account.write_word(what, self.account.read_word(what) + 1);
    }

    /// Writes a block, until that is acknowledged.
    fn write(&self, pass: u64, block: u64) {
        loop {
            (0..BLOCK).step_by(8).for_each(|at| self.desk.write_word(at, word(pass, block, at)));
            let expected = expected_sum(pass, block);
            if self.disk.write(block, expected).is_ok_and(|told| told == receipt(expected, block)) {
                return self.count(account::ACKNOWLEDGED);
            }
            self.count(account::REPEATED);
        }
    }

    /// Reads a block, until it is what was written. A driver that says something else too often is
    /// no good: it is complained of, and another instance of it is asked.
    fn read(&self, pass: u64, block: u64) {
        if self.reads(pass, block) {
            return;
        }
        self.count(account::COMPLAINTS);
        (0..PATIENCE).for_each(|_| time::next_period());
        if !self.reads(pass, block) {
            self.count(account::LOST);
        }
    }

    /// Whether a block is what was written, in one of several answers.
    fn reads(&self, pass: u64, block: u64) -> bool {
        let mut wrong = 0;
        while wrong < READS {
            if self.disk.read(block).is_err() {
                self.count(account::REPEATED);
                continue;
            }
            let mut places = (0..BLOCK).step_by(8);
            if places.all(|at| self.desk.read_word(at) == word(pass, block, at)) {
                self.count(account::ACKNOWLEDGED);
                return true;
            }
            self.count(account::WRONG);
            wrong += 1;
        }
        false
    }
}

/// The sum of what is to be written.
fn expected_sum(pass: u64, block: u64) -> u64 {
    sum((0..BLOCK).step_by(8).map(|at| word(pass, block, at)), block)
}

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let copier = Copier {
        disk: interface::Client::new(component.endpoint("ramdisk")?),
        desk: component.region("desk")?,
        account: component.region("verdict")?,
    };
    copier.count(account::PRESENT);
    for pass in 1.. {
        (0..BLOCKS).for_each(|block| copier.write(pass, block));
        (0..BLOCKS).for_each(|block| copier.read(pass, block));
        copier.count(account::PASSES);
        if pass == 1 {
            let lost = copier.account.read_word(account::LOST);
            println!("{}: {BLOCKS} blocks written and read, {lost} lost", component.name());
        }
    }
    Ok(())
}
