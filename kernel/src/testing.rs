//! A kernel in host memory, for tests of its parts.
//!
//! A [`World`] has a window of 16 MiB at physical address `0x4000_0000`, a CNode of 1024 slots,
//! and one thread. Tests fill slots with original capabilities to fresh objects, build calls, and
//! hand these to the part under test.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use abi::{Invocation, MessageInfo};
use platform::Machine;
use platform::address::PhysicalAddress;
use platform::handover::{Window, WindowBase};

use crate::call::{Call, Manner};
use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::{Mem, Obj, Region};
use crate::page::{PageCap, PageSize};
use crate::slot::Slot;
use crate::table::Table;
use crate::thread::{self, Thread};
use crate::untyped;

/// Where the window starts.
pub(crate) const WINDOW: u64 = 0x4000_0000;
/// Bytes of the window.
const LENGTH: u64 = 16 << 20;
/// `log2` of the slots of the world's CNode.
pub(crate) const RADIX: u8 = 10;

/// The memory behind a window, aligned like the machine's.
pub(crate) struct Memory(NonNull<u8>, Layout);

impl Memory {
    /// Zeroes.
    pub(crate) fn new(length: u64) -> Self {
        let bytes = usize::try_from(length).expect("fits");
        let layout = Layout::from_size_align(bytes, 4096).expect("a power of two");
        // SAFETY: the layout is not empty.
        let start = NonNull::new(unsafe { alloc_zeroed(layout) }).expect("enough memory");
        Self(start, layout)
    }

    /// Object memory of the same size and place as another, in this memory.
    pub(crate) fn like(&self, other: &Mem) -> Mem {
        let (start, length) = other.bounds();
        assert_eq!(self.1.size() as u64, length);
        Mem::new(Window { base: WindowBase(self.0), start: start.0, length })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated with the same layout. The kernel of the same world does not touch its
        // memory when it is dropped.
        unsafe { dealloc(self.0.as_ptr(), self.1) }
    }
}

/// A kernel with some slots and a thread.
pub(crate) struct World {
    pub(crate) kernel: Kernel,
    _memory: Memory,
    /// The thread that sends calls.
    pub(crate) thread: Obj<Thread>,
    slots: Obj<Slot>,
    used_slots: u32,
    free: u64,
}

impl World {
    /// A world on a machine of `cores` cores.
    pub(crate) fn new(cores: usize) -> Self {
        Self::of_size(cores, LENGTH)
    }

    /// A world with a window of so many bytes.
    pub(crate) fn of_size(cores: usize, length: u64) -> Self {
        let memory = Memory::new(length);
        let mut mem = Mem::new(Window { base: WindowBase(memory.0), start: WINDOW, length });
        // SAFETY: nothing lives in the window yet.
        let region = unsafe { mem.carve(PhysicalAddress(WINDOW + 0x8000), 32 << RADIX) };
        let slots = mem.create_zeroed::<Slot>(&region, 0, 1 << RADIX);
        // SAFETY: this range is disjoint from the first.
        let region = unsafe { mem.carve(PhysicalAddress(WINDOW + 0x1000), thread::THREAD_BYTES) };
        let thread = thread::create(&mut mem, &region, 0, 0);
        let kernel = Kernel::new(mem, Machine::new(cores), cores, 1);
        let free = WINDOW + 0x1_0000;
        Self { kernel, _memory: memory, thread, slots, used_slots: 0, free }
    }

    /// An empty slot.
    pub(crate) fn slot(&mut self) -> Obj<Slot> {
        assert!(self.used_slots < 1 << RADIX, "a small world");
        self.used_slots += 1;
        self.slots.nth(self.used_slots - 1)
    }

    /// The slot numbered `index`, also by the address of [`Self::root`].
    pub(crate) fn slot_at(&self, index: u32) -> Obj<Slot> {
        self.slots.nth(index)
    }

    /// A slot with an original capability.
    pub(crate) fn place(&mut self, cap: Cap) -> Obj<Slot> {
        let slot = self.slot();
        self.kernel.insert_root(slot, cap);
        slot
    }

    /// A slot with a capability to the CNode; addresses of depth [`RADIX`] are slot numbers.
    pub(crate) fn root(&mut self) -> Obj<Slot> {
        let slots = self.slots;
        self.place(Cap::CNode { radix: RADIX, guard_bits: 0, slots, guard: 0 })
    }

    /// The address of `1 << bits` bytes of zeroed memory that nothing else uses.
    pub(crate) fn memory(&mut self, bits: u32) -> PhysicalAddress {
        let start = self.free.next_multiple_of(1 << bits);
        self.free = start + (1 << bits);
        let (start_of_window, length) = self.kernel.mem.bounds();
        assert!(self.free <= start_of_window.0 + length, "a small world");
        PhysicalAddress(start)
    }

    /// The same as a region for objects.
    pub(crate) fn region(&mut self, bits: u32) -> Region {
        let start = self.memory(bits);
        // SAFETY: `memory` gives each byte once.
        unsafe { self.kernel.mem.carve(start, 1 << bits) }
    }

    /// A slot with untyped memory that has no descendants.
    pub(crate) fn untyped(&mut self, bits: u8) -> Obj<Slot> {
        let start = self.memory(bits.into());
        self.place(untyped::fresh(start, bits, false))
    }

    /// A slot with an address space that has no ASID.
    pub(crate) fn address_space(&mut self) -> Obj<Slot> {
        let region = self.region(12);
        let table = self.kernel.mem.create_zeroed::<Table>(&region, 0, 1);
        self.place(Cap::VSpace { asid: None, table })
    }

    /// A slot with an unmapped page table.
    pub(crate) fn page_table(&mut self) -> Obj<Slot> {
        let region = self.region(12);
        let table = self.kernel.mem.create_zeroed::<Table>(&region, 0, 1);
        self.place(Cap::PageTable { asid: None, table, address: 0 })
    }

    /// A slot with an unmapped page of RAM.
    pub(crate) fn page(&mut self, size: PageSize) -> Obj<Slot> {
        let start = self.memory(size.bits());
        self.place(Cap::Page(PageCap::new(start, size, false)))
    }

    /// A call of the world's thread to the capability in `slot`, with at most four words.
    pub(crate) fn call(
        &self,
        slot: Obj<Slot>,
        invocation: Invocation,
        words: &[u64],
        caps: &[Obj<Slot>],
    ) -> Call {
        let mut registers = [0; 4];
        registers[..words.len()].copy_from_slice(words);
        Call {
            thread: self.thread,
            slot,
            cap: self.kernel[slot].cap,
            info: MessageInfo::new(invocation.label(), caps.len(), words.len()),
            length: words.len(),
            registers,
            buffer: None,
            extra: core::array::from_fn(|index| caps.get(index).copied()),
            manner: Manner { call: true, blocking: true, donate: true, first_phase: false },
        }
    }
}
