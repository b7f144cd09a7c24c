//! Foreign system calls (`abi::foreign`, an extension of the documents).

use super::threads::LONG_SLICE;
use super::tools::invoke;
use crate::framework::prelude::*;
use abi::fault::UNKNOWN_SYSCALL;
use abi::foreign::{LABEL, LENGTH, REPLY_REGISTERS};
use abi::{ForeignCall, SystemCalls};
use libsys::foreign::{Answer, replacement};

/// The tests.
pub const TESTS: &[Test] = &[
    test!(marking_needs_a_word_and_takes_two),
    test!(marking_works_on_oneself),
    test!(a_mark_can_be_taken_back),
    test!(a_call_is_told_in_eight_words),
    test!(the_immediate_means_nothing),
    test!(without_buffer_a_handler_gets_four_words),
    test!(a_waiting_thread_is_at_its_call),
    test!(one_word_is_the_result),
    test!(no_word_makes_the_call_again),
    test!(no_word_goes_where_registers_were_written),
    test!(many_words_set_many_registers),
    test!(an_answer_with_a_label_stops),
    test!(a_suspended_call_is_made_again),
    test!(a_copy_goes_on_behind_the_call),
    test!(a_handler_without_reply_object_stops_the_thread),
    test!(a_call_without_handler_stops_the_thread),
    test!(a_passive_server_serves_on_the_callers_time),
    test!(other_faults_are_as_ever),
];

/// A marked bare thread.
fn marked(world: &mut World, instructions: &[u32]) -> Outcome<Bare> {
    let bare = world.bare(instructions)?;
    bare.thread.set_system_calls(SystemCalls::Foreign)?;
    Ok(bare)
}

/// The call of a thread with these registers, whose `svc` is at `address`.
fn call_of(registers: &UserContext, address: u64) -> ForeignCall {
    let arguments = [0, 1, 2, 3, 4, 5].map(|number| registers.register(Register::X(number)));
    ForeignCall { number: registers.register(Register::X(8)), arguments, resume: address + 4 }
}

/// "word 0 is SystemCalls (0 native, 1 foreign). Errors: TruncatedMessage without a word,
/// Range(0, 1)."
fn marking_needs_a_word_and_takes_two(world: &mut World) -> Outcome {
    let thread = world.thread()?;
    let mark = Invocation::ThreadSetSystemCalls;
    check_err!(invoke(thread, mark, &[], &[]), Error::TruncatedMessage);
    for word in [2, 1 << 32, u64::MAX] {
        check_err!(invoke(thread, mark, &[word], &[]), Error::Range { min: 0, max: 1 });
    }
    for word in [1, 1, 0, 0] {
        check_eq!(invoke(thread, mark, &[word], &[])?.info, MessageInfo::new(0, 0, 0));
    }
    PASSED
}

/// "It works on the caller as well, whose next call is then the first foreign one"
fn marking_works_on_oneself(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::svc(0), code::svc(0)])?;
    let info = MessageInfo::new(Invocation::ThreadSetSystemCalls.label(), 0, 1);
    let call = Syscall::Call.number();
    let start = bare.with_arguments(&[bare.thread.pointer(), info.0, 1, 0, 0, 0, 0, call, 0x88]);
    let found = bare.run(&start)?;
    let expected = start.with(Register::X(0), 0).with(Register::X(1), 0);
    check_eq!(found.foreign_call(), Some(call_of(&expected, bare.code + 4)));
    PASSED
}

/// "The mark stays until it is taken back. A new thread is native."
fn a_mark_can_be_taken_back(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::svc(0)])?;
    let labels = [
        (SystemCalls::Foreign, LABEL),
        (SystemCalls::Native, UNKNOWN_SYSCALL),
        (SystemCalls::Foreign, LABEL),
    ];
    check_eq!(bare.run(&bare.registers())?.info.label(), UNKNOWN_SYSCALL);
    for (calls, label) in labels {
        bare.thread.set_system_calls(calls)?;
        for _ in 0..2 {
            check_eq!(bare.run(&bare.registers())?.info.label(), label);
        }
    }
    PASSED
}

/// "word 0: the call's number: x8; 1-6: its arguments: x0 to x5; 7: the address behind the svc"
fn a_call_is_told_in_eight_words(world: &mut World) -> Outcome {
    let bare = marked(world, &[code::NOP, code::svc(0)])?;
    let start = bare.registers();
    let found = bare.run(&start)?;
    check_eq!(found.info, MessageInfo::new(LABEL, 0, LENGTH));
    let call = call_of(&start, bare.code + 4);
    check_eq!(core::array::from_fn(|index| found.word(index)), call.to_words());
    check_eq!(found.foreign_call(), Some(call));
    check_eq!(found.fault(), Some(Fault::ForeignSyscall { number: call.number }));
    check_eq!(found.fault_address(), Some(bare.code + 4));
    PASSED
}

/// "whatever its immediate and its registers say"
fn the_immediate_means_nothing(world: &mut World) -> Outcome {
    for immediate in [1, 0x80, 0xffff] {
        let bare = marked(world, &[code::svc(immediate)])?;
        let start = bare.registers();
        let found = bare.run(&start)?;
        check_eq!(found.foreign_call(), Some(call_of(&start, bare.code)));
    }
    PASSED
}

/// "The first four words travel in registers"
fn without_buffer_a_handler_gets_four_words(world: &mut World) -> Outcome {
    let bare = marked(world, &[code::svc(0)])?;
    let (board, endpoint, reply) = (world.board(), bare.endpoint, bare.reply);
    let handler = world.helper(world.options(101))?;
    handler.thread().set_ipc_buffer(0, Cap::<Page>::NULL)?;
    handler.start(move || {
        let number = Syscall::Recv.number();
        let x = [endpoint.pointer(), 0, 0, 0, 0, 0, reply.pointer(), number, 0];
        let after = RawRegisters { x }.svc().x;
        (1..6).for_each(|index| board.set(index, after[index]));
    })?;
    world.settle()?;
    let start = bare.registers();
    bare.start(&start)?;
    handler.join();
    check_eq!(MessageInfo(board.get(1)), MessageInfo::new(LABEL, 0, 4));
    let expected = [8, 0, 1, 2].map(|number| start.register(Register::X(number)));
    check_eq!([2, 3, 4, 5].map(|index| board.get(index)), expected);
    PASSED
}

/// "Until it is answered the thread is at the svc: ThreadReadRegisters reports the address of the
/// svc as its PC, and all registers as the program had them."
fn a_waiting_thread_is_at_its_call(world: &mut World) -> Outcome {
    let bare = marked(world, &[code::NOP, code::svc(0)])?;
    let start = bare.registers();
    bare.run(&start)?;
    check_eq!(difference(&bare.read()?, &start.with(Register::Pc, bare.code + 4)), None);
    PASSED
}

/// "1: x0 is the result, and the thread goes on behind the svc; no other register changes"
fn one_word_is_the_result(world: &mut World) -> Outcome {
    let bare = marked(world, &[code::svc(0), code::UDF])?;
    let start = bare.registers();
    bare.run(&start)?;
    bare.reply.send(Answer::Result(0x1234).message());
    check_eq!(bare.fault().info.label(), abi::fault::USER_EXCEPTION);
    let expected = start.with(Register::X(0), 0x1234).with(Register::Pc, bare.code + 4);
    check_eq!(difference(&bare.read()?, &expected), None);
    PASSED
}

/// "0: no register changes: the call is made again"
fn no_word_makes_the_call_again(world: &mut World) -> Outcome {
    let bare = marked(world, &[code::svc(0), code::UDF])?;
    let start = bare.registers();
    bare.run(&start)?;
    for _ in 0..3 {
        bare.reply.send(Answer::Again.message());
        check_eq!(bare.fault().foreign_call(), Some(call_of(&start, bare.code)));
        check_eq!(difference(&bare.read()?, &start), None);
    }
    PASSED
}

/// "Registers may also be written before a reply of length 0: then the thread goes on at the PC
/// written."
fn no_word_goes_where_registers_were_written(world: &mut World) -> Outcome {
    let bare = marked(world, &[code::svc(0), code::UDF, code::NOP, code::svc(0)])?;
    bare.run(&bare.registers())?;
    let written = UserContext::from_words(|index| 0x77 * index as u64)
        .with(Register::Pc, bare.code + 8)
        .with(Register::Spsr, 0);
    bare.thread.write_registers(false, &written)?;
    bare.reply.send(Answer::Again.message());
    check_eq!(bare.fault().foreign_call(), Some(call_of(&written, bare.code + 12)));
    PASSED
}

/// "The words of the reply set the registers of REPLY_REGISTERS (x0, PC, SP, SPSR, x1 to x30), as
/// many as there are."
fn many_words_set_many_registers(world: &mut World) -> Outcome {
    let bare = marked(world, &[code::svc(0), code::UDF, code::svc(0)])?;
    let wished = UserContext::from_words(|index| 0x1_0001 * (index as u64 + 7))
        .with(Register::Pc, bare.code + 8)
        .with(Register::Spsr, 0x5000_0000);
    let words = replacement(&wished);
    for length in 2..=words.len() {
        let start = bare.registers();
        bare.run(&start)?;
        bare.answer(0, &words[..length]);
        let set = &REPLY_REGISTERS[..length];
        let expected = set
            .iter()
            .fold(start, |context, register| context.with(*register, wished.register(*register)));
        check_eq!(bare.fault().foreign_call(), Some(call_of(&expected, bare.code + 8)));
        check_eq!((length, difference(&bare.read()?, &expected)), (length, None));
    }
    PASSED
}

/// "With another label the registers are set in the same way, but the thread becomes inactive."
fn an_answer_with_a_label_stops(world: &mut World) -> Outcome {
    let bare = marked(world, &[code::svc(0), code::UDF])?;
    let start = bare.registers();
    bare.run(&start)?;
    bare.answer(1, &[5]);
    world.settle()?;
    check_eq!(bare.endpoint.nb_wait().info.0, 0);
    let expected = start.with(Register::X(0), 5).with(Register::Pc, bare.code + 4);
    check_eq!(difference(&bare.read()?, &expected), None);
    bare.thread.resume()?;
    check_eq!(bare.fault().info.label(), abi::fault::USER_EXCEPTION);
    PASSED
}

/// "Suspended and resumed, it makes the call again."
fn a_suspended_call_is_made_again(world: &mut World) -> Outcome {
    let bare = marked(world, &[code::svc(0), code::UDF])?;
    let start = bare.registers();
    bare.run(&start)?;
    bare.thread.suspend()?;
    // Nobody waits for this answer any more.
    bare.answer(0, &[5]);
    bare.thread.resume()?;
    check_eq!(bare.fault().foreign_call(), Some(call_of(&start, bare.code)));
    PASSED
}

/// How a server makes a second thread of the caller: its registers copied, and its own result.
fn a_copy_goes_on_behind_the_call(world: &mut World) -> Outcome {
    let (parent, child) = (marked(world, &[code::svc(0), code::UDF])?, marked(world, &[])?);
    let start = parent.registers();
    parent.run(&start)?;
    let all = CopyRegisters { frame: true, integer: true, ..CopyRegisters::default() };
    child.thread.copy_registers(parent.thread, all)?;
    let words = [0, parent.code + 4];
    let child_start = parent.read()?.with(Register::X(0), words[0]).with(Register::Pc, words[1]);
    check_eq!(child.read()?.register(Register::Pc), parent.code);
    child.start(&child_start)?;
    check_eq!(child.fault().info.label(), abi::fault::USER_EXCEPTION);
    check_eq!(difference(&child.read()?, &child_start), None);
    PASSED
}

/// "Delivery is that of every fault": a handler that waits without a reply object gets the message,
/// and the thread becomes inactive.
fn a_handler_without_reply_object_stops_the_thread(world: &mut World) -> Outcome {
    let bare = marked(world, &[code::svc(0), code::UDF])?;
    bare.start(&bare.registers())?;
    check_eq!(bare.endpoint.wait().info.label(), LABEL);
    world.settle()?;
    check_eq!(bare.endpoint.nb_wait().info.0, 0);
    bare.thread.resume()?;
    check_eq!(bare.endpoint.wait().info.label(), LABEL);
    PASSED
}

/// "Without a handler (…) the thread becomes inactive": even if its registers are those of a call
/// that needs nobody.
fn a_call_without_handler_stops_the_thread(world: &mut World) -> Outcome {
    let bare = marked(world, &[code::svc(0), code::store(1, 0), code::UDF])?;
    bare.thread.set_space(Cap::NULL, Space::new(initial::CNODE, initial::VSPACE))?;
    let board = world.board();
    let start =
        bare.with_arguments(&[board.address(0), 1]).with(Register::X(7), Syscall::Yield.number());
    bare.start(&start)?;
    world.settle()?;
    check_eq!(board.get(0), 0);
    check_eq!(difference(&bare.read()?, &start), None);
    PASSED
}

/// "its scheduling context for a passive handler"
fn a_passive_server_serves_on_the_callers_time(world: &mut World) -> Outcome {
    let bare = marked(world, &[code::svc(0), code::svc(0), code::UDF])?;
    world.sched_control(0).configure(bare.context, LONG_SLICE)?;
    let (endpoint, reply, board) = (bare.endpoint, bare.reply, world.board());
    let server = world.spawn(90, move || {
        let mut received = endpoint.recv(reply);
        while let Some(call) = received.foreign_call() {
            board.append(0, call.number);
            let answer = Answer::Result(call.number + 1);
            received = endpoint.reply_recv(reply, answer.message());
        }
    })?;
    world.settle()?;
    server.context().unbind()?;
    bare.start(&bare.registers().with(Register::X(8), 3))?;
    server.join();
    check_eq!(board.get(0), 0x33);
    PASSED
}

/// The mark is about `svc` alone.
fn other_faults_are_as_ever(world: &mut World) -> Outcome {
    let hostile = [code::UDF, code::BRK, code::HVC, code::SMC, code::load(1, 0)];
    for instruction in hostile {
        let native = world.bare(&[instruction])?;
        let foreign = marked(world, &[instruction])?;
        let start = |bare: &Bare| bare.with_arguments(&[0xdead_0000]);
        let faults = [native.run(&start(&native))?.fault(), foreign.run(&start(&foreign))?.fault()];
        check!(faults[0].is_some() && faults[0] == faults[1], "{faults:x?}");
    }
    PASSED
}
