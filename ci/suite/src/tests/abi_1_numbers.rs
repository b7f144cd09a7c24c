//! abi.md §1.1: system call numbers outside of the eleven.

use crate::framework::prelude::*;
use abi::syscall::CapTag;
use libsys::debug;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(zero_and_positive_numbers_are_unknown),
    test!(numbers_of_no_image_are_unknown),
    test!(numbers_beyond_the_table_are_unknown),
    test!(release_images_have_no_debug_calls),
    test!(other_images_have_no_benchmark_calls),
    test!(printing_changes_no_register),
    test!(identify_names_every_kind),
    test!(identify_answers_zero_for_nothing),
    test!(a_name_changes_no_register),
    test!(affinity_is_the_core),
    test!(dumps_return),
];

/// Checks that a system call is an UnknownSyscall fault.
fn check_unknown(bare: &Bare, number: i64) -> Outcome {
    let number = number.cast_unsigned();
    let start = bare.registers().with(Register::X(7), number);
    check_eq!(bare.run(&start)?.fault(), Some(Fault::UnknownSyscall { number }));
    PASSED
}

fn check_all_unknown(world: &mut World, numbers: impl IntoIterator<Item = i64>) -> Outcome {
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    numbers.into_iter().try_for_each(|number| check_unknown(&bare, number))
}

/// "An unimplemented number, 0, or any positive number raises an UnknownSyscall fault."
fn zero_and_positive_numbers_are_unknown(world: &mut World) -> Outcome {
    check_all_unknown(world, [0, 1, 2, 11, 64, 93, 0x7fff_ffff, i64::MAX])
}

/// "-20 DebugRun: code injection; -24: log buffer; -30,-31,-32: never; -33: off here."
fn numbers_of_no_image_are_unknown(world: &mut World) -> Outcome {
    check_all_unknown(world, [-20, -24, -30, -31, -32, -33])
}

/// "An unimplemented number (…) raises an UnknownSyscall fault."
fn numbers_beyond_the_table_are_unknown(world: &mut World) -> Outcome {
    check_all_unknown(world, [-34, -35, -64, -256, i64::from(i32::MIN), i64::MIN])
}

/// "Numbers are fixed; configuration only decides whether they are implemented": -12 to -19 are
/// those of debug images.
fn release_images_have_no_debug_calls(world: &mut World) -> Outcome {
    skip_if!(world.image() == Image::Debug, "debug image");
    check_all_unknown(world, -19..=-12)
}

/// "-21 to -23, -25 to -29: benchmarks": all of them are unknown in an image without, which the
/// null call tells.
fn other_images_have_no_benchmark_calls(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    let null = bare.registers().with(Register::X(7), (-25_i64).cast_unsigned());
    let has_null = bare.run(&null)?.info.label() == abi::fault::USER_EXCEPTION;
    skip_if!(has_null, "benchmark image");
    check_all_unknown(world, [-21, -22, -23, -25, -26, -27, -28, -29])
}

/// DebugPutChar: "low byte of x0 to the kernel UART; nothing changes". A space, which does
/// no harm to the report.
fn printing_changes_no_register(world: &mut World) -> Outcome {
    skip_if!(world.image() != Image::Debug, "release image");
    let x = [0xff20, 1, 2, 3, 4, 5, 6, (-12_i64).cast_unsigned(), 8];
    check_eq!(RawRegisters { x }.svc().x, x);
    PASSED
}

/// "CapIdentify tags": every kind of capability that this machine has.
fn identify_names_every_kind(world: &mut World) -> Outcome {
    skip_if!(world.image() != Image::Debug, "release image");
    let handler = world.slot::<IrqHandler>()?;
    initial::IRQ_CONTROL.issue(151, world.path(handler))?;
    let kinds = [
        (world.create::<Page>()?.pointer(), 1),
        (world.untyped(12)?.pointer(), 2),
        (world.create::<PageTable>()?.pointer(), 3),
        (world.create::<Endpoint>()?.pointer(), 4),
        (world.create::<Notification>()?.pointer(), 6),
        (world.create::<Reply>()?.pointer(), 8),
        (world.create::<VSpace>()?.pointer(), 9),
        (initial::CNODE.pointer(), 10),
        (initial::ASID_CONTROL.pointer(), 11),
        (initial::THREAD.pointer(), 12),
        (initial::ASID_POOL.pointer(), 13),
        (initial::IRQ_CONTROL.pointer(), 14),
        (handler.pointer(), 16),
        (initial::DOMAIN.pointer(), 20),
        (initial::SCHED_CONTEXT.pointer(), 22),
        (world.sched_control(0).pointer(), 24),
    ];
    for (pointer, tag) in kinds {
        check_eq!(debug::cap_identify(pointer), tag);
    }
    PASSED
}

/// "null 0"; "failed lookup gives 0".
fn identify_answers_zero_for_nothing(world: &mut World) -> Outcome {
    skip_if!(world.image() != Image::Debug, "release image");
    check_eq!(debug::cap_identify(0), CapTag::Null as u64);
    check_eq!(debug::cap_identify(1 << 63), 0);
    PASSED
}

/// DebugNameThread: "x0=TCB cptr; NUL-terminated name at IPC-buffer byte 8".
fn a_name_changes_no_register(world: &mut World) -> Outcome {
    skip_if!(world.image() != Image::Debug, "release image");
    let thread = world.thread()?;
    ipc_buffer::set_word(0, u64::from_le_bytes(*b"someone\0"));
    let x = [thread.pointer(), 1, 2, 3, 4, 5, 6, (-17_i64).cast_unsigned(), 8];
    check_eq!(RawRegisters { x }.svc().x, x);
    PASSED
}

/// DebugGetThreadAffinity: "x0=TCB cptr -> x0=core".
fn affinity_is_the_core(world: &mut World) -> Outcome {
    skip_if!(world.image() != Image::Debug, "release image");
    skip_if!(world.cores() == 1, "one core");
    check_eq!(debug::thread_affinity(initial::THREAD), 0);
    let thread = world.thread()?;
    let context = world.context(1)?;
    context.bind(thread)?;
    check_eq!(debug::thread_affinity(thread), 1);
    PASSED
}

/// DebugDumpScheduler and DebugSnapshot print and return.
fn dumps_return(world: &mut World) -> Outcome {
    skip_if!(world.image() != Image::Debug, "release image");
    libsys::println!();
    debug::dump_scheduler();
    PASSED
}
