//! abi.md §12: thread-ID registers, time, limits.

use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(thread_id_registers_belong_to_the_thread),
    test!(a_thread_writes_its_own_tpidr),
    test!(set_tls_base_writes_tpidr),
    test!(time_is_in_microseconds),
    test!(the_least_budget_is_20_microseconds),
    test!(the_greatest_period_is_the_documents),
    test!(a_retype_makes_256_objects_at_most),
    test!(untyped_memory_is_cleared_whatever_its_size),
    test!(there_are_256_priorities),
    test!(there_is_one_domain_unless_configured),
    test!(the_domain_schedule_has_its_length),
];

/// "TPIDR_EL0 and TPIDRRO_EL0 are per-thread context, saved/restored on switches."
fn thread_id_registers_belong_to_the_thread(world: &mut World) -> Outcome {
    let read = [
        code::svc(0),
        code::mrs(1, code::register::TPIDR),
        code::mrs(2, code::register::TPIDRRO),
        code::UDF,
    ];
    let threads = [world.bare(&read)?, world.bare(&read)?];
    // Both wait for the same signal, so that each runs between two runs of the other.
    let bell = world.create::<Notification>()?;
    for (index, bare) in (1..).zip(&threads) {
        let start = bare.with_arguments(&[bell.pointer()]);
        let start = start.with(Register::X(7), Syscall::Wait.number());
        let start = start.with(Register::Tpidr, 0x100 * index);
        bare.start(&start.with(Register::Tpidrro, 0x200 * index))?;
    }
    world.settle()?;
    bell.signal();
    bell.signal();
    for (index, bare) in (1..).zip(&threads) {
        check_eq!(bare.fault().info.label(), abi::fault::USER_EXCEPTION);
        let found = bare.read()?;
        let values = [1, 2].map(|number| found.register(Register::X(number)));
        check_eq!(values, [0x100 * index, 0x200 * index]);
    }
    PASSED
}

/// "EL0 writes TPIDR_EL0 directly."
fn a_thread_writes_its_own_tpidr(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::msr(code::register::TPIDR, 3), code::UDF])?;
    let start = bare.registers();
    bare.run(&start)?;
    check_eq!(bare.read()?.register(Register::Tpidr), start.register(Register::X(3)));
    PASSED
}

/// "TCB_SetTLSBase writes TPIDR_EL0."
fn set_tls_base_writes_tpidr(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::mrs(1, code::register::TPIDR), code::UDF])?;
    bare.thread.write_registers(false, &bare.registers())?;
    bare.thread.set_tls_base(0x7715)?;
    check_eq!(bare.read()?.register(Register::Tpidr), 0x7715);
    bare.thread.resume()?;
    bare.fault();
    check_eq!(bare.read()?.register(Register::X(1)), 0x7715);
    PASSED
}

/// "Time arguments are microseconds": a budget of 3 ms is consumed in about 3000 of them.
fn time_is_in_microseconds(world: &mut World) -> Outcome {
    let handler = world.create::<Endpoint>()?;
    let bare = world.bare(&[code::SPIN])?;
    bare.thread.set_timeout_endpoint(handler)?;
    let time = Budget::periodic(Duration::from_millis(3), Duration::from_secs(100));
    let mut least = u64::MAX;
    // Under an emulator the machine may lose time now and then: the best of some turns counts.
    for _ in 0..100 {
        world.sched_control(0).configure(bare.context, time)?;
        bare.start(&bare.registers())?;
        least = least.min(handler.recv(bare.reply).word(1));
        bare.thread.suspend()?;
        if least < 4500 {
            break;
        }
    }
    check!((3000..4500).contains(&least), "consumed {least} us of 3000");
    PASSED
}

/// Configures a fresh scheduling context with these microseconds.
fn configure(world: &mut World, budget: u64, period: u64) -> Outcome<Result<(), Error>> {
    let context = world.create_sized::<SchedContext>(8)?;
    let micros = Duration::from_micros;
    let time = Budget::periodic(micros(budget), micros(period));
    Ok(world.sched_control(0).configure(context, time))
}

/// "MAX_PERIOD_US = ((2^64-1)/62500)/8."
const MAX_PERIOD: u64 = 36_893_488_147_419;

/// "MIN_BUDGET = 20 us"
fn the_least_budget_is_20_microseconds(world: &mut World) -> Outcome {
    let range = Error::Range { min: 20, max: MAX_PERIOD };
    check_err!(configure(world, 19, 1000)?, range);
    check_err!(configure(world, 0, 1000)?, range);
    configure(world, 20, 1000)??;
    configure(world, 20, 20)??;
    PASSED
}

/// "MAX_PERIOD_US = ((2^64-1)/62500)/8."
fn the_greatest_period_is_the_documents(world: &mut World) -> Outcome {
    let range = Error::Range { min: 20, max: MAX_PERIOD };
    check_err!(configure(world, 1000, MAX_PERIOD + 1)?, range);
    check_err!(configure(world, MAX_PERIOD + 1, MAX_PERIOD + 1)?, range);
    configure(world, 1000, MAX_PERIOD)??;
    configure(world, MAX_PERIOD, MAX_PERIOD)??;
    PASSED
}

/// "Retype fan-out limit 256"
fn a_retype_makes_256_objects_at_most(world: &mut World) -> Outcome {
    let memory = world.untyped(14)?;
    let slots = world.allocator.slots(257)?;
    let range = |count| SlotRange::within(initial::CNODE, slots.start, count);
    check_err!(
        memory.retype(ObjectType::Endpoint, 0, range(257)),
        Error::Range { min: 1, max: 256 }
    );
    memory.retype(ObjectType::Endpoint, 0, range(256))?;
    PASSED
}

/// "untyped clearing chunk 256 bytes": memory used a second time reads as zero, in sizes below and
/// above the chunk.
fn untyped_memory_is_cleared_whatever_its_size(world: &mut World) -> Outcome {
    for bits in [12, 13, 16] {
        let memory = world.untyped(bits)?;
        let slot = world.slot::<Page>()?;
        let range = SlotRange::within(initial::CNODE, slot.pointer(), 1);
        for round in 0..2 {
            memory.retype(ObjectType::SmallPage, 0, range)?;
            let kind = libsys::window::MemoryKind::Ram;
            let window = libsys::window::Window::map(&mut world.allocator, slot, kind)?;
            for index in 0..512 {
                check_eq!((round, window.read_word(8 * index)), (round, 0));
                window.write_word(8 * index, u64::MAX);
            }
            world.delete(slot)?;
        }
    }
    PASSED
}

/// "256 priorities": helpers of all of a sample of them run in their order.
fn there_are_256_priorities(world: &mut World) -> Outcome {
    let board = world.board();
    let mut last = None;
    for priority in [3, 64, 63, 128, 254, 65, 2] {
        let helper = world.spawn(priority, move || {
            let turn = board.add(0, 1);
            board.set(1 + usize::try_from(turn).unwrap_or(0), u64::from(priority));
        })?;
        last = (priority == 2).then_some(helper);
    }
    if let Some(lowest) = last {
        lowest.join();
    }
    let order: [u64; 7] = core::array::from_fn(|index| board.get(1 + index));
    check_eq!(order, [254, 128, 65, 64, 63, 3, 2]);
    PASSED
}

/// "domains 1 (configurable up to 256; SMP requires 1)": configured by `tessera.domains`.
fn there_is_one_domain_unless_configured(world: &mut World) -> Outcome {
    let thread = world.thread()?;
    initial::DOMAIN.set(0, thread)?;
    let option = command_line::values("tessera.domains").last();
    let domains: u8 = option.and_then(|word| word.parse().ok()).unwrap_or(1);
    check_err!(initial::DOMAIN.set(domains, thread), Error::InvalidArgument(0));
    PASSED
}

/// "domain schedule entries 2 with one domain, else 100 by default": the last entry is always an
/// end marker, and cannot be set.
fn the_domain_schedule_has_its_length(_: &mut World) -> Outcome {
    let option = command_line::values("tessera.domains").last();
    let entries = if option.is_none_or(|word| word == "1") { 2 } else { 100 };
    check_err!(
        initial::DOMAIN.configure_schedule(entries - 1, 0, 0),
        Error::Range { min: 0, max: entries - 2 }
    );
    check_err!(
        initial::DOMAIN.set_schedule_start(entries),
        Error::Range { min: 0, max: entries - 1 }
    );
    PASSED
}
