//! Clients whose memory the device does not reach.

use std::boxed::Box;

use dma::fake::Memory;
use libsys::service::block::{Device as _, Done, Job, Outcome, Verb};
use libsys::window::Window;
use virtio::fake::FakeTransport;

use super::model::{ALL, Model, job, run, setup};
use crate::Disk;
use crate::memories::MOST_COPIED;

/// A disk with a second client, whose memory is copied.
fn world() -> (Model, Disk<FakeTransport>, &'static Window) {
    let (model, mut disk, _) = Model::new(setup(ALL));
    let memory = Memory::new(64);
    let window = Box::leak(Box::new(memory.window()));
    // It stays.
    core::mem::forget(memory);
    disk.add_copied(window).expect("the pool has room");
    (model, disk, window)
}

fn copied(ticket: usize, verb: Verb, sector: u64, count: u32) -> Job {
    Job { client: 1, ..job(ticket, verb, sector, count) }
}

#[test]
fn data_is_copied_both_ways() {
    let (mut model, mut disk, window) = world();
    let done = |ticket| Some(Done { ticket, outcome: Outcome::Done });
    window.write_word(4096, 0x7e55);
    window.write_word(4096 + 1016, 0x1abe1);
    window.write_word(4096 + 1024, u64::MAX);
    assert_eq!(run(&mut model, &mut disk, copied(64, Verb::Write, 7, 2)), done(64));
    assert_eq!(model.bytes.borrow()[7 * 512..7 * 512 + 2], [0x55, 0x7e]);
    assert_eq!(model.bytes.borrow()[9 * 512 - 8], 0xe1);
    assert_eq!(model.bytes.borrow()[9 * 512], 0, "no more than was asked for");
    window.clear(4096..8192);
    assert_eq!(run(&mut model, &mut disk, copied(65, Verb::Read, 8, 1)), done(65));
    assert_eq!((window.read_word(4096 + 504), window.read_word(4096 + 512)), (0x1abe1, 0));
    assert_eq!(run(&mut model, &mut disk, copied(66, Verb::Discard, 8, 1)), done(66));
}

#[test]
fn the_device_does_not_see_the_memory_of_the_client() {
    let (model, mut disk, window) = world();
    disk.submit(copied(64, Verb::Write, 0, 1));
    disk.announce();
    let chain = model.device.take(0).expect("announced");
    let before = chain.read(1);
    window.write_word(4096, !0);
    assert_eq!(chain.read(1), before, "what the client writes later goes nowhere");
}

#[test]
fn a_request_that_fails_changes_nothing() {
    let (model, mut disk, window) = world();
    window.write_word(4096, 0x7e55);
    for (status, written) in [(1, 512), (0, 511)] {
        disk.submit(copied(64, Verb::Read, 0, 1));
        disk.announce();
        let chain = model.device.take(0).expect("announced");
        chain.write(0, &[0xff; 512]);
        model.finish(&chain, status, written);
        let failed = Done { ticket: 64, outcome: Outcome::Device };
        assert_eq!((disk.take_done(), window.read_word(4096)), (Some(failed), 0x7e55));
    }
}

#[test]
fn requests_are_small_and_wait_for_a_place() {
    let (mut model, mut disk, _) = world();
    assert_eq!(disk.geometry_for(1).most, MOST_COPIED);
    assert!(disk.geometry_for(0).most > MOST_COPIED);
    let refused = Done { ticket: 99, outcome: Outcome::Device };
    disk.submit(copied(99, Verb::Read, 0, MOST_COPIED + 1));
    assert_eq!(disk.take_done(), Some(refused), "what no server lets through");
    for round in 0..3 {
        let mut count = 0;
        while disk.has_room_for(1) {
            disk.submit(copied(64 + count, Verb::Read, count as u64, MOST_COPIED));
            count += 1;
        }
        assert_eq!(count, 16, "in round {round}");
        assert!(disk.has_room_for(0), "others do not wait");
        disk.announce();
        model.work();
        let done = core::iter::from_fn(|| disk.take_done());
        assert!(done.map(|done| done.outcome).eq([Outcome::Done; 16]));
    }
}

#[test]
fn places_come_back_from_a_device_that_is_reset() {
    let (model, mut disk, _) = world();
    for _ in 0..40 {
        while disk.has_room_for(1) {
            disk.submit(copied(64, Verb::Write, 0, 1));
        }
        disk.announce();
        // Nobody has given it that.
        model.device.put(0, 255, 0);
        while disk.take_done().is_some() {}
        assert!(disk.complaint().is_some() && disk.is_alive());
    }
    assert!(disk.has_room_for(1));
}
