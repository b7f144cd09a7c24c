//! A machine to boot: RAM, a device tree made by `vm-fdt`, and a root task.

extern crate std;
use std::boxed::Box;
use std::string::String;
use std::vec;
use std::vec::Vec;

use abi::bootinfo::slot;
use platform::Machine;
use platform::address::{PhysicalAddress, PhysicalRange};
use platform::board::Board;
use platform::handover::{Handover, Window, WindowBase};
use vm_fdt::FdtWriter;

use super::elf::Elf;
use crate::boot::{self, BootFailure};
use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::{Mem, Obj};
use crate::slot::Slot;
use crate::thread::{Holds, Thread};

pub(crate) const MIB: u64 = 1 << 20;
/// Where RAM starts, as on QEMU's `virt` board.
pub(crate) const RAM: u64 = 0x4000_0000;

pub(crate) fn range(start: u64, length: u64) -> PhysicalRange {
    PhysicalRange::new(start, start + length)
}

/// A description of a machine, for tests to change.
pub(crate) struct Sketch {
    pub(crate) memory: Vec<PhysicalRange>,
    pub(crate) reserved: Vec<PhysicalRange>,
    pub(crate) kernel_image: PhysicalRange,
    pub(crate) device_ranges: Vec<PhysicalRange>,
    pub(crate) address_bits: u32,
    pub(crate) cores: u64,
    pub(crate) options: String,
    /// Where the boot loader put the root task.
    pub(crate) ramdisk: Option<(u64, Vec<u8>)>,
    /// Where it put the device tree, and how long that claims to be at least.
    pub(crate) device_tree: (u64, usize),
}

impl Default for Sketch {
    fn default() -> Self {
        Self {
            memory: [range(RAM, 16 * MIB)].into(),
            reserved: Vec::new(),
            kernel_image: range(RAM + 2 * MIB, 0x5_3000),
            device_ranges: [range(0x0800_0000, 0x1000), range(0x0801_0000, 0x1000)].into(),
            address_bits: 40,
            cores: 1,
            options: String::new(),
            ramdisk: Some((RAM + 8 * MIB, program().file())),
            device_tree: (RAM + 12 * MIB, 0x2345),
        }
    }
}

/// A small root task: text, and data that starts in the middle of a page and ends in zeroes.
pub(super) fn program() -> Elf {
    let mut elf = Elf::new(0x40_0040);
    let text: Vec<u8> = (0..0x2468u32).map(|index| (index * 7) as u8).collect();
    elf.load(0x40_0000, &text, 0x2468, true);
    elf.load(0x40_3a33, b"some data", 0x5000, false);
    elf
}

/// A machine whose kernel has booted, with its memory.
pub(crate) struct Booted {
    pub(crate) kernel: Kernel,
    pub(crate) thread: Obj<Thread>,
    pub(crate) board: Board,
    pub(crate) device_tree: &'static [u8],
    // The kernel's memory: it must live as long as the kernel.
    _ram: Vec<u128>,
}

impl Sketch {
    /// Boots the machine.
    pub(crate) fn boot(&self) -> Booted {
        self.try_boot().expect("it boots")
    }

    /// Boots the machine, or not.
    pub(crate) fn try_boot(&self) -> Result<Booted, BootFailure> {
        let device_tree: &'static [u8] = Box::leak(self.blob().into_boxed_slice());
        let mut board = Board::parse(device_tree).expect("a good tree");
        board.order_cores(0);
        let start = board.window_start();
        board.fit_window();
        let end = board.memory.last().expect("some memory").end;
        let mut ram = vec![0u128; usize::try_from(end - start + 4096).unwrap() / 16];
        // As on the machine, addresses in the window are aligned like physical ones.
        let unaligned = ram.as_ptr().align_offset(4096);
        let pages = &mut ram[unaligned..];
        self.load(pages, start, device_tree);
        let base = WindowBase(core::ptr::NonNull::from(pages).cast());
        let window = Window { base, start, length: end - start };
        let cores = board.cores.len();
        let domains = board.options.domains;
        let mut kernel = Kernel::new(Mem::new(window), Machine::new(cores), cores, domains);
        let handover = Handover {
            device_tree,
            device_tree_range: range(self.device_tree.0, device_tree.len() as u64).outwards(4096),
            kernel_image: self.kernel_image,
            device_ranges: self.device_ranges.iter().copied().collect(),
            address_bits: self.address_bits,
            window,
            board: board.clone(),
        };
        let thread = boot::boot(&mut kernel, handover)?;
        Ok(Booted { kernel, thread, board, device_tree, _ram: ram })
    }

    /// Does the boot loader's work. Memory that it does not write holds rubbish.
    fn load(&self, ram: &mut [u128], start: u64, device_tree: &[u8]) {
        if ram.len() < 1 << 21 {
            ram.fill(0xdead_beef_dead_beef_dead_beef_dead_beef);
        }
        let files = [Some((self.device_tree.0, device_tree)), self.ramdisk()];
        for (address, file) in files.into_iter().flatten() {
            let Some(offset) = address.checked_sub(start) else { continue };
            for (at, byte) in (usize::try_from(offset).unwrap()..).zip(file) {
                let Some(word) = ram.get_mut(at / 16) else { break };
                let mut bytes = word.to_le_bytes();
                bytes[at % 16] = *byte;
                *word = u128::from_le_bytes(bytes);
            }
        }
    }

    fn ramdisk(&self) -> Option<(u64, &[u8])> {
        self.ramdisk.as_ref().map(|(address, file)| (*address, file.as_slice()))
    }

    /// The flattened device tree, made longer by zeroes as boot loaders do it.
    fn blob(&self) -> Vec<u8> {
        let mut blob = self.tree().expect("a tree");
        let length = blob.len().max(self.device_tree.1);
        blob.resize(length, 0);
        // The total length is the second word of the header.
        blob[4..8].copy_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
        blob
    }

    fn tree(&self) -> Result<Vec<u8>, vm_fdt::Error> {
        let mut fdt = FdtWriter::new()?;
        let root = fdt.begin_node("")?;
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 2)?;
        let chosen = fdt.begin_node("chosen")?;
        fdt.property_string("bootargs", &self.options)?;
        if let Some((start, file)) = &self.ramdisk {
            fdt.property_u64("linux,initrd-start", *start)?;
            fdt.property_u64("linux,initrd-end", start + file.len() as u64)?;
        }
        fdt.end_node(chosen)?;
        for area in &self.memory {
            let node = fdt.begin_node(&std::format!("memory@{:x}", area.start))?;
            fdt.property_string("device_type", "memory")?;
            fdt.property_array_u64("reg", &[area.start, area.len()])?;
            fdt.end_node(node)?;
        }
        let parent = fdt.begin_node("reserved-memory")?;
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 2)?;
        for (index, area) in self.reserved.iter().enumerate() {
            let node = fdt.begin_node(&std::format!("area-{index}@{:x}", area.start))?;
            fdt.property_array_u64("reg", &[area.start, area.len()])?;
            fdt.end_node(node)?;
        }
        fdt.end_node(parent)?;
        let cpus = fdt.begin_node("cpus")?;
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 0)?;
        for core in 0..self.cores {
            let node = fdt.begin_node(&std::format!("cpu@{core:x}"))?;
            fdt.property_u64("reg", core)?;
            fdt.end_node(node)?;
        }
        fdt.end_node(cpus)?;
        let node = fdt.begin_node("intc@8000000")?;
        fdt.property_string("compatible", "arm,cortex-a15-gic")?;
        fdt.property_array_u64("reg", &[0x0800_0000, 0x1_0000, 0x0801_0000, 0x1_0000])?;
        fdt.end_node(node)?;
        fdt.end_node(root)?;
        fdt.finish()
    }
}

impl Booted {
    /// A slot of the root task's CNode.
    pub(crate) fn slot(&self, number: u64) -> Obj<Slot> {
        let root = self.kernel.thread_slot(self.thread, Holds::CSpace);
        let Cap::CNode { slots, .. } = self.kernel[root].cap else { panic!("no CNode") };
        slots.nth(u32::try_from(number).unwrap())
    }

    /// The capability in a slot of the root task's CNode.
    pub(crate) fn cap(&self, number: u64) -> Cap {
        self.kernel[self.slot(number)].cap
    }

    /// The start of the frame in a slot.
    pub(crate) fn frame(&self, number: u64) -> PhysicalAddress {
        match self.cap(number) {
            Cap::Page(page) => page.start(),
            other => panic!("slot {number} holds {other:?}"),
        }
    }

    /// A byte of a frame.
    pub(crate) fn byte(&self, frame: PhysicalAddress, offset: u64) -> u8 {
        let word = self.kernel.mem.read_user(PhysicalAddress((frame.0 + offset) & !7));
        word.to_le_bytes()[usize::try_from(offset % 8).unwrap()]
    }

    /// The word of the boot information at an offset of abi.md §10.
    pub(crate) fn info(&self, offset: u64) -> u64 {
        let frame = self.frame(slot::BOOT_INFO_FRAME);
        self.kernel.mem.read_user(PhysicalAddress(frame.0 + offset))
    }

    /// The slots of the region of the boot information at an offset.
    pub(crate) fn region(&self, offset: u64) -> core::ops::Range<u64> {
        self.info(offset)..self.info(offset + 8)
    }

    /// The untyped list of the boot information: address, size in bits, device.
    pub(crate) fn untyped_list(&self) -> Vec<(u64, u32, bool)> {
        let region = self.region(168);
        let entry = |index| {
            let bits = self.info(184 + 16 * index + 8);
            assert_eq!(bits & !0x1ff, 0, "padding is zero");
            (self.info(184 + 16 * index), (bits & 0xff) as u32, bits >> 8 == 1)
        };
        (0..region.end - region.start).map(entry).collect()
    }
}
