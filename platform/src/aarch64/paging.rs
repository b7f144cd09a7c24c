//! Constants that user mappings and the kernel's own tables share.
//!
//! The kernel builds the descriptors of user mappings itself, as pure logic; here stand the
//! choices that this crate made for it in MAIR_EL1 and TCR_EL1.

/// MAIR_EL1 index of device memory: nGnRnE (Arm ARM D17.2.97).
pub const DEVICE_MEMORY: u64 = 0;
/// MAIR_EL1 index of normal memory: inner and outer write-back, allocating on read and write.
pub const NORMAL_MEMORY: u64 = 1;
/// Binary logarithm of the translation granule.
pub const GRANULE_BITS: u32 = 12;
/// Width of a virtual address in either half.
pub const VIRTUAL_BITS: u32 = 48;
/// Width of an ASID.
pub const ASID_BITS: u32 = 16;
