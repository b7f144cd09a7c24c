//! What the initial thread makes of its boot information: objects, device pages, mappings.
//!
//! These work before there is a heap (the heap's own memory comes from here), and take everything
//! back at once or not at all. What is to be freed piece by piece comes from a
//! [`Memory`](crate::memory::Memory), which is made of what is left here and keeps its books on
//! the heap.
//!
//! | type | hands out |
//! |---|---|
//! | [`Allocator`] | slots, and objects made of RAM |
//! | [`Devices`] | pages of device memory, by physical address |
//! | [`AddressSpace`] | mappings, with the tables that they need |
//! | [`System`] | the three together |

mod address_space;
mod addresses;
mod allocator;
mod blocks;
mod devices;

use abi::bootinfo::BootInfo;

pub use address_space::AddressSpace;
pub(crate) use addresses::{UNMANAGED as INITIAL_ADDRESSES, take_region};
pub use allocator::{AllocationError, Allocator};
pub use devices::Devices;

/// Everything that the initial thread owns at first.
///
/// ```no_run
/// use libsys::{System, println};
///
/// #[libsys::main]
/// fn program(system: System) {
///     let memory = system.allocator.bytes_left();
///     println!("{memory} bytes, {} cores", system.boot.node_count);
/// }
/// # fn main() {}
/// ```
pub struct System {
    /// What the kernel says about the system.
    pub boot: &'static BootInfo,
    /// Slots and RAM.
    pub allocator: Allocator,
    /// Device memory.
    pub devices: Devices,
    /// The initial thread's address space.
    pub space: AddressSpace,
}

impl System {
    /// Takes stock of the boot information. Do so once: a second system would hand out the same
    /// slots and memory, and find them occupied.
    #[must_use]
    pub fn new(boot: &'static BootInfo) -> Self {
        Self {
            boot,
            allocator: Allocator::new(boot),
            devices: Devices::new(boot),
            space: AddressSpace::initial(),
        }
    }

    /// Lets the heap grow: to 16 MiB, or a quarter of the largest block of memory.
    pub(crate) fn provide_heap(&mut self) {
        let bits = self.allocator.largest_bits().unwrap_or(0).saturating_sub(2).min(24);
        // On a machine with so little memory the heap is what the image has.
        let _ = crate::heap::grow_from(&mut self.allocator, bits);
    }
}
