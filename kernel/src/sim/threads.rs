//! Configuration and registers of threads. (objects.md §5)

use std::vec;
use std::vec::Vec;

use abi::bootinfo::slot;
use abi::{Error, Invocation, ObjectType, Syscall};

use super::System;
use super::calls::Answer;
use crate::thread::{Holds, State};

const OK: Answer = Ok(vec::Vec::new());
const ILLEGAL: Answer = Err(Error::IllegalOperation);
const TRUNCATED: Answer = Err(Error::TruncatedMessage);
const BUFFER: u64 = 0x7000_0000;

#[test]
fn configure_checks_in_order() {
    let mut system = System::new();
    let helper = system.helper(255);
    let page = helper.buffer;
    let space = system.make(ObjectType::VSpace, 0);
    let mut configure = |words: &[u64], caps: &[u64]| {
        system.invoke(helper.tcb, Invocation::ThreadConfigure, words, caps)
    };
    let good = [slot::CNODE, slot::VSPACE, page];
    assert_eq!(configure(&[0, 0], &good), TRUNCATED);
    assert_eq!(configure(&[0, 0, BUFFER], &good[..2]), TRUNCATED);
    assert_eq!(configure(&[0, 0, BUFFER], &[0, 0, slot::CNODE]), ILLEGAL);
    assert_eq!(configure(&[0, 0, BUFFER + 8], &[0, 0, page]), Err(Error::Alignment));
    assert_eq!(configure(&[0, 0, BUFFER], &[slot::VSPACE, 0, page]), ILLEGAL);
    assert_eq!(configure(&[0, 0, BUFFER], &[slot::CNODE, 0, page]), ILLEGAL);
    assert_eq!(configure(&[0, 0, BUFFER], &[slot::CNODE, space, page]), ILLEGAL, "no ASID");
    // A guard that does not fit.
    assert_eq!(configure(&[60, 0, BUFFER], &good), ILLEGAL);
    assert_eq!(configure(&[55, 0, BUFFER], &good), OK);
    assert_eq!(configure(&[0, 0, 0], &[slot::CNODE, slot::VSPACE, 0]), OK, "no buffer");
}

#[test]
fn spaces_and_handlers_are_checked_in_order() {
    let mut system = System::new();
    let helper = system.helper(255);
    let endpoint = system.make(ObjectType::Endpoint, 0);
    let weak = [1, 2, 12].map(|rights| system.copy(endpoint, rights));
    let strong = [5, 9, 13].map(|rights| system.copy(endpoint, rights));
    let tcb = helper.tcb;
    let set = Invocation::ThreadSetSpace;
    assert_eq!(system.invoke(tcb, set, &[0], &[0, 0, 0]), TRUNCATED);
    assert_eq!(system.invoke(tcb, set, &[0, 0], &[0, 0]), TRUNCATED);
    assert_eq!(system.invoke(tcb, set, &[0, 0], &[weak[0], 0, 0]), ILLEGAL, "spaces come first");
    for cptr in weak {
        let caps = [cptr, slot::CNODE, slot::VSPACE];
        let refused = Err(Error::InvalidCapability(1));
        assert_eq!(system.invoke(tcb, set, &[0, 0], &caps), refused);
        let timeout = Invocation::ThreadSetTimeoutEndpoint;
        assert_eq!(system.invoke(tcb, timeout, &[], &[cptr]), refused);
        let params = Invocation::ThreadSetSchedParams;
        let caps = [slot::THREAD, helper.context, cptr];
        let answer = system.invoke(tcb, params, &[1, 1], &caps);
        assert_eq!(answer, Err(Error::InvalidCapability(3)));
    }
    for cptr in strong {
        let caps = [cptr, slot::CNODE, slot::VSPACE];
        assert_eq!(system.invoke(tcb, set, &[0, 0], &caps), OK);
    }
    // What is installed is a copy: it goes with the original.
    assert_eq!(system.revoke_slot(endpoint), OK);
    let held = system.thread_slot(helper.thread, Holds::FaultHandler);
    assert!(system[held].is_empty());
}

#[test]
fn a_cspace_that_would_take_long_to_delete_is_not_replaced() {
    let mut system = System::new();
    let helper = system.helper(255);
    let cnode = system.make(ObjectType::CNode, 4);
    let set = Invocation::ThreadSetSpace;
    let caps = [0, cnode, slot::VSPACE];
    assert_eq!(system.invoke(helper.tcb, set, &[0, 0], &caps), OK);
    assert_eq!(system.delete_slot(cnode), OK, "the thread has the last one");
    let caps = [0, slot::CNODE, slot::VSPACE];
    assert_eq!(system.invoke(helper.tcb, set, &[0, 0], &caps), ILLEGAL);
}

#[test]
fn a_replaced_handler_goes_before_the_new_one_comes() {
    let mut system = System::new();
    let helper = system.helper(255);
    let waiters: Vec<_> = (0..3).map(|_| system.ready_helper()).collect();
    let endpoints = [0, 1].map(|_| system.make(ObjectType::Endpoint, 0));
    let timeout = Invocation::ThreadSetTimeoutEndpoint;
    assert_eq!(system.invoke(helper.tcb, timeout, &[], &[endpoints[0]]), OK);
    for waiter in &waiters {
        system.switch_to(waiter.thread);
        system.receive_by(Syscall::Wait, endpoints[0], 0);
        system.switch_to(system.root());
    }
    assert_eq!(system.delete_slot(endpoints[0]), OK);
    // The last capability to an endpoint with waiters is replaced, preempted at every step.
    system.pressure = true;
    assert_eq!(system.invoke(helper.tcb, timeout, &[], &[endpoints[1]]), OK);
    system.pressure = false;
    for waiter in &waiters {
        assert_eq!(system.state(waiter.thread), State::Restart);
    }
    assert!(system.has_timeout_handler(helper.thread));
    assert_eq!(system.invoke(helper.tcb, timeout, &[], &[0]), OK);
    assert!(!system.has_timeout_handler(helper.thread));
}

#[test]
fn registers_are_written_read_and_copied() {
    let mut system = System::new();
    let (a, b) = (system.helper(255), system.helper(255));
    let mut words = vec![0, 36];
    words.extend((0..36).map(|index| 0x100 + index));
    assert_eq!(system.invoke(a.tcb, Invocation::ThreadWriteRegisters, &words, &[]), OK);
    let read = Invocation::ThreadReadRegisters;
    let mut expected: Vec<u64> = (0..36).map(|index| 0x100 + index).collect();
    expected[2] = crate::options::FRESH_SPSR;
    assert_eq!(system.invoke(a.tcb, read, &[0, 36], &[]), Ok(expected.clone()));
    assert_eq!(system.invoke(a.tcb, read, &[0, 5], &[]), Ok(expected[..5].to_vec()));
    let range = Err(Error::Range { min: 1, max: 36 });
    assert_eq!(system.invoke(a.tcb, read, &[0, 0], &[]), range);
    assert_eq!(system.invoke(a.tcb, read, &[0, 37], &[]), range);
    assert_eq!(system.invoke(a.tcb, read, &[0], &[]), TRUNCATED);
    assert_eq!(system.invoke(slot::THREAD, read, &[0, 1], &[]), ILLEGAL);
    let write = Invocation::ThreadWriteRegisters;
    assert_eq!(system.invoke(a.tcb, write, &[0], &[]), TRUNCATED);
    assert_eq!(system.invoke(a.tcb, write, &[0, 2, 1], &[]), TRUNCATED);
    assert_eq!(system.invoke(slot::THREAD, write, &[0, 1, 1], &[]), ILLEGAL);
    // Frame and integer registers apart.
    let copy = Invocation::ThreadCopyRegisters;
    assert_eq!(system.invoke(b.tcb, copy, &[], &[a.tcb]), TRUNCATED);
    assert_eq!(system.invoke(b.tcb, copy, &[4], &[]), TRUNCATED);
    let wrong = system.invoke(b.tcb, copy, &[4], &[slot::CNODE]);
    assert_eq!(wrong, Err(Error::InvalidCapability(1)));
    assert_eq!(system.invoke(b.tcb, copy, &[4], &[a.tcb]), OK);
    let registers = system.registers(b.thread);
    assert_eq!((registers.next_pc, registers.x[0], registers.x[9]), (0x100, 0x103, 0));
    assert_eq!(system.invoke(b.tcb, copy, &[8 | 2], &[a.tcb]), OK);
    assert_eq!(system.registers(b.thread).x[9], 0x111);
    assert_eq!(system.state(b.thread), State::Restart);
    assert_eq!(system.invoke(a.tcb, copy, &[1], &[b.tcb]), OK);
    assert_eq!(system.state(b.thread), State::Inactive);
}

#[test]
fn suspension_keeps_the_place_of_a_runner_and_repeats_the_call_of_a_waiter() {
    let mut system = System::new();
    let endpoint = system.make(ObjectType::Endpoint, 0);
    let (runner, waiter) = (system.ready_helper(), system.ready_helper());
    system.switch_to(runner.thread);
    system.step();
    system.switch_to(waiter.thread);
    system.receive_by(Syscall::Wait, endpoint, 0);
    system.switch_to(system.root());
    let at = system.registers(runner.thread).next_pc;
    for helper in [&runner, &waiter] {
        for label in [Invocation::ThreadSuspend, Invocation::ThreadResume] {
            assert_eq!(system.invoke(helper.tcb, label, &[], &[]), OK);
        }
        assert_eq!(system.state(helper.thread), State::Restart);
    }
    assert_eq!(system.registers(runner.thread).restart_pc, at);
    assert_eq!(system.registers(waiter.thread).restart_pc, 0x40_0000);
}

#[test]
fn a_buffer_may_be_read_only_and_in_a_large_page() {
    let mut system = System::new();
    let helper = system.helper(255);
    let read_only = system.copy(helper.buffer, 2);
    let set = Invocation::ThreadSetIpcBuffer;
    assert_eq!(system.invoke(helper.tcb, set, &[], &[read_only]), TRUNCATED);
    assert_eq!(system.invoke(helper.tcb, set, &[BUFFER + 0x400], &[read_only]), OK);
    assert_eq!(system.ipc_buffer(helper.thread, true), None);
    let frame = match system.cap(helper.buffer) {
        crate::cap::Cap::Page(page) => page.start().0,
        other => panic!("{other:?}"),
    };
    let at = system.ipc_buffer(helper.thread, false).map(|at| at.0);
    assert_eq!(at, Some(frame + 0x400));
    assert_eq!(system.revoke_slot(helper.buffer), OK);
    assert_eq!(system.ipc_buffer(helper.thread, false), None, "it went with the original");
}

#[test]
fn the_thread_register_is_set_at_once() {
    let mut system = System::new();
    let set = Invocation::ThreadSetTlsBase;
    assert_eq!(system.invoke(slot::THREAD, set, &[], &[]), TRUNCATED);
    assert_eq!(system.invoke(slot::THREAD, set, &[0x1234], &[]), OK);
    assert_eq!(system.machine.core_state(0).tpidr, 0x1234);
    assert_eq!(system.invoke(slot::THREAD, Invocation::ThreadSetFlags, &[0], &[]), TRUNCATED);
    assert_eq!(system.invoke(slot::THREAD, Invocation::PageMap, &[], &[]), ILLEGAL);
    system.call(slot::THREAD, Invocation::ThreadSuspend.label(), &[], &[]);
    assert_eq!(system.current(), None);
}
