//! What the initial thread makes of its boot information: objects, device pages, mappings.
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
pub use allocator::{AllocationError, Allocator};
pub use devices::Devices;

/// Everything that the initial thread owns at first.
pub struct System {
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
    pub fn new(boot: &BootInfo) -> Self {
        Self {
            allocator: Allocator::new(boot),
            devices: Devices::new(boot),
            space: AddressSpace::initial(),
        }
    }
}
