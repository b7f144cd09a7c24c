//! Memory as bytes, and address spaces as tables: a small machine, with large pages of four.

use std::collections::BTreeMap;
use std::vec::Vec;

use libsys::bootstrap::AllocationError;
use libsys::pager::Protection;

use crate::pager::{Access, Cause, ClientId, Intent, Machine, Outcome, Pager, Size};

/// Bytes that a page of this machine has, enough to tell pages apart.
pub(super) const BYTES: usize = 4;

/// What is at a page of a space: frame, part of it, protection.
type Entry = (u64, usize, Protection);

/// The machine.
#[derive(Debug, Default)]
pub(in crate::pager) struct Fake {
    /// The bytes of each small page of each frame.
    pub(super) frames: BTreeMap<u64, Vec<[u8; BYTES]>>,
    pub(super) spaces: BTreeMap<u64, BTreeMap<u64, Entry>>,
    /// Small pages that can still be made.
    pub(super) left: u64,
    /// How many operations succeed before one fails.
    pub(super) until_failure: Option<u64>,
    pub(super) copies: u64,
    /// Frames that it did not take back.
    pub(super) lost: u64,
    last: u64,
}

/// One mapping: space, first page, pages.
#[derive(Debug)]
pub(in crate::pager) struct Mapping(u64, u64, u64);

pub(super) const LACK: AllocationError = AllocationError::NoMemory { bits: 12, count: 1 };

impl Fake {
    pub(in crate::pager) fn with_pages(left: u64) -> Self {
        Self { left, ..Self::default() }
    }

    fn try_one(&mut self) -> Result<(), AllocationError> {
        match &mut self.until_failure {
            Some(0) => Err(LACK),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Machine for Fake {
    type Frame = u64;
    type Space = u64;
    type Mapping = Mapping;

    const LARGE: u64 = 4;

    fn create(&mut self, size: Size) -> Result<u64, AllocationError> {
        self.try_one()?;
        let pages = if size == Size::Large { Self::LARGE } else { 1 };
        self.left = self.left.checked_sub(pages).ok_or(LACK)?;
        self.last += 1;
        self.frames.insert(self.last, std::vec![[0; BYTES]; pages as usize]);
        Ok(self.last)
    }

    fn destroy(&mut self, frame: u64) -> Result<(), AllocationError> {
        let is_mapped = self.spaces.values().any(|space| space.values().any(|e| e.0 == frame));
        assert!(!is_mapped, "a frame is destroyed that is mapped");
        if let Err(reason) = self.try_one() {
            self.lost += 1;
            return Err(reason);
        }
        self.left += self.frames.remove(&frame).expect("a frame").len() as u64;
        Ok(())
    }

    fn copy(&mut self, from: u64, part: u64, to: u64) -> Result<(), AllocationError> {
        self.try_one()?;
        let count = self.frames[&to].len();
        let part = part as usize;
        let content = self.frames[&from][part..part + count].to_vec();
        self.frames.insert(to, content);
        self.copies += 1;
        Ok(())
    }

    fn map(
        &mut self,
        space: &mut u64,
        frame: u64,
        page: u64,
        protection: Protection,
    ) -> Result<Mapping, AllocationError> {
        self.try_one()?;
        let count = self.frames[&frame].len();
        assert!(page.is_multiple_of(count as u64), "aligned");
        assert_ne!(protection, Protection::None);
        let table = self.spaces.entry(*space).or_default();
        for part in 0..count {
            let old = table.insert(page + part as u64, (frame, part, protection));
            assert!(old.is_none(), "one page in the place of another");
        }
        Ok(Mapping(*space, page, count as u64))
    }

    fn protect(
        &mut self,
        space: &mut u64,
        mapping: &Mapping,
        page: u64,
        protection: Protection,
    ) -> Result<(), AllocationError> {
        assert_eq!((mapping.0, mapping.1), (*space, page));
        self.try_one()?;
        let table = self.spaces.get_mut(space).expect("a space");
        for page in page..page + mapping.2 {
            table.get_mut(&page).expect("a mapping").2 = protection;
        }
        Ok(())
    }

    fn unmap(&mut self, mapping: &Mapping) -> Result<(), AllocationError> {
        self.try_one()?;
        let table = self.spaces.get_mut(&mapping.0).expect("a space");
        for page in mapping.1..mapping.1 + mapping.2 {
            table.remove(&page).expect("a mapping");
        }
        Ok(())
    }
}

/// What a client's threads do: accesses, and faults if they fail.
pub(super) trait Client {
    /// Adds a client; its space has the number that it will have itself.
    fn client(&mut self, quota: u64) -> ClientId;
    /// Faults until the access succeeds: where it goes. File pages are full of their numbers.
    fn access(&mut self, id: ClientId, page: u64, intent: Intent) -> Result<(u64, usize), Cause>;
    /// Reads the first byte of a page.
    fn read(&mut self, id: ClientId, page: u64) -> Result<u8, Cause>;
    /// Writes it.
    fn write(&mut self, id: ClientId, page: u64, value: u8) -> Result<(), Cause>;
}

/// The access to a page.
pub(super) fn to(page: u64, intent: Intent) -> Access {
    Access { address: page << abi::PAGE_BITS | 8, intent }
}

impl Client for Pager<Fake> {
    fn client(&mut self, quota: u64) -> ClientId {
        let space = self.last_client + 1;
        let id = self.add_client(space, 0x10..0x1000, quota);
        assert_eq!(id.number(), space);
        id
    }

    fn access(&mut self, id: ClientId, page: u64, intent: Intent) -> Result<(u64, usize), Cause> {
        for _ in 0..4 {
            let entry = self.machine.spaces.get(&id.number()).and_then(|table| table.get(&page));
            if let Some((frame, part, protection)) = entry
                && intent.is_allowed_by(*protection)
            {
                return Ok((*frame, *part));
            }
            match self.fault(id, to(page, intent))? {
                Outcome::Resume => {}
                Outcome::Fetch(fetch) => {
                    let first = fetch.pages.start;
                    let supplied = self.supply(&fetch, |machine, frame, number| {
                        let value = (first + number + 100) as u8;
                        machine.frames.insert(frame, std::vec![[value; BYTES]]);
                        Ok(())
                    });
                    supplied.map_err(Cause::Kernel)?;
                }
                Outcome::Wait => panic!("nobody has asked"),
            }
        }
        panic!("the access does not come to an end")
    }

    fn read(&mut self, id: ClientId, page: u64) -> Result<u8, Cause> {
        let (frame, part) = self.access(id, page, Intent::Read)?;
        Ok(self.machine.frames[&frame][part][0])
    }

    fn write(&mut self, id: ClientId, page: u64, value: u8) -> Result<(), Cause> {
        let (frame, part) = self.access(id, page, Intent::Write)?;
        self.machine.frames.get_mut(&frame).expect("a frame")[part][0] = value;
        Ok(())
    }
}
