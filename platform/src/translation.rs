//! The memory types that descriptors choose from, by index into MAIR_EL1 (Arm ARM D8.5).
//!
//! Portable, because the kernel builds the descriptors of user mappings as pure logic.

/// Device memory: nGnRnE.
pub const DEVICE_MEMORY: u64 = 0;
/// Normal memory: inner and outer write-back, allocating on read and write.
pub const NORMAL_MEMORY: u64 = 1;
