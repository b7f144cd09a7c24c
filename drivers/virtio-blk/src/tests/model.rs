//! A device that does what a disk does, one request at a time.

use std::cell::RefCell;
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

use dma::fake::Memory;
use libsys::service::block::{Device as _, Done, Job, SECTOR, Verb};
use virtio::fake::{Chain, Device, FakeTransport, Setup};
use virtio::start::VERSION_1;

use crate::Disk;
use crate::features::{DISCARD, FLUSH};

/// Sectors of the disk.
pub(super) const SECTORS: u64 = 256;

/// What a device of these features says of itself.
pub(super) fn setup(features: u64) -> Setup {
    let mut config = vec![0; 60];
    config[..8].copy_from_slice(&SECTORS.to_le_bytes());
    config[8..12].copy_from_slice(&(1_u32 << 20).to_le_bytes());
    config[36..40].copy_from_slice(&4096_u32.to_le_bytes());
    Setup { features: VERSION_1 | features, config, ..Setup::BLOCK }
}

/// A disk as its device sees it.
pub(super) struct Model {
    pub(super) device: Device,
    pub(super) bytes: Rc<RefCell<Vec<u8>>>,
    pub(super) flushes: u32,
}

impl Model {
    /// A disk of zeros, its driver, and the memory of one client.
    pub(super) fn new(setup: Setup) -> (Self, Disk<FakeTransport>, Memory) {
        let (device, transport) = Device::new(setup);
        let bytes = Rc::new(RefCell::new(vec![0; (SECTORS * SECTOR) as usize]));
        let mut disk = Disk::start(transport).expect("it starts");
        let memory = Memory::new(16);
        disk.add_memory(memory.region());
        (Self { device, bytes, flushes: 0 }, disk, memory)
    }

    /// Performs a request; answers its status and the bytes that it wrote before that.
    pub(super) fn perform(&mut self, chain: &Chain) -> (u8, u32) {
        let header = chain.read(0);
        let number = |range: core::ops::Range<usize>| {
            let mut word = [0; 8];
            word[..range.len()].copy_from_slice(&header[range]);
            u64::from_le_bytes(word)
        };
        let (kind, sector) = (number(0..4), number(8..16));
        let mut bytes = self.bytes.borrow_mut();
        let start = (sector * SECTOR) as usize;
        match kind {
            0 => {
                let length = chain.writable[0].1;
                chain.write(0, &bytes[start..start + length as usize]);
                (0, length)
            }
            1 => {
                let data = chain.read(1);
                bytes[start..start + data.len()].copy_from_slice(&data);
                (0, 0)
            }
            4 => {
                self.flushes += 1;
                (0, 0)
            }
            11 => {
                let segment = chain.read(1);
                let first = u64::from_le_bytes(segment[..8].try_into().expect("8 bytes"));
                let count = u32::from_le_bytes(segment[8..12].try_into().expect("4 bytes"));
                let end = (first + u64::from(count)) * SECTOR;
                bytes[(first * SECTOR) as usize..end as usize].fill(0xdd);
                (0, 0)
            }
            _ => (2, 0),
        }
    }

    /// Says what became of a request.
    pub(super) fn finish(&self, chain: &Chain, status: u8, written: u32) {
        chain.write(chain.writable.len() - 1, &[status]);
        self.device.put(0, chain.head, written + 1);
    }

    /// Does all that was announced.
    pub(super) fn work(&mut self) {
        while let Some(chain) = self.device.take(0) {
            let (status, written) = self.perform(&chain);
            self.finish(&chain, status, written);
        }
    }
}

/// All that the device offers that the driver knows.
pub(super) const ALL: u64 = FLUSH | DISCARD;

/// A job of the only client.
pub(super) fn job(ticket: usize, verb: Verb, sector: u64, count: u32) -> Job {
    Job { ticket, client: 0, verb, sector, count, at: 4096 }
}

/// Submits one job, lets the device work, and answers what was done.
pub(super) fn run(model: &mut Model, disk: &mut Disk<FakeTransport>, job: Job) -> Option<Done> {
    disk.submit(job);
    disk.announce();
    model.work();
    disk.take_done()
}
