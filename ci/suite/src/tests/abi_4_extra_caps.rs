//! abi.md §4, rule 1: how the extra capabilities of a message are found.

use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(an_unresolved_extra_cap_faults_a_send),
    test!(an_unresolved_extra_cap_faults_a_call),
    test!(an_unresolved_extra_cap_comes_before_the_target),
    test!(an_unresolved_extra_cap_drops_a_polling_send),
    test!(an_empty_slot_is_present),
    test!(without_buffer_extra_caps_are_missing),
    test!(caps_are_looked_up_again_at_transfer),
    test!(fault_messages_carry_no_caps),
];

/// A pointer that does not resolve: the root CNode's guard is zero.
const NOWHERE: u64 = 1 << 63;

/// Runs a bare thread that sends one extra capability, `NOWHERE`, and answers its fault.
fn fault_of(world: &mut World, to: u64, number: Syscall, label: u64) -> Outcome<Received> {
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.buffer.write_word(976, NOWHERE);
    let start = bare.with_arguments(&[to, MessageInfo::new(label, 1, 0).0]);
    bare.run(&start.with(Register::X(7), number.number()))
}

/// The fault of the failed lookup: "CapFault (address = that cptr, send phase)". The guard of the
/// root CNode is what does not match.
fn check_fault(world: &mut World, received: Received) -> Outcome {
    let guard_bits = 64 - world.boot.cnode_bits;
    let failure = LookupFailure::GuardMismatch { bits_left: 64, guard: 0, guard_bits };
    let expected = Fault::Cap { address: NOWHERE, receiving: false, failure };
    check_eq!(received.fault(), Some(expected));
    PASSED
}

/// "During Send/Call a failing lookup is a CapFault."
fn an_unresolved_extra_cap_faults_a_send(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let fault = fault_of(world, endpoint.pointer(), Syscall::Send, 0)?;
    check_fault(world, fault)
}

/// "During Send/Call a failing lookup is a CapFault": also of a call to a kernel object.
fn an_unresolved_extra_cap_faults_a_call(world: &mut World) -> Outcome {
    let thread = world.thread()?;
    let label = Invocation::ThreadResume.label();
    let fault = fault_of(world, thread.pointer(), Syscall::Call, label)?;
    check_fault(world, fault)
}

/// "even before the target is examined": the target is an empty slot, which a call would answer
/// with an error and a send ignore.
fn an_unresolved_extra_cap_comes_before_the_target(world: &mut World) -> Outcome {
    for number in [Syscall::Call, Syscall::Send] {
        let fault = fault_of(world, 0, number, 0)?;
        check_fault(world, fault)?;
    }
    PASSED
}

/// "for NBSend and first phases it aborts silently": the waiting thread gets nothing.
fn an_unresolved_extra_cap_drops_a_polling_send(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let waiter = world.spawn(60, move || {
        endpoint.wait();
    })?;
    world.settle()?;
    let fault = fault_of(world, endpoint.pointer(), Syscall::NBSend, 0)?;
    check_eq!(fault.info.label(), abi::fault::USER_EXCEPTION);
    check!(!waiter.has_finished());
    endpoint.nb_send(Message::EMPTY);
    waiter.join();
    PASSED
}

/// "An empty slot counts as 'present' (null cap), so passing cptr of an empty slot is how
/// optional caps are passed to invocations."
fn an_empty_slot_is_present(world: &mut World) -> Outcome {
    let thread = world.thread()?;
    let label = Invocation::ThreadSetTimeoutEndpoint.label();
    let (present, _) = libsys::invoke::raw(thread.pointer(), label, &[], &[0]);
    check_eq!(present.label(), 0);
    let (missing, _) = libsys::invoke::raw(thread.pointer(), label, &[], &[]);
    check_eq!(missing.label(), Error::TruncatedMessage.code());
    PASSED
}

/// "A sender without readable IPC buffer has no extra caps at all (invocations then see them as
/// missing)."
fn without_buffer_extra_caps_are_missing(world: &mut World) -> Outcome {
    let target = world.thread()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.thread.set_ipc_buffer(0, Cap::<Page>::NULL)?;
    let info = MessageInfo::new(Invocation::ThreadSetTimeoutEndpoint.label(), 1, 0).0;
    let start = bare.with_arguments(&[target.pointer(), info]);
    bare.run(&start.with(Register::X(7), Syscall::Call.number()))?;
    let truncated = MessageInfo::new(Error::TruncatedMessage.code(), 0, 0).0;
    check_eq!(bare.read()?.register(Register::X(1)), truncated);
    PASSED
}

/// "For IPC the caps are looked up again at transfer time (a failure then means 'no caps')": the
/// CNode on the way to the capability goes while the sender waits.
fn caps_are_looked_up_again_at_transfer(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let gift = world.create::<Notification>()?;
    // The sender's root CNode has the endpoint in slot 1 and, one level down, the gift.
    let inner = world.create_sized::<CNode>(2)?;
    let root = world.create_sized::<CNode>(2)?;
    let place = |node: Cap<CNode>, slot: u64| SlotPath::with_depth(node, slot, 2);
    place(inner, 3).copy_from(world.path(gift), Rights::ALL)?;
    place(root, 1).copy_from(world.path(endpoint), Rights::ALL)?;
    place(root, 2).copy_from(world.path(inner), Rights::ALL)?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.thread.set_space(bare.endpoint, Space::new(root, initial::VSPACE))?;
    // Two levels of two bits; the rest of the pointer does not matter.
    bare.buffer.write_word(976, 2 << 62 | 3 << 60);
    let start = bare.with_arguments(&[1 << 62, MessageInfo::new(7, 1, 1).0, 5]);
    bare.start(&start.with(Register::X(7), Syscall::Send.number()))?;
    world.settle()?;
    place(root, 2).delete()?;
    let slot = world.slot::<Notification>()?;
    ipc_buffer::set_receive_path(world.path(slot));
    let received = endpoint.wait();
    check_eq!((received.info, received.word(0)), (MessageInfo::new(7, 0, 1), 5));
    check!(world.is_empty(slot));
    PASSED
}

/// "Fault messages never carry caps (extraCaps = capsUnwrapped = 0)."
fn fault_messages_carry_no_caps(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.buffer.write_word(976, bare.endpoint.pointer());
    let start = bare.with_arguments(&[0, MessageInfo::new(0, 3, 0).0 | 7 << 9]);
    let fault = bare.run(&start.with(Register::X(7), 99))?;
    check_eq!(fault.info, MessageInfo::new(abi::fault::UNKNOWN_SYSCALL, 0, 13));
    PASSED
}
