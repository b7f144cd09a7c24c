//! Faults, their messages, and what an answer does. (abi.md §8.4, §8.5)

use std::vec;
use std::vec::Vec;

use abi::bootinfo::slot;
use abi::{Invocation, ObjectType, Syscall};
use platform::contract::Platform;

use super::System;
use super::calls::Received;
use super::world::Helper;
use crate::options::FRESH_SPSR;
use crate::thread::State;

/// A helper whose faults go to an endpoint; the root task handles them.
pub(super) struct Scene {
    pub(super) system: System,
    pub(super) helper: Helper,
    pub(super) endpoint: u64,
    pub(super) reply: u64,
}

/// Instruction aborts, data aborts, and floating point while it traps (Arm ARM D17.2.37).
const INSTRUCTION_ABORT: u64 = 0x20 << 26;
pub(super) const DATA_ABORT: u64 = 0x24 << 26;
pub(super) const FLOATING_POINT: u64 = 0x07 << 26;
pub(super) const UNDEFINED: u64 = 1 << 25;

impl Scene {
    pub(super) fn new() -> Self {
        let mut system = System::new();
        let endpoint = system.make(ObjectType::Endpoint, 0);
        let reply = system.make(ObjectType::Reply, 0);
        let badged = system.mint(endpoint, 15, 77);
        let helper = system.ready_helper();
        let caps = [badged, slot::CNODE, slot::VSPACE];
        let set = system.invoke(helper.tcb, Invocation::ThreadSetSpace, &[0, 0], &caps);
        assert_eq!(set, Ok([].into()));
        system.switch_to(helper.thread);
        Self { system, helper, endpoint, reply }
    }

    /// The root task receives.
    pub(super) fn handle(&mut self) -> Received {
        let root = self.system.root();
        self.system.switch_to(root);
        self.system.receive_by(Syscall::Recv, self.endpoint, self.reply);
        assert_eq!(self.system.running(), root);
        self.system.received(root)
    }

    /// The root task answers.
    pub(super) fn answer(&mut self, label: u64, words: &[u64]) {
        self.system.compose(label, words, &[]);
        let reply = self.reply;
        self.system.set_x(0, reply);
        self.system.system_call(Syscall::Send.number());
    }

    pub(super) fn state(&self) -> State {
        self.system.state(self.helper.thread)
    }

    pub(super) fn pc(&self) -> u64 {
        self.system.registers(self.helper.thread).next_pc
    }
}

/// A message of the scene's helper.
pub(super) fn message(label: u64, words: Vec<u64>) -> Received {
    Received { badge: 77, label, words, caps: 0, unwrapped: 0 }
}

#[test]
fn an_unknown_system_call_reports_and_takes_registers() {
    let mut scene = Scene::new();
    let thread = scene.helper.thread;
    for index in 0..7 {
        scene.system.set_x(index, 100 + index as u64);
    }
    scene.system.registers_mut(thread).sp = 0x5000;
    scene.system.system_call(99);
    assert!(matches!(scene.state(), State::Sending { call: true, .. }));
    let pc = 0x40_0000;
    let mut expected: Vec<u64> = (100..107).collect();
    expected.extend([99, pc, 0x5000, pc + 4, FRESH_SPSR, 99]);
    assert_eq!(scene.handle(), message(2, expected));
    assert!(matches!(scene.state(), State::AwaitingReply { .. }));
    let words = [1, 2, 3, 4, 5, 6, 7, 8, 0x1234, 0x6000, 0xffff, u64::MAX];
    scene.answer(0, &words);
    assert_eq!(scene.state(), State::Restart);
    let registers = scene.system.registers(thread).clone();
    assert_eq!(registers.x[..8], [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!((registers.restart_pc, registers.sp), (0x1234, 0x6000));
    assert_eq!(registers.spsr, 0xf000_0000 | FRESH_SPSR);
    scene.system.switch_to(thread);
    assert_eq!((scene.state(), scene.pc()), (State::Running, 0x1234));
}

#[test]
fn a_short_answer_changes_the_first_registers_only() {
    let mut scene = Scene::new();
    scene.system.system_call(0);
    scene.handle();
    scene.answer(0, &[55]);
    let registers = scene.system.registers(scene.helper.thread);
    assert_eq!((registers.x[0], registers.x[1]), (55, 0));
    assert_eq!(registers.restart_pc, 0x40_0000);
}

#[test]
fn an_answer_with_a_label_stops_the_thread_for_good() {
    let mut scene = Scene::new();
    scene.system.system_call(12345);
    scene.handle();
    scene.answer(1, &[55]);
    assert_eq!(scene.state(), State::Inactive);
    assert_eq!(scene.system.registers(scene.helper.thread).x[0], 55, "registers are taken");
}

#[test]
fn a_user_exception_reports_its_syndrome() {
    let mut scene = Scene::new();
    scene.system.registers_mut(scene.helper.thread).sp = 0x77;
    scene.system.exception(0xff_0000_0000 | UNDEFINED, 0);
    let expected = vec![0x40_0000, 0x77, FRESH_SPSR, UNDEFINED, 0];
    assert_eq!(scene.handle(), message(3, expected));
    scene.answer(0, &[0x40_0004, 0x88, 0]);
    let registers = scene.system.registers(scene.helper.thread);
    assert_eq!((registers.restart_pc, registers.sp, registers.spsr), (0x40_0004, 0x88, FRESH_SPSR));
    assert_eq!(scene.state(), State::Restart);
}

#[test]
fn memory_faults_tell_address_and_direction() {
    for (syndrome, address, prefetch) in
        [(DATA_ABORT | 0x47, 0xdead_0008, 0), (INSTRUCTION_ABORT | 7, 0x40_0000, 1)]
    {
        let mut scene = Scene::new();
        scene.system.exception(syndrome, address);
        assert_eq!(scene.handle(), message(6, vec![0x40_0000, address, prefetch, syndrome]));
        // Whatever the answer says, the instruction is repeated.
        scene.answer(5, &[1, 2, 3]);
        assert_eq!(scene.state(), State::Restart);
        assert_eq!(scene.system.registers(scene.helper.thread).restart_pc, 0x40_0000);
    }
}

#[test]
fn capability_faults_say_where_the_lookup_ended() {
    let mut scene = Scene::new();
    scene.system.send(Syscall::Send, 1 << 40, &[]);
    assert_eq!(scene.handle(), message(1, vec![0x40_0000, 1 << 40, 0, 4, 64, 0, 55]));
    scene.answer(9, &[]);
    scene.system.switch_to(scene.helper.thread);
    assert_eq!(scene.pc(), 0x40_0000, "the call is made again");
    scene.system.receive_by(Syscall::NBRecv, slot::CNODE, 0);
    assert_eq!(scene.handle(), message(1, vec![0x40_0000, slot::CNODE, 1, 2, 0]));
    scene.answer(0, &[]);
    scene.system.switch_to(scene.helper.thread);
    scene.system.receive_by(Syscall::Recv, scene.endpoint, slot::CNODE);
    assert_eq!(scene.handle(), message(1, vec![0x40_0000, slot::CNODE, 1, 2, 0]));
}

#[test]
fn sends_to_nowhere_fault_only_if_they_block() {
    let mut scene = Scene::new();
    scene.system.send(Syscall::NBSend, 1 << 40, &[]);
    assert_eq!(scene.state(), State::Running);
    // An extra capability that leads nowhere.
    scene.system.compose(0, &[], &[1 << 41]);
    let endpoint = scene.endpoint;
    scene.system.set_x(0, endpoint);
    scene.system.system_call(Syscall::Call.number());
    let expected = vec![0x40_0004, 1 << 41, 0, 4, 64, 0, 55];
    assert_eq!(scene.handle(), message(1, expected));
}

#[test]
fn a_handler_without_a_reply_object_leaves_the_faulter_inactive() {
    let mut scene = Scene::new();
    scene.system.exception(DATA_ABORT, 8);
    let root = scene.system.root();
    assert_eq!(scene.system.running(), root);
    scene.system.receive_by(Syscall::Wait, scene.endpoint, 0);
    assert_eq!(scene.system.received(root).label, 6);
    assert_eq!(scene.state(), State::Inactive);
}

#[test]
fn a_waiting_handler_gets_the_fault_at_once() {
    let mut scene = Scene::new();
    let root = scene.system.root();
    scene.system.switch_to(root);
    scene.system.receive_by(Syscall::Recv, scene.endpoint, scene.reply);
    assert_eq!(scene.system.running(), scene.helper.thread);
    scene.system.exception(DATA_ABORT, 8);
    assert_eq!(scene.system.running(), root);
    assert_eq!(scene.system.received(root), message(6, vec![0x40_0000, 8, 0, DATA_ABORT]));
    scene.answer(0, &[]);
    assert_eq!(scene.state(), State::Restart);
}

#[test]
fn without_a_handler_a_faulting_thread_stops() {
    let mut system = System::new();
    let helper = system.ready_helper();
    system.switch_to(helper.thread);
    system.exception(DATA_ABORT, 8);
    assert_eq!(system.state(helper.thread), State::Inactive);
    assert_eq!(system.running(), system.root());
}

#[test]
fn a_handler_without_buffer_gets_four_words() {
    let mut scene = Scene::new();
    scene.system.system_call(99);
    let root = scene.system.root();
    scene.system.switch_to(root);
    let removed = scene.system.invoke(slot::THREAD, Invocation::ThreadSetIpcBuffer, &[0], &[0]);
    // A capability needs the buffer that is to be removed; afterwards there is none.
    assert_eq!(removed, Ok([].into()));
    assert_eq!(scene.handle().words.len(), 4);
    let zero = [0; 4];
    scene.answer(0, &zero);
    assert_eq!(scene.state(), State::Restart);
}

#[test]
fn the_first_use_of_floating_point_is_granted() {
    let mut scene = Scene::new();
    let thread = scene.helper.thread;
    scene.system.exception(FLOATING_POINT, 0);
    assert_eq!(scene.system.running(), thread);
    assert!(scene.system.machine.core_state(0).fpu_enabled);
    scene.system.machine.core_state_mut(0).fpu.q[3] = 33;
    let root = scene.system.root();
    scene.system.switch_to(root);
    assert!(!scene.system.machine.core_state(0).fpu_enabled);
    assert_eq!(scene.system.registers(thread).fpu.q[3], 33);
    scene.system.switch_to(thread);
    assert!(scene.system.machine.core_state(0).fpu_enabled, "nobody else used the registers");
    // Another thread uses them.
    scene.system.switch_to(root);
    scene.system.exception(FLOATING_POINT, 0);
    assert_eq!(scene.system.machine.core_state(0).fpu.q[3], 0);
    // Both find their own again without a trap, for a while.
    for _ in 0..crate::residence::LOADS_AFTER_USE {
        scene.system.switch_to(thread);
        assert!(scene.system.machine.core_state(0).fpu_enabled);
        assert_eq!(scene.system.machine.core_state(0).fpu.q[3], 33);
        scene.system.switch_to(root);
        assert_eq!(scene.system.machine.core_state(0).fpu.q[3], 0);
    }
    scene.system.exception(FLOATING_POINT, 0);
    scene.system.switch_to(thread);
    assert!(!scene.system.machine.core_state(0).fpu_enabled, "it is to show that it uses them");
    scene.system.exception(FLOATING_POINT, 0);
    assert_eq!(scene.system.machine.core_state(0).fpu.q[3], 33);
}

#[test]
fn the_first_use_of_floating_point_gives_no_time() {
    let mut scene = Scene::new();
    let root = scene.system.root();
    scene.system.switch_to(root);
    let Helper { thread, context, .. } = scene.helper;
    let configured = scene.system.configure_flags(context, [1000, 3000, 0, 0, 0], 0);
    assert_eq!(configured, Ok([].into()));
    scene.system.switch_to(thread);
    // The trap comes just before the timer would, and is seen after its time.
    let late = scene.system.machine.now() + scene.system.ticks(1001);
    scene.system.machine.set_now(late);
    scene.system.exception(FLOATING_POINT, 0);
    assert_eq!(scene.system[thread].queued, crate::thread::Queued::Release);
    assert_eq!(scene.system.running(), root);
}

#[test]
fn disabled_floating_point_is_a_user_exception() {
    let mut scene = Scene::new();
    let root = scene.system.root();
    scene.system.switch_to(root);
    let tcb = scene.helper.tcb;
    let flags = |system: &mut System, clear, set| {
        system.invoke(tcb, Invocation::ThreadSetFlags, &[clear, set], &[])
    };
    assert_eq!(flags(&mut scene.system, 0, 3), Ok(vec![1]));
    scene.system.switch_to(scene.helper.thread);
    scene.system.exception(FLOATING_POINT, 0);
    assert_eq!(scene.handle().label, 3);
    assert_eq!(flags(&mut scene.system, 1, 0), Ok(vec![0]));
    scene.answer(0, &[]);
    scene.system.switch_to(scene.helper.thread);
    scene.system.exception(FLOATING_POINT, 0);
    assert_eq!(scene.state(), State::Running);
}

/// A helper with one of three milliseconds, whose exhaustion goes to the handler.
fn timed() -> Scene {
    let mut scene = Scene::new();
    let Helper { tcb, context, .. } = scene.helper;
    let root = scene.system.root();
    scene.system.switch_to(root);
    let words = [1000, 3000, 0, 42, 0];
    assert_eq!(scene.system.configure_flags(context, words, 0), Ok([].into()));
    let endpoint = scene.system.mint(scene.endpoint, 15, 77);
    let label = Invocation::ThreadSetTimeoutEndpoint;
    assert_eq!(scene.system.invoke(tcb, label, &[], &[endpoint]), Ok([].into()));
    scene.system.switch_to(scene.helper.thread);
    scene
}

#[test]
fn an_exhausted_budget_is_reported_with_its_badge() {
    let mut scene = timed();
    let ticks = scene.system.ticks(1000);
    scene.system.pass(ticks);
    assert!(matches!(scene.state(), State::Sending { .. }));
    assert_eq!(scene.handle(), message(5, vec![42, 1000]));
    let registers: Vec<u64> = (0..34).map(|index| 0x9000 + index).collect();
    scene.answer(0, &registers);
    // It still has no budget, and was told so: it waits for it.
    assert_eq!(scene.state(), State::Restart);
    assert_eq!(scene.system[scene.helper.thread].queued, crate::thread::Queued::Release);
    let context = scene.system.registers(scene.helper.thread);
    assert_eq!((context.restart_pc, context.sp), (0x9000, 0x9001));
    assert_eq!((context.x[0], context.x[8]), (0x9003, 0x9003 + 8));
    assert_eq!((context.x[16], context.x[9], context.x[28]), (0x900c, 0x9011, 0x9021));
}

#[test]
fn a_refused_timeout_stops_the_thread() {
    let mut scene = timed();
    let ticks = scene.system.ticks(1000);
    scene.system.pass(ticks);
    scene.handle();
    scene.answer(1, &[]);
    assert_eq!(scene.state(), State::Inactive);
}
