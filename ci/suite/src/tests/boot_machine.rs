//! boot.md §4, §5 and §7: interrupts, and what EL0 may do with the machine.

use crate::framework::prelude::*;
use code::register;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(the_kernels_timer_is_reserved),
    test!(interrupts_end_at_159),
    test!(counters_trap_unless_exported),
    test!(timers_trap_unless_exported),
    test!(performance_counters_trap_unless_exported),
    test!(data_cache_maintenance_is_allowed),
    test!(instruction_cache_maintenance_is_allowed),
    test!(the_cache_type_is_readable),
    test!(zeroing_traps_where_it_is_prohibited),
    test!(wait_instructions_do_not_trap),
    test!(interrupt_masks_trap),
    test!(unaligned_accesses_are_allowed),
    test!(the_stack_pointer_need_not_be_aligned),
    test!(the_machine_is_little_endian),
    test!(tpidr_is_writable_and_tpidrro_readable),
    test!(floating_point_starts_at_zero),
    test!(floating_point_belongs_to_the_thread),
    test!(kernel_registers_are_undefined),
    test!(every_core_can_run_a_thread),
    test!(all_cores_of_the_machine_come_up),
    test!(the_root_cnode_has_2_to_the_13_slots),
];

/// Runs one instruction with x0 as given. Answers the exception class of its fault, or `None` when
/// it went through.
fn class_of(world: &mut World, instruction: u32, x0: u64) -> Outcome<Option<u64>> {
    let bare = world.bare(&[instruction, code::UDF])?;
    let found = bare.run(&bare.with_arguments(&[x0]))?;
    check_eq!(found.info.label(), abi::fault::USER_EXCEPTION);
    let went_through = found.word(0) == bare.code + 4;
    Ok((!went_through).then_some(found.word(3) >> 26))
}

/// Exception class of a trapped access to a system register.
const TRAPPED: Option<u64> = Some(0x18);

/// "27 virtual timer (used by the kernel; IRQControl_Get gives RevokeFirst)"
fn the_kernels_timer_is_reserved(world: &mut World) -> Outcome {
    let slot = world.slot::<IrqHandler>()?;
    check_err!(initial::IRQ_CONTROL.issue(27, world.path(slot)), Error::RevokeFirst);
    PASSED
}

/// "maxIRQ 159 (Range(0,159) beyond)"
fn interrupts_end_at_159(world: &mut World) -> Outcome {
    let slot = world.slot::<IrqHandler>()?;
    let path = world.path(slot);
    let range = Error::Range { min: 0, max: 159 };
    check_err!(initial::IRQ_CONTROL.issue(160, path), range);
    check_err!(initial::IRQ_CONTROL.issue(u64::MAX, path), range);
    initial::IRQ_CONTROL.issue(159, path)?;
    PASSED
}

/// Whether the boot command line exports registers by this name to EL0.
pub(super) fn exported(name: &str) -> bool {
    command_line::values("tessera.export").flat_map(|list| list.split(',')).any(|word| word == name)
}

/// Checks that accesses to a register trap unless it is exported.
fn check_export(world: &mut World, instruction: u32, exported: bool) -> Outcome {
    let expected = if exported { None } else { TRAPPED };
    check_eq!(class_of(world, instruction, 0)?, expected);
    PASSED
}

/// "CNTVCT_EL0, CNTPCT_EL0, CNTFRQ_EL0: trap -> UserException (EC 0x18); export virtual/physical
/// counter"
fn counters_trap_unless_exported(world: &mut World) -> Outcome {
    let (virtual_one, physical_one) = (exported("vcounter"), exported("pcounter"));
    check_export(world, code::mrs(0, register::CNTVCT), virtual_one)?;
    check_export(world, code::mrs(0, register::CNTPCT), physical_one)?;
    check_export(world, code::mrs(0, register::CNTFRQ), virtual_one || physical_one)
}

/// "CNTV_*/CNTP_*: trap; export virtual/physical timer"
fn timers_trap_unless_exported(world: &mut World) -> Outcome {
    let (virtual_one, physical_one) = (exported("vtimer"), exported("ptimer"));
    check_export(world, code::mrs(0, register::CNTV_CTL), virtual_one)?;
    check_export(world, code::mrs(0, register::CNTP_CTL), physical_one)?;
    // Only the physical timer may be written without harm to the kernel's own.
    check_export(world, code::msr(register::CNTP_CTL, 0), physical_one)
}

/// "PMU registers: trap; PMU export"
fn performance_counters_trap_unless_exported(world: &mut World) -> Outcome {
    check_export(world, code::mrs(0, register::PMCCNTR), exported("pmu"))
}

/// "DC CVAU, CVAC, CIVAC: allowed"
fn data_cache_maintenance_is_allowed(world: &mut World) -> Outcome {
    let address = world.window(1)?.address();
    for [crm, op2] in [[11, 1], [10, 1], [14, 1]] {
        let instruction = code::maintain([3, 7, crm, op2], 0);
        check_eq!((crm, class_of(world, instruction, address)?), (crm, None));
    }
    PASSED
}

/// "IC IVAU: allowed"
fn instruction_cache_maintenance_is_allowed(world: &mut World) -> Outcome {
    let address = world.window(1)?.address();
    check_eq!(class_of(world, code::maintain([3, 7, 5, 1], 0), address)?, None);
    PASSED
}

/// "CTR_EL0: allowed"; DCZID_EL0 is always readable.
fn the_cache_type_is_readable(world: &mut World) -> Outcome {
    check_eq!(class_of(world, code::mrs(0, register::CTR), 0)?, None);
    check_eq!(class_of(world, code::mrs(0, register::DCZID), 0)?, None);
    PASSED
}

/// "DC ZVA: as reset: trapped in QEMU a53 (DZE 0, DCZID reports prohibited)": the instruction goes
/// through where DCZID_EL0 allows it (bit 4 clear), and traps otherwise.
fn zeroing_traps_where_it_is_prohibited(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::mrs(1, register::DCZID), code::UDF])?;
    bare.run(&bare.registers())?;
    let prohibited = bare.read()?.register(Register::X(1)) & 16 != 0;
    let address = world.window(1)?.address();
    let found = class_of(world, code::maintain([3, 7, 4, 1], 0), address)?;
    check_eq!(found, if prohibited { TRAPPED } else { None });
    PASSED
}

/// "WFI / WFE: executed, not trapped"
fn wait_instructions_do_not_trap(world: &mut World) -> Outcome {
    check_eq!(class_of(world, code::WFE, 0)?, None);
    // Some interrupt, at the latest that of the end of a time slice, ends a WFI.
    check_eq!(class_of(world, code::WFI, 0)?, None);
    PASSED
}

/// "DAIF access: trapped (UMA 0)"
fn interrupt_masks_trap(world: &mut World) -> Outcome {
    check_eq!(class_of(world, code::mrs(0, register::DAIF), 0)?, TRAPPED);
    check_eq!(class_of(world, code::msr(register::DAIF, 0), 0)?, TRAPPED);
    PASSED
}

/// "unaligned data access: allowed (A=0)"
fn unaligned_accesses_are_allowed(world: &mut World) -> Outcome {
    let address = world.window(2)?.address();
    for offset in [1, 4, 63, 4093] {
        check_eq!(class_of(world, code::load(1, 0), address + offset)?, None);
        check_eq!(class_of(world, code::store(1, 0), address + offset)?, None);
    }
    PASSED
}

/// "SP alignment check at EL0 off (SA0=0: a test runs with SP=1)"
fn the_stack_pointer_need_not_be_aligned(world: &mut World) -> Outcome {
    let stack = world.window(1)?;
    // ldr x1, [sp]
    let bare = world.bare(&[code::load(1, 31), code::UDF])?;
    stack.write_word(8, 0x1122_3344_5566_7788);
    let found = bare.run(&bare.registers().with(Register::Sp, stack.address() + 9))?;
    check_eq!(found.word(0), bare.code + 4);
    check_eq!(bare.read()?.register(Register::X(1)), 0x0011_2233_4455_6677);
    PASSED
}

/// "endianness: little"
fn the_machine_is_little_endian(world: &mut World) -> Outcome {
    let window = world.window(1)?;
    window.write_word(0, 0x0102_0304_0506_0708);
    let mut bytes = [0; 8];
    window.read_bytes(0, &mut bytes);
    check_eq!(bytes, [8, 7, 6, 5, 4, 3, 2, 1]);
    PASSED
}

/// "TPIDR_EL0 read/write, TPIDRRO_EL0 read: allowed"
fn tpidr_is_writable_and_tpidrro_readable(world: &mut World) -> Outcome {
    check_eq!(class_of(world, code::mrs(0, register::TPIDR), 0)?, None);
    check_eq!(class_of(world, code::msr(register::TPIDR, 0), 5)?, None);
    check_eq!(class_of(world, code::mrs(0, register::TPIDRRO), 0)?, None);
    PASSED
}

/// Stores all 32 vector registers, FPCR and FPSR behind the address in x0.
fn store_all() -> Outcome<heapless::Vec<u32, 32>> {
    let mut instructions: heapless::Vec<u32, 32> =
        (0..16).map(|pair| code::store_pair(2 * pair, 0, pair)).collect();
    let rest = [code::mrs(1, register::FPCR), code::mrs(2, register::FPSR), code::UDF];
    check!(instructions.extend_from_slice(&rest).is_ok());
    Ok(instructions)
}

/// "FP/SIMD: enabled for every thread, full context per thread; initial state zero": while another
/// thread has numbers in all registers.
fn floating_point_starts_at_zero(world: &mut World) -> Outcome {
    let data = world.window(1)?;
    (0..64).for_each(|index| data.write_word(8 * index, 0xff00 + index));
    let mut fill: heapless::Vec<u32, 32> =
        (0..16).map(|pair| code::load_pair(2 * pair, 0, pair)).collect();
    check!(fill.push(code::UDF).is_ok());
    let filler = world.bare(&fill)?;
    filler.run(&filler.with_arguments(&[data.address()]))?;
    let instructions = store_all()?;
    let fresh = world.bare(&instructions)?;
    fresh.run(&fresh.with_arguments(&[data.address() + 1024]))?;
    let found = fresh.read()?;
    check_eq!([1, 2].map(|number| found.register(Register::X(number))), [0, 0]);
    check!((0..64).all(|index| data.read_word(1024 + 8 * index) == 0));
    PASSED
}

/// "full context per thread": two threads fill their registers, then each stores its own.
fn floating_point_belongs_to_the_thread(world: &mut World) -> Outcome {
    let data = world.window(2)?;
    (0..128).for_each(|index| data.write_word(8 * index, 0xab00 + index));
    let mut instructions: heapless::Vec<u32, 40> =
        (0..16).map(|pair| code::load_pair(2 * pair, 0, pair)).collect();
    check!(instructions.push(code::svc(0)).is_ok());
    let stores = (0..16).map(|pair| code::store_pair(2 * pair, 20, pair));
    stores.chain([code::UDF]).try_for_each(|word| {
        check!(instructions.push(word).is_ok());
        PASSED
    })?;
    let threads = [world.bare(&instructions)?, world.bare(&instructions)?];
    for (index, bare) in (0..).zip(&threads) {
        let start = bare.with_arguments(&[data.address() + 512 * index]);
        let start = start.with(Register::X(7), 0x99);
        let start = start.with(Register::X(20), data.address() + 4096 + 512 * index);
        check_eq!(bare.run(&start)?.info.label(), abi::fault::UNKNOWN_SYSCALL);
    }
    for bare in &threads {
        let mut words = [0; 9];
        words[8] = bare.code + 4 * 17;
        bare.answer(0, &words);
        check_eq!(bare.fault().info.label(), abi::fault::USER_EXCEPTION);
    }
    check!((0..128).all(|index| data.read_word(4096 + 8 * index) == 0xab00 + index));
    PASSED
}

/// EL1 registers are none of EL0's: undefined (EC 0), or trapped.
fn kernel_registers_are_undefined(world: &mut World) -> Outcome {
    for instruction in [code::mrs(0, register::SCTLR_EL1), code::msr(register::SCTLR_EL1, 0)] {
        check!(matches!(class_of(world, instruction, 0)?, Some(0 | 0x18)));
    }
    PASSED
}

/// §7: "all of them must come up. One SchedControl cap per core in `schedcontrol`, index = core."
fn every_core_can_run_a_thread(world: &mut World) -> Outcome {
    let board = world.board();
    for core in 0..world.cores() {
        let options =
            libsys::worker::Options { core: world.sched_control(core), ..world.options(100) };
        let helper = world.spawn_with(options, move || {
            board.add(0, 1);
        })?;
        helper.join();
        check_eq!(board.get(0), core + 1);
    }
    PASSED
}

/// §7: "numNodes in BootInfo is the configured maximum; all of them must come up": eight at most,
/// or as the option `tessera.cores` says.
fn all_cores_of_the_machine_come_up(world: &mut World) -> Outcome {
    let tree = libsys::device_tree::blob().and_then(libsys::device_tree::DeviceTree::new);
    skip_if!(tree.is_none(), "no device tree was passed");
    let present = tree.map_or(1, |tree| tree.core_count()).min(8) as u64;
    let limit = command_line::values("tessera.cores").last().and_then(|word| word.parse().ok());
    check_eq!(world.cores(), present.min(limit.unwrap_or(8)));
    PASSED
}

/// §3: "root CNode radix 13", or as the option `tessera.root_cnode_bits` says.
fn the_root_cnode_has_2_to_the_13_slots(world: &mut World) -> Outcome {
    let option = command_line::values("tessera.root_cnode_bits").last();
    let expected = option.and_then(|word| word.parse().ok()).unwrap_or(13);
    check_eq!(world.boot.cnode_bits, expected);
    PASSED
}
