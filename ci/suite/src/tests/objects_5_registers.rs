//! Registers, thread-local base and flags of threads (objects.md §5).

use super::tools::{call, invoke};
use crate::framework::code::{self, register};
use crate::framework::prelude::*;
use abi::registers::{Register, SPSR_DEBUG, SPSR_RELEASE, USER_CONTEXT};

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(unknown_labels_are_illegal),
    test!(reading_needs_two_words),
    test!(reading_is_for_1_to_36_registers),
    test!(reading_oneself_is_illegal),
    test!(reading_answers_as_many_words),
    test!(reading_without_buffer_answers_four_words),
    test!(reading_suspends_if_asked),
    test!(reading_leaves_the_thread_running),
    test!(writing_needs_two_words),
    test!(writing_needs_the_promised_words),
    test!(writing_oneself_is_illegal),
    test!(written_registers_are_read_back),
    test!(writing_some_leaves_the_others),
    test!(writing_ignores_words_beyond_36),
    test!(writing_sanitises_spsr),
    test!(writing_resumes_if_asked),
    test!(writing_leaves_the_state),
    test!(copying_needs_a_word_and_a_source),
    test!(copying_needs_a_thread_as_source),
    test!(copying_the_frame_registers),
    test!(copying_the_integer_registers),
    test!(copying_suspends_the_source),
    test!(copying_resumes_the_target),
    test!(copying_nothing_to_oneself_is_allowed),
    test!(the_thread_local_base_needs_a_word),
    test!(the_thread_local_base_is_tpidr),
    test!(the_thread_local_base_counts_at_once),
    test!(flags_need_two_words),
    test!(flags_are_cleared_then_set),
    test!(only_the_first_flag_exists),
    test!(flags_work_on_oneself),
    test!(a_disabled_fpu_faults),
    test!(an_enabled_fpu_goes_on),
];

/// A context with another number in each register but SPSR.
fn numbered(base: u64) -> UserContext {
    let numbers = (1..).map(|index| base + 0x10 * index);
    let named = USER_CONTEXT.into_iter().filter(|register| *register != Register::Spsr);
    let context = UserContext::default().with(Register::Spsr, 0);
    named.zip(numbers).fold(context, |context, (register, value)| context.with(register, value))
}

/// SPSR without condition flags.
fn plain_spsr(w: &World) -> u64 {
    if w.image() == Image::Debug { SPSR_DEBUG } else { SPSR_RELEASE }
}

/// "Unknown label for an object: Illegal".
fn unknown_labels_are_illegal(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    for label in [0, 1, 18, 57] {
        check_err!(call(thread, label, &[0; 4], &[]), Error::IllegalOperation);
    }
    PASSED
}

/// ReadRegisters: "len<2 Trunc".
fn reading_needs_two_words(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let read = Invocation::ThreadReadRegisters;
    check_err!(invoke(thread, read, &[], &[]), Error::TruncatedMessage);
    check_err!(invoke(thread, read, &[0], &[]), Error::TruncatedMessage);
    PASSED
}

/// ReadRegisters: "n outside 1..36 Range(1,36)", checked before the target.
fn reading_is_for_1_to_36_registers(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    for count in [0, 37, 120, u64::MAX] {
        let range = Error::Range { min: 1, max: 36 };
        check_err!(thread.read_registers(false, count), range);
        check_err!(initial::THREAD.read_registers(false, count), range);
    }
    PASSED
}

/// ReadRegisters: "target is caller -> Illegal".
fn reading_oneself_is_illegal(_: &mut World) -> Outcome {
    check_err!(initial::THREAD.read_registers(false, 36), Error::IllegalOperation);
    PASSED
}

/// ReadRegisters: "returns n words (abi §9) in MRs".
fn reading_answers_as_many_words(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    thread.write_registers(false, &numbered(0x100))?;
    for count in [1_u64, 4, 5, 17, 36] {
        let reply = invoke(thread, Invocation::ThreadReadRegisters, &[0, count], &[])?;
        check_eq!(reply.info.length() as u64, count);
        check_eq!(reply.word(0), 0x110);
    }
    PASSED
}

/// ReadRegisters: "truncated to 4 if caller has no writable buffer": none, or a read-only one.
fn reading_without_buffer_answers_four_words(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    thread.write_registers(false, &numbered(0x100))?;
    let page = w.create::<Page>()?;
    let read_only = w.copy(page, Rights::READ)?;
    let info = MessageInfo::new(Invocation::ThreadReadRegisters.label(), 0, 2);
    for (buffer, length) in [(Cap::NULL, 4), (read_only, 4), (page, 36)] {
        let (board, helper) = (w.board(), w.helper(w.options(10))?);
        let address = if buffer == Cap::NULL { 0 } else { 0x1000 };
        helper.thread().set_ipc_buffer(address, buffer)?;
        helper.start(move || {
            let x = [thread.pointer(), info.0, 0, 36, 0, 0, 0, Syscall::Call.number(), 0];
            let after = RawRegisters { x }.svc().x;
            board.set(1, after[1]);
            board.set(2, after[2]);
            board.set(3, after[5]);
        })?;
        helper.join();
        check_eq!(MessageInfo(board.get(1)), MessageInfo::new(0, 0, length));
        check_eq!([board.get(2), board.get(3)], [0x110, 0x130]);
    }
    PASSED
}

/// ReadRegisters: "bit0: suspend target first".
fn reading_suspends_if_asked(w: &mut World) -> Outcome {
    let helper = w.spawn(10, || ())?;
    helper.thread().read_registers(true, 1)?;
    w.settle()?;
    check!(!helper.has_finished());
    helper.thread().resume()?;
    helper.join();
    PASSED
}

/// Without bit 0 the thread goes on.
fn reading_leaves_the_thread_running(w: &mut World) -> Outcome {
    let helper = w.spawn(10, || ())?;
    helper.thread().read_registers(false, 36)?;
    helper.join();
    PASSED
}

/// WriteRegisters: "len<2 Trunc".
fn writing_needs_two_words(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let write = Invocation::ThreadWriteRegisters;
    check_err!(invoke(thread, write, &[], &[]), Error::TruncatedMessage);
    check_err!(invoke(thread, write, &[0], &[]), Error::TruncatedMessage);
    PASSED
}

/// WriteRegisters: "len-2<n Trunc", before "self -> Illegal".
fn writing_needs_the_promised_words(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let write = Invocation::ThreadWriteRegisters;
    for words in [&[0, 1][..], &[0, 2, 7], &[0, 37, 1, 2, 3], &[0, u64::MAX, 1, 2]] {
        check_err!(invoke(thread, write, words, &[]), Error::TruncatedMessage);
        check_err!(invoke(initial::THREAD, write, words, &[]), Error::TruncatedMessage);
    }
    PASSED
}

/// WriteRegisters: "self -> Illegal".
fn writing_oneself_is_illegal(_: &mut World) -> Outcome {
    let write = Invocation::ThreadWriteRegisters;
    check_err!(invoke(initial::THREAD, write, &[0, 0], &[]), Error::IllegalOperation);
    PASSED
}

/// Every register has its place: what is written is read.
fn written_registers_are_read_back(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let written = numbered(0x5000_0000_0000);
    thread.write_registers(false, &written)?;
    let expected = written.with(Register::Spsr, plain_spsr(w));
    check_eq!(thread.read_registers(false, 36), Ok(expected));
    PASSED
}

/// WriteRegisters: "first min(n,36) registers written".
fn writing_some_leaves_the_others(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    thread.write_registers(false, &numbered(0x1000))?;
    thread.write_first_registers(false, &[0xaa, 0xbb, 0, 0xcc])?;
    let expected = numbered(0x1000)
        .with(Register::Pc, 0xaa)
        .with(Register::Sp, 0xbb)
        .with(Register::Spsr, plain_spsr(w))
        .with(Register::X(0), 0xcc);
    check_eq!(thread.read_registers(false, 36), Ok(expected));
    PASSED
}

/// WriteRegisters: "min(n,36)": a count beyond 36 is fine when the words are there.
fn writing_ignores_words_beyond_36(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let mut words = [0xfff0; 42];
    (words[0], words[1]) = (0, 40);
    check!(invoke(thread, Invocation::ThreadWriteRegisters, &words, &[]).is_ok());
    let read = thread.read_registers(false, 36)?;
    check_eq!(read.register(Register::Tpidrro), 0xfff0);
    PASSED
}

/// WriteRegisters: "(SPSR sanitised)": NZCV is kept, the rest is the kernel's (abi.md §8.4).
fn writing_sanitises_spsr(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    for (wished, flags) in [(u64::MAX, 0xf000_0000), (0x6000_03c5, 0x6000_0000), (0, 0)] {
        thread.write_first_registers(false, &[0, 0, wished])?;
        let spsr = thread.read_registers(false, 3)?.register(Register::Spsr);
        check_eq!(spsr, flags | plain_spsr(w));
    }
    PASSED
}

/// WriteRegisters: "bit0: resume".
fn writing_resumes_if_asked(w: &mut World) -> Outcome {
    let board = w.board();
    let helper = w.spawn(10, move || {
        board.add(1, 1);
    })?;
    helper.join();
    w.settle()?;
    helper.start(move || {
        board.add(1, 1);
    })?;
    helper.join();
    check_eq!(board.get(1), 2);
    PASSED
}

/// Without bit 0 an inactive thread stays so, and a runnable one runs.
fn writing_leaves_the_state(w: &mut World) -> Outcome {
    let helper = w.spawn(10, || ())?;
    helper.thread().suspend()?;
    let registers = helper.thread().read_registers(false, 36)?;
    helper.thread().write_registers(false, &registers)?;
    w.settle()?;
    check!(!helper.has_finished());
    helper.thread().resume()?;
    helper.thread().write_registers(false, &registers)?;
    helper.join();
    PASSED
}

/// CopyRegisters: "len<1 or cap Trunc".
fn copying_needs_a_word_and_a_source(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let copy = Invocation::ThreadCopyRegisters;
    check_err!(invoke(thread, copy, &[], &[thread.pointer()]), Error::TruncatedMessage);
    check_err!(invoke(thread, copy, &[0], &[]), Error::TruncatedMessage);
    PASSED
}

/// CopyRegisters: "source not TCB InvCap 1".
fn copying_needs_a_thread_as_source(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let bell = w.create::<Notification>()?;
    for source in [bell.pointer(), 0] {
        let refused = invoke(thread, Invocation::ThreadCopyRegisters, &[0xc], &[source]);
        check_err!(refused, Error::InvalidCapability(1));
    }
    PASSED
}

/// Two threads with different numbers in their registers.
fn two_threads(w: &mut World) -> Outcome<[Cap<Thread>; 2]> {
    let [target, source] = [w.create::<Thread>()?, w.create::<Thread>()?];
    target.write_registers(false, &numbered(0x1000))?;
    source.write_registers(false, &numbered(0x9000).with(Register::Spsr, 0xa000_0000))?;
    Ok([target, source])
}

/// Checks that `target` has the words `range` of `source` and its own elsewhere.
fn check_copied(w: &World, target: Cap<Thread>, range: core::ops::Range<usize>) -> Outcome {
    let fresh = plain_spsr(w);
    let theirs = numbered(0x9000).with(Register::Spsr, 0xa000_0000 | fresh);
    let own = numbered(0x1000).with(Register::Spsr, fresh);
    let found = target.read_registers(false, 36)?;
    for index in 0..36 {
        let expected = if range.contains(&index) { &theirs } else { &own };
        check_eq!((index, found.words()[index]), (index, expected.words()[index]));
    }
    PASSED
}

/// CopyRegisters: "bit2 copy frame regs", the first 17 of the user context.
fn copying_the_frame_registers(w: &mut World) -> Outcome {
    let [target, source] = two_threads(w)?;
    target.copy_registers(source, CopyRegisters { frame: true, ..CopyRegisters::default() })?;
    check_copied(w, target, 0..17)
}

/// CopyRegisters: "bit3 copy integer regs", the rest.
///
/// Which of the thread-ID registers belong to them is not observable by programs that exist:
/// the user context lists both there, and so does this test.
fn copying_the_integer_registers(w: &mut World) -> Outcome {
    let [target, source] = two_threads(w)?;
    target.copy_registers(source, CopyRegisters { integer: true, ..CopyRegisters::default() })?;
    check_copied(w, target, 17..36)
}

/// CopyRegisters: "bit0 suspend source".
fn copying_suspends_the_source(w: &mut World) -> Outcome {
    let target = w.create::<Thread>()?;
    let helper = w.spawn(10, || ())?;
    let what = CopyRegisters { suspend_source: true, ..CopyRegisters::default() };
    target.copy_registers(helper.thread(), what)?;
    w.settle()?;
    check!(!helper.has_finished());
    PASSED
}

/// CopyRegisters: "bit1 resume dest".
fn copying_resumes_the_target(w: &mut World) -> Outcome {
    let source = w.create::<Thread>()?;
    let helper = w.spawn(10, || ())?;
    helper.thread().suspend()?;
    let what = CopyRegisters { resume_target: true, ..CopyRegisters::default() };
    helper.thread().copy_registers(source, what)?;
    helper.join();
    PASSED
}

/// CopyRegisters: "self allowed".
fn copying_nothing_to_oneself_is_allowed(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let nothing = CopyRegisters::default();
    check_eq!(initial::THREAD.copy_registers(thread, nothing), Ok(()));
    check_eq!(initial::THREAD.copy_registers(initial::THREAD, nothing), Ok(()));
    check_eq!(thread.copy_registers(thread, CopyRegisters { frame: true, ..nothing }), Ok(()));
    PASSED
}

/// SetTLSBase: "Trunc".
fn the_thread_local_base_needs_a_word(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let refused = invoke(thread, Invocation::ThreadSetTlsBase, &[], &[]);
    check_err!(refused, Error::TruncatedMessage);
    PASSED
}

/// SetTLSBase: "TPIDR_EL0".
fn the_thread_local_base_is_tpidr(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    thread.write_registers(false, &numbered(0x1000))?;
    thread.set_tls_base(0xdead_beef_0000)?;
    let expected = numbered(0x1000)
        .with(Register::Spsr, plain_spsr(w))
        .with(Register::Tpidr, 0xdead_beef_0000);
    check_eq!(thread.read_registers(false, 36), Ok(expected));
    PASSED
}

/// SetTLSBase: "takes effect immediately, also on self".
fn the_thread_local_base_counts_at_once(w: &mut World) -> Outcome {
    let start =
        w.code(&[code::svc(0), code::mrs(9, register::TPIDR), code::mov(7, 0), code::svc(0)])?;
    let handler = w.create::<Endpoint>()?;
    let options = libsys::worker::Options { fault_handler: handler, ..w.options(10) };
    let thread = w.helper(options)?.thread();
    let info = MessageInfo::new(Invocation::ThreadSetTlsBase.label(), 0, 1);
    let registers = UserContext::starting_at(start, 0)
        .with(Register::X(0), thread.pointer())
        .with(Register::X(1), info.0)
        .with(Register::X(2), 0x1234_5678_9abc)
        .with(Register::X(7), Syscall::Call.number());
    thread.write_registers(true, &registers)?;
    check_eq!(handler.wait().fault(), Some(Fault::UnknownSyscall { number: 0 }));
    let after = thread.read_registers(false, 36)?;
    check_eq!(after.register(Register::X(9)), 0x1234_5678_9abc);
    PASSED
}

/// SetFlags: "len<2 Trunc".
fn flags_need_two_words(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let set = Invocation::ThreadSetFlags;
    check_err!(invoke(thread, set, &[], &[]), Error::TruncatedMessage);
    check_err!(invoke(thread, set, &[1], &[]), Error::TruncatedMessage);
    PASSED
}

/// SetFlags: "flags=(flags & ~clear) or (set & 1); returns MR0 = new flags".
fn flags_are_cleared_then_set(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    for (clear, set, flags) in [(0, 0, 0), (0, 1, 1), (0, 0, 1), (1, 1, 1), (1, 0, 0), (1, 0, 0)] {
        check_eq!(thread.set_flags(clear, set), Ok(flags));
    }
    PASSED
}

/// "bit0 fpuDisabled; all others always 0" (abi.md §5).
fn only_the_first_flag_exists(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    check_eq!(thread.set_flags(0, u64::MAX), Ok(1));
    check_eq!(thread.set_flags(u64::MAX - 1, 0), Ok(1));
    check_eq!(thread.set_flags(u64::MAX, 0), Ok(0));
    PASSED
}

/// SetFlags: "works on self".
fn flags_work_on_oneself(_: &mut World) -> Outcome {
    check_eq!(initial::THREAD.set_flags(0, 0), Ok(0));
    PASSED
}

/// "fpuDisabled makes FP use a UserException (EC 7)" (objects.md §11).
fn a_disabled_fpu_faults(w: &mut World) -> Outcome {
    check_eq!(w.fault_of(&[code::FMOV], 0)?, None);
    let start = w.code(&[code::FMOV, code::SPIN])?;
    let handler = w.create::<Endpoint>()?;
    let options = libsys::worker::Options { fault_handler: handler, ..w.options(10) };
    let thread = w.helper(options)?.thread();
    thread.set_flags(0, 1)?;
    thread.write_registers(true, &UserContext::starting_at(start, 0))?;
    let message = handler.wait();
    check_eq!(message.word(0), start);
    let Some(Fault::UserException { number, code }) = message.fault() else {
        return Err(Ending::failed(format_args!("expected a user exception")));
    };
    check_eq!((number >> 26, code), (7, 0));
    PASSED
}

/// "after clearing the flag a label-0 reply re-executes the instruction" (objects.md §11).
fn an_enabled_fpu_goes_on(w: &mut World) -> Outcome {
    let start = w.code(&[code::FMOV, code::mov(7, 0), code::svc(0)])?;
    let handler = w.create::<Endpoint>()?;
    let reply = w.create::<Reply>()?;
    let options = libsys::worker::Options { fault_handler: handler, ..w.options(10) };
    let thread = w.helper(options)?.thread();
    thread.set_flags(0, 1)?;
    thread.write_registers(true, &UserContext::starting_at(start, 0))?;
    check!(matches!(handler.recv(reply).fault(), Some(Fault::UserException { .. })));
    thread.set_flags(1, 0)?;
    reply.send(Message::EMPTY);
    check_eq!(handler.recv(reply).fault(), Some(Fault::UnknownSyscall { number: 0 }));
    PASSED
}
