//! The functions that the exception vectors call, against the general way.
//!
//! There is one lock and one kernel behind it, so this is a single test: a system goes the general
//! way, and its copy behind the lock goes through [`crate::entry`]. After each entry both must be
//! equal, whatever detours the second has taken.

use std::format;

use abi::bootinfo::slot;
use abi::{Invocation, MessageInfo, ObjectType, Syscall};
use platform::contract::{Arguments, Trap};
use platform::handover::Resume;

use super::System;
use super::faults::{DATA_ABORT, FLOATING_POINT, UNDEFINED};
use super::messages::passive_server;
use super::twin::{Twin, difference};
use crate::kernel::Kernel;
use crate::{entry, lock};

/// Enters the kernel behind the lock like the exception vectors.
fn enter(trap: Trap) -> Resume {
    let mut guard = lock::enter();
    let current = guard.current().expect("a thread runs");
    let registers = guard.registers_mut(current);
    let [x0, x1, x2, x3, x4, x5, x6, x7, ..] = registers.x;
    registers.restart_pc = registers.next_pc;
    if trap == Trap::SystemCall {
        registers.next_pc += 4;
    }
    drop(guard);
    match trap {
        Trap::SystemCall => entry::system_call(Arguments([x0, x1, x2, x3, x4, x5, x6, x7])),
        Trap::Exception { syndrome, address } => entry::exception(syndrome, address),
        Trap::Interrupt | Trap::SystemError { .. } => entry::trap(trap),
    }
}

/// The same trap in both, after the same preparation.
fn both(system: &mut System, what: &str, trap: Trap, prepare: impl Fn(&mut Kernel)) {
    prepare(&mut system.booted.kernel);
    prepare(&mut lock::enter());
    system.trap_registers();
    system.enter(trap);
    let resumed = enter(trap);
    let guard = lock::enter();
    if let Some(difference) = difference(&guard, system.kernel()) {
        panic!("{what}: the entry differs in {difference}");
    }
    let next = guard.current().expect("a thread runs");
    assert_eq!(resumed.context().as_ptr().cast_const(), &raw const *guard.registers(next));
}

/// Lets the running thread make a system call.
fn registers(number: Syscall, target: u64, info: MessageInfo, reply: u64) -> impl Fn(&mut Kernel) {
    move |kernel| {
        let current = kernel.current().expect("a thread runs");
        let x = &mut kernel.registers_mut(current).x;
        (x[0], x[1], x[6], x[7]) = (target, info.0, reply, number.number());
    }
}

#[test]
fn entries_equal_the_general_way() {
    let mut system = System::new();
    system.rehearsal = None;
    let endpoint = system.make(ObjectType::Endpoint, 0);
    let signals = system.make(ObjectType::Notification, 0);
    let (_, reply) = passive_server(&mut system, endpoint);
    let own = [endpoint, slot::CNODE, slot::VSPACE];
    let set = system.invoke(slot::THREAD, Invocation::ThreadSetSpace, &[0, 0], &own);
    assert_eq!(set, Ok([].into()));
    system.machine.record_events(true);
    let (kernel, _memory) = Twin::of(&system).into_parts();
    drop(lock::install(kernel));

    let go = |system: &mut System, what: &str, call, target, words| {
        let info = MessageInfo::new(0, 0, words);
        let prepare = registers(call, target, info, reply);
        both(system, what, Trap::SystemCall, prepare);
    };
    let page = MessageInfo::new(Invocation::PageAddress.label(), 0, 0);
    for round in 0..3 {
        let what = |name: &str| format!("{name}, round {round}");
        for words in [0, 4, 10, 120] {
            go(&mut system, &what("call"), Syscall::Call, endpoint, words);
            go(&mut system, &what("answer"), Syscall::ReplyRecv, endpoint, words);
        }
        go(&mut system, &what("signal"), Syscall::Send, signals, 0);
        go(&mut system, &what("poll"), Syscall::NBWait, signals, 0);
        go(&mut system, &what("yield"), Syscall::Yield, 0, 0);
        let object = registers(Syscall::Call, slot::IPC_BUFFER_FRAME, page, 0);
        both(&mut system, &what("object"), Trap::SystemCall, object);
        go(&mut system, &what("nobody there"), Syscall::NBSend, 0, 0);
        for syndrome in [DATA_ABORT, UNDEFINED] {
            let trap = Trap::Exception { syndrome, address: 0x1000 };
            both(&mut system, &what("fault"), trap, |_| ());
            go(&mut system, &what("answer to a fault"), Syscall::ReplyRecv, endpoint, 1);
        }
        let unknown = |kernel: &mut Kernel| {
            let current = kernel.current().expect("a thread runs");
            kernel.registers_mut(current).x[7] = 99;
        };
        both(&mut system, &what("unknown call"), Trap::SystemCall, unknown);
        go(&mut system, &what("answer to it"), Syscall::ReplyRecv, endpoint, 0);
        let first_use = Trap::Exception { syndrome: FLOATING_POINT, address: 0 };
        both(&mut system, &what("floating point"), first_use, |_| ());
        both(&mut system, &what("interrupt"), Trap::Interrupt, |_| ());
        foreign(&mut system, &what("foreign call"), true);
        both(&mut system, &what("foreign call"), Trap::SystemCall, |_| ());
        go(&mut system, &what("its answer"), Syscall::ReplyRecv, endpoint, 1);
        foreign(&mut system, &what("native again"), false);
    }
}

/// Marks the running thread, or takes the mark back.
fn foreign(system: &mut System, what: &str, foreign: bool) {
    let mark = |kernel: &mut Kernel| {
        let current = kernel.current().expect("a thread runs");
        kernel[current].system_calls =
            if foreign { abi::SystemCalls::Foreign } else { abi::SystemCalls::Native };
    };
    both(system, what, Trap::Interrupt, mark);
}
