//! From the first Rust instruction at virtual addresses to the kernel.

use core::fmt;

use super::blocks::Geometry;
use super::facts::{FACTS, Facts};
use super::gic::Controller;
use super::layout::{PAGE, WindowBase};
use super::tables::Mapper;
use super::{Machine, core_local, cpu, exceptions, gic, mmu, psci, timer, tlb};
use crate::address::PhysicalRange;
use crate::board::{self, Board, Conduit, Tree};
use crate::features;
use crate::handover::{Handover, Resume, Window};

/// The longest device tree that is taken: twice what the boot protocol allows.
const DEVICE_TREE_LIMIT: u32 = 4 << 20;

unsafe extern "Rust" {
    /// The kernel's entry for the boot core, from [`crate::entry`].
    safe fn tessera_boot(machine: Machine, handover: Handover) -> Resume;
    /// The kernel's entry for other cores, from [`crate::entry`].
    safe fn tessera_secondary(core: usize) -> Resume;
}

unsafe extern "C" {
    /// Leave to a context (see `vectors`).
    safe fn tessera_resume(resume: Resume) -> !;
}

/// The boot core, at virtual addresses, on its stack, with `.bss` cleared: `device_tree` and
/// `image` are physical addresses, `level` is the exception level at entry.
#[unsafe(no_mangle)]
extern "C" fn tessera_boot_core(device_tree: u64, image: u64, level: u64) -> ! {
    // SAFETY: first of all, once; the assembly has set TPIDR_EL1 to the top of the stack.
    unsafe { core_local::initialise(0) };
    // SAFETY: once, here; the assembly found the image's address.
    let mut mapper = unsafe { mmu::mapper(image) };
    // Until the device tree says better: with an EL2 the firmware is at EL3.
    let guess = if level == 2 { Conduit::Smc } else { Conduit::Hvc };
    // SAFETY: only the boot core runs, and nothing has read it.
    unsafe { psci::set_conduit(Some(guess)) };
    if let Err(missing) = features::check(cpu::memory_features()) {
        refuse(format_args!("{missing}"));
    }
    let tree = find_device_tree(&mut mapper, device_tree);
    let board = read_board(&mut mapper, tree);
    let handover = prepare(&mut mapper, board, tree, device_tree);
    // SAFETY: this core's only mapping at user addresses was the boot code's.
    unsafe { leave_identity_map() };
    // SAFETY: once; the facts are set, and the boot path does not touch the machine any more.
    let machine = unsafe { Machine::new() };
    tessera_resume(tessera_boot(machine, handover))
}

/// Read the device tree; on the way, open its console and note its firmware, which a refusal
/// needs.
fn read_board(mapper: &mut Mapper, blob: &[u8]) -> Board {
    let tree = match Tree::read(blob) {
        Ok(tree) => tree,
        Err(error) => refuse(format_args!("{error}")),
    };
    mmu::open_console(mapper, tree.uart());
    if let Some(conduit) = tree.psci() {
        // SAFETY: only the boot core runs, and no reference to it is kept.
        unsafe { psci::set_conduit(Some(conduit)) };
    }
    match tree.board() {
        Ok(board) => board,
        Err(error) => refuse(format_args!("{error}")),
    }
}

/// Say why this machine cannot be used, and switch it off.
fn refuse(reason: fmt::Arguments<'_>) -> ! {
    exceptions::stop(format_args!("cannot boot: {reason}"))
}

/// Map the device tree, first its header, then all of it. A boot without one ends here.
fn find_device_tree(mapper: &mut Mapper, physical: u64) -> &'static [u8] {
    if physical == 0 || !physical.is_multiple_of(8) {
        refuse(format_args!("no device tree: x0 is {physical:#x} at entry"));
    }
    let header = map_device_tree(mapper, physical, board::HEADER);
    match board::tree_length(header) {
        Some(length @ 40..=DEVICE_TREE_LIMIT) => map_device_tree(mapper, physical, length as usize),
        Some(length) => {
            refuse(format_args!("the device tree at {physical:#x} claims to have {length} bytes"))
        }
        None => refuse(format_args!("no device tree at {physical:#x}, which x0 names at entry")),
    }
}

/// Map and view some bytes of the device tree.
fn map_device_tree(mapper: &mut Mapper, physical: u64, length: usize) -> &'static [u8] {
    match mmu::map_device_tree(mapper, physical, length as u64) {
        // SAFETY: just mapped, read-only, normal memory. Nobody writes it: the handover tells the
        // kernel to read it before it gives the memory away.
        Ok(start) => unsafe { core::slice::from_raw_parts(start, length) },
        Err(_) => refuse(format_args!("no tables for the device tree")),
    }
}

/// Everything between the board and the kernel: window, interrupt controller, timer, facts.
fn prepare(
    mapper: &mut Mapper,
    mut board: Board,
    tree: &'static [u8],
    tree_address: u64,
) -> Handover {
    let boot_core = cpu::affinity();
    board.order_cores(boot_core);
    let window = fit_window(&mut board);
    let Ok(mapped) = mmu::map_window(mapper, &board, window.start) else {
        refuse(format_args!("the memory map has too many pieces"))
    };
    let gic = match gic::open(&board, mapper) {
        Ok(gic) => gic,
        Err(trouble) => refuse(format_args!("{trouble}")),
    };
    // SAFETY: the boot core, alone, once.
    let last_interrupt = unsafe { gic.initialise(boot_core) };
    let facts = Facts {
        cores: board.cores.clone(),
        psci: board.psci,
        gic,
        last_interrupt,
        window_start: window.start,
        mapped,
        geometry: Geometry::read(),
        exports: board.options.exports,
    };
    // SAFETY: only the boot core runs, and nothing has read them.
    unsafe { FACTS.set(facts) };
    initialise_core();
    let length = tree.len() as u64;
    Handover {
        device_tree: tree,
        device_tree_range: PhysicalRange::new(tree_address, tree_address + length).outwards(PAGE),
        kernel_image: mmu::image_range(),
        device_ranges: board.interrupt_controller.kept().collect(),
        address_bits: features::address_bits(cpu::memory_features()),
        window,
        board,
    }
}

/// Where the window is; RAM beyond it is left out, with a message.
fn fit_window(board: &mut Board) -> Window {
    let start = board.window_start();
    let dropped = board.fit_window();
    if dropped != 0 {
        crate::message!("kernel: {} MiB of RAM beyond 64 GiB are not used", dropped >> 20);
    }
    let Some(last) = board.memory.last() else {
        refuse(format_args!("the device tree has no RAM in /memory"))
    };
    Window { base: WindowBase, start, length: last.end - start }
}

/// What every core does for itself once the facts are known.
fn initialise_core() {
    let Some(facts) = FACTS.get() else { return };
    cpu::initialise(facts.exports);
    timer::initialise();
    // SAFETY: called once by each core, before the kernel runs on it.
    unsafe { Controller::initialise_core(&facts.gic, facts.cores.len() > 1) };
}

/// Stop translating addresses of the lower half through the boot code's identity mapping.
///
/// # Safety
/// The executing core runs at virtual addresses of the kernel's half.
unsafe fn leave_identity_map() {
    tlb::activate_none();
    tlb::flush_local();
}

/// A core that `start_core` started, at virtual addresses, on its stack.
#[unsafe(no_mangle)]
extern "C" fn tessera_secondary_core(core: usize) -> ! {
    // SAFETY: first of all, once on this core; the assembly has set TPIDR_EL1.
    unsafe { core_local::initialise(core) };
    // SAFETY: this core's only mapping at user addresses was the boot code's.
    unsafe { leave_identity_map() };
    initialise_core();
    tessera_resume(tessera_secondary(core))
}
