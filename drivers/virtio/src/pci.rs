//! The transport of a function of PCI (section 4.1).
//!
//! The layout gives the page of the function's configuration, and memory for some of its base
//! address registers. The crate's own transport wants the whole bus, and to find registers by
//! their physical addresses; this one has no more than that, through windows.
//!
//! | module | what |
//! |---|---|
//! | `function` | the configuration: identity, base address registers, capabilities |

mod function;

use alloc::vec::Vec;

use libsys::layout::Bar;
use libsys::window::Window;
use virtio_drivers::transport::{DeviceStatus, DeviceType, InterruptStatus, Transport};
use virtio_drivers::{Error, PhysAddr, Result as DriverResult};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::start::reset;
use function::Function;
pub use function::PciError;

/// Fields of the common configuration (section 4.1.4.3), and its length.
mod common {
    pub(super) const DEVICE_FEATURE_SELECT: u64 = 0;
    pub(super) const DEVICE_FEATURE: u64 = 4;
    pub(super) const DRIVER_FEATURE_SELECT: u64 = 8;
    pub(super) const DRIVER_FEATURE: u64 = 12;
    pub(super) const DEVICE_STATUS: u64 = 20;
    pub(super) const CONFIG_GENERATION: u64 = 21;
    pub(super) const QUEUE_SELECT: u64 = 22;
    pub(super) const QUEUE_SIZE: u64 = 24;
    pub(super) const QUEUE_ENABLE: u64 = 28;
    pub(super) const QUEUE_NOTIFY_OFF: u64 = 30;
    pub(super) const QUEUE_DESC: u64 = 32;
    pub(super) const QUEUE_DRIVER: u64 = 40;
    pub(super) const QUEUE_DEVICE: u64 = 48;
    pub(super) const BYTES: u64 = 56;
}

/// Queues whose places for notifications are remembered.
const QUEUES: usize = 8;

/// A structure of the device, in the memory of one of its base address registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Part {
    /// The place of the register among those that were given.
    bar: usize,
    offset: u64,
    bytes: u64,
}

/// A function of PCI that is a virtio device.
#[derive(Debug)]
pub struct PciTransport {
    kind: DeviceType,
    bars: Vec<Bar>,
    common: Part,
    notify: Part,
    /// Bytes between the places of two numbers of notifications.
    multiplier: u64,
    interrupt: Part,
    config: Option<Part>,
    /// Where queues are notified, once they are set up: offsets in `notify`.
    bells: [Option<u64>; QUEUES],
}

impl PciTransport {
    /// Writes the addresses that the layout has for them into the base address registers, resets
    /// the device, and only then lets it access memory: what an earlier driver has begun never
    /// reaches ours.
    ///
    /// # Errors
    /// It is no function of virtio, the layout does not fit it, or it does not reset.
    pub fn new(configuration: Window, bars: impl Iterator<Item = Bar>) -> Result<Self, PciError> {
        let function = Function::new(configuration)?;
        let kind = function.kind()?;
        let bars: Vec<Bar> = bars.collect();
        function.stop();
        for bar in &bars {
            function.place(bar)?;
        }
        let parts = function.parts(&bars)?;
        function.answer();
        let mut transport = Self {
            kind,
            bars,
            common: parts.common,
            notify: parts.notify,
            multiplier: parts.multiplier,
            interrupt: parts.interrupt,
            config: parts.config,
            bells: [None; QUEUES],
        };
        reset(&mut transport).map_err(|_| PciError::Reset)?;
        function.start();
        Ok(transport)
    }

    /// The memory of a part, and where in it something begins.
    fn at(&self, part: Part, offset: u64) -> (&Window, u64) {
        (&self.bars[part.bar].window, part.offset + offset)
    }

    fn read_word(&self, offset: u64) -> u32 {
        let (window, at) = self.at(self.common, offset);
        window.read_register(at)
    }

    fn write_word(&self, offset: u64, value: u32) {
        let (window, at) = self.at(self.common, offset);
        window.write_register(at, value);
    }

    /// Halves of 64 bits, the lower one first (section 4.1.3.1).
    fn write_wide(&self, offset: u64, value: u64) {
        self.write_word(offset, value as u32);
        self.write_word(offset + 4, (value >> 32) as u32);
    }

    fn read_half(&self, offset: u64) -> u16 {
        let (window, at) = self.at(self.common, offset);
        window.read_half(at)
    }

    fn write_half(&self, offset: u64, value: u16) {
        let (window, at) = self.at(self.common, offset);
        window.write_half(at, value);
    }

    /// Where the selected queue is notified, if the device says a place that there is.
    fn bell_of_selected(&self) -> Option<u64> {
        let number = u64::from(self.read_half(common::QUEUE_NOTIFY_OFF));
        let offset = number * self.multiplier;
        (offset + 2 <= self.notify.bytes && offset.is_multiple_of(2)).then_some(offset)
    }

    /// Where something of the device's own configuration is.
    fn configuration(&self, offset: usize, bytes: usize) -> DriverResult<(&Window, u64)> {
        let config = self.config.ok_or(Error::ConfigSpaceMissing)?;
        let end = offset.checked_add(bytes).ok_or(Error::ConfigSpaceTooSmall)?;
        match end as u64 <= config.bytes {
            true => Ok(self.at(config, offset as u64)),
            false => Err(Error::ConfigSpaceTooSmall),
        }
    }
}

impl Transport for PciTransport {
    fn device_type(&self) -> DeviceType {
        self.kind
    }

    fn read_device_features(&mut self) -> u64 {
        let half = |select| {
            self.write_word(common::DEVICE_FEATURE_SELECT, select);
            u64::from(self.read_word(common::DEVICE_FEATURE))
        };
        half(0) | half(1) << 32
    }

    fn write_driver_features(&mut self, features: u64) {
        for (select, half) in [(0, features as u32), (1, (features >> 32) as u32)] {
            self.write_word(common::DRIVER_FEATURE_SELECT, select);
            self.write_word(common::DRIVER_FEATURE, half);
        }
    }

    fn max_queue_size(&mut self, queue: u16) -> u32 {
        self.write_half(common::QUEUE_SELECT, queue);
        self.read_half(common::QUEUE_SIZE).into()
    }

    fn notify(&mut self, queue: u16) {
        if let Some(offset) = self.bells.get(usize::from(queue)).copied().flatten() {
            let (window, at) = self.at(self.notify, offset);
            window.write_half(at, queue);
        }
    }

    fn get_status(&self) -> DeviceStatus {
        let (window, at) = self.at(self.common, common::DEVICE_STATUS);
        DeviceStatus::from_bits_truncate(window.read_byte(at).into())
    }

    fn set_status(&mut self, status: DeviceStatus) {
        let (window, at) = self.at(self.common, common::DEVICE_STATUS);
        window.write_byte(at, status.bits() as u8);
    }

    fn set_guest_page_size(&mut self, _bytes: u32) {}

    fn requires_legacy_layout(&self) -> bool {
        false
    }

    fn queue_set(
        &mut self,
        queue: u16,
        size: u32,
        descriptors: PhysAddr,
        available: PhysAddr,
        used: PhysAddr,
    ) {
        self.write_half(common::QUEUE_SELECT, queue);
        self.write_half(common::QUEUE_SIZE, size as u16);
        self.write_wide(common::QUEUE_DESC, descriptors);
        self.write_wide(common::QUEUE_DRIVER, available);
        self.write_wide(common::QUEUE_DEVICE, used);
        self.write_half(common::QUEUE_ENABLE, 1);
        let bell = self.bell_of_selected();
        if let Some(place) = self.bells.get_mut(usize::from(queue)) {
            *place = bell;
        }
    }

    /// Queues of PCI end with the device's reset only (section 4.1.4.3.2).
    fn queue_unset(&mut self, _queue: u16) {}

    fn queue_used(&mut self, queue: u16) -> bool {
        self.write_half(common::QUEUE_SELECT, queue);
        self.read_half(common::QUEUE_ENABLE) == 1
    }

    /// Reading the register lowers the interrupt (section 4.1.4.5).
    fn ack_interrupt(&mut self) -> InterruptStatus {
        let (window, at) = self.at(self.interrupt, 0);
        InterruptStatus::from_bits_truncate(window.read_byte(at).into())
    }

    fn read_config_generation(&self) -> u32 {
        let (window, at) = self.at(self.common, common::CONFIG_GENERATION);
        window.read_byte(at).into()
    }

    fn read_config_space<T: FromBytes + IntoBytes>(&self, offset: usize) -> DriverResult<T> {
        let (window, at) = self.configuration(offset, size_of::<T>())?;
        let mut value = T::new_zeroed();
        let bytes = value.as_mut_bytes();
        // Fields are read as wide as they are (section 4.1.3.1); what is wider is several fields.
        for (place, part) in (at..).step_by(width::<T>()).zip(bytes.chunks_mut(width::<T>())) {
            match part.len() {
                4 => part.copy_from_slice(&window.read_register(place).to_le_bytes()),
                2 => part.copy_from_slice(&window.read_half(place).to_le_bytes()),
                _ => part.fill(window.read_byte(place)),
            }
        }
        Ok(value)
    }

    fn write_config_space<T: IntoBytes + Immutable>(
        &mut self,
        offset: usize,
        value: T,
    ) -> DriverResult<()> {
        let (window, at) = self.configuration(offset, size_of::<T>())?;
        let parts = value.as_bytes().chunks(width::<T>());
        for (place, part) in (at..).step_by(width::<T>()).zip(parts) {
            match *part {
                [a, b, c, d] => window.write_register(place, u32::from_le_bytes([a, b, c, d])),
                [a, b] => window.write_half(place, u16::from_le_bytes([a, b])),
                [a, ..] => window.write_byte(place, a),
                [] => {}
            }
        }
        Ok(())
    }
}

/// Bytes of an access to a field of this type: as it is aligned, and 4 at most.
const fn width<T>() -> usize {
    let width = align_of::<T>();
    if width > 4 { 4 } else { width }
}

#[cfg(test)]
mod tests;
