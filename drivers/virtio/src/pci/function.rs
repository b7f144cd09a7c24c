//! The configuration of a function: identity, base address registers, capabilities (PCI Local Bus
//! 3.0, chapter 6; virtio section 4.1.4).

use libsys::layout::Bar;
use libsys::window::Window;
use virtio_drivers::transport::DeviceType;

use super::{Part, common};

/// Vendor and device, in the first word.
const IDENTITY: u64 = 0x00;
/// Command: what the function may do.
const COMMAND: u64 = 0x04;
/// Status, and bit 4 of it: there are capabilities.
const STATUS: u64 = 0x06;
const HAS_CAPABILITIES: u16 = 1 << 4;
/// The first base address register.
const FIRST_BAR: u64 = 0x10;
/// Where the first capability is.
const CAPABILITIES: u64 = 0x34;
/// Bytes of the configuration that have capabilities; each has 4 at least.
const CONFIGURATION: u64 = 0x100;
/// It answers accesses to its memory.
const MEMORY: u16 = 1 << 1;
/// It accesses memory itself.
const MASTER: u16 = 1 << 2;
/// It does not interrupt by a line. Whoever silenced it for another driver has set this.
const NO_INTERRUPT: u16 = 1 << 10;
/// The vendor of virtio devices.
const VIRTIO: u16 = 0x1af4;
/// Devices without a legacy interface have this, and their type, as number.
const MODERN: u16 = 0x1040;
/// The capability whose content is the vendor's.
const OF_VENDOR: u8 = 0x09;

/// Why a function cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PciError {
    /// The layout does not give the whole page of its configuration.
    Page,
    /// There is no function of virtio: vendor and device.
    Identity(u16, u16),
    /// A base address register does not lead to as much memory as the layout gives.
    Bar(u8),
    /// The function lacks a structure, or it is not in memory that the layout gives: its type.
    Structure(u8),
    /// The device goes on with what an earlier driver has begun.
    Reset,
}

impl core::fmt::Display for PciError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Page => f.write_str("the configuration of a function is a page"),
            Self::Identity(vendor, device) => {
                write!(f, "function {vendor:04x}:{device:04x} is no virtio device")
            }
            Self::Bar(number) => {
                write!(f, "base address register {number} is not what the layout says")
            }
            Self::Reset => f.write_str("the device does not reset"),
            Self::Structure(kind) => {
                write!(
                    f,
                    "the function has no structure of type {kind} where the layout gives memory"
                )
            }
        }
    }
}

impl core::error::Error for PciError {}

/// The structures of a device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) common: Part,
    pub(super) notify: Part,
    pub(super) multiplier: u64,
    pub(super) interrupt: Part,
    pub(super) config: Option<Part>,
}

/// The configuration of a function.
#[derive(Debug)]
pub(super) struct Function(Window);

impl Function {
    pub(super) fn new(configuration: Window) -> Result<Self, PciError> {
        let bytes = configuration.end() - configuration.address();
        if bytes >= 4096 { Ok(Self(configuration)) } else { Err(PciError::Page) }
    }

    /// Which device it is.
    pub(super) fn kind(&self) -> Result<DeviceType, PciError> {
        let identity = self.0.read_register(IDENTITY);
        let (vendor, device) = (identity as u16, (identity >> 16) as u16);
        let kind = match device {
            0x1000 => Some(DeviceType::Network),
            0x1001 => Some(DeviceType::Block),
            0x1003 => Some(DeviceType::Console),
            0x1005 => Some(DeviceType::EntropySource),
            modern => {
                let kind = modern.checked_sub(MODERN);
                kind.and_then(|kind| DeviceType::try_from(kind).ok())
            }
        };
        let kind = kind.filter(|_| vendor == VIRTIO);
        kind.ok_or(PciError::Identity(vendor, device))
    }

    /// From now on it neither accesses memory nor answers accesses to its own.
    pub(super) fn stop(&self) {
        self.command(|command| command & !(MEMORY | MASTER));
    }

    /// From now on it answers accesses to its memory.
    pub(super) fn answer(&self) {
        self.command(|command| command | MEMORY);
    }

    /// Lets it access memory, and interrupt.
    pub(super) fn start(&self) {
        self.command(|command| (command | MASTER) & !NO_INTERRUPT);
    }

    fn command(&self, change: impl FnOnce(u16) -> u16) {
        self.0.write_half(COMMAND, change(self.0.read_half(COMMAND)));
    }

    /// Writes the address of a base address register of a function that is stopped.
    pub(super) fn place(&self, bar: &Bar) -> Result<(), PciError> {
        let wrong = PciError::Bar(bar.number);
        let at = FIRST_BAR + 4 * u64::from(bar.number.min(5));
        let kind = self.0.read_register(at) & 0xf;
        // Bit 0: ports. Bits 1 and 2: 0 for addresses of 32 bits, 2 for 64.
        let is_wide = match kind & 0b111 {
            0b000 => false,
            0b100 if bar.number < 5 => true,
            _ => return Err(wrong),
        };
        // Bits that keep what is written are those of an address above the memory's size.
        self.0.write_register(at, u32::MAX);
        let low = self.0.read_register(at) & !0xf;
        let bytes = u64::from(low.wrapping_neg());
        let room = bar.window.end() - bar.window.address();
        let fits = low != 0 && bytes <= room && bar.physical.is_multiple_of(bytes);
        let high = (bar.physical >> 32) as u32;
        if !fits || (high != 0 && !is_wide) {
            return Err(wrong);
        }
        self.0.write_register(at, bar.physical as u32);
        if is_wide {
            self.0.write_register(at + 4, high);
        }
        Ok(())
    }

    /// Where the structures of the device are.
    pub(super) fn parts(&self, bars: &[Bar]) -> Result<Parts, PciError> {
        let part = |kind, bytes| {
            let found = self.capabilities().find(|found| found.kind == kind);
            let part = found.and_then(|found| found.part(bars, bytes));
            part.ok_or(PciError::Structure(kind))
        };
        let notify = self.capabilities().find(|found| found.kind == Capability::NOTIFY);
        Ok(Parts {
            common: part(Capability::COMMON, common::BYTES)?,
            notify: part(Capability::NOTIFY, 2)?,
            multiplier: notify
                .map_or(0, |found| self.0.read_register(found.at + Capability::MULTIPLIER).into()),
            interrupt: part(Capability::INTERRUPT, 1)?,
            config: part(Capability::CONFIG, 1).ok(),
        })
    }

    /// The capabilities of virtio. They are a list, which could lead in a circle: no more of them
    /// are looked at than there is room for.
    fn capabilities(&self) -> impl Iterator<Item = Capability> + use<'_> {
        let has_any = self.0.read_half(STATUS) & HAS_CAPABILITIES != 0;
        let place = |at: u64| u64::from(self.0.read_byte(at) & 0xfc);
        let first = if has_any { place(CAPABILITIES) } else { 0 };
        let all = core::iter::successors(Some(first), move |at| Some(place(at + 1)));
        let all = all.take((CONFIGURATION / 4) as usize).take_while(|at| *at >= 0x40);
        all.filter_map(|at| self.capability(at))
    }

    fn capability(&self, at: u64) -> Option<Capability> {
        let fits = at + Capability::BYTES <= CONFIGURATION;
        let is_virtio = fits && self.0.read_byte(at) == OF_VENDOR;
        is_virtio.then(|| Capability {
            at,
            kind: self.0.read_byte(at + 3),
            bar: self.0.read_byte(at + 4),
            offset: self.0.read_register(at + 8).into(),
            bytes: self.0.read_register(at + 12).into(),
        })
    }
}

/// A capability of virtio: where a structure is.
#[derive(Clone, Copy, Debug)]
struct Capability {
    /// Where it is itself.
    at: u64,
    kind: u8,
    bar: u8,
    offset: u64,
    bytes: u64,
}

impl Capability {
    const COMMON: u8 = 1;
    const NOTIFY: u8 = 2;
    const INTERRUPT: u8 = 3;
    const CONFIG: u8 = 4;
    /// Bytes of it, with the multiplier of that of notifications.
    const BYTES: u64 = 20;
    /// Where that is.
    const MULTIPLIER: u64 = 16;

    /// The structure, if so many bytes of it are in memory that was given, from a word on.
    fn part(&self, bars: &[Bar], least: u64) -> Option<Part> {
        let bar = bars.iter().position(|bar| bar.number == self.bar)?;
        let room = bars[bar].window.end() - bars[bar].window.address();
        let inside = self.offset.checked_add(self.bytes).is_some_and(|end| end <= room);
        let fits = inside && self.bytes >= least && self.offset.is_multiple_of(4);
        fits.then_some(Part { bar, offset: self.offset, bytes: self.bytes })
    }
}
