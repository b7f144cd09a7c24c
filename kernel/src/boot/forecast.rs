//! What a root task will be told, known on another machine beforehand: by the same functions that
//! boot itself uses.

use core::ops::Range;

use abi::bootinfo::SlotRegion;

use super::failure::BootFailure;
use super::image::{Image, ImageError};
use super::layout::{Addresses, Objects, Slots};
use super::stock::{Stock, Surroundings};
use super::untypeds::{self, List};
use crate::ready::queue_sets;

/// The root task, as far as it decides about memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// User addresses from the first byte of its first segment to the last byte of its last one.
    pub extent: Range<u64>,
    /// `log2` of the slots of its CNode.
    pub root_cnode_bits: u32,
    /// Cores that the kernel uses.
    pub cores: usize,
    /// Domains that the kernel has.
    pub domains: usize,
    /// Bytes of the device tree.
    pub device_tree_bytes: u64,
}

impl Program {
    /// The extent of a program's file.
    ///
    /// # Errors
    /// The kernel would not boot it.
    pub fn extent_of(file: &[u8]) -> Result<Range<u64>, ImageError> {
        Image::parse(file).map(|image| image.extent())
    }
}

/// What the boot information will say.
#[derive(Clone, PartialEq, Debug)]
pub struct Forecast {
    /// Untyped memory, in its order.
    pub untyped: List,
    /// The slots that are empty.
    pub empty: SlotRegion,
    /// Pieces of memory that are lost because there is no room to list them.
    pub dropped: usize,
}

/// What the boot information will say about memory.
///
/// # Errors
/// The kernel would refuse to boot.
pub fn forecast(
    surroundings: &Surroundings<'_>,
    program: &Program,
) -> Result<Forecast, BootFailure> {
    let Program { extent, root_cnode_bits, cores, domains, device_tree_bytes } = program;
    let addresses = Addresses::around(extent, *device_tree_bytes)?;
    let slots = Slots::new(&addresses, *cores as u64, *root_cnode_bits)?;
    let private = super::private_bytes(queue_sets(*cores, *domains), *cores);
    let objects = Objects::new(&addresses, *root_cnode_bits, private);
    let mut stock = Stock::new(surroundings);
    let image = addresses.image.end - addresses.image.start;
    let too_little = BootFailure::TooLittleRam {
        needed: objects.bytes.saturating_add(image),
        available: stock.available(),
    };
    if stock.take_high(objects.bytes, objects.alignment()).is_none() {
        return Err(too_little);
    }
    stock.take_pieces(image).ok_or(too_little)?;
    let most = slots.rest.len();
    let (untyped, dropped) = untypeds::list(&surroundings.devices(), &stock.leave(), most);
    let end = slots.rest.start + untyped.len() as u64;
    Ok(Forecast { untyped, empty: SlotRegion { start: end, end: slots.rest.end }, dropped })
}
