//! Random sequences against a model that copies everything at once.

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::vec::Vec;

use libsys::pager::{File, Protection, Purpose};

use super::fake::{Client as _, Fake};
use super::invariants::check;
use crate::pager::{Backing, ClientId, Intent, ObjectId, Pager, Reach, Region, Source};

/// Pages of the file.
const FILE_PAGES: u64 = 6;
/// The regions of every first client: a heap, a file.
const HEAP: core::ops::Range<u64> = 0x20..0x34;
const MAPPED: core::ops::Range<u64> = 0x40..0x48;

/// What a client would have in a simple world: value and protection of each page.
type Memory = BTreeMap<u64, (u8, Protection)>;

/// A step; clients by their place in the list of those that live.
#[derive(Clone, Debug)]
enum Step {
    Read(usize, u64),
    Write(usize, u64, u8),
    Clone(usize),
    Remove(usize),
    Unmap(usize, u64, u64),
    Protect(usize, u64, u64, Protection),
    Duplicate(usize, u64, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0_usize..4;
    let page = || 0x1e_u64..0x4c;
    let count = || 1_u64..9;
    let protection = prop_oneof![
        Just(Protection::None),
        Just(Protection::Read),
        Just(Protection::ReadWrite),
        Just(Protection::ReadExecute)
    ];
    prop_oneof![
        4 => (who(), page()).prop_map(|(who, page)| Step::Read(who, page)),
        8 => (who(), page(), 1_u8..100)
            .prop_map(|(who, page, value)| Step::Write(who, page, value)),
        1 => who().prop_map(Step::Clone),
        1 => who().prop_map(Step::Remove),
        1 => (who(), page(), count()).prop_map(|(who, page, n)| Step::Unmap(who, page, n)),
        2 => (who(), page(), count(), protection)
            .prop_map(|(who, page, n, protection)| Step::Protect(who, page, n, protection)),
        1 => (who(), page(), count()).prop_map(|(who, page, n)| Step::Duplicate(who, page, n)),
    ]
}

/// The pager and the model.
struct Pair {
    pager: Pager<Fake>,
    file: ObjectId,
    clients: Vec<(ClientId, Memory)>,
}

impl Pair {
    fn new(reach: Reach) -> Self {
        let mut pager = Pager::new(Fake::with_pages(2000));
        let bytes = FILE_PAGES << 12;
        let file = pager.add_object(Source::File { server: 0, file: File { number: 1, bytes } });
        let mut pair = Self { pager, file, clients: Vec::new() };
        pair.add(reach);
        pair
    }

    /// A client with a heap, and the file as private memory.
    fn add(&mut self, reach: Reach) {
        let id = self.pager.client(400);
        let heap = Region::zeros(HEAP, Purpose::Heap).with_reach(reach);
        self.pager.add_region(id, heap).expect("room");
        let backing = Backing::Private(self.file, 0);
        let file = Region::of(backing, MAPPED, Purpose::File, Protection::ReadWrite);
        self.pager.add_region(id, file.with_reach(reach)).expect("room");
        let zeros = HEAP.map(|page| (page, (0, Protection::ReadWrite)));
        let content = |page| (page - MAPPED.start + 100) as u8;
        // Behind the end of the file nothing can be read, but the region is there.
        let pages = MAPPED.map(|page| (page, (content(page), Protection::ReadWrite)));
        self.clients.push((id, zeros.chain(pages).collect()));
    }

    fn perform(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let (Step::Read(who, ..)
        | Step::Write(who, ..)
        | Step::Clone(who)
        | Step::Remove(who)
        | Step::Unmap(who, ..)
        | Step::Protect(who, ..)
        | Step::Duplicate(who, ..)) = *step;
        if self.clients.is_empty() {
            return Ok(());
        }
        let who = who % self.clients.len();
        match *step {
            Step::Clone(_) => self.clone_client(who),
            Step::Remove(_) => {
                let (id, _) = self.clients.swap_remove(who);
                prop_assert!(self.pager.remove_client(id).is_ok());
                Ok(())
            }
            _ => self.change(who, step),
        }
    }

    fn clone_client(&mut self, who: usize) -> Result<(), TestCaseError> {
        if self.clients.len() < 4 {
            let (from, memory) = (self.clients[who].0, self.clients[who].1.clone());
            let to = self.pager.client(400);
            prop_assert_eq!(self.pager.clone_client(from, to), Ok(()));
            self.clients.push((to, memory));
        }
        Ok(())
    }

    fn change(&mut self, who: usize, step: &Step) -> Result<(), TestCaseError> {
        let (id, memory) = &mut self.clients[who];
        let (id, pager) = (*id, &mut self.pager);
        let may = |memory: &Memory, page, intent: Intent| {
            memory.get(&page).is_some_and(|(_, protection)| intent.is_allowed_by(*protection))
        };
        let covers = |memory: &Memory, pages: core::ops::Range<u64>| {
            pages.into_iter().all(|page| memory.contains_key(&page))
        };
        match *step {
            Step::Read(_, page) => {
                let read = pager.read(id, page);
                if may(memory, page, Intent::Read) && !is_behind_file(memory, page) {
                    prop_assert_eq!(read, Ok(memory[&page].0));
                } else {
                    prop_assert!(read.is_err());
                }
            }
            Step::Write(_, page, value) => {
                let written = pager.write(id, page, value);
                let expected = may(memory, page, Intent::Write) && !is_behind_file(memory, page);
                prop_assert_eq!(written.is_ok(), expected);
                if expected {
                    memory.entry(page).and_modify(|entry| entry.0 = value);
                }
            }
            Step::Unmap(_, page, count) => {
                let pages = page..page + count;
                let expected = covers(memory, pages.clone());
                prop_assert_eq!(pager.unmap(id, pages.clone()).is_ok(), expected);
                if expected {
                    memory.retain(|page, _| !pages.contains(page));
                }
            }
            Step::Protect(_, page, count, protection) => {
                let pages = page..page + count;
                let expected = covers(memory, pages.clone());
                prop_assert_eq!(pager.protect(id, pages.clone(), protection).is_ok(), expected);
                for page in pages.filter(|_| expected) {
                    memory.entry(page).and_modify(|entry| entry.1 = protection);
                }
            }
            Step::Duplicate(_, page, count) => {
                let pages = page..page + count;
                let expected = covers(memory, pages.clone());
                let copy = pager.duplicate(id, pages.clone());
                prop_assert_eq!(copy.is_ok(), expected);
                for (from, to) in pages.zip(copy.into_iter().flatten()) {
                    let entry = memory[&from];
                    prop_assert!(memory.insert(to, entry).is_none(), "the place was free");
                }
            }
            Step::Clone(_) | Step::Remove(_) => {}
        }
        Ok(())
    }
}

/// Whether a page is one of the file's region behind its end, here or in a copy.
fn is_behind_file(memory: &Memory, page: u64) -> bool {
    memory.get(&page).is_some_and(|(value, _)| *value >= (100 + FILE_PAGES) as u8 && *value < 108)
}

proptest! {
    #[test]
    fn clients_see_what_they_would_with_memory_of_their_own(
        around in 0_u32..3,
        large: bool,
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let mut pair = Pair::new(Reach { around, large });
        for step in &steps {
            pair.perform(step)?;
            check(&pair.pager);
        }
        for (id, memory) in core::mem::take(&mut pair.clients) {
            for page in memory.keys() {
                let (value, protection) = memory[page];
                if Intent::Read.is_allowed_by(protection) && !is_behind_file(&memory, *page) {
                    prop_assert_eq!(pair.pager.read(id, *page), Ok(value));
                }
            }
            check(&pair.pager);
            prop_assert!(pair.pager.remove_client(id).is_ok());
        }
        pair.pager.forget_object(pair.file).expect("the file");
        prop_assert_eq!(pair.pager.machine.left, 2000, "everything came back");
    }
}
