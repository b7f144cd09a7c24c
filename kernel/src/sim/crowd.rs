//! Crowds of threads whose budgets return at one instant.

use std::vec::Vec;

use abi::bootinfo::slot;
use abi::{Invocation, Syscall};

use super::System;
use super::world::Helper;
use crate::mem::Obj;
use crate::thread::{Queued, Thread};

const OK: super::calls::Answer = Ok(Vec::new());
const CROWD: usize = 40;
/// Microseconds of a member's budget and period.
const BUDGET: u64 = 100;
const PERIOD: u64 = 10_000;
/// Priority of members, after they gave up their budgets.
const PRIORITY: u64 = 100;

/// Threads without budget until the same instant.
fn crowd(system: &mut System) -> Vec<Helper> {
    let root = system.root();
    let make = |_| {
        let helper = system.ready_helper();
        assert_eq!(system.configure(helper.context, BUDGET, PERIOD), OK);
        system.switch_to(helper.thread);
        system.system_call(Syscall::Yield.number());
        system.switch_to(root);
        set_priority(system, helper.tcb, PRIORITY);
        helper
    };
    (0..CROWD).map(make).collect()
}

fn set_priority(system: &mut System, tcb: u64, priority: u64) {
    let set = Invocation::ThreadSetPriority;
    assert_eq!(system.invoke(tcb, set, &[priority], &[slot::THREAD]), OK);
}

/// How many wait for their budgets.
fn waiting(system: &System, crowd: &[Helper]) -> usize {
    let waits = |thread: Obj<Thread>| system[thread].queued == Queued::Release;
    crowd.iter().filter(|helper| waits(helper.thread)).count()
}

fn pass(system: &mut System, microseconds: u64) {
    let ticks = system.ticks(microseconds);
    system.pass(ticks);
}

#[test]
fn a_crowd_leaves_a_better_thread_alone_but_for_a_few_at_a_time() {
    let mut system = System::new();
    let crowd = crowd(&mut system);
    pass(&mut system, PERIOD - 1);
    assert_eq!(waiting(&system, &crowd), CROWD);
    pass(&mut system, 2);
    let left = waiting(&system, &crowd);
    assert!((CROWD - 8..CROWD).contains(&left), "{left} wait");
    pass(&mut system, 3000);
    let later = waiting(&system, &crowd);
    assert!((left - 16..left).contains(&later), "{later} wait");
    assert_eq!(system.running(), system.root());
}

#[test]
fn the_whole_crowd_runs_when_the_better_thread_rests() {
    let mut system = System::new();
    let crowd = crowd(&mut system);
    pass(&mut system, PERIOD + 1);
    let notification = system.make(abi::ObjectType::Notification, 0);
    let before: Vec<u64> = crowd.iter().map(|helper| consumed(&system, helper)).collect();
    system.receive_by(Syscall::Wait, notification, 0);
    pass(&mut system, BUDGET * CROWD as u64 + 10);
    for (helper, before) in crowd.iter().zip(before) {
        assert!(consumed(&system, helper) > before, "everybody had a turn");
    }
}

fn consumed(system: &System, helper: &Helper) -> u64 {
    let context = system.context_at(helper.context);
    system[context].consumed
}

#[test]
fn the_best_of_a_crowd_is_first() {
    let mut system = System::new();
    let crowd = crowd(&mut system);
    let best = &crowd[CROWD / 2];
    set_priority(&mut system, best.tcb, 200);
    set_priority(&mut system, slot::THREAD, 50);
    pass(&mut system, PERIOD + 1);
    assert_eq!(system.running(), best.thread);
}

#[test]
fn a_crowd_does_not_hide_a_better_thread_from_one_that_becomes_worse() {
    const LATER: u64 = 300;
    let mut system = System::new();
    let root = system.root();
    let better = system.ready_helper();
    assert_eq!(system.configure(better.context, BUDGET, PERIOD + LATER), OK);
    system.switch_to(better.thread);
    system.system_call(Syscall::Yield.number());
    system.switch_to(root);
    set_priority(&mut system, better.tcb, 200);
    let crowd = crowd(&mut system);
    let ready = system.ready_helper();
    set_priority(&mut system, ready.tcb, 120);
    pass(&mut system, PERIOD + 1);
    assert_eq!(waiting(&system, &crowd), CROWD, "a better thread is ready");
    set_priority(&mut system, slot::THREAD, 150);
    assert_eq!(system.running(), root);
    pass(&mut system, LATER + 10);
    assert_eq!(system.running(), better.thread);
}
