//! Several cores. (objects.md §12)

use std::vec;

use abi::bootinfo::slot;
use abi::{Invocation, Syscall};

use super::System;
use super::calls::Answer;
use super::system::Setup;
use super::world::Helper;
use crate::core_state::Alert;
use crate::thread::{Queued, State};

const OK: Answer = Ok(vec::Vec::new());

/// Two cores, and a helper that runs on the second.
fn with_remote() -> (System, Helper) {
    let mut system = System::boot(Setup { cores: 2, ..Setup::default() });
    let helper = system.helper(255);
    assert_eq!(system.configure_flags(helper.context, [5000, 9000, 0, 0, 0], 1), OK);
    system.start(&helper, 0x40_0000);
    assert_eq!(system[helper.thread].core, 1);
    system.go_to(1);
    system.interrupt();
    assert_eq!(system.current(), Some(helper.thread));
    system.go_to(0);
    (system, helper)
}

#[test]
fn a_thread_runs_on_the_core_of_its_context() {
    let (mut system, helper) = with_remote();
    assert_eq!(system.current(), Some(system.root()));
    // Back to this core.
    assert_eq!(system.configure_flags(helper.context, [5000, 9000, 0, 0, 0], 0), OK);
    assert_eq!((system[helper.thread].core, system.cores[1].current), (0, None));
    system.switch_to(helper.thread);
    system.go_to(1);
    system.interrupt();
    assert_eq!(system.current(), None);
}

#[test]
fn a_thread_on_another_core_is_stopped_before_it_is_looked_at() {
    let (mut system, helper) = with_remote();
    assert_eq!(system.invoke(helper.tcb, Invocation::ThreadSuspend, &[], &[]), OK);
    assert!(system.cores[1].alerts.has(Alert::Stalled));
    assert_eq!(system.state(helper.thread), State::Inactive);
    // Whatever brought the other core here is void.
    system.go_to(1);
    system.enter(platform::contract::Trap::SystemCall);
    assert_eq!(system.current(), None);
    system.go_to(0);
    assert_eq!(system.invoke(helper.tcb, Invocation::ThreadResume, &[], &[]), OK);
    system.go_to(1);
    system.interrupt();
    assert_eq!(system.current(), Some(helper.thread));
}

#[test]
fn stopped_and_resumed_at_once_a_thread_has_one_place() {
    let (mut system, helper) = with_remote();
    for label in [Invocation::ThreadSuspend, Invocation::ThreadResume] {
        assert_eq!(system.invoke(helper.tcb, label, &[], &[]), OK);
    }
    system.go_to(1);
    system.interrupt();
    assert_eq!(system.current(), Some(helper.thread));
    assert_eq!(system[helper.thread].queued, Queued::No);
}

#[test]
fn operations_on_a_running_thread_elsewhere_keep_it_out_of_queues() {
    let (mut system, helper) = with_remote();
    let label = Invocation::DomainSet;
    assert_eq!(system.invoke(slot::DOMAIN, label, &[0], &[helper.tcb]), OK);
    let label = Invocation::SchedContextYieldTo;
    assert!(system.invoke(helper.context, label, &[], &[]).is_ok());
    assert_eq!(system[helper.thread].queued, Queued::No);
    let set = Invocation::ThreadSetPriority;
    assert_eq!(system.invoke(helper.tcb, set, &[9], &[slot::THREAD]), OK);
    assert_eq!(system[helper.thread].queued, Queued::No);
    system.go_to(1);
    system.interrupt();
    assert_eq!(system.current(), Some(helper.thread));
    system.system_call(Syscall::Yield.number());
    assert_eq!(system[helper.thread].queued, Queued::Release);
}

#[test]
fn a_context_taken_from_another_core_has_paid_for_its_use() {
    let (mut system, helper) = with_remote();
    use platform::contract::Platform;
    let now = system.machine.now();
    let used = system.ticks(1000);
    system.machine.set_now(now + used);
    assert_eq!(system.invoke(helper.context, Invocation::SchedContextUnbind, &[], &[]), OK);
    let label = Invocation::SchedContextConsumed;
    assert_eq!(system.invoke(helper.context, label, &[], &[]), Ok(vec![1000]));
    system.go_to(1);
    system.interrupt();
    assert_eq!(system.current(), None);
}

#[test]
fn a_thread_is_deleted_while_it_runs_elsewhere() {
    let (mut system, helper) = with_remote();
    assert_eq!(system.delete_slot(helper.tcb), OK);
    assert_eq!(system.cores[1].current, None);
    system.go_to(1);
    system.interrupt();
    assert_eq!(system.current(), None);
}

#[test]
fn an_address_space_goes_while_another_core_uses_it() {
    let (mut system, helper) = with_remote();
    let space = system.make(abi::ObjectType::VSpace, 0);
    let assign = Invocation::AsidPoolAssign;
    assert_eq!(system.invoke(slot::ASID_POOL, assign, &[], &[space]), OK);
    let caps = [0, slot::CNODE, space];
    let set = Invocation::ThreadSetSpace;
    assert_eq!(system.invoke(helper.tcb, set, &[0, 0], &caps), OK);
    system.go_to(1);
    system.interrupt();
    assert!(system.machine.core_state(1).space.is_some());
    system.go_to(0);
    assert_eq!(system.revoke_slot(space), OK);
    assert_eq!(system.delete_slot(space), OK);
    system.go_to(1);
    system.interrupt();
    assert_eq!(system.machine.core_state(1).space, None);
}

#[test]
fn floating_point_follows_a_thread_to_another_core() {
    let (mut system, helper) = with_remote();
    system.go_to(1);
    system.exception(0x07 << 26, 0);
    system.machine.core_state_mut(1).fpu.q[1] = 11;
    // On the machine the other core stores its registers itself when it is stalled.
    system.unload_fpu(helper.thread);
    system.go_to(0);
    assert_eq!(system.configure_flags(helper.context, [5000, 9000, 0, 0, 0], 0), OK);
    system.switch_to(helper.thread);
    system.exception(0x07 << 26, 0);
    assert_eq!(system.machine.core_state(0).fpu.q[1], 11);
}
