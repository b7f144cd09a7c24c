//! A device that does what none may do.

use std::vec::Vec;

use libsys::service::block::{Device as _, Done, Outcome, Verb};
use virtio::Misbehaviour;

use super::model::{ALL, Model, job, run, setup};

#[test]
fn a_device_that_misbehaves_is_reset_and_goes_on() {
    let (mut model, mut disk, _memory) = Model::new(setup(ALL));
    for ticket in 0..3 {
        disk.submit(job(ticket, Verb::Write, 0, 1));
    }
    disk.announce();
    model.device.put(0, 200, 1);
    let mut failed: Vec<usize> = Vec::new();
    while let Some(Done { ticket, outcome }) = disk.take_done() {
        assert_eq!(outcome, Outcome::Device);
        failed.push(ticket);
    }
    failed.sort_unstable();
    assert_eq!(failed, [0, 1, 2], "each has an answer");
    assert_eq!(disk.complaint(), Some(Misbehaviour::Unknown { token: 200 }));
    let done = run(&mut model, &mut disk, job(5, Verb::Write, 0, 1));
    assert_eq!(done, Some(Done { ticket: 5, outcome: Outcome::Done }));
}

#[test]
fn a_device_that_does_not_stop_keeps_the_memory_of_its_jobs() {
    let (model, mut disk, _memory) = Model::new(setup(ALL));
    disk.submit(job(0, Verb::Read, 0, 1));
    disk.submit(job(1, Verb::Read, 0, 1));
    disk.announce();
    model.device.misbehave(|faults| faults.stays_busy = true);
    model.device.set_used_index(0, 9);
    // Its first word is of something that is in flight, the second one not any more.
    assert_eq!(disk.take_done(), Some(Done { ticket: 0, outcome: Outcome::Device }));
    assert_eq!(disk.take_done(), None, "it may still write the memory of the other");
    assert!(!disk.is_alive() && !disk.has_room() && !disk.has_room_for(0));
    assert_eq!(disk.take_done(), None);
}

#[test]
fn a_device_that_does_not_come_back_fails_what_it_had() {
    let (model, mut disk, _memory) = Model::new(setup(ALL));
    disk.submit(job(0, Verb::Read, 0, 1));
    disk.announce();
    model.device.misbehave(|faults| faults.refuses_features = true);
    model.device.put(0, 200, 1);
    assert_eq!(disk.take_done(), Some(Done { ticket: 0, outcome: Outcome::Device }));
    assert!(!disk.is_alive() && !disk.has_room());
    for verb in [Verb::Read, Verb::Write, Verb::Flush, Verb::Discard] {
        disk.submit(job(7, verb, 0, 1));
        assert_eq!(disk.take_done(), Some(Done { ticket: 7, outcome: Outcome::Device }));
    }
    assert_eq!(disk.take_done(), None);
}

#[test]
fn a_device_that_misbehaves_without_end_does_not_keep_its_driver() {
    let (model, mut disk, _memory) = Model::new(setup(ALL));
    model.device.misbehave(|faults| faults.uses_unasked = true);
    disk.submit(job(0, Verb::Read, 0, 1));
    disk.announce();
    model.device.set_used_index(0, 2);
    let ends = core::iter::from_fn(|| disk.take_done()).take(100).count();
    assert_eq!(ends, 1, "one answer to one job");
    model.device.misbehave(|faults| faults.uses_unasked = false);
    assert_eq!((disk.take_done(), disk.is_alive()), (None, true));
}

#[test]
fn a_device_that_loses_a_job_is_stuck_whatever_else_it_does() {
    let (mut model, mut disk, _memory) = Model::new(setup(ALL));
    disk.submit(job(0, Verb::Read, 0, 1));
    disk.announce();
    let _ = model.device.take(0).expect("the job that it loses");
    for beat in 1..5 {
        let done = run(&mut model, &mut disk, job(1, Verb::Write, 0, 1));
        assert_eq!(done, Some(Done { ticket: 1, outcome: Outcome::Done }));
        assert!(!disk.is_stuck(beat) && !disk.is_stuck(beat), "it may be slow");
    }
    assert!(disk.is_stuck(5));
}

#[test]
fn a_device_that_works_or_has_nothing_to_do_is_not_stuck() {
    let (mut model, mut disk, _memory) = Model::new(setup(ALL));
    for beat in 0..20 {
        assert!(!disk.is_stuck(beat));
    }
    for beat in 20..40 {
        run(&mut model, &mut disk, job(1, Verb::Write, 0, 1));
        assert!(!disk.is_stuck(beat));
    }
}
