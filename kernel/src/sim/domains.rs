//! Domains and their schedule. (objects.md §9.5)

use std::vec;

use abi::bootinfo::slot;
use abi::{Error, Invocation};

use super::System;
use super::calls::Answer;
use super::system::Setup;
use crate::thread::Queued;

const OK: Answer = Ok(vec::Vec::new());

fn several() -> System {
    System::boot(Setup { domains: 3, ..Setup::default() })
}

impl System {
    fn domain(&mut self, label: Invocation, words: &[u64], caps: &[u64]) -> Answer {
        self.invoke(slot::DOMAIN, label, words, caps)
    }
}

#[test]
fn calls_are_checked_in_order() {
    let mut system = several();
    let (set, configure, start) = (
        Invocation::DomainSet,
        Invocation::DomainScheduleConfigure,
        Invocation::DomainScheduleSetStart,
    );
    let truncated = Err(Error::TruncatedMessage);
    let bad = |index| Err(Error::InvalidArgument(index));
    let range = |max| Err(Error::Range { min: 0, max });
    assert_eq!(system.domain(set, &[], &[]), truncated);
    assert_eq!(system.domain(set, &[3], &[]), bad(0));
    assert_eq!(system.domain(set, &[2], &[]), truncated);
    assert_eq!(system.domain(set, &[2], &[slot::CNODE]), bad(1));
    assert_eq!(system.domain(configure, &[0, 0], &[]), truncated);
    assert_eq!(system.domain(configure, &[99, 0, 1], &[]), range(98));
    assert_eq!(system.domain(configure, &[0, 3, 1], &[]), range(2));
    assert_eq!(system.domain(configure, &[0, 0, 1 << 56], &[]), bad(2));
    assert_eq!(system.domain(configure, &[1, 1, 0], &[]), bad(1));
    assert_eq!(system.domain(configure, &[0, 0, 0], &[]), bad(2));
    assert_eq!(system.domain(start, &[], &[]), truncated);
    assert_eq!(system.domain(start, &[100], &[]), range(99));
    assert_eq!(system.domain(start, &[1], &[]), bad(0));
    let illegal = Err(Error::IllegalOperation);
    assert_eq!(system.domain(Invocation::ThreadResume, &[], &[]), illegal);
    let mut single = System::new();
    assert_eq!(single.domain(configure, &[1, 0, 1], &[]), range(0));
    assert_eq!(single.domain(set, &[0], &[slot::THREAD]), OK);
    assert_eq!(single.running(), single.root());
}

#[test]
fn slices_follow_each_other_and_start_again() {
    let mut system = several();
    let helper = system.ready_helper();
    let root = system.root();
    assert_eq!(system.domain(Invocation::DomainSet, &[1], &[helper.tcb]), OK);
    let configure = Invocation::DomainScheduleConfigure;
    assert_eq!(system.domain(configure, &[0, 0, 10_000], &[]), OK);
    assert_eq!(system.domain(configure, &[1, 1, 20_000], &[]), OK);
    assert_eq!(system.domain(configure, &[2, 2, 5_000], &[]), OK);
    assert_eq!(system.domain(Invocation::DomainScheduleSetStart, &[0], &[]), OK);
    for _ in 0..2 {
        assert_eq!(system.current(), Some(root));
        system.pass(10_000);
        assert_eq!(system.current(), Some(helper.thread));
        system.pass(20_000);
        assert_eq!(system.current(), None, "nobody is in domain 2");
        system.pass(5_000);
    }
}

#[test]
fn a_thread_may_leave_its_own_domain() {
    let mut system = several();
    let root = system.root();
    system.call(slot::DOMAIN, Invocation::DomainSet.label(), &[2], &[slot::THREAD]);
    assert_eq!(system.current(), None);
    assert_eq!((system[root].domain, system[root].queued), (2, Queued::Ready));
}

#[test]
fn a_start_elsewhere_takes_effect_at_once() {
    let mut system = several();
    let helper = system.ready_helper();
    let root = system.root();
    assert_eq!(system.domain(Invocation::DomainSet, &[1], &[helper.tcb]), OK);
    let configure = Invocation::DomainScheduleConfigure;
    assert_eq!(system.domain(configure, &[1, 1, 20_000], &[]), OK);
    system.call(slot::DOMAIN, Invocation::DomainScheduleSetStart.label(), &[1], &[]);
    assert_eq!(system.current(), Some(helper.thread));
    assert_eq!(system[root].queued, Queued::Ready);
    // The schedule ends behind slice 1 and starts there again.
    system.pass(20_000);
    assert_eq!(system.current(), Some(helper.thread));
}
