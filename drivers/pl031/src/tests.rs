//! The clock without a kernel, on a device in software.

use std::vec;
use std::vec::Vec;

use libsys::Badge;
use libsys::server::{CallError, Operation, Recorded};
use libsys::service::clock::Refusal;
use libsys::service::clock::interface::{Now, Set, Wait};
use proptest::prelude::*;

use crate::Clock;
use crate::fake::FakeClock;

/// A clock that shows 1000; client 1 may set it.
struct Desk {
    clock: Clock<FakeClock, Recorded>,
    device: FakeClock,
}

impl Desk {
    fn new(callers: usize) -> Self {
        let device = FakeClock::showing(1000);
        Self { clock: Clock::start(device.clone(), vec![Badge(1)], callers, 2), device }
    }

    fn call<O: Operation>(&mut self, client: u64, operation: &O) -> Recorded {
        let caller = Recorded::new();
        self.clock.called(&caller.ask(client, operation), caller.clone());
        caller
    }

    fn wait(&mut self, until: u64) -> Recorded {
        self.call(2, &Wait { until })
    }

    /// A second passes; the driver attends if it is interrupted.
    fn tick(&mut self) {
        self.device.tick();
        if self.device.interrupts() {
            self.clock.attend();
        }
    }
}

#[test]
fn the_clock_runs_and_can_be_set_by_who_may() {
    let mut desk = Desk::new(4);
    assert_eq!(desk.call(2, &Now {}).answer::<Now>(), Some(Ok(1000)));
    desk.tick();
    let refused = |refusal| Some(Err(CallError::Refused(refusal)));
    assert_eq!(desk.call(2, &Set { time: 5 }).answer::<Set>(), refused(Refusal::NotAllowed));
    assert_eq!(desk.call(1, &Set { time: 1 << 32 }).answer::<Set>(), refused(Refusal::Range));
    assert_eq!(desk.call(2, &Now {}).answer::<Now>(), Some(Ok(1001)));
    assert_eq!(desk.call(1, &Set { time: 5 }).answer::<Set>(), Some(Ok(())));
    assert_eq!(desk.call(2, &Now {}).answer::<Now>(), Some(Ok(5)));
}

#[test]
fn who_waits_is_answered_when_the_time_has_come() {
    let mut desk = Desk::new(8);
    let (late, early, same) = (desk.wait(1005), desk.wait(1002), desk.wait(1002));
    assert_eq!(desk.wait(1000).answer::<Wait>(), Some(Ok(1000)), "it is that late");
    desk.tick();
    assert!(!early.is_answered());
    desk.tick();
    let now = Some(Ok(1002));
    assert_eq!((early.answer::<Wait>(), same.answer::<Wait>()), (now, now));
    assert!(!late.is_answered());
    let set = desk.call(1, &Set { time: 9000 });
    assert!(set.is_answered());
    assert_eq!(late.answer::<Wait>(), Some(Ok(9000)));
    assert!(!desk.device.interrupts());
}

/// Instances of a client that died while they waited hear no answer; others shall not suffer.
#[test]
fn a_client_that_waits_again_and_again_takes_no_place_of_others() {
    let mut desk = Desk::new(5);
    let waiting: [Recorded; 9] = core::array::from_fn(|number| desk.wait(2000 - number as u64));
    let (over, kept) = waiting.split_at(7);
    let busy = Some(Err(CallError::Refused(Refusal::Busy)));
    assert!(over.iter().all(|caller| caller.answer::<Wait>() == busy), "its oldest go first");
    assert!(kept.iter().all(|caller| !caller.is_answered()));
    let other = desk.call(1, &Wait { until: 3000 });
    assert!(!other.is_answered());
    desk.call(1, &Set { time: 3000 });
    assert!(kept.iter().all(|caller| caller.answer::<Wait>() == Some(Ok(3000))));
    assert!(other.is_answered());
}

#[test]
fn one_caller_is_always_free() {
    let mut desk = Desk::new(2);
    let first = desk.wait(2000);
    let busy = Some(Err(CallError::Refused(Refusal::Busy)));
    assert_eq!(desk.call(1, &Wait { until: 2001 }).answer::<Wait>(), busy);
    assert_eq!(desk.wait(999).answer::<Wait>(), Some(Ok(1000)));
    assert_eq!(desk.wait(u64::MAX).answer::<Wait>(), Some(Err(CallError::Refused(Refusal::Range))));
    assert!(!first.is_answered());
}

#[test]
fn nonsense_is_complained_about() {
    let (mut desk, caller) = (Desk::new(2), Recorded::new());
    desk.clock.called(&caller.say(2, 0xda, &[]), caller.clone());
    assert!(matches!(caller.answer::<Wait>(), Some(Err(CallError::Malformed(_)))));
}

proptest! {
    #[test]
    fn nobody_waits_too_long_or_too_short(times in prop::collection::vec(990_u64..1050, 0..20)) {
        let mut desk = Desk::new(64);
        let mut waiting: Vec<_> = times.iter().map(|time| (*time, desk.wait(*time))).collect();
        for now in 1000..=1050 {
            waiting.retain(|(time, caller)| {
                assert_eq!(caller.is_answered(), *time <= now, "{time} at {now}");
                !caller.is_answered()
            });
            desk.tick();
        }
    }

    #[test]
    fn a_lying_device_is_bounded(lies in prop::collection::vec(any::<u32>(), 1..6)) {
        let device = FakeClock::lying(&lies);
        let mut clock = Clock::start(device, vec![Badge(1)], 4, 1);
        for operation in 0..5 {
            let caller = Recorded::new();
            let request = caller.ask(1, &Wait { until: 1 << 31 | operation });
            clock.called(&request, caller.clone());
            clock.attend();
        }
    }
}
