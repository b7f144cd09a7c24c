//! abi.md §8.4: capability faults and unknown system calls.

use crate::framework::prelude::*;
use abi::fault::{CAP_FAULT, UNKNOWN_SYSCALL, USER_EXCEPTION};

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_cap_fault_of_an_invalid_root_has_four_words),
    test!(a_cap_fault_of_a_wrong_kind_has_five_words),
    test!(a_cap_fault_of_a_depth_mismatch_has_six_words),
    test!(a_cap_fault_of_a_guard_mismatch_has_seven_words),
    test!(a_cap_fault_restarts_whatever_the_reply),
    test!(a_cap_fault_of_a_receive_restarts_too),
    test!(an_unknown_syscall_tells_the_registers),
    test!(an_unknown_syscall_resumes_where_the_reply_says),
    test!(an_unknown_syscall_repeats_after_an_empty_reply),
    test!(an_unknown_syscall_reply_writes_its_registers),
    test!(an_unknown_syscall_reply_writes_as_many_as_it_has),
    test!(an_unknown_syscall_reply_leaves_the_rest),
    test!(an_unknown_syscall_reply_with_a_label_stops),
    test!(an_unknown_syscall_reply_cannot_change_the_mode),
];

/// A bare thread with a system call and an undefined instruction behind it.
fn bare_call(world: &mut World) -> Outcome<Bare> {
    world.bare(&[code::svc(0), code::UDF])
}

/// Registers for a Send to an address.
fn send_to(bare: &Bare, address: u64) -> UserContext {
    bare.with_arguments(&[address, 0]).with(Register::X(7), Syscall::Send.number())
}

/// Checks all words of a message.
fn check_words(found: Received, label: u64, words: &[u64]) -> Outcome {
    check_eq!(found.info, MessageInfo::new(label, 0, words.len()));
    for (index, word) in words.iter().enumerate() {
        check_eq!((index, found.word(index)), (index, *word));
    }
    PASSED
}

/// Gives the thread a CSpace of 16 slots behind a guard.
fn guard_space(world: &mut World, bare: &Bare, bits: u8, guard: u64) -> Outcome<Cap<CNode>> {
    let fresh = world.create_sized::<CNode>(4)?;
    let root = world.mint(fresh, Rights::ALL, GuardWord { bits, guard }.word())?;
    bare.thread.set_space(bare.endpoint, Space::new(root, initial::VSPACE))?;
    Ok(root)
}

/// "CapFault: 0 IP, 1 cptr, 2 InRecvPhase, 3 lookup failure type"
fn a_cap_fault_of_an_invalid_root_has_four_words(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let root = guard_space(world, &bare, 0, 0)?;
    world.revoke(root)?;
    let fresh = root.pointer() - 1;
    world.revoke(Cap::<CNode>::at(fresh))?;
    let found = bare.run(&send_to(&bare, 0x1234))?;
    check_words(found, CAP_FAULT, &[bare.code, 0x1234, 0, 1])
}

/// "4.. its details as in 8.1 (so 4 bitsLeft …)": "Type errors are reported as MissingCapability
/// with bitsLeft 0", here of a receive on an empty slot.
fn a_cap_fault_of_a_wrong_kind_has_five_words(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let start = bare.with_arguments(&[0]).with(Register::X(7), Syscall::Wait.number());
    let found = bare.run(&start)?;
    check_words(found, CAP_FAULT, &[bare.code, 0, 1, 2, 0])
}

/// "5 DepthMismatch bitsFound": a second level that has more bits than are left.
fn a_cap_fault_of_a_depth_mismatch_has_six_words(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let root = guard_space(world, &bare, 0, 0)?;
    let inner = world.create_sized::<CNode>(4)?;
    let guard = GuardWord { bits: 58, guard: 0 };
    let path = SlotPath::with_depth(root, 2, 4);
    path.mint_from(world.path(inner), Rights::ALL, guard)?;
    let address = 2 << 60 | 1;
    let found = bare.run(&send_to(&bare, address))?;
    check_words(found, CAP_FAULT, &[bare.code, address, 0, 3, 60, 62])
}

/// "(…) or guardFound; 6 guard bits"
fn a_cap_fault_of_a_guard_mismatch_has_seven_words(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    guard_space(world, &bare, 20, 0xabcde)?;
    let found = bare.run(&send_to(&bare, 0x77))?;
    check_words(found, CAP_FAULT, &[bare.code, 0x77, 0, 4, 64, 0xabcde, 20])
}

/// "Reply: any reply restarts the syscall; message content and label ignored."
fn a_cap_fault_restarts_whatever_the_reply(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let bare = bare_call(world)?;
    let root = guard_space(world, &bare, 20, 0xabcde)?;
    let address = 0xabcde << 44 | 5 << 40;
    let start = send_to(&bare, 5 << 40);
    check_eq!(bare.run(&start)?.info.label(), CAP_FAULT);
    // The same fault again, because nothing has changed.
    bare.answer(9, &[1, 2, 3, 4]);
    check_eq!(bare.fault().word(1), 5 << 40);
    bare.answer(0, &[]);
    check_eq!(bare.fault().word(1), 5 << 40);
    check_eq!(difference(&bare.read()?, &start), None);
    // With a CSpace in which the address resolves the call succeeds.
    let rings = world.mint(bell, Rights::ALL, 3)?;
    SlotPath::with_depth(root, 0xabcde << 4 | 5, 24).copy_from(world.path(rings), Rights::ALL)?;
    check_eq!(bare.run(&send_to(&bare, address))?.info.label(), USER_EXCEPTION);
    check_eq!(bell.poll(), 3);
    let plain = world.create_sized::<CNode>(4)?;
    let guard = GuardWord { bits: 20, guard: 0 };
    let moved = world.mint(plain, Rights::ALL, guard.word())?;
    SlotPath::with_depth(moved, 5, 24).copy_from(world.path(rings), Rights::ALL)?;
    check_eq!(bare.run(&start)?.info.label(), CAP_FAULT);
    bare.thread.set_space(bare.endpoint, Space::new(moved, initial::VSPACE))?;
    bare.answer(77, &[1]);
    check_eq!(bare.fault().info.label(), USER_EXCEPTION);
    check_eq!(bell.poll(), 3);
    PASSED
}

/// "any reply restarts the syscall": also one whose receive phase failed.
fn a_cap_fault_of_a_receive_restarts_too(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let slot = world.slot::<Notification>()?;
    let bare = bare_call(world)?;
    let start = bare.with_arguments(&[slot.pointer()]).with(Register::X(7), Syscall::Wait.number());
    check_eq!(bare.run(&start)?.info.label(), CAP_FAULT);
    world.path(slot).copy_from(world.path(bell), Rights::ALL)?;
    world.mint(bell, Rights::ALL, 8)?.signal();
    bare.answer(1, &[]);
    check_eq!(bare.fault().info.label(), USER_EXCEPTION);
    check_eq!(bare.read()?.register(Register::X(0)), 8);
    PASSED
}

/// An unknown call with known registers.
fn unknown(bare: &Bare) -> UserContext {
    bare.registers().with(Register::X(7), 0x1234)
}

/// "UnknownSyscall: 0-7 x0..x7; 8 FaultIP (address of the svc); 9 SP; 10 'LR' (really the saved
/// exception return address = FaultIP+4); 11 SPSR; 12 syscall number."
fn an_unknown_syscall_tells_the_registers(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let start = unknown(&bare);
    let found = bare.run(&start)?;
    check_eq!(found.info, MessageInfo::new(UNKNOWN_SYSCALL, 0, 13));
    for number in 0..8 {
        check_eq!(found.word(number), start.register(Register::X(number as u8)));
    }
    check_eq!(found.word(8), bare.code);
    check_eq!(found.word(9), start.register(Register::Sp));
    check_eq!(found.word(10), bare.code + 4);
    check_eq!(found.word(11) & 0xf000_001f, 0xf000_0000);
    check_eq!(found.word(12), 0x1234);
    PASSED
}

/// "label 0 = resume at FaultIP (the handler must add 4 itself)"
fn an_unknown_syscall_resumes_where_the_reply_says(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let found = bare.run(&unknown(&bare))?;
    let mut words: [u64; 12] = core::array::from_fn(|index| found.word(index));
    words[8] += 4;
    bare.answer(0, &words);
    let next = bare.fault();
    check_eq!((next.info.label(), next.word(0)), (USER_EXCEPTION, bare.code + 4));
    PASSED
}

/// An empty reply writes nothing: the call is made again.
fn an_unknown_syscall_repeats_after_an_empty_reply(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    bare.run(&unknown(&bare))?;
    bare.answer(0, &[]);
    let again = bare.fault();
    check_eq!((again.info.label(), again.word(8)), (UNKNOWN_SYSCALL, bare.code));
    check_eq!(difference(&bare.read()?, &unknown(&bare)), None);
    PASSED
}

/// "the first min(length,12) words are written back to these same registers in this order
/// (x0-x7, FaultIP, SP, word 10, SPSR sanitised)"; "the value written as word 10 is overwritten".
fn an_unknown_syscall_reply_writes_its_registers(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let start = unknown(&bare);
    bare.run(&start)?;
    let mut words: [u64; 14] = core::array::from_fn(|index| 0xa0 + index as u64);
    (words[8], words[10], words[11]) = (bare.code + 4, 0xbad0, 0x5000_0000);
    bare.answer(0, &words);
    check_eq!(bare.fault().info.label(), USER_EXCEPTION);
    let written = (0..8)
        .fold(start, |context, number| context.with(Register::X(number), 0xa0 + u64::from(number)));
    let expected = written
        .with(Register::Pc, bare.code + 4)
        .with(Register::Sp, 0xa9)
        .with(Register::Spsr, 0x5000_0000);
    check_eq!(difference(&bare.read()?, &expected), None);
    PASSED
}

/// "the first min(length,12) words": three only.
fn an_unknown_syscall_reply_writes_as_many_as_it_has(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let start = unknown(&bare);
    bare.run(&start)?;
    bare.answer(0, &[0xa0, 0xa1, 0xa2]);
    check_eq!(bare.fault().info.label(), UNKNOWN_SYSCALL);
    let expected =
        (0..3).fold(start, |c, number| c.with(Register::X(number), 0xa0 + u64::from(number)));
    check_eq!(difference(&bare.read()?, &expected), None);
    PASSED
}

/// Registers that the reply does not carry survive: x8 and up, and the thread ID registers.
fn an_unknown_syscall_reply_leaves_the_rest(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let start = unknown(&bare);
    let found = bare.run(&start)?;
    let mut words: [u64; 12] = core::array::from_fn(|index| found.word(index));
    words[8] += 4;
    bare.answer(0, &words);
    bare.fault();
    check_eq!(difference(&bare.read()?, &start.with(Register::Pc, bare.code + 4)), None);
    PASSED
}

/// "label != 0 = thread becomes Inactive (registers still updated)"
fn an_unknown_syscall_reply_with_a_label_stops(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let start = unknown(&bare);
    bare.run(&start)?;
    bare.answer(1, &[0x99]);
    world.settle()?;
    check_eq!(bare.endpoint.nb_wait().info.0, 0);
    check_eq!(difference(&bare.read()?, &start.with(Register::X(0), 0x99)), None);
    // Resumed, it goes on where it is.
    bare.thread.resume()?;
    check_eq!(bare.fault().info.label(), UNKNOWN_SYSCALL);
    PASSED
}

/// "SPSR sanitising: keep NZCV (bits 28-31), force mode EL0t, set F mask"
fn an_unknown_syscall_reply_cannot_change_the_mode(world: &mut World) -> Outcome {
    let bare = bare_call(world)?;
    let start = unknown(&bare);
    bare.run(&start)?;
    let mut words = [0; 12];
    (words[8], words[11]) = (bare.code + 4, 0xffff_ffff);
    bare.answer(0, &words);
    check_eq!(bare.fault().info.label(), USER_EXCEPTION);
    let fresh = if world.image() == Image::Debug { 0x40 } else { 0x140 };
    check_eq!(bare.read()?.register(Register::Spsr), 0xf000_0000 | fresh);
    PASSED
}
