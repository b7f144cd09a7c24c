//! A client of a disk whose driver writes what it likes into the memory that both share, and
//! answers what it likes.

use core::cell::Cell;

use libsys::ring::{Bell, LocalMemory, Memory};
use libsys::server::CallError;
use libsys::service::Alarm;
use libsys::service::block::{
    Control, Disk, DiskError, Geometry, Refusal, Request, SECTOR, SLOTS, Ticket, Verb,
};

use super::Target;

/// The target: how many answers of the driver come first, these, then a step for each four bytes.
pub(super) const TARGET: Target = Target {
    name: "block_driver",
    run,
    words: &[
        &[0, 0, 1, 0],
        &[1, 17, 0, 0],
        &[2, 0, 0, 0],
        &[3, 0, 0, 0],
        &[4, 0, 0, 0],
        &[5, 1, 0, 0],
    ],
};

/// Words of the shared memory: the rings, and eight sectors.
const WORDS: usize = (4096 + 8 * SECTOR as usize) / 8;

/// A driver that says one after the other what it was given, and then that all is well.
struct Liar<'a> {
    answers: Cell<&'a [u8]>,
    calls: &'a Cell<usize>,
}

impl Liar<'_> {
    fn next(&self) -> u8 {
        self.calls.set(self.calls.get() + 1);
        let (first, rest) = self.answers.get().split_first().unwrap_or((&0, &[]));
        self.answers.set(rest);
        *first
    }
}

impl Control for Liar<'_> {
    fn open(&self, _: u64) -> Result<Geometry, CallError<Refusal>> {
        match self.next() {
            1 => Err(CallError::Restarted),
            2 => Err(CallError::Abandoned),
            3 => Err(CallError::Refused(Refusal::Session)),
            most => {
                let (sectors, most) = (u64::MAX - u64::from(most), most.into());
                Ok(Geometry { sectors, most, is_read_only: false, discards: true })
            }
        }
    }

    fn check(&self, _: u64) -> Result<(), CallError<Refusal>> {
        match self.next() % 4 {
            1 => Err(CallError::Restarted),
            2 => Err(CallError::Refused(Refusal::Session)),
            3 => Err(CallError::Refused(Refusal::Stranger)),
            _ => Ok(()),
        }
    }
}

/// Wakes at once, and says that the driver was started again if it was told so.
#[derive(Clone, Copy)]
struct Restless<'a>(&'a Cell<bool>);

impl Bell for Restless<'_> {
    fn ring(&self) {}

    fn sleep(&self) {}
}

impl Alarm for Restless<'_> {
    fn was_told(&self) -> bool {
        self.0.take()
    }
}

fn run(bytes: &[u8]) {
    let Some((count, rest)) = bytes.split_first() else { return };
    let (answers, steps) = rest.split_at(rest.len().min(usize::from(*count)));
    let (memory, told, calls) = (LocalMemory::<WORDS>::new(), Cell::new(false), Cell::new(0));
    let liar = Liar { answers: Cell::new(answers), calls: &calls };
    let Ok(mut disk) = Disk::open(liar, &memory, Restless(&told)) else { return };
    let mut tickets: Vec<Ticket> = Vec::new();
    for step in steps.as_chunks::<4>().0 {
        let [what, place, low, high] = *step;
        let (place, value) = (usize::from(place), u16::from_le_bytes([low, high]));
        let went = match what % 6 {
            // The words of both rings, and their elements.
            0 => {
                memory.store([0, 4, 64, 68, 2176, 2180, 2240, 2244][place % 8], value.into());
                Ok(())
            }
            1 => {
                memory.write(2176 + 8 * place % 640, u64::from(value) | u64::from(what >> 5) << 32);
                Ok(())
            }
            2 => {
                let at = 4096 + SECTOR * (place % 8) as u64;
                let request = Request { verb: Verb::Read, sector: value.into(), count: 1, at };
                match disk.submit(request) {
                    Err(DiskError::Full) => {
                        assert_eq!(tickets.len(), SLOTS);
                        Ok(())
                    }
                    submitted => submitted.map(|ticket| tickets.push(ticket)),
                }
            }
            3 => disk.wait(),
            4 => disk.progress().map(drop),
            _ => {
                told.set(value % 2 == 1);
                Ok(())
            }
        };
        if went.is_err() {
            // An error to its program, which has no disk any more.
            break;
        }
        tickets.retain(|ticket| disk.outcome(*ticket).is_none());
        assert_eq!(tickets.len(), disk.in_flight(), "each has one outcome");
    }
    assert!(calls.get() <= 16 * (bytes.len() + 1), "it does not ask without end");
}
