//! What the device offers, and its configuration (sections 5.2.3 and 5.2.4).

use libsys::service::block::{Geometry, SECTOR};
use virtio::start::{field, read_config, wide_field};
use virtio::{StartError, Transport};

/// The configuration says how long a piece may be.
pub const SIZE_MAX: u64 = 1 << 1;
/// The disk cannot be written.
pub const READ_ONLY: u64 = 1 << 5;
/// There is a cache that can be flushed.
pub const FLUSH: u64 = 1 << 9;
/// Sectors can be discarded.
pub const DISCARD: u64 = 1 << 13;
/// All that the driver makes use of.
pub const WANTED: u64 = SIZE_MAX | READ_ONLY | FLUSH | DISCARD;

/// Most sectors of a request: 4 MiB.
pub const MOST: u32 = 8192;

/// Offsets in the configuration.
const CAPACITY: usize = 0;
const LONGEST_PIECE: usize = 8;
const MOST_DISCARDED: usize = 36;

/// What the configuration says, with these features.
///
/// # Errors
/// [`StartError::Configuration`]: it is missing, or of no real disk.
pub fn geometry<T: Transport>(transport: &T, features: u64) -> Result<Geometry, StartError> {
    read_config(transport, |transport| {
        let sectors = wide_field(transport, CAPACITY)?;
        if sectors.checked_mul(SECTOR).is_none() {
            return Err(StartError::Configuration);
        }
        let mut most = MOST;
        if features & SIZE_MAX != 0 {
            let bytes: u32 = field(transport, LONGEST_PIECE)?;
            most = most.min(bytes / SECTOR as u32);
        }
        let discards = features & DISCARD != 0;
        if discards {
            most = most.min(field(transport, MOST_DISCARDED)?);
        }
        if most == 0 {
            return Err(StartError::Configuration);
        }
        let is_read_only = features & READ_ONLY != 0;
        Ok(Geometry { sectors, most, is_read_only, discards })
    })
}
