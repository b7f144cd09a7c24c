//! A kernel as a value of a host program, beside its model.
//!
//! A [`Simulation`] is a booted kernel whose user programs are played by somebody outside, who
//! names objects by their physical addresses, as the model of the ABI does. It exists on the host
//! only.
//!
//! | module | what |
//! |---|---|
//! | `mirror` | the kernel's capabilities and tables as the model has them, and what differs |
//! | `objects` | the same for threads and what they wait for |

extern crate std;

mod mirror;
mod objects;

use std::vec;
use std::vec::Vec;

use platform::Machine;
use platform::address::{PhysicalAddress, PhysicalRange};
use platform::board::Board;
use platform::context::Context;
use platform::contract::{Platform, Trap};
use platform::handover::{Handover, Window, WindowBase};

use crate::boot::{self, BootFailure};
use crate::cap::{Asid, Cap};
use crate::invariants::{self, Broken};
use crate::kernel::Kernel;
use crate::mem::{Mem, Obj};
use crate::syscall::SVC_BYTES;
use crate::thread::{Holds, Thread};

/// Bytes of a page, to which memory is aligned.
const PAGE: usize = 4096;

/// A machine to boot.
#[derive(Clone, Debug)]
pub struct Description {
    /// Its device tree.
    pub tree: &'static [u8],
    /// Where the boot loader put that.
    pub tree_at: u64,
    /// The memory of the kernel's own image.
    pub kernel_image: PhysicalRange,
    /// Where the boot loader put the root task, and its ELF file.
    pub root_task: (u64, Vec<u8>),
    /// Bits of a physical address.
    pub address_bits: u32,
}

/// Which way an entry takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// As on the machine: a fast path, if one fits.
    Fast,
    /// The general way.
    General,
}

/// A booted kernel of one core, with its memory.
pub struct Simulation {
    kernel: Kernel,
    // The kernel's memory: it must live as long as the kernel.
    _memory: Vec<u128>,
}

/// Zeroes, and a window onto them that is aligned to a page.
fn memory(start: u64, length: u64) -> (Vec<u128>, Window) {
    let bytes = usize::try_from(length).expect("it fits") + PAGE;
    let mut memory = vec![0_u128; bytes / size_of::<u128>()];
    let unaligned = memory.as_ptr().align_offset(PAGE);
    let base = WindowBase(core::ptr::NonNull::from(&mut memory[unaligned..]).cast());
    (memory, Window { base, start, length })
}

impl Simulation {
    /// Boots a machine.
    ///
    /// # Errors
    /// As for the real one.
    ///
    /// # Panics
    /// If the device tree describes no machine, or memory outside of which the files lie.
    pub fn boot(description: &Description) -> Result<Self, BootFailure> {
        let Description { tree, tree_at, kernel_image, ref root_task, address_bits } = *description;
        let mut board = Board::parse(tree).expect("a good tree");
        board.order_cores(0);
        let start = board.window_start();
        board.fit_window();
        let end = board.memory.last().expect("some memory").end;
        let (mut memory, window) = memory(start, end - start);
        let unaligned = memory.as_ptr().align_offset(PAGE);
        for (address, file) in [(tree_at, tree), (root_task.0, root_task.1.as_slice())] {
            let first = unaligned + usize::try_from(address - start).expect("in memory") / 16;
            for (word, bytes) in memory[first..].iter_mut().zip(file.chunks(16)) {
                let mut whole = [0; 16];
                whole[..bytes.len()].copy_from_slice(bytes);
                *word = u128::from_le_bytes(whole);
            }
        }
        let mut kernel = Kernel::new(Mem::new(window), Machine::new(1), 1, board.options.domains);
        let handover = Handover {
            device_tree: tree,
            device_tree_range: PhysicalRange::new(tree_at, tree_at + tree.len() as u64)
                .outwards(PAGE as u64),
            kernel_image,
            device_ranges: core::iter::empty().collect(),
            address_bits,
            window,
            board,
        };
        boot::boot(&mut kernel, handover)?;
        kernel.machine.record_events(false);
        kernel.note_time();
        kernel.schedule();
        Ok(Self { kernel, _memory: memory })
    }

    /// Another simulation in the same state.
    #[must_use]
    pub fn twin(&self) -> Self {
        let (start, length) = self.kernel.mem.bounds();
        let (memory, window) = memory(start.0, length);
        let domains = self.kernel.domains.count();
        let kernel = Kernel::new(Mem::new(window), self.kernel.machine.clone(), 1, domains);
        let mut twin = Self { kernel, _memory: memory };
        twin.become_like(self);
        twin
    }

    /// Becomes equal to another simulation of the same machine.
    pub fn become_like(&mut self, other: &Self) {
        self.kernel.copy_from(&other.kernel);
    }

    /// The address of the thread that runs.
    #[must_use]
    pub fn running(&self) -> Option<u64> {
        self.kernel.current().map(|thread| self.kernel.mem.address(thread).0)
    }

    fn thread(&self, address: u64) -> Obj<Thread> {
        self.kernel.mem.at(PhysicalAddress(address)).expect("the address of a thread")
    }

    /// The saved registers of a thread.
    #[must_use]
    pub fn registers(&self, thread: u64) -> &Context {
        self.kernel.registers(self.thread(thread))
    }

    /// The saved registers of a thread, for its program to change.
    pub fn registers_mut(&mut self, thread: u64) -> &mut Context {
        self.kernel.registers_mut(self.thread(thread))
    }

    /// A word of user memory.
    #[must_use]
    pub fn word(&self, address: u64) -> u64 {
        self.kernel.mem.read_user(PhysicalAddress(address))
    }

    /// A program writes a word of its memory.
    pub fn set_word(&mut self, address: u64, word: u64) {
        self.kernel.mem.write_user(PhysicalAddress(address), word);
    }

    /// The running thread enters the kernel, and the kernel leaves.
    pub fn enter(&mut self, trap: Trap, way: Way) {
        if let Some(thread) = self.kernel.current() {
            // As the exception vectors do it.
            let registers = self.kernel.registers_mut(thread);
            registers.restart_pc = registers.next_pc;
            if trap == Trap::SystemCall {
                registers.next_pc = registers.next_pc.wrapping_add(SVC_BYTES);
            }
        }
        if way == Way::Fast
            && (self.kernel.fast_and_narrow(trap).is_ok() || self.kernel.fast(trap).is_ok())
        {
            return;
        }
        self.kernel.handle(trap);
        self.kernel.schedule();
    }

    /// Somebody outside, as a debugger would, resumes a thread.
    pub fn resume(&mut self, thread: u64) {
        let thread = self.thread(thread);
        self.kernel.resume(thread);
        self.kernel.schedule();
    }

    /// Whether an interrupt waits that would preempt a long call.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.kernel.machine.interrupt_pending()
    }

    /// The state of a freshly booted machine, as the model has it.
    #[must_use]
    pub fn model(&self) -> model::Model {
        mirror::of(&self.kernel)
    }

    /// The first difference between the kernel and a model.
    #[must_use]
    pub fn difference(&self, model: &model::Model) -> Option<std::string::String> {
        mirror::difference(&self.kernel, model)
    }

    /// Checks all invariants, and that the core translates by the space of the running thread.
    ///
    /// # Errors
    /// The first that does not hold.
    pub fn check(&self) -> Result<(), Broken> {
        invariants::check(&self.kernel)?;
        let Some(thread) = self.kernel.current() else { return Ok(()) };
        let space = match *self.kernel[thread].held(Holds::VSpace) {
            Cap::VSpace { asid: Some(asid), table } if self.kernel.space(asid) == Some(table) => {
                Some((self.kernel.mem.address(table), asid.get()))
            }
            _ => None,
        };
        let loaded = self.kernel.machine.core_state(self.kernel.here).space;
        // A thread that deletes the capability to its own space, and no other, goes on in it until
        // another thread runs.
        let living = loaded.is_none_or(|(table, asid)| {
            let asid = Asid::new(asid).and_then(|asid| self.kernel.space(asid));
            asid == self.kernel.mem.at(table)
        });
        let agree = if space.is_some() { space == loaded } else { living };
        let invariant = "the core translates by the living space of the running thread";
        let granule = thread.granule();
        if agree { Ok(()) } else { Err(Broken { invariant, granule }) }
    }
}

impl Kernel {
    /// Becomes equal to a kernel with as much memory.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        // All fields by name: a new one must not be forgotten.
        let Kernel {
            mem,
            machine,
            here,
            core_count,
            cores,
            ready,
            releases,
            domains,
            irqs,
            space_epoch,
            asids,
            khz,
            min_budget,
            verbose,
            utilisation,
            tally,
            work_left,
        } = self;
        mem.copy_from(&other.mem);
        machine.clone_from(&other.machine);
        *here = other.here;
        *core_count = other.core_count;
        cores.clone_from(&other.cores);
        *ready = other.ready;
        *releases = other.releases;
        domains.clone_from(&other.domains);
        irqs.clone_from(&other.irqs);
        *space_epoch = other.space_epoch;
        asids.clone_from(&other.asids);
        *khz = other.khz;
        *min_budget = other.min_budget;
        *verbose = other.verbose;
        *utilisation = other.utilisation;
        tally.clone_from(&other.tally);
        *work_left = other.work_left;
    }
}
