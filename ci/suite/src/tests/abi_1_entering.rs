//! abi.md §1: which registers a system call reads and writes.

use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(the_immediate_is_ignored),
    test!(the_number_is_all_of_x7),
    test!(a_send_changes_no_register),
    test!(a_yield_changes_no_register),
    test!(a_call_without_outputs_clears_x0_and_x1),
    test!(a_failed_poll_writes_only_x0),
    test!(a_notification_writes_only_x0),
    test!(a_bound_notification_writes_only_x0),
    test!(a_message_writes_as_many_words_as_it_has),
    test!(a_call_receives_badge_zero_and_the_reply),
    test!(poll_is_nb_wait),
    test!(signal_is_send_without_message),
    test!(reply_is_send_on_a_reply_cap),
    test!(the_first_words_are_only_in_registers),
    test!(floating_point_survives),
];

/// Runs a bare thread until the undefined instruction behind its code.
fn until_undefined(bare: &Bare, registers: &UserContext) -> Outcome<UserContext> {
    let fault = bare.run(registers)?;
    check_eq!(fault.info.label(), abi::fault::USER_EXCEPTION);
    bare.read()
}

/// Checks that a bare thread, started with these registers, arrives behind its only system call
/// with the expected ones and nothing else changed.
fn check_registers(bare: &Bare, start: &UserContext, changes: &[(u8, u64)]) -> Outcome {
    let found = until_undefined(bare, start)?;
    let moved = start.with(Register::Pc, bare.code + 4);
    let expected = changes
        .iter()
        .fold(moved, |context, (number, value)| context.with(Register::X(*number), *value));
    check_eq!(difference(&found, &expected), None);
    PASSED
}

/// Registers for a system call: x0, x1, x6 and the number.
fn call_registers(bare: &Bare, x0: u64, x1: u64, x6: u64, number: Syscall) -> UserContext {
    let start = bare.with_arguments(&[x0, x1]);
    start.with(Register::X(6), x6).with(Register::X(7), number.number())
}

/// "The immediate is ignored."
fn the_immediate_is_ignored(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let bare = world.bare(&[code::svc(0xffff), code::UDF])?;
    let start = call_registers(&bare, bell.pointer(), 0, 0, Syscall::NBWait);
    bell.signal();
    check_registers(&bare, &start, &[(0, 0)])
}

/// "The syscall number is the signed 64-bit value of x7."
fn the_number_is_all_of_x7(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    let number = Syscall::Yield.number() & 0xffff_ffff;
    let start = bare.registers().with(Register::X(7), number);
    let fault = bare.run(&start)?.fault();
    check_eq!(fault, Some(Fault::UnknownSyscall { number }));
    PASSED
}

/// "After Send/NBSend/Yield no register changes at all", and everything else survives every
/// system call.
fn a_send_changes_no_register(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    for number in [Syscall::Send, Syscall::NBSend] {
        let start = call_registers(&bare, bell.pointer(), 0, 0x6666, number);
        check_registers(&bare, &start, &[])?;
    }
    PASSED
}

/// "After Send/NBSend/Yield no register changes at all."
fn a_yield_changes_no_register(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    let start = bare.registers().with(Register::X(7), Syscall::Yield.number());
    check_registers(&bare, &start, &[])
}

/// "After a kernel-object Call without outputs x0=0, x1=0."
fn a_call_without_outputs_clears_x0_and_x1(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    let info = MessageInfo::new(Invocation::ThreadResume.label(), 0, 0);
    let start = call_registers(&bare, bare.thread.pointer(), info.0, 0x6666, Syscall::Call);
    check_registers(&bare, &start, &[(0, 0), (1, 0)])
}

/// "A failed poll (NBRecv/NBWait with nothing pending) writes x0=0 and nothing else."
fn a_failed_poll_writes_only_x0(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bell = world.create::<Notification>()?;
    let reply = world.create::<Reply>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    for source in [endpoint.pointer(), bell.pointer()] {
        for number in [Syscall::NBRecv, Syscall::NBWait] {
            let start = call_registers(&bare, source, 0x77, reply.pointer(), number);
            check_registers(&bare, &start, &[(0, 0)])?;
        }
    }
    PASSED
}

/// "Receiving a notification writes only x0=badge; x1..x5 unchanged."
fn a_notification_writes_only_x0(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let badged = world.mint(bell, Rights::ALL, 0xb0b)?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    for number in [Syscall::Wait, Syscall::NBWait, Syscall::Recv, Syscall::NBRecv] {
        badged.signal();
        let start = call_registers(&bare, bell.pointer(), 0x77, 0, number);
        check_registers(&bare, &start, &[(0, 0xb0b)])?;
    }
    // The same when the thread was blocked.
    let start = call_registers(&bare, bell.pointer(), 0x77, 0, Syscall::Wait);
    bare.start(&start)?;
    world.settle()?;
    badged.signal();
    check_eq!(bare.fault().info.label(), abi::fault::USER_EXCEPTION);
    let expected = start.with(Register::X(0), 0xb0b).with(Register::Pc, bare.code + 4);
    check_eq!(difference(&bare.read()?, &expected), None);
    PASSED
}

/// "Receiving a notification (directly or as bound ntfn) writes only x0=badge."
fn a_bound_notification_writes_only_x0(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let badged = world.mint(bell, Rights::ALL, 0xb0b)?;
    let endpoint = world.create::<Endpoint>()?;
    let reply = world.create::<Reply>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.thread.bind_notification(bell)?;
    let start = call_registers(&bare, endpoint.pointer(), 0x77, reply.pointer(), Syscall::Recv);
    badged.signal();
    check_registers(&bare, &start, &[(0, 0xb0b)])?;
    bare.start(&start)?;
    world.settle()?;
    badged.signal();
    check_eq!(bare.fault().info.label(), abi::fault::USER_EXCEPTION);
    let expected = start.with(Register::X(0), 0xb0b).with(Register::Pc, bare.code + 4);
    check_eq!(difference(&bare.read()?, &expected), None);
    PASSED
}

/// "MR0..MR3 received (only as many as the message carries; the rest keep their old value)."
fn a_message_writes_as_many_words_as_it_has(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let badged = world.mint(endpoint, Rights::ALL, 0xbad9e)?;
    let reply = world.create::<Reply>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    let words = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4];
    for length in 0..=5 {
        let number = if length % 2 == 0 { Syscall::Recv } else { Syscall::Wait };
        let start = call_registers(&bare, endpoint.pointer(), 0x77, reply.pointer(), number);
        bare.start(&start)?;
        world.settle()?;
        badged.send(Message::new(0x1abe1, &words[..length]));
        check_eq!(bare.fault().info.label(), abi::fault::USER_EXCEPTION);
        let info = MessageInfo::new(0x1abe1, 0, length).0;
        let arrived = start.with(Register::X(0), 0xbad9e).with(Register::X(1), info);
        let expected = (2..6)
            .zip(&words[..length])
            .fold(arrived, |context, (number, word)| context.with(Register::X(number), *word));
        let expected = expected.with(Register::Pc, bare.code + 4);
        check_eq!(difference(&bare.read()?, &expected), None);
    }
    PASSED
}

/// Call: "reply arrives in x0=0(badge), x1, x2.."
fn a_call_receives_badge_zero_and_the_reply(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let badged = world.mint(endpoint, Rights::ALL, 7)?;
    let reply = world.create::<Reply>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    let info = MessageInfo::new(0x99, 0, 1).0;
    let start = call_registers(&bare, badged.pointer(), info, 0x6666, Syscall::Call);
    bare.start(&start)?;
    let asked = endpoint.recv(reply);
    check_eq!(asked.badge, 7);
    check_eq!(asked.info.0, info);
    check_eq!(asked.word(0), start.register(Register::X(2)));
    syscall::send(reply.pointer(), Message::new(0x55, &[1, 2, 3]));
    check_eq!(bare.fault().info.label(), abi::fault::USER_EXCEPTION);
    let answers = [(0, 0), (1, MessageInfo::new(0x55, 0, 3).0), (2, 1), (3, 2), (4, 3)];
    let moved = start.with(Register::Pc, bare.code + 4);
    let expected = answers
        .iter()
        .fold(moved, |context, (number, word)| context.with(Register::X(*number), *word));
    check_eq!(difference(&bare.read()?, &expected), None);
    PASSED
}

/// "Poll is NBWait."
fn poll_is_nb_wait(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let badged = world.mint(bell, Rights::ALL, 3)?;
    check_eq!(syscall::nb_wait(bell.pointer()).badge, 0);
    badged.signal();
    check_eq!(syscall::nb_wait(bell.pointer()).badge, 3);
    check_eq!(syscall::nb_wait(bell.pointer()).badge, 0);
    PASSED
}

/// "Signal is Send with an all-zero MessageInfo on a notification cap."
fn signal_is_send_without_message(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let badged = world.mint(bell, Rights::ALL, 3)?;
    let x = [badged.pointer(), 0, 0, 0, 0, 0, 0, Syscall::Send.number(), 0];
    check_eq!(RawRegisters { x }.svc().x, x);
    check_eq!(bell.poll(), 3);
    PASSED
}

/// "'reply' is Send on a reply cap."
fn reply_is_send_on_a_reply_cap(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let reply = world.create::<Reply>()?;
    let board = world.board();
    let client = world.spawn(50, move || {
        board.set(0, endpoint.call(Message::new(1, &[])).word(0));
    })?;
    endpoint.recv(reply);
    syscall::send(reply.pointer(), Message::new(0, &[0x1234]));
    client.join();
    check_eq!(board.get(0), 0x1234);
    PASSED
}

/// "MR0..3 are only in registers: the kernel never reads or writes msg[0..3] of the buffer."
fn the_first_words_are_only_in_registers(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    for index in 0..8 {
        bare.buffer.write_word(abi::buffer::word(index), 0xbb00 + index as u64);
        ipc_buffer::set_word(index, 0xdd00 + index as u64);
    }
    let start = call_registers(&bare, endpoint.pointer(), 0, 0, Syscall::Wait);
    bare.start(&start)?;
    world.settle()?;
    endpoint.send(Message::new(0, &[1, 2, 3, 4, 5, 6]));
    check_eq!(bare.fault().info.label(), abi::fault::USER_EXCEPTION);
    let found: [u64; 8] =
        core::array::from_fn(|index| bare.buffer.read_word(abi::buffer::word(index)));
    check_eq!(found, [0xbb00, 0xbb01, 0xbb02, 0xbb03, 5, 6, 0xbb06, 0xbb07]);
    let registers = bare.read()?;
    let words = [2, 3, 4, 5].map(|number| registers.register(Register::X(number)));
    check_eq!(words, [1, 2, 3, 4]);
    PASSED
}

/// "Everything else (…, q0-q31, FPCR, FPSR, …) survives every syscall."
fn floating_point_survives(world: &mut World) -> Outcome {
    let mut instructions = heapless::Vec::<u32, 64>::new();
    let mut emit = |word: u32| check_room(instructions.push(word).is_ok());
    for pair in 0..16 {
        emit(code::load_pair(2 * pair, 19, pair))?;
    }
    emit(code::msr(code::register::FPCR, 21))?;
    emit(code::msr(code::register::FPSR, 22))?;
    emit(code::svc(0))?;
    emit(code::mrs(23, code::register::FPCR))?;
    emit(code::mrs(24, code::register::FPSR))?;
    for pair in 0..16 {
        emit(code::store_pair(2 * pair, 20, pair))?;
    }
    emit(code::UDF)?;
    let bare = world.bare(&instructions)?;
    let data = world.window(1)?;
    for index in 0..64 {
        data.write_word(8 * index, 0x5a5a_0000_0000 + index);
    }
    let (control, status) = (0x0300_0000, 0x0800_001f);
    let start = bare
        .registers()
        .with(Register::X(7), Syscall::Yield.number())
        .with(Register::X(19), data.address())
        .with(Register::X(20), data.address() + 1024)
        .with(Register::X(21), control)
        .with(Register::X(22), status);
    let found = until_undefined(&bare, &start)?;
    check_eq!(found.register(Register::X(23)), control);
    check_eq!(found.register(Register::X(24)), status);
    for index in 0..64 {
        check_eq!(data.read_word(1024 + 8 * index), 0x5a5a_0000_0000 + index);
    }
    PASSED
}

/// Turns a full vector into a failed test.
fn check_room(fits: bool) -> Outcome {
    check!(fits);
    PASSED
}
