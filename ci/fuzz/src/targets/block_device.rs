//! The driver of a disk whose device uses what it was not given, says any lengths and statuses, and
//! interrupts without work. It is never given memory but that of the job.

use std::collections::BTreeMap;

use dma::fake::Memory;
use libsys::service::block::{Device as _, Done, Job, Outcome, SECTOR, Verb};
use virtio::fake::{Chain, Device, Setup};
use virtio_blk::Disk;

use super::Target;
use super::hostile::Hostile;

/// The target: the features first, then a step for each three bytes.
pub(super) const TARGET: Target = Target {
    name: "block_device",
    run,
    words: &[&[8, 0, 9], &[8, 1, 2], &[0, 0, 7], &[16, 0, 0], &[4, 0, 1], &[2, 0, 1], &[3, 0, 255]],
};

/// Pages of each client's memory.
const PAGES: usize = 4;
/// Steps of an execution: more of them find nothing else.
const STEPS: usize = 200;
/// Answers in one go; more than there can be jobs.
const MOST: usize = 300;

/// The driver, its device, and the jobs that have no answer yet.
struct World {
    disk: Disk<virtio::fake::FakeTransport>,
    hostile: Hostile,
    memories: [Memory; 2],
    jobs: BTreeMap<usize, Job>,
    next: usize,
}

fn run(bytes: &[u8]) {
    let Some(([features], steps)) = bytes.split_first_chunk() else { return };
    // Longest piece, read only, flush, discard; and whether it is a modern device.
    let features = u64::from(*features);
    let offered =
        (features & 1) << 1 | (features & 2) << 4 | (features & 4) << 7 | (features & 8) << 10;
    let offered = offered | if features & 16 == 0 { virtio::VERSION_1 } else { 0 };
    let mut config = vec![0; 60];
    config[..8].copy_from_slice(&1024_u64.to_le_bytes());
    config[8..12].copy_from_slice(&4096_u32.to_le_bytes());
    config[36..40].copy_from_slice(&64_u32.to_le_bytes());
    let is_legacy = features & 16 != 0;
    let (device, transport) =
        Device::new(Setup { features: offered, config, is_legacy, ..Setup::BLOCK });
    let Ok(mut disk) = Disk::start(transport) else { return };
    let memories = [(); 2].map(|()| Memory::new(PAGES));
    memories.iter().for_each(|memory| disk.add_memory(memory.region()));
    let hostile = Hostile::new(device);
    let mut world = World { disk, hostile, memories, jobs: BTreeMap::new(), next: 0 };
    for step in steps.as_chunks::<3>().0.iter().take(STEPS) {
        world.device_step(*step);
        world.driver_step(*step);
    }
    world.finish();
}

impl World {
    fn device_step(&mut self, step: [u8; 3]) {
        // The driver's steps of the same bytes are its own.
        if step[0] & 0x78 == 0 {
            let (memories, jobs) = (&self.memories, &self.jobs);
            self.hostile.step(step, |_, chain| inspect(chain, memories, jobs));
        }
    }

    fn driver_step(&mut self, [what, place, value]: [u8; 3]) {
        match what >> 3 & 15 {
            1 => self.submit(place, value),
            2 => self.collect(),
            3 => self.disk.acknowledge(),
            4 => self.disk.announce(),
            _ => {}
        }
    }

    fn submit(&mut self, place: u8, value: u8) {
        if !self.disk.has_room() {
            return;
        }
        let verb = [Verb::Read, Verb::Write, Verb::Flush, Verb::Discard][usize::from(place >> 6)];
        let count = 1 + u32::from(value % 8);
        let at = 4096 + SECTOR * u64::from(place >> 1 & 15);
        let job = Job {
            ticket: self.next,
            client: usize::from(place & 1),
            verb,
            sector: u64::from(value),
            count,
            at,
        };
        self.next += 1;
        self.jobs.insert(job.ticket, job);
        self.disk.submit(job);
        self.disk.announce();
    }

    /// Takes what is done: each job once.
    fn collect(&mut self) {
        let done = core::iter::from_fn(|| self.disk.take_done());
        let done: Vec<Done> = done.take(MOST).collect();
        assert!(done.len() < MOST, "no more answers than jobs");
        for Done { ticket, outcome } in done {
            assert!(self.jobs.remove(&ticket).is_some(), "an answer to what was not asked");
            let is_known =
                matches!(outcome, Outcome::Done | Outcome::Unsupported | Outcome::Device);
            assert!(is_known, "{outcome:?}");
        }
        let _ = self.disk.complaint();
    }

    /// Once the device behaves, or is reset, each job has its answer.
    fn finish(mut self) {
        self.hostile.behave();
        for _ in 0..2 * MOST {
            // Jobs of a device that did not stop have no answer: it may still reach their memory.
            if self.jobs.is_empty() || !self.disk.is_alive() {
                return;
            }
            self.device_step([0, 0, 0]);
            self.collect();
            if !self.hostile.is_honest {
                // Something that nobody has asked for makes the driver start again.
                self.hostile.device.put(0, u16::MAX, 0);
            }
        }
        assert!(self.jobs.is_empty(), "jobs without an answer: {:?}", self.jobs);
    }
}

/// All that a device is given of clients' memory belongs to one job, and it may do with that what
/// the job says.
fn inspect(chain: &Chain, memories: &[Memory; 2], jobs: &BTreeMap<usize, Job>) {
    let pieces = chain.readable.iter().map(|piece| (piece, Verb::Write));
    let pieces = pieces.chain(chain.writable.iter().map(|piece| (piece, Verb::Read)));
    for ((physical, bytes), verb) in pieces {
        for (client, memory) in memories.iter().enumerate() {
            let start = memory.dma().physical;
            let end = start + (PAGES * 4096) as u64;
            if physical + u64::from(*bytes) <= start || end <= *physical {
                continue;
            }
            let is_its = |job: &&Job| {
                let size = u64::from(job.count) * SECTOR;
                let whole = (start + job.at, size) == (*physical, u64::from(*bytes));
                (job.client, job.verb) == (client, verb) && whole
            };
            assert!(jobs.values().any(|job| is_its(&job)), "memory of no job");
        }
    }
}
