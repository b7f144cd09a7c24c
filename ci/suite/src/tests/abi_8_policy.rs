//! abi.md §8.3: what a failed send and a failed receive do.

use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_send_to_nowhere_is_a_fault),
    test!(a_call_to_nowhere_is_a_fault),
    test!(a_polling_send_to_nowhere_is_ignored),
    test!(a_call_to_an_empty_slot_is_answered),
    test!(a_send_to_an_empty_slot_is_ignored),
    test!(a_call_without_write_is_answered),
    test!(a_send_without_write_is_ignored),
    test!(a_receive_on_nowhere_is_a_fault),
    test!(a_receive_on_an_empty_slot_is_a_fault),
    test!(a_receive_on_another_object_is_a_fault),
    test!(a_receive_on_a_reply_is_a_fault),
    test!(a_receive_without_read_is_a_fault),
    test!(a_receive_on_anothers_notification_is_a_fault),
    test!(a_reply_object_that_does_not_resolve_is_a_fault),
    test!(a_reply_object_of_another_kind_is_a_fault),
    test!(a_notification_needs_no_reply_object),
    test!(a_wait_needs_no_reply_object),
    test!(a_receive_fault_leaves_the_registers),
];

/// A pointer that does not resolve: the root CNode's guard is zero.
const NOWHERE: u64 = 1 << 63;
const RECEIVES: [Syscall; 4] = [Syscall::Recv, Syscall::NBRecv, Syscall::Wait, Syscall::NBWait];

/// The failure with which `NOWHERE` does not resolve.
fn nowhere(world: &World) -> LookupFailure {
    let guard_bits = 64 - world.boot.cnode_bits;
    LookupFailure::GuardMismatch { bits_left: 64, guard: 0, guard_bits }
}

/// "Type errors are reported as MissingCapability with bitsLeft 0."
const WRONG_KIND: LookupFailure = LookupFailure::MissingCapability { bits_left: 0 };

/// A system call of a bare thread that then meets an undefined instruction.
fn bare_call(world: &mut World) -> Outcome<Bare> {
    world.bare(&[code::svc(0), code::UDF])
}

/// Registers: x0, the reply object in x6, and the number.
fn with(bare: &Bare, x0: u64, x6: u64, number: Syscall) -> UserContext {
    let start = bare.with_arguments(&[x0, 0]);
    start.with(Register::X(6), x6).with(Register::X(7), number.number())
}

/// Runs the thread and checks that its next message is this capability fault.
fn check_fault(bare: &Bare, start: &UserContext, expected: Fault) -> Outcome {
    let found = bare.run(start)?;
    check_eq!(found.fault(), Some(expected));
    check_eq!(found.word(0), bare.code);
    PASSED
}

/// Runs the thread and checks that its call returned. Answers its registers.
fn returns(bare: &Bare, start: &UserContext) -> Outcome<UserContext> {
    let found = bare.run(start)?;
    check_eq!(found.info.label(), abi::fault::USER_EXCEPTION);
    bare.read()
}

/// "cptr does not resolve: Send: CapFault"
fn a_send_to_nowhere_is_a_fault(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let fault = Fault::Cap { address: NOWHERE, receiving: false, failure: nowhere(world) };
    check_fault(&bare, &with(&bare, NOWHERE, 0, Syscall::Send), fault)
}

/// "cptr does not resolve: Call: CapFault (send phase)"
fn a_call_to_nowhere_is_a_fault(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let fault = Fault::Cap { address: NOWHERE, receiving: false, failure: nowhere(world) };
    check_fault(&bare, &with(&bare, NOWHERE, 0, Syscall::Call), fault)
}

/// "cptr does not resolve: NBSend: ignored"
fn a_polling_send_to_nowhere_is_ignored(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let start = with(&bare, NOWHERE, 0, Syscall::NBSend);
    let found = returns(&bare, &start)?;
    check_eq!(difference(&found, &start.with(Register::Pc, bare.code + 4)), None);
    PASSED
}

/// "slot resolves but is empty (null cap): Call: reply InvCap 0"
fn a_call_to_an_empty_slot_is_answered(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let found = returns(&bare, &with(&bare, 0, 0, Syscall::Call))?;
    let values = [0, 1, 2].map(|number| found.register(Register::X(number)));
    check_eq!(values, [0, MessageInfo::new(2, 0, 1).0, 0]);
    PASSED
}

/// "slot resolves but is empty (null cap): Send, NBSend: ignored"
fn a_send_to_an_empty_slot_is_ignored(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    for number in [Syscall::Send, Syscall::NBSend] {
        let start = with(&bare, 0, 0, number);
        let found = returns(&bare, &start)?;
        check_eq!(difference(&found, &start.with(Register::Pc, bare.code + 4)), None);
    }
    PASSED
}

/// "EP/ntfn cap without Write: Call: reply InvCap 0"
fn a_call_without_write_is_answered(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bell = world.create::<Notification>()?;
    let all_but_write = Rights::READ.or(Rights::GRANT).or(Rights::GRANT_REPLY);
    let caps = [
        world.copy(endpoint, all_but_write)?.pointer(),
        world.copy(bell, all_but_write)?.pointer(),
    ];
    for cap in caps {
        let (info, words) = libsys::invoke::raw(cap, 0, &[9], &[]);
        check_eq!((info, words[0]), (MessageInfo::new(2, 0, 1), 0));
    }
    check_eq!(bell.poll(), 0);
    PASSED
}

/// "EP/ntfn cap without Write: Send, NBSend: ignored": the sender does not block.
fn a_send_without_write_is_ignored(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let mute = world.copy(endpoint, Rights::READ)?;
    let bare = bare_call(world)?;
    for number in [Syscall::Send, Syscall::NBSend] {
        returns(&bare, &with(&bare, mute.pointer(), 0, number))?;
        check_eq!(endpoint.nb_wait().info.0, 0);
    }
    PASSED
}

/// "Receive phase problems always raise a CapFault with InRecvPhase=1, including for NBRecv and
/// NBWait: unresolvable cptr".
fn a_receive_on_nowhere_is_a_fault(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let fault = Fault::Cap { address: NOWHERE, receiving: true, failure: nowhere(world) };
    RECEIVES
        .into_iter()
        .try_for_each(|number| check_fault(&bare, &with(&bare, NOWHERE, 0, number), fault))
}

/// Checks that all receives on this capability fault as on a wrong kind.
fn check_wrong_kind(world: &mut World, source: u64) -> Outcome {
    let bare = bare_call(world)?;
    let fault = Fault::Cap { address: source, receiving: true, failure: WRONG_KIND };
    RECEIVES
        .into_iter()
        .try_for_each(|number| check_fault(&bare, &with(&bare, source, 0, number), fault))
}

/// "cap neither EP nor ntfn": none at all.
fn a_receive_on_an_empty_slot_is_a_fault(world: &mut World) -> Outcome {
    check_wrong_kind(world, 0)
}

/// "cap neither EP nor ntfn"
fn a_receive_on_another_object_is_a_fault(world: &mut World) -> Outcome {
    check_wrong_kind(world, initial::CNODE.pointer())?;
    let thread = world.thread()?;
    check_wrong_kind(world, thread.pointer())
}

/// "cap neither EP nor ntfn": a reply object is to be answered on, not received on.
fn a_receive_on_a_reply_is_a_fault(world: &mut World) -> Outcome {
    let reply = world.create::<Reply>()?;
    check_wrong_kind(world, reply.pointer())
}

/// "no Read right"
fn a_receive_without_read_is_a_fault(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bell = world.create::<Notification>()?;
    let all_but_read = Rights::WRITE.or(Rights::GRANT).or(Rights::GRANT_REPLY);
    let deaf = world.copy(endpoint, all_but_read)?;
    check_wrong_kind(world, deaf.pointer())?;
    let deaf = world.copy(bell, all_but_read)?;
    check_wrong_kind(world, deaf.pointer())
}

/// "ntfn bound to a different TCB"
fn a_receive_on_anothers_notification_is_a_fault(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    world.thread()?.bind_notification(bell)?;
    check_wrong_kind(world, bell.pointer())
}

/// "for EP with reply object (Recv, NBRecv, ReplyRecv, NBSendRecv): reply cptr unresolvable
/// (address = reply cptr)"
fn a_reply_object_that_does_not_resolve_is_a_fault(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = bare_call(world)?;
    let fault = Fault::Cap { address: NOWHERE, receiving: true, failure: nowhere(world) };
    [Syscall::Recv, Syscall::NBRecv, Syscall::ReplyRecv, Syscall::NBSendRecv]
        .into_iter()
        .try_for_each(|number| {
            let start = with(&bare, endpoint.pointer(), NOWHERE, number);
            check_fault(&bare, &start.with(Register::X(8), 0), fault)
        })
}

/// "or not a reply cap (address = reply cptr)"
fn a_reply_object_of_another_kind_is_a_fault(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = bare_call(world)?;
    for reply in [0, endpoint.pointer(), initial::CNODE.pointer()] {
        let fault = Fault::Cap { address: reply, receiving: true, failure: WRONG_KIND };
        for number in [Syscall::Recv, Syscall::NBRecv] {
            check_fault(&bare, &with(&bare, endpoint.pointer(), reply, number), fault)?;
        }
    }
    PASSED
}

/// "The reply cap is looked up only when x0 is an EP cap: receiving on a ntfn with a garbage x6 is
/// fine."
fn a_notification_needs_no_reply_object(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let rings = world.mint(bell, Rights::ALL, 6)?;
    let bare = bare_call(world)?;
    for number in [Syscall::Recv, Syscall::NBRecv, Syscall::ReplyRecv] {
        rings.signal();
        let found = returns(&bare, &with(&bare, bell.pointer(), NOWHERE, number))?;
        check_eq!(found.register(Register::X(0)), 6);
    }
    PASSED
}

/// "Wait: blocking receive on x0, no reply object"
fn a_wait_needs_no_reply_object(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = bare_call(world)?;
    returns(&bare, &with(&bare, endpoint.pointer(), NOWHERE, Syscall::NBWait))?;
    PASSED
}

/// A fault changes no register: the call can be repeated.
fn a_receive_fault_leaves_the_registers(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let start = with(&bare, NOWHERE, 0x66, Syscall::NBRecv);
    bare.run(&start)?;
    check_eq!(difference(&bare.read()?, &start), None);
    PASSED
}
