//! abi.md §11: the initial CSpace and thread.

use crate::framework::prelude::*;
use abi::bootinfo::slot;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(the_fixed_slots_hold_their_kinds),
    test!(the_slots_between_are_empty),
    test!(the_dynamic_slots_hold_their_kinds),
    test!(image_frames_are_contiguous_pages_of_the_image),
    test!(image_frames_are_mapped_read_write_execute),
    test!(image_frames_record_their_mapping),
    test!(the_ipc_buffer_is_execute_never),
    test!(the_boot_information_is_execute_never_and_writable),
    test!(the_extra_information_is_writable),
    test!(the_root_cnode_needs_no_guard_in_addresses),
    test!(slot_numbers_are_64_bit_pointers),
    test!(the_initial_time_is_round_robin_of_five_milliseconds),
    test!(the_initial_thread_runs_on_slot_14),
    test!(the_initial_priority_and_its_maximum_are_255),
    test!(the_initial_thread_uses_floating_point),
    test!(the_root_pool_has_hundreds_of_asids),
    test!(the_root_space_has_an_asid_of_the_root_pool),
    test!(revoking_untyped_memory_leaves_initial_frames),
    test!(initial_tables_are_mapped),
];

/// Whether the object behind a pointer knows an invocation: calls it without words and
/// capabilities, and hears something else than that it is illegal.
fn knows(pointer: u64, invocation: Invocation) -> bool {
    let (info, _) = libsys::invoke::raw(pointer, invocation.label(), &[], &[]);
    info.label() == Error::TruncatedMessage.code()
}

/// "1 root TCB, 2 root CNode, 3 root VSpace, 4 IRQControl, 5 ASIDControl, 6 root ASID pool,
/// 9 BootInfo frame, 10 IPC buffer frame, 11 Domain, 14 root SchedContext"
fn the_fixed_slots_hold_their_kinds(_: &mut World) -> Outcome {
    let kinds = [
        (1, Invocation::ThreadSetPriority),
        (2, Invocation::CNodeDelete),
        (3, Invocation::VSpaceCleanData),
        (4, Invocation::IrqControlGet),
        (5, Invocation::AsidControlMakePool),
        (6, Invocation::AsidPoolAssign),
        (9, Invocation::PageMap),
        (10, Invocation::PageMap),
        (11, Invocation::DomainSet),
        (14, Invocation::SchedContextBind),
    ];
    for (pointer, invocation) in kinds {
        check!(knows(pointer, invocation), "slot {pointer} does not know {invocation:?}");
    }
    PASSED
}

/// "0 null; 7, 8 empty (I/O port, I/O space); 12, 13 empty (SMMU); 15 SMC (only with SMC option,
/// else empty)"
fn the_slots_between_are_empty(world: &mut World) -> Outcome {
    for pointer in [0, 7, 8, 12, 13, slot::SMC] {
        check!(world.is_empty(Cap::<()>::at(pointer)), "slot {pointer} is occupied");
    }
    PASSED
}

/// "Dynamic caps: userImagePaging, extraBIPages (4 KiB frames), schedcontrol, userImageFrames
/// (4 KiB frames), untypeds"
fn the_dynamic_slots_hold_their_kinds(world: &mut World) -> Outcome {
    let regions = [
        (world.boot.image_paging, Invocation::PageTableMap),
        (world.boot.extra_pages, Invocation::PageMap),
        (world.boot.sched_control, Invocation::SchedControlConfigureFlags),
        (world.boot.image_frames, Invocation::PageMap),
        (world.boot.untyped, Invocation::UntypedRetype),
    ];
    for (region, invocation) in regions {
        for pointer in region.slots() {
            check!(knows(pointer, invocation), "slot {pointer} does not know {invocation:?}");
        }
    }
    PASSED
}

/// The first address of the image: the IPC buffer is behind its last page.
fn image_start(world: &World) -> u64 {
    world.boot.ipc_buffer - world.boot.image_frames.len() * 4096
}

/// The frame at an address of the image.
fn frame_at(world: &World, address: u64) -> Cap<Page> {
    Cap::at(world.boot.image_frames.start + (address - image_start(world)) / 4096)
}

/// "userImageFrames (4 KiB frames, ascending VA)"; boot §3: users "locate the frame of a symbol by
/// (VA - image start)/4096": a copy of the frame of the board, mapped elsewhere, shows its words.
fn image_frames_are_contiguous_pages_of_the_image(world: &mut World) -> Outcome {
    let address = world.board().address(0);
    world.board().set(0, 0xb0a2d);
    let copy = world.copy(frame_at(world, address), Rights::ALL)?;
    let kind = libsys::window::MemoryKind::Ram;
    let window = libsys::window::Window::map(&mut world.allocator, copy, kind)?;
    check_eq!(window.read_word(address % 4096), 0xb0a2d);
    PASSED
}

/// Loads, stores (what was loaded) and, if asked, executes at an address. Answers the labels of
/// the faults: a user exception where nothing is wrong but the instruction behind the access.
fn accesses(world: &mut World, address: u64) -> Outcome<[u64; 3]> {
    let bare = world.bare(&[code::load(1, 0), code::UDF, code::store(1, 0), code::UDF])?;
    let start = bare.with_arguments(&[address]);
    let load = bare.run(&start)?.info.label();
    let value = bare.read()?.register(Register::X(1));
    let storing = start.with(Register::X(1), value).with(Register::Pc, bare.code + 8);
    let store = bare.run(&storing)?.info.label();
    let fetch = bare.run(&start.with(Register::Pc, address))?.info.label();
    Ok([load, store, fetch])
}

const EXCEPTION: u64 = abi::fault::USER_EXCEPTION;
const FORBIDDEN: u64 = abi::fault::VM_FAULT;

/// "All image pages are mapped read-write-execute as 4 KiB pages whatever the ELF flags": the
/// page of a zero word, which is an undefined instruction, among the data of this program.
fn image_frames_are_mapped_read_write_execute(world: &mut World) -> Outcome {
    check_eq!(accesses(world, world.board().address(64))?, [EXCEPTION; 3]);
    // Code is writable, too: its first instruction is stored where it was.
    let code = image_frames_are_mapped_read_write_execute as *const () as usize as u64;
    let bare = world.bare(&[code::load(1, 0), code::store(1, 0), code::UDF])?;
    check_eq!(bare.run(&bare.with_arguments(&[code & !7]))?.info.label(), EXCEPTION);
    PASSED
}

/// "Frame caps in those slots record their mapping (so Page_Unmap etc. work on them)": a mapped
/// page can be cleaned, and mapped again only where it is.
fn image_frames_record_their_mapping(world: &mut World) -> Outcome {
    let address = world.board().address(0) & !0xfff;
    let frame = frame_at(world, address);
    frame.clean_data(0..64)?;
    let default = VmAttributes::DEFAULT;
    check_err!(
        frame.map(initial::VSPACE, 0x5300_0000, Rights::READ_WRITE, default),
        Error::InvalidArgument(0)
    );
    frame.map(initial::VSPACE, address, Rights::READ_WRITE, default)?;
    for slot in [slot::IPC_BUFFER_FRAME, slot::BOOT_INFO_FRAME] {
        Cap::<Page>::at(slot).clean_data(0..64)?;
    }
    for slot in world.boot.extra_pages.slots() {
        Cap::<Page>::at(slot).clean_data(0..64)?;
    }
    PASSED
}

/// "IPC buffer and BootInfo RW execute-never"
fn the_ipc_buffer_is_execute_never(world: &mut World) -> Outcome {
    let address = world.boot.ipc_buffer + 1024;
    check_eq!(accesses(world, address)?, [EXCEPTION, EXCEPTION, FORBIDDEN]);
    PASSED
}

/// The same for the boot information.
fn the_boot_information_is_execute_never_and_writable(world: &mut World) -> Outcome {
    let address = world.boot.ipc_buffer + 4096 + 4088;
    check_eq!(accesses(world, address)?, [EXCEPTION, EXCEPTION, FORBIDDEN]);
    PASSED
}

/// "extra BI RW"
fn the_extra_information_is_writable(world: &mut World) -> Outcome {
    skip_if!(world.boot.extra_length == 0, "no device tree was passed");
    let [load, store, _] = accesses(world, world.boot.ipc_buffer + 2 * 4096)?;
    check_eq!([load, store], [EXCEPTION; 2]);
    PASSED
}

/// "guard 0 with guard size 64-radix"
fn the_root_cnode_needs_no_guard_in_addresses(world: &mut World) -> Outcome {
    let guard_bits = 64 - world.boot.cnode_bits;
    let beyond = 1 << world.boot.cnode_bits;
    let failure = LookupFailure::GuardMismatch { bits_left: 64, guard: 0, guard_bits };
    check_err!(initial::CNODE.slot(beyond).delete(), Error::destination(failure));
    PASSED
}

/// "so plain slot numbers are valid 64-bit cptrs"
fn slot_numbers_are_64_bit_pointers(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let last = Cap::<Notification>::at(world.boot.empty.end - 1);
    initial::CNODE.slot(last.pointer()).copy_from(world.path(bell), Rights::ALL)?;
    let badged = world.mint(last, Rights::ALL, 2)?;
    badged.signal();
    check_eq!(bell.poll(), 2);
    initial::CNODE.slot(last.pointer()).delete()?;
    PASSED
}

/// "SC = slot 14, round-robin with a 5 ms budget (BOOT_THREAD_TIME_SLICE)": a thread of the same
/// priority gets its turn about so often while the initial thread spins.
fn the_initial_time_is_round_robin_of_five_milliseconds(world: &mut World) -> Outcome {
    let board = world.board();
    let turns = world.spawn(255, move || {
        while board.get(1) == 0 {
            board.add(0, 1);
            syscall::yield_now();
        }
    })?;
    // The helper yields at once, so that each of its counts is the end of one slice of the initial
    // thread. Under an emulator the machine may lose time now and then, so one good slice counts.
    let good = Duration::from_micros(4500)..Duration::from_millis(7);
    let mut slice = Duration::ZERO;
    for turn in 1..100 {
        while board.get(0) < turn {
            core::hint::spin_loop();
        }
        slice = initial::SCHED_CONTEXT.consumed()?;
        // The first slice began before the test.
        if turn > 1 && good.contains(&slice) {
            break;
        }
    }
    board.set(1, 1);
    turns.join();
    check!(good.contains(&slice), "slices of {slice:?}");
    PASSED
}

/// "SC = slot 14": it is the caller's own, which cannot be unbound.
fn the_initial_thread_runs_on_slot_14(_: &mut World) -> Outcome {
    check_err!(initial::SCHED_CONTEXT.unbind(), Error::IllegalOperation);
    PASSED
}

/// "priority = MCP = 255"
fn the_initial_priority_and_its_maximum_are_255(world: &mut World) -> Outcome {
    let thread = world.thread()?;
    thread.set_priority(initial::THREAD, 255)?;
    thread.set_max_priority(initial::THREAD, 255)?;
    // A thread of priority 254 that becomes ready does not run before the initial thread waits.
    let board = world.board();
    let helper = world.spawn(254, move || board.set(0, 1))?;
    check_eq!(board.get(0), 0);
    helper.join();
    PASSED
}

/// "FPU enabled"
fn the_initial_thread_uses_floating_point(world: &mut World) -> Outcome {
    let label = Invocation::ThreadSetFlags.label();
    let (info, words) = libsys::invoke::raw(initial::THREAD.pointer(), label, &[0, 0], &[]);
    check_eq!((info.length(), words[0]), (1, 0));
    let half = core::hint::black_box(world.board().get(0) as f64) + 0.5;
    check_eq!(half, 0.5);
    PASSED
}

/// boot §3: "ASID pool in slot 6 can hand out hundreds of ASIDs".
fn the_root_pool_has_hundreds_of_asids(world: &mut World) -> Outcome {
    let mut spaces = world.allocator.create_many::<VSpace>(300)?;
    spaces.try_for_each(|space| initial::ASID_POOL.assign(space))?;
    PASSED
}

/// "Its ASID comes from the root pool (pool 0)": a pool made anew does not take the root's space.
fn the_root_space_has_an_asid_of_the_root_pool(_: &mut World) -> Outcome {
    check_err!(initial::ASID_POOL.assign(initial::VSPACE), Error::InvalidCapability(1));
    PASSED
}

/// "All these caps are 'revocable originals' without parents: revoking an initial untyped never
/// touches initial frames."
fn revoking_untyped_memory_leaves_initial_frames(world: &mut World) -> Outcome {
    for pointer in world.boot.untyped.slots() {
        // A block without children, so that nothing of the suite's own is revoked.
        let probe = world.slot::<Untyped>()?;
        if world.path(probe).copy_from(initial::CNODE.slot(pointer), Rights::ALL).is_ok() {
            initial::CNODE.slot(pointer).revoke()?;
            check!(world.is_empty(probe));
        }
    }
    let frames = world.boot.image_frames.slots().chain(world.boot.extra_pages.slots());
    for pointer in frames.chain([slot::IPC_BUFFER_FRAME, slot::BOOT_INFO_FRAME]) {
        check!(!world.is_empty(Cap::<()>::at(pointer)));
    }
    PASSED
}

/// "userImagePaging (level-1, level-2, then level-3 tables)": they are mapped, so mapping one again
/// is refused.
fn initial_tables_are_mapped(world: &mut World) -> Outcome {
    for pointer in world.boot.image_paging.slots() {
        let table = Cap::<PageTable>::at(pointer);
        check_err!(table.map(initial::VSPACE, 0x5400_0000), Error::InvalidCapability(0));
    }
    PASSED
}
