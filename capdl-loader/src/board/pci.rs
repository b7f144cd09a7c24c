//! PCI buses whose configuration is memory (PCI Express Base 7.2.2: ECAM).

use std::fmt;

use dtoolkit::fdt::FdtNode;
use platform::address::PhysicalRange;
use platform::board::PAGE;

use super::tree::{interrupt, words};

/// What a PCI bus has besides other nodes. Its first registers are the configuration of its
/// functions, a page for each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pci {
    /// Memory below 4 GiB for registers of functions, which bus and processor see at the same
    /// addresses.
    pub window: PhysicalRange,
    /// The interrupts (INTIDs) of pins A to D: a row for each device of the bus. There are as many
    /// rows as make a difference; further devices begin with the first again.
    pub lines: Vec<[u64; 4]>,
}

/// A function of a device of a bus.
///
/// ```
/// use capdl::board::Function;
///
/// let function = Function::parse("00:02.1").expect("bus, device, function");
/// assert_eq!((function.bus, function.device, function.function), (0, 2, 1));
/// assert_eq!(function.offset(), 0x1_1000, "of its page");
/// assert_eq!(function.to_string(), "00:02.1");
/// assert_eq!(Function::parse("00:20.0"), None, "a bus has 32 devices");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Function {
    /// The bus, counted from the first that the configuration is of.
    pub bus: u8,
    /// The device, 0 to 31.
    pub device: u8,
    /// The function, 0 to 7.
    pub function: u8,
}

impl Function {
    /// Reads `bus:device.function`, hexadecimal, as `lspci` writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (bus, rest) = text.split_once(':')?;
        let (device, function) = rest.split_once('.')?;
        let number = |digits: &str, most: u8| {
            let plain = digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let number = plain.then(|| u8::from_str_radix(digits, 16).ok()).flatten()?;
            (number <= most).then_some(number)
        };
        let (device, function) = (number(device, 31)?, number(function, 7)?);
        Some(Self { bus: number(bus, u8::MAX)?, device, function })
    }

    /// Where its page begins in the configuration.
    #[must_use]
    pub fn offset(self) -> u64 {
        let number = u64::from(self.bus) << 8 | u64::from(self.device << 3 | self.function);
        number * PAGE
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}:{:02x}.{}", self.bus, self.device, self.function)
    }
}

impl Pci {
    /// The interrupt of a device's pin, 0 (A) to 3 (D).
    #[must_use]
    pub fn line(&self, device: u8, pin: usize) -> Option<u64> {
        let row = usize::from(device).checked_rem(self.lines.len())?;
        self.lines.get(row)?.get(pin).copied()
    }

    /// What the device tree says of a bus; `None`: it is none.
    pub(super) fn of(node: &FdtNode<'_>) -> Option<Self> {
        let is_ecam = node.compatible().into_iter().flatten();
        if !is_ecam.into_iter().any(|name| name == "pci-host-ecam-generic") {
            return None;
        }
        Some(Self { window: window(&words(node, "ranges"))?, lines: lines(node) })
    }
}

/// The first memory of 32 bits: an entry has three words of the bus's address, of which the first
/// says what it is, two of the processor's, two of the size (IEEE 1275 PCI binding 2.2.1.1).
fn window(ranges: &[u32]) -> Option<PhysicalRange> {
    let wide = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
    let entries = ranges.as_chunks::<7>().0.iter();
    let mut windows = entries.filter_map(|[kind, bus_high, bus_low, high, low, size @ ..]| {
        let (bus, start) = (wide(*bus_high, *bus_low), wide(*high, *low));
        let end = start.checked_add(wide(size[0], size[1]))?;
        let is_memory = kind >> 24 & 0b11 == 0b10;
        (is_memory && bus == start).then(|| PhysicalRange::new(start, end))
    });
    windows.next()
}

/// The rows of the interrupt map: an entry has three words of address, one of the pin, one of the
/// controller, two of an address there, three of the interrupt. The mask says which bits of a
/// device's number count.
fn lines(node: &FdtNode<'_>) -> Vec<[u64; 4]> {
    const DEVICE: u32 = 11;
    let mask = words(node, "interrupt-map-mask").first().copied().unwrap_or(0) >> DEVICE & 31;
    let map = words(node, "interrupt-map");
    let line = |device: u32, pin: u32| {
        let mut entries = map.as_chunks::<10>().0.iter();
        let found =
            entries.find(|entry| (entry[0] >> DEVICE & mask, entry[3]) == (device & mask, pin));
        found
            .and_then(|entry| interrupt([entry[7], entry[8], entry[9]]))
            .map_or(0, |irq| irq.number)
    };
    let rows = 0..(mask + 1).next_power_of_two();
    rows.map(|device| [1, 2, 3, 4].map(|pin| line(device, pin))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Board;

    #[test]
    fn functions_are_written_in_one_way() {
        for text in ["", "0", "00:02", "00.02.0", "100:02.0", "00:02.8", "00:+2.0", "g0:02.0"] {
            assert_eq!(Function::parse(text), None, "{text}");
        }
        let last = Function { bus: 255, device: 31, function: 7 };
        assert_eq!(Function::parse("ff:1f.7"), Some(last));
        assert_eq!(last.offset() + PAGE, 256 << 20, "the whole configuration");
    }

    #[test]
    fn pins_rotate_by_device() {
        let board = Board::find("qemu-virt-aarch64", []).expect("good").expect("known");
        let bus = board.node("pcie@10000000").and_then(|node| node.pci.as_ref()).expect("a bus");
        assert_eq!(bus.window, PhysicalRange::new(0x1000_0000, 0x3eff_0000));
        assert_eq!(
            [1, 2, 3, 4, 5].map(|device| bus.line(device, 0)),
            [36, 37, 38, 35, 36].map(Some)
        );
        assert_eq!((bus.line(1, 3), bus.line(1, 4)), (Some(35), None));
    }

    #[test]
    fn only_memory_at_the_same_addresses_is_a_window() {
        let (kind, size) = (0x0200_0000, 0x1000);
        assert_eq!(window(&[0x0100_0000, 0, 0, 0, 0, 0, size]), None, "ports");
        assert_eq!(window(&[kind, 0, 0, 0, 0x1000, 0, size]), None, "elsewhere");
        let found = window(&[kind, 0, 0x5000, 0, 0x5000, 0, size]);
        assert_eq!(found, Some(PhysicalRange::new(0x5000, 0x6000)));
    }
}
