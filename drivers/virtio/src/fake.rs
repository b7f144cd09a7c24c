//! A device on hosts: registers as plain values, queues in [`dma::fake`]'s memory.
//!
//! The driver has a [`FakeTransport`]; a test is the device, through [`Device`]. It can do what
//! devices do, and what none may do.

use std::cell::RefCell;
use std::rc::Rc;
use std::vec::Vec;

use virtio_drivers::transport::{DeviceStatus, DeviceType, InterruptStatus, Transport};
use virtio_drivers::{Error, PhysAddr, Result};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use dma::fake::reach;

/// Queues of each device.
const QUEUES: usize = 4;

/// What a device is at first.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Its kind.
    pub kind: DeviceType,
    /// The features that it offers.
    pub features: u64,
    /// Its configuration.
    pub config: Vec<u8>,
    /// Descriptors that a queue may have.
    pub queue_size: u32,
    /// Whether its queues have the layout of legacy devices.
    pub is_legacy: bool,
}

impl Setup {
    /// A block device without features or configuration.
    pub const BLOCK: Self = Self {
        kind: DeviceType::Block,
        features: crate::start::VERSION_1,
        config: Vec::new(),
        queue_size: 256,
        is_legacy: false,
    };
}

/// What a device does that none may do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Never says that it was reset.
    pub stays_busy: bool,
    /// Takes back its agreement.
    pub refuses_features: bool,
    /// Says at each look that its configuration has changed.
    pub changes_config: bool,
    /// Says that it has used something as soon as it knows a queue.
    pub uses_unasked: bool,
}

/// Where a queue lies.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    size: u16,
    descriptors: u64,
    available: u64,
    used: u64,
    /// Chains that the device has taken, and put back.
    taken: u16,
    put: u16,
    is_notified: bool,
}

#[derive(Debug)]
struct State {
    setup: Setup,
    faults: Faults,
    status: DeviceStatus,
    features: u64,
    queues: [Place; QUEUES],
    interrupt: u32,
    generation: u32,
}

/// The driver's side.
#[derive(Debug)]
pub struct FakeTransport(Rc<RefCell<State>>);

/// The device's side.
#[derive(Clone, Debug)]
pub struct Device(Rc<RefCell<State>>);

/// A chain of descriptors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// The number of the first one.
    pub head: u16,
    /// What the device reads: physical addresses and bytes.
    pub readable: Vec<(u64, u32)>,
    /// What it writes.
    pub writable: Vec<(u64, u32)>,
}

impl Chain {
    /// The bytes of something that the device reads; fewer if it is no memory.
    #[must_use]
    pub fn read(&self, place: usize) -> Vec<u8> {
        let (physical, bytes) = self.readable.get(place).copied().unwrap_or_default();
        let Some((window, offset)) = reach(physical, bytes.into()) else { return Vec::new() };
        let mut read = std::vec![0; bytes as usize];
        window.read_bytes(offset, &mut read);
        read
    }

    /// Writes into something that the device may write, as far as there is room.
    pub fn write(&self, place: usize, bytes: &[u8]) {
        let (physical, room) = self.writable.get(place).copied().unwrap_or_default();
        let bytes = &bytes[..bytes.len().min(room as usize)];
        if let Some((window, offset)) = reach(physical, bytes.len() as u64) {
            window.write_bytes(offset, bytes);
        }
    }
}

impl Device {
    /// A device, and the transport that leads to it.
    #[must_use]
    pub fn new(setup: Setup) -> (Self, FakeTransport) {
        dma::fake::provide_pool();
        let state = Rc::new(RefCell::new(State {
            setup,
            faults: Faults::default(),
            status: DeviceStatus::empty(),
            features: 0,
            queues: [Place::default(); QUEUES],
            interrupt: 0,
            generation: 0,
        }));
        (Self(state.clone()), FakeTransport(state))
    }

    /// One more transport to the same device: what a driver finds that is started again.
    #[must_use]
    pub fn transport(&self) -> FakeTransport {
        FakeTransport(self.0.clone())
    }

    /// The features that were agreed on.
    #[must_use]
    pub fn features(&self) -> u64 {
        self.0.borrow().features
    }

    /// The driver's progress.
    #[must_use]
    pub fn status(&self) -> DeviceStatus {
        self.0.borrow().status
    }

    /// Changes what it does wrong.
    pub fn misbehave(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.0.borrow_mut().faults);
    }

    /// Whether the driver has announced something since the last question.
    #[must_use]
    pub fn was_notified(&self, queue: u16) -> bool {
        core::mem::take(&mut self.0.borrow_mut().queues[usize::from(queue)].is_notified)
    }

    /// Raises its interrupt, as for a used buffer.
    pub fn interrupt(&self) {
        self.0.borrow_mut().interrupt |= 1;
    }

    /// Says whether the driver is to announce what it adds.
    pub fn want_notifications(&self, queue: u16, are_wanted: bool) {
        let flags = u16::from(!are_wanted);
        self.write_used(queue, 0, &flags.to_le_bytes());
    }

    /// The next chain that the driver has added.
    #[must_use]
    pub fn take(&self, queue: u16) -> Option<Chain> {
        let place = self.0.borrow().queues[usize::from(queue)];
        let index = u16::from_le_bytes(read(place.available + 2)?);
        if place.size == 0 || index == place.taken {
            return None;
        }
        self.0.borrow_mut().queues[usize::from(queue)].taken = place.taken.wrapping_add(1);
        let slot = u64::from(place.taken % place.size);
        let head = u16::from_le_bytes(read(place.available + 4 + 2 * slot)?);
        let mut chain = Chain { head, readable: Vec::new(), writable: Vec::new() };
        let mut next = Some(head);
        while let Some(number) = next.filter(|_| chain.readable.len() + chain.writable.len() < 64) {
            let at = place.descriptors + 16 * u64::from(number);
            let piece = (u64::from_le_bytes(read(at)?), u32::from_le_bytes(read(at + 8)?));
            let flags = u16::from_le_bytes(read(at + 12)?);
            let list = if flags & 2 == 0 { &mut chain.readable } else { &mut chain.writable };
            list.push(piece);
            next = (flags & 1 != 0).then_some(u16::from_le_bytes(read(at + 14)?));
        }
        Some(chain)
    }

    /// Says that a chain is used, and so many bytes of it written: whatever they are.
    pub fn put(&self, queue: u16, head: u16, written: u32) {
        let place = self.0.borrow().queues[usize::from(queue)];
        let slot = u64::from(place.put % place.size.max(1));
        self.write_used(queue, 4 + 8 * slot, &u32::from(head).to_le_bytes());
        self.write_used(queue, 8 + 8 * slot, &written.to_le_bytes());
        self.set_used_index(queue, place.put.wrapping_add(1));
        self.interrupt();
    }

    /// Says how many chains are used.
    pub fn set_used_index(&self, queue: u16, index: u16) {
        self.0.borrow_mut().queues[usize::from(queue)].put = index;
        self.write_used(queue, 2, &index.to_le_bytes());
    }

    fn write_used(&self, queue: u16, offset: u64, bytes: &[u8]) {
        let used = self.0.borrow().queues[usize::from(queue)].used;
        if let Some((window, at)) = reach(used + offset, bytes.len() as u64) {
            window.write_bytes(at, bytes);
        }
    }
}

/// Bytes at a physical address.
fn read<const N: usize>(physical: u64) -> Option<[u8; N]> {
    let (window, offset) = reach(physical, N as u64)?;
    let mut bytes = [0; N];
    window.read_bytes(offset, &mut bytes);
    Some(bytes)
}

impl Transport for FakeTransport {
    fn device_type(&self) -> DeviceType {
        self.0.borrow().setup.kind
    }

    fn read_device_features(&mut self) -> u64 {
        self.0.borrow().setup.features
    }

    fn write_driver_features(&mut self, features: u64) {
        self.0.borrow_mut().features = features;
    }

    fn max_queue_size(&mut self, queue: u16) -> u32 {
        let size = self.0.borrow().setup.queue_size;
        if usize::from(queue) < QUEUES { size } else { 0 }
    }

    fn notify(&mut self, queue: u16) {
        if let Some(place) = self.0.borrow_mut().queues.get_mut(usize::from(queue)) {
            place.is_notified = true;
        }
    }

    fn get_status(&self) -> DeviceStatus {
        let state = self.0.borrow();
        let busy = if state.faults.stays_busy { DeviceStatus::FAILED } else { state.status };
        let refused = if state.faults.refuses_features {
            DeviceStatus::FEATURES_OK
        } else {
            DeviceStatus::empty()
        };
        busy & !refused
    }

    fn set_status(&mut self, status: DeviceStatus) {
        let mut state = self.0.borrow_mut();
        state.status = status;
        if status.is_empty() {
            // A reset: it forgets its queues.
            state.queues = [Place::default(); QUEUES];
            state.interrupt = 0;
        }
    }

    fn set_guest_page_size(&mut self, _bytes: u32) {}

    fn requires_legacy_layout(&self) -> bool {
        self.0.borrow().setup.is_legacy
    }

    fn queue_set(
        &mut self,
        queue: u16,
        size: u32,
        descriptors: PhysAddr,
        available: PhysAddr,
        used: PhysAddr,
    ) {
        let size = u16::try_from(size).unwrap_or(0);
        if let Some(place) = self.0.borrow_mut().queues.get_mut(usize::from(queue)) {
            *place = Place { size, descriptors, available, used, ..Place::default() };
        }
        if self.0.borrow().faults.uses_unasked {
            Device(self.0.clone()).set_used_index(queue, 1);
        }
    }

    fn queue_unset(&mut self, queue: u16) {
        if let Some(place) = self.0.borrow_mut().queues.get_mut(usize::from(queue)) {
            *place = Place::default();
        }
    }

    fn queue_used(&mut self, queue: u16) -> bool {
        self.0.borrow().queues.get(usize::from(queue)).is_some_and(|place| place.size != 0)
    }

    fn ack_interrupt(&mut self) -> InterruptStatus {
        let raised = core::mem::take(&mut self.0.borrow_mut().interrupt);
        InterruptStatus::from_bits_truncate(raised)
    }

    fn read_config_generation(&self) -> u32 {
        let mut state = self.0.borrow_mut();
        state.generation = state.generation.wrapping_add(state.faults.changes_config.into());
        state.generation
    }

    fn read_config_space<T: FromBytes + IntoBytes>(&self, offset: usize) -> Result<T> {
        let state = self.0.borrow();
        let bytes = state.setup.config.get(offset..).ok_or(Error::ConfigSpaceTooSmall)?;
        let value = T::read_from_prefix(bytes);
        value.map(|(value, _)| value).map_err(|_| Error::ConfigSpaceTooSmall)
    }

    fn write_config_space<T: IntoBytes + Immutable>(
        &mut self,
        offset: usize,
        value: T,
    ) -> Result<()> {
        let mut state = self.0.borrow_mut();
        let place = state.setup.config.get_mut(offset..).ok_or(Error::ConfigSpaceTooSmall)?;
        value.write_to_prefix(place).map_err(|_| Error::ConfigSpaceTooSmall)
    }
}
