//! The driver of a disk with a client that writes what it likes into the memory that both share,
//! and calls with any numbers. Another client's requests are done, and done right.

use core::cell::RefCell;

use libsys::Badge;
use libsys::ring::{LocalMemory, Memory, Quiet};
use libsys::server::{CallError, Operation, Recorded};
use libsys::service::block::{
    Control, Device, Disk, Done, Geometry, Job, Outcome, Range, Refusal, Request, SECTOR, Server,
    Verb, control,
};

use super::Target;

/// The target: a step for each four bytes.
pub(super) const TARGET: Target = Target {
    name: "block_client",
    run,
    words: &[
        &[0, 0, 1, 0],
        &[1, 0, 2, 0],
        &[1, 1, 7, 0],
        &[2, 0, 0, 0],
        &[3, 1, 0, 0],
        &[4, 9, 0, 0],
    ],
};

/// Words of the shared memory: the rings, and eight sectors.
const WORDS: usize = (4096 + 8 * SECTOR as usize) / 8;
type Shared = LocalMemory<WORDS>;

/// The clients, by their places: an honest one, and the other, which may only read.
const RANGES: [Range; 2] = [
    Range { first: 0, sectors: 32, is_read_only: false, is_shared: false },
    Range { first: 32, sectors: 16, is_read_only: true, is_shared: false },
];
const HOSTILE: u64 = 2;
/// Steps of an execution: more of them find nothing else.
const STEPS: u64 = 1000;
/// Rounds of the driver in which an honest request is done.
const ROUNDS: usize = 400;

/// A disk whose jobs are done one behind the other.
struct Shelf<'a> {
    words: Vec<u64>,
    jobs: Vec<Job>,
    memories: [&'a Shared; 2],
}

impl Device for Shelf<'_> {
    fn geometry(&self) -> Geometry {
        Geometry { sectors: 64, most: 4, is_read_only: false, discards: true }
    }

    fn has_room(&self) -> bool {
        self.jobs.len() < 6
    }

    fn submit(&mut self, job: Job) {
        let (range, words) = (RANGES[job.client], self.memories[job.client].bytes() as u64);
        let end = job.sector + u64::from(job.count);
        let writes = matches!(job.verb, Verb::Write | Verb::Discard);
        assert!(self.has_room() && !(writes && range.is_read_only));
        assert!(range.first <= job.sector && end <= range.first + range.sectors);
        if matches!(job.verb, Verb::Read | Verb::Write) {
            let inside = 4096 <= job.at && job.at + u64::from(job.count) * SECTOR <= words;
            assert!(inside && (1..=4).contains(&job.count), "not in the rings");
        }
        assert!(self.jobs.iter().all(|other| other.ticket != job.ticket));
        self.jobs.push(job);
    }

    fn announce(&mut self) {}

    fn take_done(&mut self) -> Option<Done> {
        let job = self.jobs.pop()?;
        let first = job.sector * SECTOR / 8;
        let all = first..first + u64::from(job.count) * SECTOR / 8;
        let memory = self.memories[job.client];
        for (place, at) in all.zip((job.at as usize..).step_by(8)) {
            let word = &mut self.words[place as usize];
            match job.verb {
                Verb::Read => memory.write(at, *word),
                Verb::Write => *word = memory.read(at),
                Verb::Flush | Verb::Discard => {}
            }
        }
        Some(Done { ticket: job.ticket, outcome: Outcome::Done })
    }
}

type Driver<'a> = Server<Shelf<'a>, &'a Shared, Quiet, Recorded>;

/// The way of the honest client to the driver.
struct Way<'w, 'a>(&'w RefCell<Driver<'a>>);

impl Way<'_, '_> {
    fn call<O: Operation>(&self, operation: &O) -> Result<O::Answer, CallError<O::Error>> {
        let caller = Recorded::new();
        let mut driver = self.0.borrow_mut();
        driver.called(&caller.ask(1, operation), caller.clone());
        for _ in 0..ROUNDS {
            if let Some(answer) = caller.answer::<O>() {
                return answer;
            }
            driver.round();
        }
        unreachable!("who calls is answered")
    }
}

impl Control for Way<'_, '_> {
    fn open(&self, session: u64) -> Result<Geometry, CallError<Refusal>> {
        self.call(&control::Open { session })
    }

    fn check(&self, session: u64) -> Result<(), CallError<Refusal>> {
        self.call(&control::Check { session })
    }
}

fn run(bytes: &[u8]) {
    let (good, bad) = (Shared::new(), Shared::new());
    let memories = [&good, &bad];
    let words = vec![0; 64 * SECTOR as usize / 8];
    let mut server = Server::new(Shelf { words, jobs: Vec::new(), memories });
    for ((memory, range), badge) in memories.into_iter().zip(RANGES).zip(1..) {
        server.add(Badge(badge), memory, Quiet, range);
    }
    let driver = RefCell::new(server);
    let opened = Disk::open(Way(&driver), &good, Quiet);
    let Ok(mut disk) = opened else { unreachable!("it has a range") };
    for (number, step) in (1_u64..=STEPS).zip(bytes.as_chunks::<4>().0) {
        let [what, place, low, high] = *step;
        let (place, value) = (usize::from(place), u16::from_le_bytes([low, high]));
        match what % 6 {
            // The words of both rings, and their elements.
            0 => bad.store([0, 4, 64, 68, 2176, 2180, 2240, 2244][place % 8], value.into()),
            1 => bad.write(8 * place, u64::from(value) << (what & 0x30)),
            2 => drop(driver.borrow_mut().round()),
            3 => {
                let caller = Recorded::new();
                let request = match place % 3 {
                    0 => caller.say(HOSTILE, 0xb0 | u64::from(low), &[value.into(); 3]),
                    1 => caller.ask(HOSTILE, &control::Open { session: value.into() }),
                    _ => caller.ask(HOSTILE, &control::Check { session: value.into() }),
                };
                driver.borrow_mut().called(&request, caller.clone());
            }
            4 => {
                let at = 4096;
                good.write(at, number);
                let sector = u64::from(value) % 32;
                let request = Request { verb: Verb::Write, sector, count: 1, at: at as u64 };
                honest(&mut disk, &driver, request);
                good.write(at, 0);
                honest(&mut disk, &driver, Request { verb: Verb::Read, ..request });
                assert_eq!(good.read(at), number, "another's data");
            }
            _ => driver.borrow_mut().wake_up(),
        }
    }
}

/// A request of the honest client is done, soon.
fn honest(
    disk: &mut Disk<Way<'_, '_>, &Shared, Quiet>,
    driver: &RefCell<Driver<'_>>,
    request: Request,
) {
    let Ok(ticket) = disk.submit(request) else { unreachable!("few are in flight") };
    disk.flush();
    for _ in 0..ROUNDS {
        driver.borrow_mut().round();
        assert!(disk.progress().is_ok(), "the driver is good");
        if let Some(outcome) = disk.outcome(ticket) {
            return assert_eq!(outcome, Outcome::Done);
        }
    }
    unreachable!("a neighbour keeps it waiting")
}
