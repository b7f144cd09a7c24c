//! abi.md §8.4 and §8.5: timeout faults, PSTATE, and how faults are delivered.

use crate::framework::prelude::*;
use abi::fault::{TIMEOUT, UNKNOWN_SYSCALL, USER_EXCEPTION};

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_timeout_tells_badge_and_consumption),
    test!(a_timeout_query_resets_the_consumption),
    test!(a_timeout_reply_writes_34_registers),
    test!(a_timeout_reply_with_a_label_stops),
    test!(written_flags_are_sanitised),
    test!(a_new_thread_has_sanitised_flags),
    test!(a_handler_is_a_copy_in_the_thread),
    test!(a_revoked_handler_is_gone),
    test!(a_fault_has_the_handlers_badge),
    test!(a_grant_reply_handler_is_enough),
    test!(without_reply_object_the_faulter_stops),
    test!(a_fault_waits_for_its_handler),
    test!(a_passive_handler_gets_the_faulters_time),
    test!(a_fault_without_handler_stops_the_thread),
    test!(a_fault_cannot_be_delivered_to_a_deleted_endpoint),
];

/// A thread that spins on a budget of 1 ms in 1000 s, with a timeout handler; the badge of its
/// time is 0x71e.
fn spinner(world: &mut World) -> Outcome<(Bare, Cap<Endpoint>)> {
    let bare = world.bare(&[code::SPIN, code::UDF])?;
    let handler = world.create::<Endpoint>()?;
    bare.thread.set_timeout_endpoint(handler)?;
    world.sched_control(0).configure(bare.context, spinners_time())?;
    Ok((bare, handler))
}

/// The spinner's budget.
fn spinners_time() -> Budget {
    let time = Budget::periodic(Duration::from_millis(1), Duration::from_secs(1000));
    Budget { badge: Badge(0x71e), ..time }
}

/// "Timeout: 0 data = badge configured on the exhausted SC, 1 consumed microseconds since last
/// query".
fn a_timeout_tells_badge_and_consumption(world: &mut World) -> Outcome {
    let (bare, handler) = spinner(world)?;
    let (badge, least) = timeouts(world, &bare, handler)?;
    check_eq!(badge, 0x71e);
    check!((1000..2000).contains(&least), "consumed {least} us of 1000");
    PASSED
}

/// The badge and the least consumption of some timeouts of the thread: time that the machine under
/// an emulator loses to others is consumed like any other.
fn timeouts(world: &World, bare: &Bare, handler: Cap<Endpoint>) -> Outcome<(u64, u64)> {
    let mut least = u64::MAX;
    let mut badge = 0;
    for _ in 0..100 {
        bare.start(&bare.registers())?;
        let found = handler.recv(bare.reply);
        check_eq!(found.info, MessageInfo::new(TIMEOUT, 0, 2));
        (badge, least) = (found.word(0), least.min(found.word(1)));
        // A fresh budget for the next turn.
        bare.thread.suspend()?;
        world.sched_control(0).configure(bare.context, spinners_time())?;
        if least < 2000 {
            break;
        }
    }
    Ok((badge, least))
}

/// "(this read resets the counter)"
fn a_timeout_query_resets_the_consumption(world: &mut World) -> Outcome {
    let (bare, handler) = spinner(world)?;
    bare.start(&bare.registers())?;
    handler.recv(bare.reply);
    check_eq!(bare.context.consumed()?, Duration::ZERO);
    PASSED
}

/// "Reply: up to 34 registers in the order FaultIP, SP, SPSR, x0-x8, x16, x17, x18, x29, x30,
/// x9-x15, x19-x28 (without the two thread-ID registers); label 0 resume".
fn a_timeout_reply_writes_34_registers(world: &mut World) -> Outcome {
    let (bare, handler) = spinner(world)?;
    let start = bare.registers();
    bare.start(&start)?;
    handler.recv(bare.reply);
    // Time for the rest, and a way out of the loop.
    let time = Budget::round_robin(Duration::from_millis(10));
    world.sched_control(0).configure(bare.context, time)?;
    let mut words: [u64; 36] = core::array::from_fn(|index| 0xc000 + index as u64);
    (words[0], words[2]) = (bare.code + 4, 0x6000_0000);
    bare.answer(0, &words);
    check_eq!(bare.fault().info.label(), USER_EXCEPTION);
    let expected = UserContext::from_words(|index| match index {
        34 | 35 => start.words()[index],
        _ => words[index],
    });
    check_eq!(difference(&bare.read()?, &expected), None);
    PASSED
}

/// "label 0 resume, else Inactive."
fn a_timeout_reply_with_a_label_stops(world: &mut World) -> Outcome {
    let (bare, handler) = spinner(world)?;
    bare.start(&bare.registers())?;
    handler.recv(bare.reply);
    let time = Budget::round_robin(Duration::from_millis(10));
    world.sched_control(0).configure(bare.context, time)?;
    bare.answer(1, &[bare.code + 4]);
    world.settle()?;
    check_eq!(bare.endpoint.nb_wait().info.0, 0);
    check_eq!(bare.read()?.register(Register::Pc), bare.code + 4);
    PASSED
}

/// What the kernel sets in a thread's PSTATE beside the flags: "set F mask (0x40); release builds
/// additionally set 0x100".
fn fresh_pstate(world: &World) -> u64 {
    if world.image() == Image::Debug { 0x40 } else { 0x140 }
}

/// "SPSR sanitising (WriteRegisters, …): keep NZCV (bits 28-31), force mode EL0t, set F mask".
fn written_flags_are_sanitised(world: &mut World) -> Outcome {
    let thread = world.thread()?;
    let fresh = fresh_pstate(world);
    for (written, kept) in [(u64::MAX, 0xf000_0000), (0x5, 0), (0x9000_03c5, 0x9000_0000)] {
        thread.write_first_registers(false, &[0, 0, written])?;
        check_eq!(thread.read_registers(false, 3)?.register(Register::Spsr), kept | fresh);
    }
    PASSED
}

/// "New TCBs start with SPSR 0x40 (debug) / 0x140 (release)", and all else zero (objects §2).
fn a_new_thread_has_sanitised_flags(world: &mut World) -> Outcome {
    let thread = world.create::<Thread>()?;
    let found = thread.read_registers(false, 36)?;
    let expected = UserContext::default().with(Register::Spsr, fresh_pstate(world));
    check_eq!(found, expected);
    PASSED
}

/// "The fault handler and timeout handler are capabilities stored inside the TCB, not cptrs": the
/// slot that they came from may be emptied.
fn a_handler_is_a_copy_in_the_thread(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::UDF])?;
    let copy = world.copy(bare.endpoint, Rights::ALL)?;
    let space = Space::new(initial::CNODE, initial::VSPACE);
    bare.thread.set_space(copy, space)?;
    world.delete(copy)?;
    check_eq!(bare.run(&bare.registers())?.info.label(), USER_EXCEPTION);
    PASSED
}

/// objects §5: "Caps stored in a TCB are real derived copies: revoking the original removes them."
fn a_revoked_handler_is_gone(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::UDF])?;
    let badged = world.mint(bare.endpoint, Rights::ALL, 5)?;
    bare.thread.set_space(badged, Space::new(initial::CNODE, initial::VSPACE))?;
    world.revoke(badged)?;
    bare.start(&bare.registers())?;
    world.settle()?;
    check_eq!(bare.endpoint.nb_wait().badge, 0);
    PASSED
}

/// "badge = badge of the handler cap"
fn a_fault_has_the_handlers_badge(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::UDF])?;
    let badged = world.mint(bare.endpoint, Rights::ALL, 0xfa017)?;
    bare.thread.set_space(badged, Space::new(initial::CNODE, initial::VSPACE))?;
    check_eq!(bare.run(&bare.registers())?.badge, 0xfa017);
    PASSED
}

/// "if (…) the handler cap has Grant or GrantReply, the faulter becomes blocked-on-reply"
fn a_grant_reply_handler_is_enough(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    for rights in [Rights::GRANT_REPLY, Rights::GRANT] {
        let handler = world.copy(bare.endpoint, Rights::WRITE.or(rights))?;
        bare.thread.set_space(handler, Space::new(initial::CNODE, initial::VSPACE))?;
        check_eq!(bare.run(&bare.registers())?.info.label(), UNKNOWN_SYSCALL);
        bare.answer(0, &[]);
        check_eq!(bare.fault().info.label(), UNKNOWN_SYSCALL);
    }
    PASSED
}

/// "otherwise the message is delivered and the faulter becomes Inactive": the handler waits
/// without a reply object.
fn without_reply_object_the_faulter_stops(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::UDF])?;
    bare.start(&bare.registers())?;
    check_eq!(bare.endpoint.wait().info.label(), USER_EXCEPTION);
    bare.answer(0, &[]);
    world.settle()?;
    check_eq!(bare.endpoint.nb_wait().info.0, 0);
    // Inactive, it can be resumed, and faults again.
    bare.thread.resume()?;
    check_eq!(bare.endpoint.wait().info.label(), USER_EXCEPTION);
    PASSED
}

/// "Delivery behaves like a blocking send by the faulter."
fn a_fault_waits_for_its_handler(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::UDF])?;
    bare.start(&bare.registers())?;
    world.settle()?;
    check_eq!(bare.endpoint.nb_recv(bare.reply).info.label(), USER_EXCEPTION);
    PASSED
}

/// "Passive handlers receive the faulter's SC", and give it back with the reply.
fn a_passive_handler_gets_the_faulters_time(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::UDF, code::store(1, 0), code::UDF])?;
    let (endpoint, reply, code) = (bare.endpoint, bare.reply, bare.code);
    let board = world.board();
    // The handler needs time once to begin to receive; then it has none of its own, and ends on
    // the time of the second fault.
    let handler = world.spawn(90, move || {
        let found = endpoint.recv(reply);
        board.set(0, found.info.label());
        endpoint.reply_recv(reply, Message::new(0, &[code + 4]));
    })?;
    world.settle()?;
    handler.context().unbind()?;
    bare.start(&bare.with_arguments(&[board.address(1), 1]))?;
    handler.join();
    check_eq!((board.get(0), board.get(1)), (USER_EXCEPTION, 1));
    PASSED
}

/// "Null handler: (…) the thread becomes Inactive."
fn a_fault_without_handler_stops_the_thread(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::UDF, code::store(1, 0), code::UDF])?;
    bare.thread.set_space(Cap::NULL, Space::new(initial::CNODE, initial::VSPACE))?;
    bare.start(&bare.with_arguments(&[world.board().address(0), 1]))?;
    world.settle()?;
    check_eq!(world.board().get(0), 0);
    check_eq!(bare.read()?.register(Register::Pc), bare.code);
    // It can be used again.
    bare.start(
        &bare.with_arguments(&[world.board().address(0), 1]).with(Register::Pc, bare.code + 4),
    )?;
    world.settle()?;
    check_eq!(world.board().get(0), 1);
    PASSED
}

/// A handler whose endpoint was deleted while the fault waited: the faulter becomes Inactive
/// (objects §4: "with a fault -> Inactive").
fn a_fault_cannot_be_delivered_to_a_deleted_endpoint(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::UDF])?;
    let endpoint = world.create::<Endpoint>()?;
    bare.thread.set_space(endpoint, Space::new(initial::CNODE, initial::VSPACE))?;
    bare.start(&bare.registers())?;
    world.settle()?;
    world.revoke(endpoint)?;
    world.delete(endpoint)?;
    bare.thread.set_space(bare.endpoint, Space::new(initial::CNODE, initial::VSPACE))?;
    world.settle()?;
    check_eq!(bare.endpoint.nb_wait().info.0, 0);
    bare.thread.resume()?;
    check_eq!(bare.fault().info.label(), USER_EXCEPTION);
    PASSED
}
