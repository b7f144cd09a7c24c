//! abi.md §3: the IPC buffer.

use crate::framework::prelude::*;
use abi::buffer;
use libsys::bootstrap::AddressSpace;
use libsys::window::{MemoryKind, Window};

/// The tests.
pub const TESTS: &[Test] = &[
    test!(words_lie_behind_the_tag),
    test!(the_tag_is_never_used),
    test!(user_data_is_never_touched),
    test!(caps_are_read_at_976),
    test!(badges_are_written_at_976),
    test!(the_receive_path_is_at_1000),
    test!(the_frame_need_not_be_mapped),
    test!(the_offset_within_the_frame_counts),
    test!(a_large_page_serves_too),
    test!(a_buffer_in_another_place_than_the_mapping),
];

/// Starts a bare thread that waits on an endpoint, and lets it block.
fn waits(world: &mut World, bare: &Bare, endpoint: Cap<Endpoint>) -> Outcome {
    let start = bare.with_arguments(&[endpoint.pointer()]);
    bare.start(&start.with(Register::X(7), Syscall::Wait.number()))?;
    world.settle()
}

/// "8: `msg[120]`; MRi at 8+8i"
fn words_lie_behind_the_tag(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    waits(world, &bare, endpoint)?;
    let words: [u64; 120] = core::array::from_fn(|index| 0x1000 + index as u64);
    endpoint.send(Message::new(0, &words));
    bare.fault();
    for index in 4..120 {
        check_eq!(bare.buffer.read_word(8 + 8 * index), 0x1000 + index);
    }
    PASSED
}

/// "0: tag (never used by the kernel)": neither written nor taken for the information word.
fn the_tag_is_never_used(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.buffer.write_word(0, 0x7a6);
    ipc_buffer::write(0, MessageInfo::new(3, 0, 100).0);
    waits(world, &bare, endpoint)?;
    endpoint.send(Message::new(1, &[1, 2, 3, 4, 5]));
    bare.fault();
    check_eq!(bare.buffer.read_word(0), 0x7a6);
    check_eq!(bare.read()?.register(Register::X(1)), MessageInfo::new(1, 0, 5).0);
    PASSED
}

/// "968: userData (never touched)"
fn user_data_is_never_touched(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.buffer.write_word(968, 0xda7a);
    waits(world, &bare, endpoint)?;
    let caps = [endpoint.pointer(); 3];
    endpoint.send(Message::new(1, &[7; 120]).with_caps(&caps));
    bare.fault();
    check_eq!(bare.buffer.read_word(968), 0xda7a);
    PASSED
}

/// "976: `caps_or_badges[3]`: on send the cptrs of the extra caps"
fn caps_are_read_at_976(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    for index in 0..3 {
        let badged = world.mint(endpoint, Rights::ALL, 0x70 + index)?;
        bare.buffer.write_word(976 + 8 * index, badged.pointer());
    }
    let start = bare.with_arguments(&[endpoint.pointer(), MessageInfo::new(0, 3, 0).0]);
    bare.start(&start.with(Register::X(7), Syscall::Send.number()))?;
    let received = endpoint.wait();
    check_eq!(received.info.0, 7 << 9 | 3 << 7);
    check_eq!([0, 1, 2].map(ipc_buffer::badge), [0x70, 0x71, 0x72]);
    PASSED
}

/// "976: (…) on receive the badges of unwrapped caps"
fn badges_are_written_at_976(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    let caps = [
        world.mint(endpoint, Rights::ALL, u64::MAX)?.pointer(),
        world.mint(endpoint, Rights::ALL, 0x1234)?.pointer(),
    ];
    bare.buffer.write_word(992, 0x5555);
    waits(world, &bare, endpoint)?;
    endpoint.send(Message::EMPTY.with_caps(&caps));
    bare.fault();
    let found = [976, 984, 992].map(|offset| bare.buffer.read_word(offset));
    check_eq!(found, [u64::MAX, 0x1234, 0x5555]);
    PASSED
}

/// "1000 receiveCNode, 1008 receiveIndex, 1016 receiveDepth"
fn the_receive_path_is_at_1000(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let gift = world.create::<Notification>()?;
    let slot = world.slot::<Notification>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.buffer.write_word(1000, initial::CNODE.pointer());
    bare.buffer.write_word(1008, slot.pointer());
    bare.buffer.write_word(1016, 64);
    waits(world, &bare, endpoint)?;
    endpoint.send(Message::EMPTY.with_caps(&[gift.pointer()]));
    bare.fault();
    check!(!world.is_empty(slot));
    PASSED
}

/// "The kernel accesses the buffer through the physical frame (…) whether and where the frame is
/// mapped in the VSpace is irrelevant": it is mapped nowhere during the call.
fn the_frame_need_not_be_mapped(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    let page = world.create::<Page>()?;
    bare.thread.set_ipc_buffer(0x7777_0000, page)?;
    waits(world, &bare, endpoint)?;
    endpoint.send(Message::new(0, &[1, 2, 3, 4, 5, 6]));
    bare.fault();
    let window = Window::map(&mut world.allocator, page, MemoryKind::Ram)?;
    check_eq!((window.read_word(buffer::word(4)), window.read_word(buffer::word(5))), (5, 6));
    PASSED
}

/// "at offset (buffer address mod frame size)"
fn the_offset_within_the_frame_counts(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    for quarter in 0..4 {
        let page = world.create::<Page>()?;
        let window = Window::map(&mut world.allocator, page, MemoryKind::Ram)?;
        let offset = 1024 * quarter;
        bare.thread.set_ipc_buffer(0x1_0000 + offset, page)?;
        waits(world, &bare, endpoint)?;
        endpoint.send(Message::new(0, &[1, 2, 3, 4, 0x55]));
        bare.fault();
        let set = (0..512).filter(|index| window.read_word(8 * index) != 0).count();
        check_eq!((set, window.read_word(offset + buffer::word(4))), (1, 0x55));
    }
    PASSED
}

/// objects §5: "The IPC buffer frame may be larger than 4 KiB"; the offset is taken modulo the
/// frame's size.
fn a_large_page_serves_too(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    let large = world.create::<Page<Large>>()?;
    let (place, offset) = (0x60_0000_0000, 0x12_3c00);
    let space = AddressSpace::initial();
    space.map(&mut world.allocator, large, place, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    bare.thread.set_ipc_buffer(place + offset, large)?;
    waits(world, &bare, endpoint)?;
    endpoint.send(Message::new(0, &[1, 2, 3, 4, 0x99]));
    bare.fault();
    // A second thread reads the word where it must be.
    let reader = world.bare(&[code::load(1, 0), code::UDF])?;
    reader.run(&reader.with_arguments(&[place + offset + buffer::word(4)]))?;
    check_eq!(reader.read()?.register(Register::X(1)), 0x99);
    PASSED
}

/// "whether and where the frame is mapped in the VSpace is irrelevant": it is mapped, but not
/// at the buffer's address.
fn a_buffer_in_another_place_than_the_mapping(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    let decoy = world.window(1)?;
    let page = world.create::<Page>()?;
    let window = Window::map(&mut world.allocator, page, MemoryKind::Ram)?;
    bare.thread.set_ipc_buffer(decoy.address(), page)?;
    waits(world, &bare, endpoint)?;
    endpoint.send(Message::new(0, &[1, 2, 3, 4, 0x99]));
    bare.fault();
    check_eq!(window.read_word(buffer::word(4)), 0x99);
    check_eq!(decoy.read_word(buffer::word(4)), 0);
    PASSED
}
