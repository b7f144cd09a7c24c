//! Every sentence of objects.md §11, and of what deletion means for address spaces.

mod asids;
mod caches;
mod pages;
mod tables;

use std::vec::Vec;

use abi::{Error, Invocation, LookupFailure};

use crate::asid::AsidPool;
use crate::call::Outcome;
use crate::cap::Cap;
use crate::derivation::Origin;
use crate::mem::Obj;
use crate::paging::Leaf;
use crate::slot::Slot;
use crate::space;
use crate::testing::World;

/// Attributes: cacheable.
const DEFAULT: u64 = 3;
/// Rights.
const READ_WRITE: u64 = 3;

/// What a message leads to.
type Answer = Result<Outcome, Error>;

/// What the tests of this part ask of a world.
trait Spaces {
    fn send(
        &mut self,
        slot: Obj<Slot>,
        invocation: Invocation,
        words: &[u64],
        caps: &[Obj<Slot>],
    ) -> Answer;
    fn pool(&mut self) -> Obj<Slot>;
    fn assigned_space(&mut self, pool: Obj<Slot>) -> Obj<Slot>;
    fn with_tables(&mut self, space: Obj<Slot>, address: u64, count: usize) -> Vec<Obj<Slot>>;
    fn copy(&mut self, slot: Obj<Slot>) -> Obj<Slot>;
    fn delete(&mut self, slot: Obj<Slot>);
    fn translate(&self, space: Obj<Slot>, address: u64) -> Option<Leaf>;
    fn map(&mut self, page: Obj<Slot>, space: Obj<Slot>, address: u64) -> Answer;
}

impl Spaces for World {
    fn send(
        &mut self,
        slot: Obj<Slot>,
        invocation: Invocation,
        words: &[u64],
        caps: &[Obj<Slot>],
    ) -> Answer {
        let operation = space::decode(&self.kernel, &self.call(slot, invocation, words, caps))?;
        Ok(self.kernel.perform_space(operation).expect("nothing is pending"))
    }

    /// The pool of number 0, as boot makes it.
    fn pool(&mut self) -> Obj<Slot> {
        let region = self.region(12);
        let pool = self.kernel.mem.create_zeroed::<AsidPool>(&region, 0, 1);
        self.kernel.add_pool(0, pool);
        self.place(Cap::AsidPool { index: 0, pool })
    }

    fn assigned_space(&mut self, pool: Obj<Slot>) -> Obj<Slot> {
        let space = self.address_space();
        assert_eq!(self.send(pool, Invocation::AsidPoolAssign, &[], &[space]), Ok(Outcome::Done));
        space
    }

    /// Maps page tables from the top until `count` exist for `address`.
    fn with_tables(&mut self, space: Obj<Slot>, address: u64, count: usize) -> Vec<Obj<Slot>> {
        let tables: Vec<_> = (0..count).map(|_| self.page_table()).collect();
        for table in &tables {
            let answer = self.send(*table, Invocation::PageTableMap, &[address, DEFAULT], &[space]);
            assert_eq!(answer, Ok(Outcome::Done));
        }
        tables
    }

    fn copy(&mut self, slot: Obj<Slot>) -> Obj<Slot> {
        let to = self.slot();
        let cap = self.kernel.derive(slot, self.kernel[slot].cap).expect("can be copied");
        self.kernel.insert(slot, to, cap, Origin::Derived);
        to
    }

    fn delete(&mut self, slot: Obj<Slot>) {
        self.kernel.delete(slot).expect("nothing is pending");
    }

    fn translate(&self, space: Obj<Slot>, address: u64) -> Option<Leaf> {
        let (asid, _) = space::assigned(&self.kernel[space].cap)?;
        self.kernel.walk(self.kernel.space(asid)?, address).page
    }

    fn map(&mut self, page: Obj<Slot>, space: Obj<Slot>, address: u64) -> Answer {
        self.send(page, Invocation::PageMap, &[address, READ_WRITE, DEFAULT], &[space])
    }
}

fn missing(bits_left: u64) -> Answer {
    Err(Error::destination(LookupFailure::MissingCapability { bits_left }))
}

fn dead() -> Answer {
    Err(Error::destination(LookupFailure::InvalidRoot))
}
