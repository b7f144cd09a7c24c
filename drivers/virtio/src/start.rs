//! Reset, negotiation of features, configuration (section 3.1).

use virtio_drivers::transport::{DeviceStatus, Transport};
use zerocopy::{FromBytes, IntoBytes};

/// The feature that says: not a legacy device (`VIRTIO_F_VERSION_1`).
pub const VERSION_1: u64 = 1 << 32;
/// Reads of a register after which a device is given up. Real ones answer at once.
const PATIENCE: u32 = 1 << 16;

/// Why a device does not start.
///
/// ```
/// use virtio::StartError;
///
/// assert_eq!(StartError::Reset.to_string(), "the device does not reset");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StartError {
    /// It stays busy after a reset.
    Reset,
    /// It does not accept a part of the features that it offers.
    Features,
    /// It is of another kind.
    Kind,
    /// Its queue cannot be used.
    Queue(virtio_drivers::Error),
    /// Its configuration is missing, makes no sense, or changes without end.
    Configuration,
    /// There are no pages for it.
    Memory,
}

impl core::fmt::Display for StartError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Reset => f.write_str("the device does not reset"),
            Self::Features => f.write_str("the device refuses its own features"),
            Self::Kind => f.write_str("the device is of another kind"),
            Self::Queue(error) => write!(f, "no queue: {error}"),
            Self::Configuration => f.write_str("the device's configuration makes no sense"),
            Self::Memory => f.write_str("there are no pages for the device"),
        }
    }
}

impl core::error::Error for StartError {}

/// Stops a device: from then on it accesses no memory (section 2.4).
///
/// # Errors
/// [`StartError::Reset`].
pub fn reset<T: Transport>(transport: &mut T) -> Result<(), StartError> {
    transport.set_status(DeviceStatus::empty());
    let is_reset = (0..PATIENCE).any(|_| transport.get_status().is_empty());
    if is_reset { Ok(()) } else { Err(StartError::Reset) }
}

/// Stops a device that misbehaves, and gives back the memory that its queues and buffers are of.
/// `false`: it does not stop. Then that memory is never used again, for the device may still reach
/// it.
pub fn retire<T: Transport, M>(transport: &mut T, memory: Option<M>) -> bool {
    let is_quiet = reset(transport).is_ok();
    if is_quiet {
        drop(memory)
    } else {
        core::mem::forget(memory)
    }
    is_quiet
}

/// Resets a device and agrees with it on features: those of `wanted` that it offers, and
/// [`VERSION_1`] if it does. Queues are set up next, then [`finish`].
///
/// # Errors
/// The device does not reset, or refuses what it offered.
pub fn begin<T: Transport>(transport: &mut T, wanted: u64) -> Result<u64, StartError> {
    reset(transport)?;
    let known = DeviceStatus::ACKNOWLEDGE | DeviceStatus::DRIVER;
    transport.set_status(known);
    let features = transport.read_device_features() & (wanted | VERSION_1);
    transport.write_driver_features(features);
    let agreed = known | DeviceStatus::FEATURES_OK;
    transport.set_status(agreed);
    let is_modern = features & VERSION_1 != 0;
    if is_modern && !transport.get_status().contains(DeviceStatus::FEATURES_OK) {
        return Err(StartError::Features);
    }
    transport.set_guest_page_size(virtio_drivers::PAGE_SIZE as u32);
    Ok(features)
}

/// Lets a device work, whose queues are set up.
pub fn finish<T: Transport>(transport: &mut T) {
    let ready = DeviceStatus::ACKNOWLEDGE
        | DeviceStatus::DRIVER
        | DeviceStatus::FEATURES_OK
        | DeviceStatus::DRIVER_OK;
    transport.set_status(ready);
}

/// Reads something of the configuration that did not change meanwhile.
///
/// # Errors
/// [`StartError::Configuration`].
pub fn read_config<T: Transport, V>(
    transport: &T,
    read: impl Fn(&T) -> Result<V, StartError>,
) -> Result<V, StartError> {
    for _ in 0..PATIENCE {
        let before = transport.read_config_generation();
        let value = read(transport)?;
        if transport.read_config_generation() == before {
            return Ok(value);
        }
    }
    Err(StartError::Configuration)
}

/// A field of the configuration, at its offset.
///
/// # Errors
/// [`StartError::Configuration`]: there is no such field.
pub fn field<T: Transport, V: FromBytes + IntoBytes>(
    transport: &T,
    offset: usize,
) -> Result<V, StartError> {
    transport.read_config_space(offset).map_err(|_| StartError::Configuration)
}

/// A field of 64 bits, whose halves are read one after the other.
///
/// # Errors
/// [`StartError::Configuration`]: there is no such field.
pub fn wide_field<T: Transport>(transport: &T, offset: usize) -> Result<u64, StartError> {
    let low: u32 = field(transport, offset)?;
    let high: u32 = field(transport, offset + 4)?;
    Ok(u64::from(high) << 32 | u64::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Device, Setup};

    fn device(offered: u64) -> (Device, crate::fake::FakeTransport) {
        Device::new(Setup { features: offered, config: 7_u64.to_le_bytes().into(), ..Setup::BLOCK })
    }

    #[test]
    fn only_what_both_want_is_agreed_on() {
        let (device, mut transport) = device(VERSION_1 | 0b1011);
        assert_eq!(begin(&mut transport, 0b0110), Ok(VERSION_1 | 0b0010));
        assert_eq!(device.features(), VERSION_1 | 0b0010);
        finish(&mut transport);
        assert!(device.status().contains(DeviceStatus::DRIVER_OK));
        assert_eq!(read_config(&transport, |transport| wide_field(transport, 0)), Ok(7));
        assert_eq!(wide_field(&transport, 4), Err(StartError::Configuration));
    }

    /// Counts those of it that are gone.
    struct Memory<'a>(&'a core::cell::Cell<u32>);

    impl Drop for Memory<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn memory_comes_back_only_from_a_device_that_has_stopped() {
        let (device, mut transport) = device(VERSION_1);
        let returned = core::cell::Cell::new(0);
        assert!(retire(&mut transport, Some(Memory(&returned))));
        assert_eq!(returned.get(), 1);
        device.misbehave(|faults| faults.stays_busy = true);
        assert!(!retire(&mut transport, Some(Memory(&returned))));
        assert_eq!(returned.get(), 1, "the device may still reach it");
    }

    #[test]
    fn devices_that_do_not_answer_are_given_up() {
        let (device, mut transport) = device(VERSION_1);
        device.misbehave(|faults| faults.refuses_features = true);
        assert_eq!(begin(&mut transport, 0), Err(StartError::Features));
        device.misbehave(|faults| faults.changes_config = true);
        let read = read_config(&transport, |transport| wide_field(transport, 0));
        assert_eq!(read, Err(StartError::Configuration));
        device.misbehave(|faults| faults.stays_busy = true);
        assert_eq!(begin(&mut transport, 0), Err(StartError::Reset));
    }
}
