//! abi.md §8.4: user exceptions and memory faults.

use crate::framework::prelude::*;
use abi::fault::{USER_EXCEPTION, VM_FAULT};

/// The tests.
pub const TESTS: &[Test] = &[
    test!(an_undefined_instruction_is_a_user_exception),
    test!(hypervisor_and_monitor_calls_are_undefined),
    test!(a_breakpoint_is_a_user_exception),
    test!(a_trapped_system_register_is_a_user_exception),
    test!(disabled_floating_point_is_a_user_exception),
    test!(enabled_floating_point_is_repeated_after_a_reply),
    test!(a_misaligned_pc_is_a_user_exception),
    test!(a_user_exception_reply_writes_three_registers),
    test!(a_user_exception_reply_writes_as_many_as_it_has),
    test!(a_user_exception_reply_with_a_label_stops),
    test!(a_load_from_nowhere_is_a_memory_fault),
    test!(a_store_to_nowhere_is_a_memory_fault),
    test!(a_store_to_a_read_only_page_is_a_memory_fault),
    test!(a_fetch_from_nowhere_is_a_memory_fault),
    test!(a_fetch_from_an_execute_never_page_is_a_memory_fault),
    test!(kernel_addresses_are_memory_faults),
    test!(a_memory_fault_restarts_whatever_the_reply),
    test!(a_memory_fault_leaves_the_registers),
];

/// An address that nothing is mapped at.
const NOWHERE: u64 = 0x5000_1238;

/// Exception class of a syndrome.
const fn class(syndrome: u64) -> u64 {
    syndrome >> 26
}

/// Runs one instruction. Answers its fault, which must be a user exception at this instruction.
fn exception(world: &mut World, instruction: u32) -> Outcome<Received> {
    let bare = world.bare(&[instruction, code::svc(0)])?;
    let start = bare.registers();
    let found = bare.run(&start)?;
    check_eq!(found.info, MessageInfo::new(USER_EXCEPTION, 0, 5));
    check_eq!((found.word(0), found.word(1)), (bare.code, start.register(Register::Sp)));
    check_eq!(found.word(2) & 0xf000_001f, 0xf000_0000);
    check_eq!(found.word(4), 0);
    Ok(found)
}

/// "UserException: 0 FaultIP, 1 SP, 2 SPSR, 3 number = low 32 bits of ESR_EL1, 4 code = 0.
/// Undefined instruction: number 0x02000000 (EC 0, IL 1)."
fn an_undefined_instruction_is_a_user_exception(world: &mut World) -> Outcome {
    check_eq!(exception(world, code::UDF)?.word(3), 0x0200_0000);
    PASSED
}

/// "HVC/SMC from EL0 are undefined (EC 0)."
fn hypervisor_and_monitor_calls_are_undefined(world: &mut World) -> Outcome {
    check_eq!(exception(world, code::HVC)?.word(3), 0x0200_0000);
    check_eq!(exception(world, code::SMC)?.word(3), 0x0200_0000);
    PASSED
}

/// "BRK without the debug API: EC 0x3C."
fn a_breakpoint_is_a_user_exception(world: &mut World) -> Outcome {
    check_eq!(class(exception(world, code::BRK)?.word(3)), 0x3c);
    PASSED
}

/// "Trapped system register: EC 0x18": DAIF, which nothing exports (boot §5).
fn a_trapped_system_register_is_a_user_exception(world: &mut World) -> Outcome {
    let access = code::mrs(0, code::register::DAIF);
    check_eq!(class(exception(world, access)?.word(3)), 0x18);
    PASSED
}

/// "FP/SIMD while disabled: EC 7."
fn disabled_floating_point_is_a_user_exception(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::FMOV, code::UDF])?;
    bare.thread.set_flags(0, 1)?;
    let found = bare.run(&bare.registers())?;
    check_eq!((found.info.label(), found.word(0)), (USER_EXCEPTION, bare.code));
    check_eq!(class(found.word(3)), 7);
    PASSED
}

/// objects §11: "after clearing the flag a label-0 reply re-executes the instruction."
fn enabled_floating_point_is_repeated_after_a_reply(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::FMOV, code::UDF])?;
    bare.thread.set_flags(0, 1)?;
    bare.run(&bare.registers())?;
    bare.thread.set_flags(1, 0)?;
    bare.answer(0, &[]);
    let found = bare.fault();
    check_eq!((found.word(0), found.word(3)), (bare.code + 4, 0x0200_0000));
    PASSED
}

/// "Any EL0 exception that is not AArch64-SVC, instruction abort or data abort becomes
/// UserException (alignment faults of PC/SP too)": EC 0x22.
fn a_misaligned_pc_is_a_user_exception(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::NOP, code::UDF])?;
    let found = bare.run(&bare.registers().with(Register::Pc, bare.code + 2))?;
    check_eq!((found.info.label(), found.word(0)), (USER_EXCEPTION, bare.code + 2));
    check_eq!(class(found.word(3)), 0x22);
    PASSED
}

/// "Reply: first min(length,3) words to FaultIP, SP, SPSR"
fn a_user_exception_reply_writes_three_registers(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::UDF, code::NOP, code::UDF])?;
    let start = bare.registers();
    bare.run(&start)?;
    bare.answer(0, &[bare.code + 4, 0x5550, 0x9fff_ffff, 0xbad, 0xbad]);
    check_eq!(bare.fault().word(0), bare.code + 8);
    let expected = start
        .with(Register::Pc, bare.code + 8)
        .with(Register::Sp, 0x5550)
        .with(Register::Spsr, 0x9000_0000);
    check_eq!(difference(&bare.read()?, &expected), None);
    let fresh = if world.image() == Image::Debug { 0x40 } else { 0x140 };
    check_eq!(bare.read()?.register(Register::Spsr), 0x9000_0000 | fresh);
    PASSED
}

/// "first min(length,3) words": one, and none.
fn a_user_exception_reply_writes_as_many_as_it_has(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::UDF, code::UDF])?;
    let start = bare.registers();
    bare.run(&start)?;
    bare.answer(0, &[bare.code + 4]);
    check_eq!(bare.fault().word(0), bare.code + 4);
    check_eq!(difference(&bare.read()?, &start.with(Register::Pc, bare.code + 4)), None);
    bare.answer(0, &[]);
    check_eq!(bare.fault().word(0), bare.code + 4);
    PASSED
}

/// "label as for UnknownSyscall": not 0, the thread becomes Inactive.
fn a_user_exception_reply_with_a_label_stops(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::UDF, code::UDF])?;
    bare.run(&bare.registers())?;
    bare.answer(3, &[bare.code + 4]);
    world.settle()?;
    check_eq!(bare.endpoint.nb_wait().info.0, 0);
    check_eq!(bare.read()?.register(Register::Pc), bare.code + 4);
    bare.thread.resume()?;
    check_eq!(bare.fault().word(0), bare.code + 4);
    PASSED
}

/// A memory fault of one instruction that accesses the address in x0. Checks the words but the
/// syndrome, which it answers.
fn memory_fault(world: &mut World, instruction: u32, address: u64) -> Outcome<u64> {
    let bare = world.bare(&[instruction, code::UDF])?;
    let found = bare.run(&bare.with_arguments(&[address]))?;
    check_eq!(found.info, MessageInfo::new(VM_FAULT, 0, 4));
    check_eq!([0, 1, 2].map(|index| found.word(index)), [bare.code, address, 0]);
    Ok(found.word(3))
}

/// "VMFault: 0 IP, 1 address (FAR for data), 2 prefetch flag, 3 FSR = low 32 bits of ESR_EL1 (…
/// bit 6 WnR for write and the low six status bits)": a data abort of EL0 (EC 0x24), translation.
fn a_load_from_nowhere_is_a_memory_fault(world: &mut World) -> Outcome {
    let syndrome = memory_fault(world, code::load(1, 0), NOWHERE)?;
    check_eq!((class(syndrome), syndrome >> 6 & 1, syndrome >> 2 & 15), (0x24, 0, 1));
    PASSED
}

/// "bit 6 WnR for write"
fn a_store_to_nowhere_is_a_memory_fault(world: &mut World) -> Outcome {
    let syndrome = memory_fault(world, code::store(1, 0), NOWHERE)?;
    check_eq!((class(syndrome), syndrome >> 6 & 1, syndrome >> 2 & 15), (0x24, 1, 1));
    PASSED
}

/// A permission fault: status 0b0011xx.
fn a_store_to_a_read_only_page_is_a_memory_fault(world: &mut World) -> Outcome {
    let page = world.create::<Page>()?;
    let space = libsys::bootstrap::AddressSpace::initial();
    let address = 0x5100_0000;
    space.map(&mut world.allocator, page, address, Rights::READ, VmAttributes::DEFAULT)?;
    let syndrome = memory_fault(world, code::store(1, 0), address + 8)?;
    check_eq!((class(syndrome), syndrome >> 6 & 1, syndrome >> 2 & 15), (0x24, 1, 3));
    PASSED
}

/// Runs a thread at an address from which it cannot fetch. Answers the syndrome.
fn fetch_fault(world: &mut World, address: u64) -> Outcome<u64> {
    let bare = world.bare(&[code::UDF])?;
    let found = bare.run(&bare.registers().with(Register::Pc, address))?;
    check_eq!(found.info, MessageInfo::new(VM_FAULT, 0, 4));
    check_eq!([0, 1, 2].map(|index| found.word(index)), [address, address, 1]);
    Ok(found.word(3))
}

/// "1 address (… the PC for instruction aborts), 2 prefetch flag (1 = instruction)"
fn a_fetch_from_nowhere_is_a_memory_fault(world: &mut World) -> Outcome {
    let syndrome = fetch_fault(world, NOWHERE)?;
    check_eq!((class(syndrome), syndrome >> 2 & 15), (0x20, 1));
    PASSED
}

/// The same with the permission missing.
fn a_fetch_from_an_execute_never_page_is_a_memory_fault(world: &mut World) -> Outcome {
    let data = world.window(1)?;
    let syndrome = fetch_fault(world, data.address() + 16)?;
    check_eq!((class(syndrome), syndrome >> 2 & 15), (0x20, 3));
    PASSED
}

/// The kernel's half of the addresses, and those of neither half, are not a user's.
fn kernel_addresses_are_memory_faults(world: &mut World) -> Outcome {
    for address in [0xffff_ff80_0000_0000, 0xffff_ffff_ffff_fff8, 0x0001_0000_0000_0000] {
        let syndrome = memory_fault(world, code::load(1, 0), address)?;
        check_eq!(class(syndrome), 0x24);
    }
    PASSED
}

/// "Reply: restarts unconditionally, label and words ignored."
fn a_memory_fault_restarts_whatever_the_reply(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::load(1, 0), code::UDF])?;
    let address = 0x5200_0010;
    bare.run(&bare.with_arguments(&[address]))?;
    bare.answer(7, &[bare.code + 4, 1, 2, 3]);
    check_eq!(bare.fault().info.label(), VM_FAULT);
    let page = world.create::<Page>()?;
    let space = libsys::bootstrap::AddressSpace::initial();
    let place = address & !0xfff;
    space.map(&mut world.allocator, page, place, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    bare.answer(1, &[]);
    check_eq!(bare.fault().info.label(), USER_EXCEPTION);
    check_eq!(bare.read()?.register(Register::X(1)), 0);
    PASSED
}

/// A fault changes no register.
fn a_memory_fault_leaves_the_registers(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::store(1, 0), code::UDF])?;
    let start = bare.with_arguments(&[NOWHERE]);
    bare.run(&start)?;
    check_eq!(difference(&bare.read()?, &start), None);
    PASSED
}
