//! Foreign system calls: no register value of a marked thread reaches this kernel's own.
//! (`abi::foreign`)

use std::vec::Vec;

use abi::bootinfo::slot;
use abi::registers::SPSR_FLAGS;
use abi::{Error, ForeignCall, Invocation, MessageInfo, ObjectType, Syscall, foreign};
use platform::context::Context;
use platform::contract::{Platform, Trap};

use super::System;
use super::calls::Received;
use super::faults::{Scene, message};
use super::random::Chance;
use super::twin::{Twin, difference};
use crate::mem::Obj;
use crate::options::FRESH_SPSR;
use crate::thread::{State, Thread};

const START: u64 = 0x40_0000;
const MARK: Invocation = Invocation::ThreadSetSystemCalls;
/// Random register files that are tried.
const FILES: u32 = 1_000_000;

/// Marks the helper of a scene, which runs again afterwards.
fn mark(scene: &mut Scene) {
    let root = scene.system.root();
    scene.system.switch_to(root);
    let marked = scene.system.invoke(scene.helper.tcb, MARK, &[1], &[]);
    assert_eq!(marked, Ok([].into()));
    scene.system.switch_to(scene.helper.thread);
}

/// A marked thread that runs.
fn marked() -> Scene {
    let mut scene = Scene::new();
    mark(&mut scene);
    scene
}

/// The running thread executes `svc` at `pc` with these registers.
fn svc(system: &mut System, registers: &Context) {
    let thread = system.running();
    *system.registers_mut(thread) = registers.clone();
    system.trap_registers();
    system.enter(Trap::SystemCall);
}

/// The message that a handler gets of a call with these registers.
fn told(registers: &Context) -> Received {
    let arguments = core::array::from_fn(|index| registers.x[index]);
    let call = ForeignCall {
        number: registers.x[8],
        arguments,
        resume: registers.next_pc.wrapping_add(4),
    };
    message(foreign::LABEL, call.to_words().into())
}

/// Registers that are all different.
fn numbered(base: u64) -> Context {
    let mut registers = Context::new(FRESH_SPSR);
    registers.x = core::array::from_fn(|index| base + index as u64);
    (registers.sp, registers.next_pc) = (base + 31, START);
    registers.restart_pc = START;
    registers
}

#[test]
fn a_marked_threads_call_is_told_to_its_handler() {
    let mut scene = marked();
    let registers = numbered(0x100);
    svc(&mut scene.system, &registers);
    assert!(matches!(scene.state(), State::Sending { call: true, .. }));
    assert_eq!(scene.handle(), told(&registers));
    assert!(matches!(scene.state(), State::AwaitingReply { .. }));
    assert_eq!(*scene.system.registers(scene.helper.thread), registers, "it is at the svc");
}

#[test]
fn one_word_is_the_result_and_nothing_else_changes() {
    let mut scene = marked();
    let mut registers = numbered(0x100);
    svc(&mut scene.system, &registers);
    scene.handle();
    scene.answer(0, &[77]);
    assert_eq!(scene.state(), State::Restart);
    scene.system.switch_to(scene.helper.thread);
    registers.x[0] = 77;
    (registers.restart_pc, registers.next_pc) = (START + 4, START + 4);
    assert_eq!(*scene.system.registers(scene.helper.thread), registers);
}

#[test]
fn no_word_lets_the_call_be_made_again() {
    let mut scene = marked();
    let registers = numbered(0x100);
    svc(&mut scene.system, &registers);
    scene.handle();
    scene.answer(0, &[]);
    scene.system.switch_to(scene.helper.thread);
    assert_eq!(*scene.system.registers(scene.helper.thread), registers);
    // A handler that writes registers first decides where the thread goes on.
    svc(&mut scene.system, &registers);
    scene.handle();
    let words = [0, 1, 0x1234];
    let written =
        scene.system.invoke(scene.helper.tcb, Invocation::ThreadWriteRegisters, &words, &[]);
    assert_eq!(written, Ok([].into()));
    scene.answer(0, &[]);
    scene.system.switch_to(scene.helper.thread);
    assert_eq!(scene.pc(), 0x1234);
}

#[test]
fn more_words_set_registers_in_their_order() {
    for length in 2..=foreign::REPLY_REGISTERS.len() + 1 {
        let mut scene = marked();
        let mut registers = numbered(0x100);
        svc(&mut scene.system, &registers);
        scene.handle();
        let words: Vec<u64> = (0..length as u64).map(|index| 0x9000_0000 + index).collect();
        scene.answer(0, &words);
        scene.system.switch_to(scene.helper.thread);
        for (register, word) in foreign::REPLY_REGISTERS.into_iter().zip(&words) {
            crate::fault::write_register(&mut registers, register, *word);
        }
        registers.next_pc = registers.restart_pc;
        assert_eq!(*scene.system.registers(scene.helper.thread), registers);
        assert_eq!(registers.restart_pc, 0x9000_0001);
    }
}

#[test]
fn an_answer_with_a_label_stops_the_thread() {
    let mut scene = marked();
    svc(&mut scene.system, &numbered(0x100));
    scene.handle();
    scene.answer(3, &[5]);
    assert_eq!(scene.state(), State::Inactive);
    let registers = scene.system.registers(scene.helper.thread);
    assert_eq!((registers.x[0], registers.restart_pc), (5, START + 4));
}

#[test]
fn a_call_suspended_and_resumed_is_made_again() {
    let mut scene = marked();
    let registers = numbered(0x100);
    svc(&mut scene.system, &registers);
    scene.handle();
    for label in [Invocation::ThreadSuspend, Invocation::ThreadResume] {
        let done = scene.system.invoke(scene.helper.tcb, label, &[], &[]);
        assert_eq!(done, Ok([].into()));
    }
    scene.system.switch_to(scene.helper.thread);
    assert_eq!(scene.pc(), START);
    scene.system.enter(Trap::SystemCall);
    assert_eq!(scene.handle(), told(&registers));
}

#[test]
fn without_a_handler_a_call_stops_the_thread() {
    let mut system = System::new();
    let helper = system.ready_helper();
    assert_eq!(system.invoke(helper.tcb, MARK, &[1], &[]), Ok([].into()));
    system.switch_to(helper.thread);
    let mut registers = numbered(0);
    registers.x[7] = Syscall::Yield.number();
    svc(&mut system, &registers);
    assert_eq!(system.state(helper.thread), State::Inactive);
    assert_eq!(*system.registers(helper.thread), registers);
}

#[test]
fn a_call_on_too_small_a_budget_is_made_later() {
    let mut scene = marked();
    let root = scene.system.root();
    scene.system.switch_to(root);
    let words = [1000, 3000, 0, 0, 0];
    assert_eq!(scene.system.configure_flags(scene.helper.context, words, 0), Ok([].into()));
    scene.system.switch_to(scene.helper.thread);
    let now = scene.system.machine.now() + scene.system.ticks(1000);
    scene.system.machine.set_now(now);
    svc(&mut scene.system, &numbered(0x100));
    assert_eq!(scene.state(), State::Restart);
    assert_eq!(scene.pc(), START);
}

#[test]
fn marking_is_checked_and_can_be_taken_back() {
    let mut scene = marked();
    let root = scene.system.root();
    scene.system.switch_to(root);
    let tcb = scene.helper.tcb;
    let mut set = |words: &[u64]| scene.system.invoke(tcb, MARK, words, &[]);
    assert_eq!(set(&[]), Err(Error::TruncatedMessage));
    for word in [2, 3, 1 << 32, u64::MAX] {
        assert_eq!(set(&[word]), Err(Error::Range { min: 0, max: 1 }));
    }
    assert_eq!(set(&[0]), Ok([].into()));
    scene.system.switch_to(scene.helper.thread);
    scene.system.system_call(99);
    assert_eq!(scene.handle().label, abi::fault::UNKNOWN_SYSCALL);
}

#[test]
fn a_thread_can_mark_itself() {
    let mut scene = Scene::new();
    let done = scene.system.invoke(scene.helper.tcb, MARK, &[1], &[]);
    assert_eq!(done, Ok([].into()));
    scene.system.call(scene.helper.tcb, MARK.label(), &[0], &[]);
    let call = scene.handle();
    assert_eq!((call.label, call.words[1]), (foreign::LABEL, scene.helper.tcb));
}

/// How a [`Stand`] is set up.
#[derive(Clone, Copy)]
struct Arrangement {
    /// The thread has a CSpace without a capability; not the root task's, in which nearly every
    /// call would do something.
    empty: bool,
    /// The handler has no time of its own, and entries take fast paths where they fit, as on the
    /// machine.
    fast: bool,
}

/// A marked thread, a handler that waits for its calls, and a copy of the kernel.
struct Stand {
    scene: Scene,
    handler: Obj<Thread>,
    fast: bool,
    twin: Twin,
}

impl Stand {
    fn new(arrangement: Arrangement) -> Self {
        let mut scene = marked();
        let root = scene.system.root();
        scene.system.switch_to(root);
        if arrangement.empty {
            let cspace = scene.system.make(ObjectType::CNode, 4);
            let handler = scene.system.mint(scene.endpoint, 15, 77);
            let caps = [handler, cspace, slot::VSPACE];
            let set = Invocation::ThreadSetSpace;
            let done = scene.system.invoke(scene.helper.tcb, set, &[0, 0], &caps);
            assert_eq!(done, Ok([].into()));
        }
        let handler = if arrangement.fast { passive_handler(&mut scene) } else { root };
        if !arrangement.fast {
            scene.system.receive_by(Syscall::Recv, scene.endpoint, scene.reply);
        }
        scene.system.checks = false;
        let twin = Twin::of(scene.system.kernel());
        let mut stand = Self { scene, handler, fast: arrangement.fast, twin };
        // Whatever happens the first time only happens now.
        stand.call(&numbered(1));
        stand.twin.copy_from(stand.scene.system.kernel());
        stand
    }

    /// The running thread executes `svc`.
    fn enter(&mut self) {
        let system = &mut self.scene.system;
        system.trap_registers();
        let trap = Trap::SystemCall;
        let done = self.fast && (system.fast_and_narrow(trap).is_ok() || system.fast(trap).is_ok());
        if !done {
            system.enter(trap);
        }
    }

    /// The thread makes a call, and its handler answers and waits again.
    fn call(&mut self, registers: &Context) {
        let (handler, thread) = (self.handler, self.scene.helper.thread);
        assert_eq!(self.scene.system.running(), thread);
        *self.scene.system.registers_mut(thread) = registers.clone();
        self.enter();
        let (endpoint, reply) = (self.scene.endpoint, self.scene.reply);
        let system = &mut self.scene.system;
        assert_eq!(system.running(), handler);
        assert_eq!(system.received(handler), told(registers));
        system.compose(0, &[!registers.x[0]], &[]);
        for (index, value) in [(0, endpoint), (6, reply), (7, Syscall::ReplyRecv.number())] {
            system.set_x(index, value);
        }
        self.enter();
        assert_eq!(self.scene.system.running(), thread);
        let mut expected = registers.clone();
        expected.x[0] = !registers.x[0];
        expected.next_pc = registers.next_pc.wrapping_add(4);
        expected.restart_pc = expected.next_pc;
        assert_eq!(*self.scene.system.registers(thread), expected);
    }

    /// Nothing in the kernel has changed since the copy, but the registers of both threads and
    /// the message in the handler's buffer.
    fn compare(&mut self) {
        let kernel = self.scene.system.kernel();
        for thread in [self.handler, self.scene.helper.thread] {
            *self.twin.kernel.registers_mut(thread) = kernel.registers(thread).clone();
        }
        let buffer = kernel.ipc_buffer(self.handler, true).expect("a buffer");
        for index in abi::message::REGISTER_WORDS..foreign::LENGTH {
            let at = abi::buffer::word(index);
            self.twin.kernel.set_buffer_word(buffer, at, kernel.buffer_word(buffer, at));
        }
        assert_eq!(difference(&self.twin.kernel, kernel), None);
        self.scene.system.check();
    }
}

/// A thread without time that waits for calls. The root task steps back.
fn passive_handler(scene: &mut Scene) -> Obj<Thread> {
    let bell = scene.system.make(ObjectType::Notification, 0);
    let server = scene.system.ready_helper();
    let (root, caller) = (scene.system.root(), scene.helper.thread);
    scene.system.switch_to(server.thread);
    scene.system.receive_by(Syscall::Recv, scene.endpoint, scene.reply);
    scene.system.switch_to(root);
    let unbind = Invocation::SchedContextUnbind;
    assert_eq!(scene.system.invoke(server.context, unbind, &[], &[]), Ok([].into()));
    scene.system.receive_by(Syscall::Wait, bell, 0);
    assert_eq!(scene.system.running(), caller);
    server.thread
}

#[test]
fn no_number_of_a_native_call_has_an_effect() {
    for (empty, fast) in [(true, false), (true, true), (false, false), (false, true)] {
        let mut stand = Stand::new(Arrangement { empty, fast });
        for number in -64..=64_i64 {
            let mut registers = numbered(1);
            registers.x[7] = number.cast_unsigned();
            stand.call(&registers);
            stand.compare();
        }
    }
}

/// A register file: numbers, capability addresses and message words that a native call could
/// mean are frequent.
fn file(chance: &mut Chance) -> Context {
    let mut registers = Context::new(FRESH_SPSR | chance.next() & SPSR_FLAGS);
    registers.x = core::array::from_fn(|_| chance.next());
    (registers.sp, registers.next_pc) = (chance.next(), chance.next() & !3);
    registers.restart_pc = registers.next_pc;
    if chance.once_in(2) {
        registers.x[7] = chance.below(24).wrapping_neg();
    }
    for index in [0, 6, 8] {
        if chance.once_in(2) {
            registers.x[index] = chance.below(64);
        }
    }
    if chance.once_in(2) {
        registers.x[1] = MessageInfo::new(chance.below(60), 0, 4).0;
    }
    registers
}

/// Plays a part of the random register files.
fn play(seed: u64, arrangement: Arrangement) {
    let mut chance = Chance::new(seed);
    let mut stand = Stand::new(arrangement);
    for round in 0..FILES / 4 {
        stand.call(&file(&mut chance));
        if round % 4096 == 0 {
            stand.compare();
        }
    }
    stand.compare();
}

#[test]
fn no_registers_have_an_effect_in_an_empty_cspace() {
    play(1, Arrangement { empty: true, fast: false });
}

#[test]
fn no_registers_have_an_effect_in_an_empty_cspace_on_fast_paths() {
    play(2, Arrangement { empty: true, fast: true });
}

#[test]
fn no_registers_have_an_effect_in_a_full_cspace() {
    play(3, Arrangement { empty: false, fast: false });
}

#[test]
fn no_registers_have_an_effect_in_a_full_cspace_on_fast_paths() {
    play(4, Arrangement { empty: false, fast: true });
}
