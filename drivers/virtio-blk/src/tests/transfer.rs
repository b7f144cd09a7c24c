//! Data goes where it should.

use std::vec::Vec;

use libsys::service::block::{Device as _, Done, Job, Outcome, SECTOR, Verb};
use proptest::prelude::*;
use virtio::DeviceType;
use virtio::StartError;
use virtio::fake::{Device, Setup};

use super::model::{ALL, Model, job, run, setup};
use crate::Disk;
use crate::features::READ_ONLY;

#[test]
fn what_is_written_is_read_and_discarded() {
    for is_legacy in [false, true] {
        let (mut model, mut disk, memory) = Model::new(Setup { is_legacy, ..setup(ALL) });
        let window = memory.window();
        window.write_word(4096 + 512, 0x7e55);
        let done = |ticket| Some(Done { ticket, outcome: Outcome::Done });
        assert_eq!(run(&mut model, &mut disk, job(1, Verb::Write, 7, 2)), done(1));
        assert_eq!(model.bytes.borrow()[8 * 512], 0x55);
        window.clear(4096..8192);
        assert_eq!(run(&mut model, &mut disk, job(2, Verb::Read, 8, 1)), done(2));
        assert_eq!(window.read_word(4096), 0x7e55);
        assert_eq!(run(&mut model, &mut disk, job(3, Verb::Discard, 8, 1)), done(3));
        assert_eq!(model.bytes.borrow()[8 * 512], 0xdd);
        assert_eq!(run(&mut model, &mut disk, job(4, Verb::Flush, 0, 0)), done(4));
        assert_eq!((model.flushes, disk.complaint()), (1, None));
    }
}

#[test]
fn the_geometry_is_that_of_the_configuration() {
    let (_, disk, _) = Model::new(setup(ALL | READ_ONLY));
    let geometry = disk.geometry();
    assert!(geometry.is_read_only && geometry.discards);
    assert_eq!((geometry.sectors, geometry.most), (256, 4096), "as many as are discarded at once");
    let (_, disk, _) = Model::new(setup(1 << 1));
    assert_eq!(disk.geometry().most, 2048, "pieces of 1 MiB");
    let refuses = |setup: Setup| Disk::start(Device::new(setup).1).err();
    let small = Setup { config: Vec::new(), ..setup(0) };
    assert_eq!(refuses(small), Some(StartError::Configuration));
    let huge = Setup { config: std::vec![0xff; 60], ..setup(0) };
    assert_eq!(refuses(huge), Some(StartError::Configuration));
    let other = Setup { kind: DeviceType::Network, ..setup(0) };
    assert_eq!(refuses(other), Some(StartError::Kind));
    let narrow = Setup { queue_size: 16, ..setup(0) };
    assert!(matches!(refuses(narrow), Some(StartError::Queue(_))));
}

#[test]
fn without_a_cache_there_is_nothing_to_flush() {
    let (mut model, mut disk, _memory) = Model::new(setup(0));
    let done = run(&mut model, &mut disk, job(9, Verb::Flush, 0, 0));
    assert_eq!(done, Some(Done { ticket: 9, outcome: Outcome::Done }));
    assert_eq!(model.flushes, 0);
}

#[test]
fn errors_of_the_device_are_passed_on() {
    let (model, mut disk, _memory) = Model::new(setup(ALL));
    let cases = [(1, 0, Outcome::Device), (2, 0, Outcome::Unsupported), (0xff, 0, Outcome::Device)];
    // Fewer bytes than were asked for are an error as well.
    for (status, written, expected) in cases.into_iter().chain([(0, 511, Outcome::Device)]) {
        disk.submit(job(3, Verb::Read, 0, 1));
        disk.announce();
        let chain = model.device.take(0).expect("announced");
        model.finish(&chain, status, written);
        assert_eq!(disk.take_done(), Some(Done { ticket: 3, outcome: expected }));
    }
    assert_eq!(disk.complaint(), None, "a disk may have bad sectors");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Many requests in flight, done in any order: each has its own data.
    #[test]
    fn many_are_in_flight(order: Vec<prop::sample::Index>) {
        let (mut model, mut disk, memory) = Model::new(setup(ALL));
        let window = memory.window();
        for (place, byte) in model.bytes.borrow_mut().iter_mut().enumerate() {
            *byte = (place / 512) as u8;
        }
        let mut submitted = 0;
        while disk.has_room() && submitted < 80 {
            let at = 4096 + submitted as u64 * SECTOR;
            let sector = (submitted * 3) as u64;
            disk.submit(Job { at, ..job(submitted, Verb::Read, sector, 1) });
            submitted += 1;
        }
        prop_assert_eq!(submitted, 80, "more than two clients' share");
        disk.announce();
        let mut chains: Vec<_> = core::iter::from_fn(|| model.device.take(0)).collect();
        prop_assert_eq!(chains.len(), submitted);
        let mut order = order.into_iter();
        let mut seen = std::collections::BTreeSet::new();
        while !chains.is_empty() {
            let next = order.next().map_or(0, |index| index.index(chains.len()));
            let chain = chains.swap_remove(next);
            let (status, written) = model.perform(&chain);
            model.finish(&chain, status, written);
            let done = disk.take_done().expect("one is done");
            prop_assert_eq!(done.outcome, Outcome::Done);
            prop_assert!(seen.insert(done.ticket));
            let mut byte = [0];
            window.read_bytes(4096 + done.ticket as u64 * SECTOR, &mut byte);
            prop_assert_eq!(byte[0], (done.ticket * 3) as u8);
        }
        prop_assert_eq!(disk.take_done(), None);
    }
}
