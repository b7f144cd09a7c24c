//! Memory that objects are made of.

use abi::bootinfo::UntypedDescriptor;

/// A piece of untyped memory that a plan makes objects of. The first ones are those of the boot
/// information, in its order; each further one is made by a step of the plan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourceId(pub u32);

impl SourceId {
    /// As an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Who may take of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Use {
    /// Every object.
    Everybody,
    /// Only what has an address in it: a device.
    Device,
    /// Only what names it.
    Named,
}

/// Memory, and how far it is handed out. As in the kernel, memory is handed out upwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Source {
    pub(crate) start: u64,
    /// Where the next object may begin.
    pub(crate) next: u64,
    /// The byte behind the last.
    pub(crate) end: u64,
    pub(crate) use_by: Use,
}

impl Source {
    pub(crate) const fn new(start: u64, bits: u32, use_by: Use) -> Self {
        // Memory at the very end of 64 bits does not exist: addresses have at most 48.
        Self { start, next: start, end: start.saturating_add(1 << bits), use_by }
    }

    pub(crate) fn of(memory: &UntypedDescriptor) -> Self {
        let use_by = if memory.is_device == 0 { Use::Everybody } else { Use::Device };
        Self::new(memory.address, u32::from(memory.size_bits).min(47), use_by)
    }

    /// Bytes that nobody has.
    pub(crate) const fn free(&self) -> u64 {
        self.end - self.next
    }

    /// Whether these bytes are part of it, and nobody has them.
    pub(crate) const fn has(&self, address: u64, bytes: u64) -> bool {
        self.next <= address && address < self.end && bytes <= self.end - address
    }

    /// Whether these bytes are part of it.
    pub(crate) const fn covers(&self, address: u64, bytes: u64) -> bool {
        self.start <= address && address < self.end && bytes <= self.end - address
    }
}
