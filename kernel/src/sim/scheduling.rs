//! Time: budgets, priorities, yielding. (objects.md §9)

use std::vec;

use abi::bootinfo::slot;
use abi::{Error, Invocation, ObjectType, Syscall};

use super::System;
use super::calls::Answer;
use crate::thread::{Queued, State};

const OK: Answer = Ok(vec::Vec::new());
const LONGEST: u64 = 36_893_488_147_419;

#[test]
fn parameters_are_checked_in_order() {
    let mut system = System::new();
    let context = system.make(ObjectType::SchedContext, 7);
    let range = |min, max| Err(Error::Range { min, max });
    let control = system.controls.start;
    let label = Invocation::SchedControlConfigureFlags;
    let truncated = Err(Error::TruncatedMessage);
    assert_eq!(system.invoke(control, label, &[1, 1, 0, 0, 0], &[]), truncated);
    assert_eq!(system.invoke(control, label, &[1, 1, 0, 0], &[context]), truncated);
    let mut configure = |words| system.configure_flags(context, words, 0);
    assert_eq!(configure([LONGEST + 1, 1, 0, 0, 0]), range(20, LONGEST));
    assert_eq!(configure([19, 1000, 0, 0, 0]), range(20, LONGEST));
    assert_eq!(configure([20, 19, 0, 0, 0]), range(20, LONGEST));
    assert_eq!(configure([1001, 1000, 0, 0, 0]), range(20, 1000));
    assert_eq!(configure([1000, 1000, 1, 0, 0]), range(0, 0));
    assert_eq!(configure([LONGEST, LONGEST, 0, 0, 0]), OK);
    let endpoint = system.make(ObjectType::Endpoint, 0);
    let wrong = system.configure(endpoint, 1000, 1000);
    assert_eq!(wrong, Err(Error::InvalidCapability(1)));
    let wrong = system.invoke(control, Invocation::SchedContextBind, &[], &[]);
    assert_eq!(wrong, Err(Error::IllegalOperation));
}

#[test]
fn round_robin_threads_take_turns() {
    let mut system = System::new();
    let (a, b) = (system.ready_helper(), system.ready_helper());
    let root = system.root();
    let mut order = vec![];
    for _ in 0..6 {
        order.push(system.running());
        let turn = system.ticks(10_000);
        system.pass(turn);
    }
    // The root task's turn is half as long.
    assert!(order.contains(&a.thread) && order.contains(&b.thread) && order.contains(&root));
}

#[test]
fn yielding_goes_to_the_end_of_the_queue_with_a_full_budget() {
    let mut system = System::new();
    let helper = system.ready_helper();
    let root = system.root();
    system.system_call(Syscall::Yield.number());
    assert_eq!(system.running(), helper.thread);
    assert_eq!(system[root].queued, Queued::Ready);
    system.system_call(Syscall::Yield.number());
    assert_eq!(system.running(), root);
}

#[test]
fn a_periodic_thread_runs_its_budget_in_each_period() {
    let mut system = System::new();
    let helper = system.ready_helper();
    assert_eq!(system.configure(helper.context, 1000, 4000), OK);
    system.switch_to(helper.thread);
    let thread = helper.thread;
    let millisecond = system.ticks(1000);
    system.pass(millisecond);
    assert_eq!((system.running(), system[thread].queued), (system.root(), Queued::Release));
    system.pass(3 * millisecond - 1);
    assert_eq!(system[thread].queued, Queued::Release);
    system.pass(1);
    assert_ne!(system[thread].queued, Queued::Release);
    assert_eq!(system.invoke(helper.context, Invocation::SchedContextConsumed, &[], &[]), {
        Ok(vec![1000])
    });
}

#[test]
fn the_release_queue_serves_the_earliest_of_many() {
    let mut system = System::new();
    let root = system.root();
    let periods = [9_000, 3_000, 7_000, 5_000, 4_000, 8_000, 6_000];
    let helpers = periods.map(|period| {
        let helper = system.ready_helper();
        assert_eq!(system.configure(helper.context, 100, period), OK);
        helper
    });
    for helper in &helpers {
        system.switch_to(helper.thread);
        system.system_call(Syscall::Yield.number());
        assert_eq!(system[helper.thread].queued, Queued::Release);
    }
    // Two of them leave it in other ways.
    system.switch_to(root);
    assert_eq!(system.invoke(helpers[3].tcb, Invocation::ThreadSuspend, &[], &[]), OK);
    assert_eq!(system.delete_slot(helpers[5].tcb), OK);
    let mut released = vec![];
    for _ in 0..2_000 {
        let step = system.ticks(20);
        system.pass(step);
        for (index, helper) in helpers.iter().enumerate() {
            let gone = [3, 5].contains(&index) || released.contains(&periods[index]);
            if !gone && system[helper.thread].queued != Queued::Release {
                released.push(periods[index]);
            }
        }
    }
    assert_eq!(released, [3_000, 4_000, 6_000, 7_000, 9_000]);
}

#[test]
fn changed_parameters_keep_the_bandwidth_of_a_running_thread() {
    let mut system = System::new();
    let helper = system.ready_helper();
    let context = system.context_at(helper.context);
    assert_eq!(system.configure(helper.context, 1000, 4000), OK);
    system.switch_to(helper.thread);
    let used = system.ticks(600);
    system.pass(used);
    system.switch_to(system.root());
    // Runnable and on the same core: the head stays as it is, the rest comes a period later.
    assert_eq!(system.configure(helper.context, 2000, 5000), OK);
    let list: vec::Vec<_> = system.refill_list(context).collect();
    let (head, total) = (system.ticks(400), system.ticks(2000));
    assert_eq!((list.len(), list[0].amount), (2, head));
    assert_eq!(list[1].amount, total - head);
    assert_eq!(list[1].time, list[0].time + system.ticks(5000));
    // Less than what is left: cut.
    assert_eq!(system.configure(helper.context, 200, 5000), OK);
    let list: vec::Vec<_> = system.refill_list(context).collect();
    assert_eq!((list.len(), list[0].amount), (1, system.ticks(200)));
    // Stopped: a fresh budget.
    assert_eq!(system.invoke(helper.tcb, Invocation::ThreadSuspend, &[], &[]), OK);
    assert_eq!(system.configure(helper.context, 3000, 5000), OK);
    let list: vec::Vec<_> = system.refill_list(context).collect();
    assert_eq!((list.len(), list[0].amount), (1, system.ticks(3000)));
}

#[test]
fn contexts_are_bound_once() {
    let mut system = System::new();
    let helper = system.helper(255);
    let spare = system.passive_helper(255);
    let notification = system.make(ObjectType::Notification, 0);
    let bind = Invocation::SchedContextBind;
    let illegal = Err(Error::IllegalOperation);
    assert_eq!(system.invoke(helper.context, bind, &[], &[]), Err(Error::TruncatedMessage));
    assert_eq!(system.invoke(helper.context, bind, &[], &[spare.tcb]), illegal);
    assert_eq!(system.invoke(spare.context, bind, &[], &[helper.tcb]), illegal);
    let wrong = system.invoke(spare.context, bind, &[], &[slot::CNODE]);
    assert_eq!(wrong, Err(Error::InvalidCapability(1)));
    assert_eq!(system.invoke(spare.context, bind, &[], &[notification]), OK);
    assert_eq!(system.invoke(spare.context, bind, &[], &[notification]), illegal);
    let unbind = Invocation::SchedContextUnbindObject;
    assert_eq!(system.invoke(helper.context, unbind, &[], &[spare.tcb]), illegal);
    assert_eq!(system.invoke(helper.context, unbind, &[], &[notification]), illegal);
    let wrong = system.invoke(helper.context, unbind, &[], &[slot::CNODE]);
    assert_eq!(wrong, Err(Error::InvalidCapability(1)));
    assert_eq!(system.invoke(spare.context, unbind, &[], &[notification]), OK);
    assert_eq!(system.invoke(helper.context, unbind, &[], &[helper.tcb]), OK);
    assert_eq!(system.invoke(spare.context, bind, &[], &[notification]), OK);
    assert_eq!(system.invoke(spare.context, Invocation::SchedContextUnbind, &[], &[]), OK);
    let own = slot::SCHED_CONTEXT;
    assert_eq!(system.invoke(own, Invocation::SchedContextUnbind, &[], &[]), illegal);
    assert_eq!(system.invoke(own, unbind, &[], &[slot::THREAD]), illegal);
    assert_eq!(system.invoke(own, Invocation::ThreadResume, &[], &[]), illegal);
}

#[test]
fn a_blocked_thread_gets_a_released_context_only() {
    let mut system = System::new();
    let endpoint = system.make(ObjectType::Endpoint, 0);
    let helper = system.ready_helper();
    system.switch_to(helper.thread);
    system.receive_by(Syscall::Wait, endpoint, 0);
    assert_eq!(system.invoke(helper.context, Invocation::SchedContextUnbind, &[], &[]), OK);
    let fresh = system.make(ObjectType::SchedContext, 7);
    let bind = Invocation::SchedContextBind;
    let illegal = Err(Error::IllegalOperation);
    assert_eq!(system.invoke(fresh, bind, &[], &[helper.tcb]), illegal);
    let label = Invocation::ThreadSetSchedParams;
    let caps = [slot::THREAD, fresh, 0];
    assert_eq!(system.invoke(helper.tcb, label, &[255, 255], &caps), illegal);
    assert_eq!(system.configure(fresh, 1000, 1000), OK);
    assert_eq!(system.invoke(helper.tcb, label, &[255, 255], &caps), OK);
    assert_eq!(system.invoke(helper.tcb, label, &[255, 255], &caps), OK, "again the same");
    let none = [slot::THREAD, 0, 0];
    assert_eq!(system.invoke(helper.tcb, label, &[255, 255], &none), OK);
    assert_eq!(system[helper.thread].sched_context, None);
    assert_eq!(system.invoke(slot::THREAD, label, &[255, 255], &none), illegal);
    let wrong = [slot::THREAD, slot::CNODE, 0];
    let answer = system.invoke(helper.tcb, label, &[255, 255], &wrong);
    assert_eq!(answer, Err(Error::InvalidCapability(2)));
}

#[test]
fn yield_to_answers_when_the_caller_runs_again() {
    let mut system = System::new();
    let helper = system.ready_helper();
    let root = system.root();
    system.call(helper.context, Invocation::SchedContextYieldTo.label(), &[], &[]);
    assert_eq!(system.running(), helper.thread);
    assert_eq!(system[root].yielded_to, Some(system.context_at(helper.context)));
    let time = system.ticks(100);
    system.pass(time);
    system.system_call(Syscall::Yield.number());
    assert_eq!(system.running(), root);
    assert_eq!(system.answer(root), Ok(vec![100]));
    assert_eq!(system[root].yielded_to, None);
}

#[test]
fn yield_to_ends_with_its_target() {
    let label = Invocation::SchedContextYieldTo.label();
    for what in 0..2 {
        let mut system = System::new();
        let (helper, other) = (system.ready_helper(), system.ready_helper());
        let root = system.root();
        system.call(helper.context, label, &[], &[]);
        system.switch_to(other.thread);
        assert_eq!(system[root].yielded_to, Some(system.context_at(helper.context)));
        let cptr = [helper.tcb, helper.context][what];
        assert_eq!(system.delete_slot(cptr), OK);
        assert_eq!(system[root].yielded_to, None);
        assert_eq!(system.answer(root), Ok(vec![0]));
    }
}

#[test]
fn yield_to_somebody_who_cannot_run_or_is_lower_returns_at_once() {
    let mut system = System::new();
    let stopped = system.helper(255);
    let low = system.helper(10);
    system.start(&low, 0x40_0000);
    let label = Invocation::SchedContextYieldTo;
    assert_eq!(system.invoke(stopped.context, label, &[], &[]), Ok(vec![0]));
    assert_eq!(system.invoke(low.context, label, &[], &[]), Ok(vec![0]));
    let illegal = Err(Error::IllegalOperation);
    assert_eq!(system.invoke(slot::SCHED_CONTEXT, label, &[], &[]), illegal);
    let unbound = system.make(ObjectType::SchedContext, 7);
    assert_eq!(system.invoke(unbound, label, &[], &[]), illegal);
    // Above the caller's maximum.
    let weak = system.ready_helper();
    let set = Invocation::ThreadSetMaxPriority;
    assert_eq!(system.invoke(weak.tcb, set, &[100], &[slot::THREAD]), OK);
    system.switch_to(weak.thread);
    assert_eq!(system.invoke(stopped.context, label, &[], &[]), illegal);
}

#[test]
fn a_suspended_yielder_is_not_answered() {
    let mut system = System::new();
    let (helper, other) = (system.ready_helper(), system.ready_helper());
    system.call(helper.context, Invocation::SchedContextYieldTo.label(), &[], &[]);
    system.switch_to(other.thread);
    assert_eq!(system.invoke(slot::THREAD, Invocation::ThreadSuspend, &[], &[]), OK);
    let context = system.context_at(helper.context);
    assert_eq!(system[context].yielded_from, None);
}

#[test]
fn priorities_take_effect_at_once() {
    let mut system = System::new();
    let helper = system.helper(10);
    system.start(&helper, 0x40_0000);
    let root = system.root();
    let set = Invocation::ThreadSetPriority;
    // Lowered to equals, the running thread keeps its turn; lower, it loses it.
    assert_eq!(system.invoke(slot::THREAD, set, &[10], &[slot::THREAD]), OK);
    assert_eq!(system.running(), root);
    assert_eq!(system.invoke(helper.tcb, set, &[11], &[slot::THREAD]), OK);
    assert_eq!(system.running(), helper.thread);
    let refused = system.invoke(slot::THREAD, set, &[11], &[helper.tcb]);
    assert_eq!(refused, Err(Error::Range { min: 0, max: 10 }));
    let refused = system.invoke(slot::THREAD, set, &[300], &[slot::CNODE]);
    assert_eq!(refused, Err(Error::InvalidCapability(1)));
}

#[test]
fn a_sporadic_context_catches_up_when_its_thread_wakes() {
    let mut system = System::new();
    let notification = system.make(ObjectType::Notification, 0);
    let helper = system.ready_helper();
    assert_eq!(system.configure_flags(helper.context, [1000, 4000, 4, 0, 1], 0), OK);
    let context = system.context_at(helper.context);
    assert!(!system[context].is_constant_bandwidth());
    system.switch_to(helper.thread);
    let used = system.ticks(300);
    system.pass(used);
    system.receive_by(Syscall::Wait, notification, 0);
    let rest = system.ticks(6000);
    system.pass(rest);
    system.send(Syscall::Send, notification, &[]);
    let list: vec::Vec<_> = system.refill_list(context).collect();
    assert_eq!((list.len(), list[0].amount), (1, system.ticks(1000)));
    assert_eq!(list[0].time, system.core().time);
    assert_eq!(system.state(helper.thread), State::Running);
}
