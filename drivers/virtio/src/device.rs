//! A device that the layout gives, by its name; and the memory that it reaches.

use dma::{PoolError, Region, pool};
use libsys::layout::{Component, Kind, Missing};
use virtio_drivers::transport::mmio::{MmioError, MmioTransport};
use virtio_drivers::transport::{DeviceStatus, DeviceType, InterruptStatus, Transport};
use virtio_drivers::{PhysAddr, Result as DriverResult};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::mmio;
use crate::pci::{PciError, PciTransport};

/// Why a device of the layout cannot be used.
#[derive(Debug)]
pub enum DeviceError {
    /// The layout does not give it.
    Missing(Missing<'static>),
    /// Its registers in memory are no device's.
    Mmio(MmioError),
    /// It is no function of virtio.
    Pci(PciError),
    /// The layout gives no memory to its driver that the device reaches.
    Memory,
    /// There is a pool already.
    Pool(PoolError),
}

impl core::fmt::Display for DeviceError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Missing(missing) => missing.fmt(f),
            Self::Mmio(error) => write!(f, "no device: {error}"),
            Self::Pci(error) => error.fmt(f),
            Self::Memory => f.write_str("the layout gives no memory that the device reaches"),
            Self::Pool(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for DeviceError {}

/// A device of the layout: a function of PCI, or else registers in memory.
///
/// # Errors
/// There is none that can be used.
pub fn device(component: &Component, name: &'static str) -> Result<AnyTransport, DeviceError> {
    let registers = component.device(name).map_err(DeviceError::Missing)?;
    if component.bars(name).next().is_none() {
        return mmio::transport(registers).map(AnyTransport::Mmio).map_err(DeviceError::Mmio);
    }
    let function = PciTransport::new(registers, component.bars(name));
    function.map(AnyTransport::Pci).map_err(DeviceError::Pci)
}

/// Makes the first region of the layout that a device of this component reaches, and that no
/// client shares, the pool of this program.
///
/// # Errors
/// There is no such region, or there is a pool.
pub fn provide_pool(component: &Component) -> Result<(), DeviceError> {
    let is_shared = |name| component.endpoint(name).is_ok() || component.badge(name).is_ok();
    let mut known = component.entries().filter(|entry| entry.kind == Kind::Physical);
    let memory = known.find_map(|entry| {
        let memory = component.dma(entry.name).ok()?;
        (!is_shared(entry.name)).then_some(memory)
    });
    let region = memory.and_then(Region::new).ok_or(DeviceError::Memory)?;
    pool::provide(region).map_err(DeviceError::Pool)
}

/// A device behind either transport. Drivers that are not for one of both take this.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a driver has one of them, for as long as it lives")]
pub enum AnyTransport {
    /// Registers in memory.
    Mmio(MmioTransport<'static>),
    /// A function of PCI.
    Pci(PciTransport),
}

/// Does the same with either.
macro_rules! either {
    ($transport:expr, $inner:ident => $call:expr) => {
        match $transport {
            AnyTransport::Mmio($inner) => $call,
            AnyTransport::Pci($inner) => $call,
        }
    };
}

impl Transport for AnyTransport {
    fn device_type(&self) -> DeviceType {
        either!(self, inner => inner.device_type())
    }

    fn read_device_features(&mut self) -> u64 {
        either!(self, inner => inner.read_device_features())
    }

    fn write_driver_features(&mut self, features: u64) {
        either!(self, inner => inner.write_driver_features(features));
    }

    fn max_queue_size(&mut self, queue: u16) -> u32 {
        either!(self, inner => inner.max_queue_size(queue))
    }

    fn notify(&mut self, queue: u16) {
        either!(self, inner => inner.notify(queue));
    }

    fn get_status(&self) -> DeviceStatus {
        either!(self, inner => inner.get_status())
    }

    fn set_status(&mut self, status: DeviceStatus) {
        either!(self, inner => inner.set_status(status));
    }

    fn set_guest_page_size(&mut self, bytes: u32) {
        either!(self, inner => inner.set_guest_page_size(bytes));
    }

    fn requires_legacy_layout(&self) -> bool {
        either!(self, inner => inner.requires_legacy_layout())
    }

    fn queue_set(
        &mut self,
        queue: u16,
        size: u32,
        descriptors: PhysAddr,
        available: PhysAddr,
        used: PhysAddr,
    ) {
        either!(self, inner => inner.queue_set(queue, size, descriptors, available, used));
    }

    fn queue_unset(&mut self, queue: u16) {
        either!(self, inner => inner.queue_unset(queue));
    }

    fn queue_used(&mut self, queue: u16) -> bool {
        either!(self, inner => inner.queue_used(queue))
    }

    fn ack_interrupt(&mut self) -> InterruptStatus {
        either!(self, inner => inner.ack_interrupt())
    }

    fn read_config_generation(&self) -> u32 {
        either!(self, inner => inner.read_config_generation())
    }

    fn read_config_space<T: FromBytes + IntoBytes>(&self, offset: usize) -> DriverResult<T> {
        either!(self, inner => inner.read_config_space(offset))
    }

    fn write_config_space<T: IntoBytes + Immutable>(
        &mut self,
        offset: usize,
        value: T,
    ) -> DriverResult<()> {
        either!(self, inner => inner.write_config_space(offset, value))
    }
}
