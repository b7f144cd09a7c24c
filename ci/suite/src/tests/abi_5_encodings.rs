//! abi.md §5: small encodings.

use crate::framework::prelude::*;
use libsys::window::{MemoryKind, Window};

/// The tests.
pub const TESTS: &[Test] = &[
    test!(rights_bit_0_is_write),
    test!(rights_bit_1_is_read),
    test!(rights_bit_2_is_grant),
    test!(rights_bit_3_is_grant_reply),
    test!(other_rights_bits_are_ignored),
    test!(guards_have_size_below_and_value_above),
    test!(guard_bits_beyond_the_size_are_dropped),
    test!(badges_have_64_bits),
    test!(attribute_bit_0_is_cacheable),
    test!(attribute_bit_2_is_execute_never),
    test!(other_attribute_bits_are_ignored),
    test!(the_only_thread_flag_is_bit_0),
    test!(priorities_are_limited_by_the_authority_only),
    test!(read_registers_takes_bit_0_only),
    test!(write_registers_takes_bit_0_only),
    test!(copy_registers_takes_four_bits),
];

/// A copy of an endpoint or notification capability with this rights word.
fn copy_with<T>(world: &mut World, cap: Cap<T>, rights: u64) -> Outcome<Cap<T>> {
    let copy = world.slot::<T>()?;
    let root = initial::CNODE.pointer();
    let words = [copy.pointer(), 64, cap.pointer(), 64, rights];
    let label = Invocation::CNodeCopy.label();
    let (info, _) = libsys::invoke::raw(root, label, &words, &[root]);
    check_eq!(info.label(), 0);
    Ok(copy)
}

/// "CapRights word: bit0 write".
fn rights_bit_0_is_write(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let rings = world.mint(bell, Rights::ALL, 3)?;
    let writes = copy_with(world, rings, 1)?;
    syscall::nb_send(writes.pointer(), Message::EMPTY);
    check_eq!(bell.poll(), 3);
    let reads = copy_with(world, rings, 14)?;
    syscall::nb_send(reads.pointer(), Message::EMPTY);
    check_eq!(bell.poll(), 0);
    PASSED
}

/// "bit1 read": without it a receive is a fault, and a notification cannot be bound.
fn rights_bit_1_is_read(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let thread = world.thread()?;
    let deaf = copy_with(world, bell, 13)?;
    check_err!(thread.bind_notification(deaf), Error::IllegalOperation);
    let reads = copy_with(world, bell, 2)?;
    check_eq!(reads.poll(), 0);
    thread.bind_notification(reads)?;
    PASSED
}

/// Sends a capability on a copy of an endpoint capability with this rights word. Answers how
/// many arrive.
fn caps_through(world: &mut World, rights: u64) -> Outcome<usize> {
    let endpoint = world.create::<Endpoint>()?;
    let sends = copy_with(world, endpoint, rights)?;
    let slot = world.slot::<Endpoint>()?;
    ipc_buffer::set_receive_path(world.path(slot));
    let helper = world.spawn(50, move || {
        sends.send(Message::EMPTY.with_caps(&[1]));
    })?;
    let received = endpoint.wait();
    helper.join();
    Ok(received.info.extra_caps())
}

/// "bit2 grant"
fn rights_bit_2_is_grant(world: &mut World) -> Outcome {
    check_eq!(caps_through(world, 1 | 4)?, 1);
    check_eq!(caps_through(world, 1 | 2 | 8)?, 0);
    PASSED
}

/// "bit3 grantReply": enough to be answered, as a fault handler must be.
fn rights_bit_3_is_grant_reply(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let thread = world.thread()?;
    let answers = copy_with(world, endpoint, 1 | 8)?;
    thread.set_timeout_endpoint(answers)?;
    let mute = copy_with(world, endpoint, 1 | 2)?;
    check_err!(thread.set_timeout_endpoint(mute), Error::InvalidCapability(1));
    PASSED
}

/// "15 = all; other bits ignored"
fn other_rights_bits_are_ignored(world: &mut World) -> Outcome {
    check_eq!(caps_through(world, !4)?, 0);
    check_eq!(caps_through(world, 0xffff_ffff_0000_0000 | 5)?, 1);
    PASSED
}

/// A copy of a CNode capability with this data word.
fn guarded(world: &mut World, node: Cap<CNode>, data: u64) -> Outcome<Cap<CNode>> {
    world.mint(node, Rights::ALL, data)
}

/// "CNode cap data: bits 0-5 guard size, bits 6-63 guard value".
fn guards_have_size_below_and_value_above(world: &mut World) -> Outcome {
    let node = world.create_sized::<CNode>(4)?;
    let guarded = guarded(world, node, 0xabc << 6 | 12)?;
    SlotPath::with_depth(guarded, 0xabc3, 16).delete()?;
    let failure = LookupFailure::GuardMismatch { bits_left: 16, guard: 0xabc, guard_bits: 12 };
    check_err!(SlotPath::with_depth(guarded, 0xabd3, 16).delete(), Error::destination(failure));
    PASSED
}

/// "only the low guard-size bits are kept"
fn guard_bits_beyond_the_size_are_dropped(world: &mut World) -> Outcome {
    let node = world.create_sized::<CNode>(4)?;
    let guarded = guarded(world, node, 0xffff_fabc << 6 | 8)?;
    let failure = LookupFailure::GuardMismatch { bits_left: 12, guard: 0xbc, guard_bits: 8 };
    check_err!(SlotPath::with_depth(guarded, 0, 12).delete(), Error::destination(failure));
    PASSED
}

/// "badge: full 64 bits"
fn badges_have_64_bits(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let endpoint = world.create::<Endpoint>()?;
    for badge in [u64::MAX, 1 << 63, 0x0123_4567_89ab_cdef] {
        world.mint(bell, Rights::ALL, badge)?.signal();
        check_eq!(bell.poll(), badge);
        let badged = world.mint(endpoint, Rights::ALL, badge)?;
        let helper = world.spawn(50, move || badged.send(Message::EMPTY))?;
        check_eq!(endpoint.wait().badge, badge);
        helper.join();
    }
    PASSED
}

/// Maps a page with these instructions and this attributes word. Answers its address.
fn page_with(world: &mut World, instructions: &[u32], attributes: u64) -> Outcome<u64> {
    let page = world.create::<Page>()?;
    let window = Window::map(&mut world.allocator, page, MemoryKind::Ram)?;
    for (instruction, offset) in instructions.iter().zip((0..).step_by(4)) {
        window.write_bytes(offset, &instruction.to_le_bytes());
    }
    page.unify_instruction(0..4096)?;
    page.unmap()?;
    let words = [window.address(), Rights::READ_WRITE.word(), attributes];
    let caps = [initial::VSPACE.pointer()];
    let label = Invocation::PageMap.label();
    let (info, _) = libsys::invoke::raw(page.pointer(), label, &words, &caps);
    check_eq!(info.label(), 0);
    Ok(window.address())
}

/// Loads an unaligned word from a page mapped with these attributes. Answers the fault's label.
fn unaligned_load(world: &mut World, attributes: u64) -> Outcome<u64> {
    let address = page_with(world, &[], attributes)?;
    let bare = world.bare(&[code::load(1, 0), code::UDF])?;
    Ok(bare.run(&bare.with_arguments(&[address + 1]))?.info.label())
}

/// "VM attributes: bit0 cacheable"; boot §5: "not cacheable = device nGnRnE (unaligned access
/// faults there)".
fn attribute_bit_0_is_cacheable(world: &mut World) -> Outcome {
    check_eq!(unaligned_load(world, 1)?, abi::fault::USER_EXCEPTION);
    let label = unaligned_load(world, 0)?;
    skip_if!(label == abi::fault::USER_EXCEPTION, "this machine checks no alignment on devices");
    check_eq!(label, abi::fault::VM_FAULT);
    PASSED
}

/// Runs code in a page mapped with these attributes. Answers the fault.
fn fault_in(world: &mut World, attributes: u64) -> Outcome<u64> {
    let address = page_with(world, &[code::UDF], attributes)?;
    let bare = world.bare(&[])?;
    let start = bare.registers().with(Register::Pc, address);
    let fault = bare.run(&start)?;
    check_eq!(fault.word(0), address);
    Ok(fault.info.label())
}

/// "bit2 execute-never; default 3"
fn attribute_bit_2_is_execute_never(world: &mut World) -> Outcome {
    check_eq!(fault_in(world, 3)?, abi::fault::USER_EXCEPTION);
    check_eq!(fault_in(world, 3 | 4)?, abi::fault::VM_FAULT);
    PASSED
}

/// "bit1 parity (ignored)"
fn other_attribute_bits_are_ignored(world: &mut World) -> Outcome {
    check_eq!(fault_in(world, 1)?, abi::fault::USER_EXCEPTION);
    check_eq!(unaligned_load(world, 3)?, abi::fault::USER_EXCEPTION);
    PASSED
}

/// "TCB flags: bit0 fpuDisabled; all others always 0"
fn the_only_thread_flag_is_bit_0(world: &mut World) -> Outcome {
    let thread = world.thread()?;
    let set = |clear: u64, set: u64| {
        let label = Invocation::ThreadSetFlags.label();
        libsys::invoke::raw(thread.pointer(), label, &[clear, set], &[])
    };
    for (clear, wished, flags) in [(0, u64::MAX, 1), (0, 0, 1), (1, 2, 0), (u64::MAX, 1, 1)] {
        let (info, words) = set(clear, wished);
        check_eq!((info, words[0]), (MessageInfo::new(0, 0, 1), flags));
    }
    PASSED
}

/// "priorities 0..255, MCP likewise; no range check except against the authority's MCP"
fn priorities_are_limited_by_the_authority_only(world: &mut World) -> Outcome {
    let thread = world.thread()?;
    let authority = [initial::THREAD.pointer()];
    for invocation in [Invocation::ThreadSetPriority, Invocation::ThreadSetMaxPriority] {
        let set = |value: u64| {
            let (info, words) =
                libsys::invoke::raw(thread.pointer(), invocation.label(), &[value], &authority);
            (info.label(), words[0], words[1])
        };
        check_eq!(set(255).0, 0);
        check_eq!(set(0).0, 0);
        check_eq!(set(256), (Error::Range { min: 0, max: 0 }.code(), 0, 255));
        check_eq!(set(u64::MAX), (Error::Range { min: 0, max: 0 }.code(), 0, 255));
    }
    PASSED
}

/// A helper that waits for a signal and then sets word 0 of the board.
fn waiting(world: &mut World) -> Outcome<(Cap<Thread>, Cap<Notification>)> {
    let board = world.board();
    let bell = world.create::<Notification>()?;
    let helper = world.spawn(50, move || {
        bell.wait();
        board.set(0, 1);
    })?;
    world.settle()?;
    Ok((helper.thread(), bell))
}

/// "ReadRegisters MR0 = flag(bit0) | archFlags<<8": only bit 0 suspends.
fn read_registers_takes_bit_0_only(world: &mut World) -> Outcome {
    let read = |thread: Cap<Thread>, flags: u64| {
        let label = Invocation::ThreadReadRegisters.label();
        libsys::invoke::raw(thread.pointer(), label, &[flags, 1], &[]).0.label()
    };
    for (flags, runs) in [(0xfffe, 1), (0xff00, 1), (1, 0), (0xff01, 0)] {
        let (thread, bell) = waiting(world)?;
        check_eq!(read(thread, flags), 0);
        bell.signal();
        world.settle()?;
        check_eq!((flags, world.board().get(0)), (flags, runs));
        world.board().clear();
    }
    PASSED
}

/// "WriteRegisters MR0 = flag(bit0) | archFlags<<8": only bit 0 resumes.
fn write_registers_takes_bit_0_only(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::store(1, 0), code::UDF])?;
    let address = world.board().address(0);
    for (flags, runs) in [(0xfffe, 0), (0xff00, 0), (1, 1), (0xff01, 1)] {
        let start = bare.with_arguments(&[address, 1]);
        let mut words = [0; 38];
        (words[0], words[1]) = (flags, 36);
        words[2..].copy_from_slice(start.words());
        let label = Invocation::ThreadWriteRegisters.label();
        let (info, _) = libsys::invoke::raw(bare.thread.pointer(), label, &words, &[]);
        check_eq!(info.label(), 0);
        world.settle()?;
        check_eq!((flags, world.board().get(0)), (flags, runs));
        world.board().clear();
        if runs == 1 {
            bare.fault();
        }
    }
    PASSED
}

/// "CopyRegisters MR0 = suspendSource(0) resumeTarget(1) transferFrame(2) transferInteger(3) |
/// archFlags<<8"
fn copy_registers_takes_four_bits(world: &mut World) -> Outcome {
    let (source, target) = (world.thread()?, world.thread()?);
    let values = UserContext::from_words(|index| 0x100 * (index as u64 + 1));
    source.write_registers(false, &values)?;
    let copy = |flags: u64| {
        let label = Invocation::ThreadCopyRegisters.label();
        libsys::invoke::raw(target.pointer(), label, &[flags], &[source.pointer()]).0.label()
    };
    let first_of_each = || -> Outcome<[bool; 2]> {
        let found = target.read_registers(false, 36)?;
        let same = |register| found.register(register) == values.register(register);
        Ok([same(Register::X(0)), same(Register::X(9))])
    };
    check_eq!(copy(0xff00), 0);
    check_eq!(first_of_each()?, [false, false]);
    check_eq!(copy(4), 0);
    check_eq!(first_of_each()?, [true, false]);
    check_eq!(copy(8), 0);
    check_eq!(first_of_each()?, [true, true]);
    PASSED
}
