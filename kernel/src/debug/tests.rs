//! Tests of debug and benchmark calls, which also images without them can test.

extern crate std;
use std::vec::Vec;

use abi::ObjectType;
use abi::bootinfo::slot;
use abi::syscall::{CapTag, DebugSyscall};
use platform::contract::Platform;

use crate::sim::System;
use crate::sim::system::Setup;

/// The running thread makes a debug call; returns x0.
fn debug(system: &mut System, call: DebugSyscall, x0: u64, x1: u64) -> u64 {
    system.set_x(0, x0);
    system.set_x(1, x1);
    let thread = system.running();
    system.serve_debug_call(thread, call);
    system.registers(thread).x[0]
}

/// Puts a string into the message words of the running thread's buffer.
fn put_string(system: &mut System, text: &[u8]) {
    let buffer = system.ipc_buffer(system.running(), true).expect("a buffer");
    for (index, word) in text.chunks(8).enumerate() {
        let mut bytes = [0; 8];
        bytes[..word.len()].copy_from_slice(word);
        system.set_buffer_word(buffer, abi::buffer::word(index), u64::from_le_bytes(bytes));
    }
}

#[test]
fn an_image_has_only_the_calls_that_it_was_built_with() {
    let mut system = System::new();
    let thread = system.running();
    for number in -40_i64..0 {
        let known = DebugSyscall::from_number(number.cast_unsigned());
        let present = known.is_some_and(|call| match call {
            DebugSyscall::SendIpi | DebugSyscall::ThreadAffinity | DebugSyscall::Halt => false,
            DebugSyscall::NameThread => false,
            call if call.is_benchmark() => crate::options::BENCHMARK,
            _ => crate::options::DEBUG,
        });
        // Those that stop the machine are not tried.
        if !matches!(number, -14 | -17 | -26 | -27) {
            let had = system.debug_call(thread, number.cast_unsigned());
            assert_eq!(had, present, "{number}");
        }
    }
}

#[test]
fn bytes_go_to_the_console() {
    let mut system = System::new();
    for byte in b"hi" {
        debug(&mut system, DebugSyscall::PutChar, u64::from(*byte) | 0xff00, 0);
    }
    assert_eq!(system.machine.output(), b"hi");
    debug(&mut system, DebugSyscall::NullSyscall, 0, 0);
}

#[test]
fn capabilities_are_identified() {
    let mut system = System::new();
    let made = [
        (ObjectType::Endpoint, 0, CapTag::Endpoint),
        (ObjectType::Notification, 0, CapTag::Notification),
        (ObjectType::Reply, 0, CapTag::Reply),
        (ObjectType::PageTable, 0, CapTag::PageTable),
        (ObjectType::SmallPage, 0, CapTag::Frame),
        (ObjectType::Untyped, 12, CapTag::Untyped),
    ];
    for (object, size, tag) in made {
        let cptr = system.make(object, size);
        assert_eq!(debug(&mut system, DebugSyscall::CapIdentify, cptr, 0), tag as u64);
    }
    let fixed = [
        (slot::THREAD, CapTag::Thread),
        (slot::CNODE, CapTag::CNode),
        (slot::VSPACE, CapTag::VSpace),
        (slot::IRQ_CONTROL, CapTag::IrqControl),
        (slot::ASID_CONTROL, CapTag::AsidControl),
        (slot::ASID_POOL, CapTag::AsidPool),
        (slot::DOMAIN, CapTag::Domain),
        (slot::SCHED_CONTEXT, CapTag::SchedContext),
        (system.controls.start, CapTag::SchedControl),
        (0, CapTag::Null),
        (1 << 40, CapTag::Null),
    ];
    for (cptr, tag) in fixed {
        assert_eq!(debug(&mut system, DebugSyscall::CapIdentify, cptr, 0), tag as u64);
    }
}

#[test]
fn tables_of_threads_and_capabilities_can_be_printed() {
    let mut system = System::new();
    system.ready_helper();
    let calls = [
        DebugSyscall::DumpScheduler,
        DebugSyscall::Snapshot,
        DebugSyscall::DumpAllThreadsUtilisation,
        DebugSyscall::ResetAllThreadsUtilisation,
        DebugSyscall::FlushCaches,
    ];
    for call in calls {
        debug(&mut system, call, 0, 0);
    }
    let mut threads = Vec::new();
    system.for_each_ready(|_, thread| threads.push(thread));
    assert_eq!(threads.len(), 2);
}

#[test]
fn a_thread_gets_its_name_from_the_buffer() {
    let mut system = System::new();
    put_string(&mut system, b"a name that is longer than thirty-two bytes\0rubbish");
    debug(&mut system, DebugSyscall::NameThread, slot::THREAD, 0);
    let root = system.root();
    assert_eq!(&system[root].name, b"a name that is longer than thirt");
    assert_eq!(std::format!("{}", super::Name(b"short\0..........................")), "'short'");
    assert_eq!(std::format!("{}", super::Name(&[0; 32])), "a thread");
    assert_eq!(std::format!("{}", super::Name(&[0xff; 32])), "a thread");
}

#[test]
#[should_panic(expected = "a name without an end")]
fn a_name_without_an_end_stops_the_machine() {
    let mut system = System::new();
    put_string(&mut system, &[b'x'; 960]);
    debug(&mut system, DebugSyscall::NameThread, slot::THREAD, 0);
}

#[test]
#[should_panic(expected = "not a thread")]
fn a_name_for_no_thread_stops_the_machine() {
    debug(&mut System::new(), DebugSyscall::NameThread, slot::CNODE, 0);
}

#[test]
#[should_panic(expected = "switched off")]
fn user_level_can_halt_the_machine() {
    debug(&mut System::new(), DebugSyscall::Halt, 0, 0);
}

#[test]
fn cores_can_be_asked_for_and_interrupted() {
    let mut system = System::boot(Setup { cores: 2, ..Setup::default() });
    let affinity = debug(&mut system, DebugSyscall::ThreadAffinity, slot::THREAD, 0);
    assert_eq!(affinity, 0);
    system.machine.unmask_interrupt(5);
    debug(&mut system, DebugSyscall::SendIpi, 0, 5);
    assert!(system.machine.interrupt_pending());
}

#[test]
#[should_panic(expected = "no such core")]
fn an_interrupt_to_no_core_stops_the_machine() {
    debug(&mut System::new(), DebugSyscall::SendIpi, 8, 5);
}

#[test]
fn utilisation_is_counted_from_a_reset_to_the_end() {
    let mut system = System::new();
    assert_eq!(debug(&mut system, DebugSyscall::ResetLog, 1, 0), 0);
    let now = system.machine.now();
    system.machine.set_now(now + 700);
    assert_eq!(debug(&mut system, DebugSyscall::FinalizeLog, 1, 0), 0);
    debug(&mut system, DebugSyscall::ThreadUtilisation, slot::THREAD, 0);
    let buffer = system.ipc_buffer(system.running(), true).expect("a buffer");
    let word = |index| system.buffer_word(buffer, abi::buffer::word(index));
    assert_eq!([0, 9].map(word), [700, 700], "of the thread, and of all");
    assert_eq!([4, 5].map(word), [0, 0], "nobody idled");
    debug(&mut system, DebugSyscall::ResetThreadUtilisation, slot::THREAD, 0);
    debug(&mut system, DebugSyscall::ThreadUtilisation, slot::THREAD, 0);
    assert_eq!(system.buffer_word(buffer, abi::buffer::word(0)), 0);
}

#[test]
fn refusals_and_unhandled_faults_can_be_reported() {
    let mut system = System::new();
    system.verbose = true;
    let thread = system.running();
    super::report_refused(&system, thread, abi::Error::IllegalOperation);
    super::report_unhandled(&system, thread, abi::Fault::UnknownSyscall { number: 3 });
}
