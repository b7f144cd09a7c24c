//! abi.md §2: the message-information word, and how much of a message moves.

use crate::framework::prelude::*;
use libsys::window::{MemoryKind, Window};

/// The tests.
pub const TESTS: &[Test] = &[
    test!(all_120_words_move),
    test!(longer_messages_count_as_120),
    test!(the_label_has_52_bits),
    test!(caps_unwrapped_is_ignored_on_send),
    test!(a_sender_without_buffer_sends_four_words),
    test!(a_receiver_without_buffer_gets_four_words),
    test!(a_read_only_buffer_sends_all_words),
    test!(a_read_only_buffer_receives_four_words),
    test!(a_write_only_buffer_does_not_count),
    test!(invocations_without_buffer_have_four_words),
    test!(caps_need_a_buffer_on_both_sides),
];

/// Registers of a bare thread for a Call or Send of `info` on `to`.
fn sends(bare: &Bare, to: u64, info: u64) -> UserContext {
    bare.with_arguments(&[to, info, 1, 2, 3, 4]).with(Register::X(7), Syscall::Send.number())
}

/// Fills a bare thread's buffer: word i holds i + 1.
fn fill(bare: &Bare) {
    for index in 0..120 {
        bare.buffer.write_word(abi::buffer::word(index), index as u64 + 1);
    }
}

/// Gives a bare thread its buffer by a capability with fewer rights.
fn limit_buffer(world: &mut World, bare: &mut Bare, rights: Rights) -> Outcome {
    let page = world.create::<Page>()?;
    let limited = world.copy(page, rights)?;
    bare.buffer = Window::map(&mut world.allocator, page, MemoryKind::Ram)?;
    bare.thread.set_ipc_buffer(bare.buffer.address(), limited)?;
    PASSED
}

/// "length (words)": MsgMaxLength is 120.
fn all_120_words_move(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    fill(&bare);
    bare.start(&sends(&bare, endpoint.pointer(), MessageInfo::new(9, 0, 120).0))?;
    let received = endpoint.wait();
    check_eq!(received.info, MessageInfo::new(9, 0, 120));
    for index in 0..120 {
        check_eq!(received.word(index), index as u64 + 1);
    }
    PASSED
}

/// "values above 120 are treated as 120"
fn longer_messages_count_as_120(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    for length in [121, 127] {
        fill(&bare);
        bare.start(&sends(&bare, endpoint.pointer(), length))?;
        let received = endpoint.wait();
        check_eq!(received.info, MessageInfo::new(0, 0, 120));
        check_eq!(received.word(119), 120);
        bare.fault();
    }
    PASSED
}

/// "label (52 bits)"; "The label is copied verbatim from sender to receiver."
fn the_label_has_52_bits(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    for label in [(1 << 52) - 1, 1 << 51, 0xa_bcde_f012_3456] {
        bare.start(&sends(&bare, endpoint.pointer(), label << 12 | 1))?;
        check_eq!(endpoint.wait().info.0, label << 12 | 1);
        bare.fault();
    }
    PASSED
}

/// "capsUnwrapped (bitmap; ignored on send)"
fn caps_unwrapped_is_ignored_on_send(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.start(&sends(&bare, endpoint.pointer(), 5 << 12 | 7 << 9 | 2))?;
    check_eq!(endpoint.wait().info, MessageInfo::new(5, 0, 2));
    PASSED
}

/// "Without an IPC buffer (…) only 4 words move": the sender has none.
fn a_sender_without_buffer_sends_four_words(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.thread.set_ipc_buffer(0, Cap::<Page>::NULL)?;
    for (length, moved) in [(3, 3), (4, 4), (5, 4), (120, 4)] {
        bare.start(&sends(&bare, endpoint.pointer(), length))?;
        let received = endpoint.wait();
        check_eq!(received.info, MessageInfo::new(0, 0, moved));
        bare.fault();
    }
    PASSED
}

/// "Without an IPC buffer (…) only 4 words move": the receiver has none.
fn a_receiver_without_buffer_gets_four_words(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.thread.set_ipc_buffer(0, Cap::<Page>::NULL)?;
    let start = bare.with_arguments(&[endpoint.pointer()]);
    bare.start(&start.with(Register::X(7), Syscall::Wait.number()))?;
    world.settle()?;
    endpoint.send(Message::new(7, &[1, 2, 3, 4, 5, 6]));
    bare.fault();
    check_eq!(bare.read()?.register(Register::X(1)), MessageInfo::new(7, 0, 4).0);
    PASSED
}

/// "frame rights insufficient: sending needs read": read alone is enough to send.
fn a_read_only_buffer_sends_all_words(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let mut bare = world.bare(&[code::svc(0), code::UDF])?;
    limit_buffer(world, &mut bare, Rights::READ)?;
    fill(&bare);
    bare.start(&sends(&bare, endpoint.pointer(), 6))?;
    let received = endpoint.wait();
    check_eq!(received.info, MessageInfo::new(0, 0, 6));
    check_eq!(received.word(5), 6);
    PASSED
}

/// "receiving needs read+write"
fn a_read_only_buffer_receives_four_words(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let mut bare = world.bare(&[code::svc(0), code::UDF])?;
    limit_buffer(world, &mut bare, Rights::READ)?;
    let start = bare.with_arguments(&[endpoint.pointer()]);
    bare.start(&start.with(Register::X(7), Syscall::Wait.number()))?;
    world.settle()?;
    endpoint.send(Message::new(7, &[1, 2, 3, 4, 5, 6]));
    bare.fault();
    check_eq!(bare.read()?.register(Register::X(1)), MessageInfo::new(7, 0, 4).0);
    check_eq!(bare.buffer.read_word(abi::buffer::word(4)), 0);
    PASSED
}

/// "frame rights insufficient": a page capability that is write-only gives no access at all.
fn a_write_only_buffer_does_not_count(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let mut bare = world.bare(&[code::svc(0), code::UDF])?;
    limit_buffer(world, &mut bare, Rights::WRITE)?;
    bare.start(&sends(&bare, endpoint.pointer(), 6))?;
    check_eq!(endpoint.wait().info, MessageInfo::new(0, 0, 4));
    PASSED
}

/// "Invocation lengths are then also cut to 4": WriteRegisters of three registers needs five
/// words.
fn invocations_without_buffer_have_four_words(world: &mut World) -> Outcome {
    let target = world.thread()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    let info = MessageInfo::new(Invocation::ThreadWriteRegisters.label(), 0, 5).0;
    let call = |count| {
        let start = bare.with_arguments(&[target.pointer(), info, 0, count]);
        start.with(Register::X(7), Syscall::Call.number())
    };
    let truncated = Error::TruncatedMessage.code() << 12;
    bare.run(&call(3))?;
    check_eq!(bare.read()?.register(Register::X(1)), 0);
    bare.thread.set_ipc_buffer(0, Cap::<Page>::NULL)?;
    bare.run(&call(3))?;
    check_eq!(bare.read()?.register(Register::X(1)), truncated);
    bare.run(&call(2))?;
    check_eq!(bare.read()?.register(Register::X(1)), 0);
    PASSED
}

/// "Without an IPC buffer only 4 words move and no caps."
fn caps_need_a_buffer_on_both_sides(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.thread.set_ipc_buffer(0, Cap::<Page>::NULL)?;
    bare.start(&sends(&bare, endpoint.pointer(), MessageInfo::new(0, 2, 1).0))?;
    check_eq!(endpoint.wait().info, MessageInfo::new(0, 0, 1));
    bare.fault();
    let start = bare.with_arguments(&[endpoint.pointer()]);
    bare.start(&start.with(Register::X(7), Syscall::Wait.number()))?;
    world.settle()?;
    endpoint.send(Message::new(0, &[1]).with_caps(&[endpoint.pointer()]));
    bare.fault();
    check_eq!(bare.read()?.register(Register::X(1)), MessageInfo::new(0, 0, 1).0);
    PASSED
}
