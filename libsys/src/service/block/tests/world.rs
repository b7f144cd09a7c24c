//! A disk, its driver, which is killed now and then, and the way to it.

use core::cell::{Cell, RefCell};
use std::boxed::Box;
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

use crate::cap::Badge;
use crate::ring::{Bell, LocalMemory, Memory};
use crate::server::{CallError, Operation, Recorded};
use crate::service::block::{
    Alarm, Control, Device, Done, Geometry, Job, Outcome, Range, Refusal, SECTOR, Server, Verb,
    control,
};

/// Words that a client shares with its driver: rings and 60 KiB of data.
pub(super) type Shared = LocalMemory<8192>;
/// Sectors of the disk.
pub(super) const SECTORS: u64 = 64;
const WORDS: u64 = SECTOR / 8;

/// Memory that a test keeps.
fn fresh() -> &'static Shared {
    Box::leak(Box::new(Shared::new()))
}

/// Small numbers that decide what happens, made of a seed.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// One of so many numbers.
    pub(super) fn below(&mut self, count: u64) -> u64 {
        // xorshift64 (Marsaglia 2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % count
    }
}

/// A disk that does its jobs in any order, and half of what it has when it is reset.
#[derive(Debug)]
pub(super) struct Model {
    words: Vec<u64>,
    jobs: Vec<Job>,
    memories: Vec<&'static Shared>,
    chance: Chance,
    room: usize,
    pub(super) is_read_only: bool,
}

impl Model {
    fn new(memories: Vec<&'static Shared>, chance: Chance) -> Self {
        let words = vec![0; (SECTORS * WORDS) as usize];
        Self { words, jobs: Vec::new(), memories, chance, room: 6, is_read_only: false }
    }

    /// The words of a sector.
    pub(super) fn sector(&self, sector: u64) -> &[u64] {
        &self.words[(sector * WORDS) as usize..][..WORDS as usize]
    }

    /// Does a job, or the first part of it.
    fn perform(&mut self, job: Job, sectors: u64) {
        let memory = self.memories[job.client];
        let start = job.sector * WORDS;
        let end = start + sectors.min(job.count.into()) * WORDS;
        for (place, at) in (start..end).zip((job.at..).step_by(8)) {
            let word = &mut self.words[place as usize];
            match job.verb {
                Verb::Read => memory.write(at as usize, *word),
                Verb::Write => *word = memory.read(at as usize),
                Verb::Discard => *word = u64::MAX,
                Verb::Flush => {}
            }
        }
    }

    /// Jobs that were begun may be done, in part, or not.
    fn reset(&mut self) {
        while let Some(job) = self.jobs.pop() {
            let sectors = self.chance.below(3);
            self.perform(job, sectors);
        }
    }
}

impl Device for Model {
    fn geometry(&self) -> Geometry {
        let is_read_only = self.is_read_only;
        Geometry { sectors: SECTORS, most: 16, is_read_only, discards: true }
    }

    fn has_room(&self) -> bool {
        self.jobs.len() < self.room
    }

    fn submit(&mut self, job: Job) {
        assert!(self.has_room() && job.sector + u64::from(job.count) <= SECTORS);
        self.jobs.push(job);
    }

    fn announce(&mut self) {}

    fn take_done(&mut self) -> Option<Done> {
        if self.jobs.is_empty() || self.chance.below(2) == 0 {
            return None;
        }
        let next = self.chance.below(self.jobs.len() as u64) as usize;
        let job = self.jobs.swap_remove(next);
        self.perform(job, u64::MAX);
        Some(Done { ticket: job.ticket, outcome: Outcome::Done })
    }
}

/// What a client hears while it sleeps.
#[derive(Debug, Default)]
pub(super) struct Ears {
    rung: Cell<bool>,
    told: Cell<bool>,
    /// Whether it was told when it was last woken.
    heard: Cell<bool>,
}

/// The driver's side.
impl Bell for &'static Ears {
    fn ring(&self) {
        self.rung.set(true);
    }

    fn sleep(&self) {}
}

type Driver = Server<Model, &'static Shared, &'static Ears, Recorded>;

/// The driver's side of everything.
#[derive(Debug)]
pub(super) struct World {
    driver: Option<Driver>,
    memories: Vec<&'static Shared>,
    ears: Vec<&'static Ears>,
    ranges: Vec<Range>,
    chance: Chance,
    /// Of so many steps the driver survives all but one; 0: it always does.
    pub(super) danger: u64,
    pub(super) restarts: u64,
}

impl World {
    /// Clients with these ranges.
    pub(super) fn new(ranges: &[Range], seed: u64, danger: u64) -> Rc<RefCell<Self>> {
        let memories: Vec<_> = ranges.iter().map(|_| fresh()).collect();
        let mut chance = Chance::new(seed);
        let device = Model::new(memories.clone(), Chance::new(chance.below(u64::MAX)));
        let ears = ranges.iter().map(|_| &*Box::leak(Box::default())).collect();
        let (ranges, restarts) = (ranges.to_vec(), 0);
        let mut world = Self { driver: None, memories, ears, ranges, chance, danger, restarts };
        world.start(device);
        Rc::new(RefCell::new(world))
    }

    fn start(&mut self, device: Model) {
        let mut driver = Server::new(device);
        for (place, (memory, range)) in self.memories.iter().zip(&self.ranges).enumerate() {
            driver.add(Badge(place as u64 + 1), *memory, self.ears[place], *range);
        }
        self.driver = Some(driver);
    }

    pub(super) fn memory(&self, client: usize) -> &'static Shared {
        self.memories[client]
    }

    pub(super) fn driver(&mut self) -> &mut Driver {
        self.driver.as_mut().expect("there always is one")
    }

    /// Something happens. Answers whether the driver was started again.
    pub(super) fn step(&mut self) -> bool {
        if self.danger > 0 && self.chance.below(self.danger) == 0 {
            let driver = self.driver.take().expect("there always is one");
            let mut device = driver.into_device();
            device.reset();
            self.start(device);
            self.restarts += 1;
            self.ears.iter().for_each(|ears| ears.told.set(true));
            return true;
        }
        self.driver().round();
        false
    }
}

/// A client's way to the driver: calls, and sleep, during which the world goes on.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) world: Rc<RefCell<World>>,
    pub(super) client: usize,
}

impl Way {
    fn call<O: Operation<Error = Refusal>>(
        &self,
        operation: &O,
    ) -> Result<O::Answer, CallError<Refusal>> {
        let caller = Recorded::new();
        let mut world = self.world.borrow_mut();
        let message = caller.ask(self.client as u64 + 1, operation);
        world.driver().called(&message, caller.clone());
        loop {
            match caller.answer::<O>() {
                Some(answer) => return answer,
                None if world.step() => return Err(CallError::Restarted),
                None => {}
            }
        }
    }
}

impl Control for Way {
    fn open(&self, session: u64) -> Result<Geometry, CallError<Refusal>> {
        self.call(&control::Open { session })
    }

    fn check(&self, session: u64) -> Result<(), CallError<Refusal>> {
        self.call(&control::Check { session })
    }
}

/// The bell of a client: while it sleeps, the world goes on, until somebody wakes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nap<'a> {
    world: &'a RefCell<World>,
    ears: &'static Ears,
}

impl<'a> Nap<'a> {
    pub(super) fn new(world: &'a RefCell<World>, client: usize) -> Self {
        let ears = world.borrow().ears[client];
        Self { world, ears }
    }
}

impl Nap<'_> {
    /// Others run before the client does: it hears several things at once.
    fn linger(&self) {
        let mut world = self.world.borrow_mut();
        for _ in 0..world.chance.below(4) {
            let _ = world.step();
        }
    }
}

impl Bell for Nap<'_> {
    fn ring(&self) {}

    fn sleep(&self) {
        for _ in 0..10_000 {
            if self.ears.rung.get() || self.ears.told.get() {
                self.linger();
                self.ears.rung.set(false);
                self.ears.heard.set(self.ears.told.take());
                return;
            }
            let _ = self.world.borrow_mut().step();
        }
        panic!("nobody wakes the client");
    }
}

impl Alarm for Nap<'_> {
    fn was_told(&self) -> bool {
        self.ears.heard.take()
    }
}
