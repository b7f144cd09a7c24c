//! Functions of PCI: where the registers of each lie, and what it interrupts with.
//!
//! A function's configuration is a page that nobody else needs, so its driver gets that, and no
//! bus. Where its base address registers (BARs) point to is decided here, once for all; the driver
//! writes the addresses into them (PCI Local Bus 3.0, 6.2.5.1) and finds memory mapped there.

use std::collections::BTreeMap;

use layout::span::Span;
use platform::address::PhysicalRange;
use platform::board::PAGE;

use super::{Expander, scope};
use crate::board::{Function as Place, Interrupt, Pci};
use crate::code::Code;
use crate::front::format::memory::Device;
use crate::front::forms::Named;

/// Most base address registers of a function.
const BARS: u8 = 6;

/// A function of PCI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Function {
    /// Its node, and its place on that bus.
    pub(super) name: String,
    /// Its configuration.
    pub(super) page: PhysicalRange,
    /// Memory for its registers, by the number of the BAR.
    pub(super) bars: BTreeMap<u8, PhysicalRange>,
    /// What it interrupts with.
    pub(super) interrupt: Option<Interrupt>,
}

impl Function {
    /// The configuration, then the BARs by their numbers: what it is called besides the device's
    /// name, and where.
    pub(super) fn parts(&self) -> impl Iterator<Item = (String, PhysicalRange)> {
        let bars = self.bars.iter().map(|(number, range)| (format!(".bar{number}"), *range));
        std::iter::once((String::new(), self.page)).chain(bars)
    }
}

impl<'a> Expander<'a> {
    /// The functions among the devices, in their order, with addresses for all BARs.
    pub(super) fn functions(&mut self) -> Vec<Option<Function>> {
        let mut next = BTreeMap::new();
        let devices = &self.layout.device.entries;
        devices.iter().map(|device| self.function(device, &mut next)).collect()
    }

    /// A device, if it is a function. `next`: where there is room in the windows of buses.
    fn function(
        &mut self,
        device: &'a Named<Device>,
        next: &mut BTreeMap<&'a str, u64>,
    ) -> Option<Function> {
        let spec = &device.value;
        let written = spec.function.as_ref()?;
        let Some(place) = Place::parse(&written.value) else {
            let message = format!("`{}` is no function of PCI", written.value);
            self.error(
                Code::PARAMETER,
                message,
                written.span,
                ("write `bus:device.function`", "it is written as in `00:02.0`"),
            );
            return None;
        };
        let board = self.board;
        let node = board.node(&spec.node.value)?;
        let (Some(bus), Some(registers)) = (&node.pci, node.registers.first()) else {
            let message = format!("`{}` is no PCI bus of the board", node.name);
            let buses = board.nodes.iter().filter(|node| node.pci.is_some());
            let wrong = scope::dangling("bus", &spec.node, buses.map(|node| node.name.as_str()));
            self.report.push(wrong.note(message));
            return None;
        };
        let start = registers.start + place.offset();
        let page = PhysicalRange::new(start, start + PAGE);
        if !registers.contains(page) {
            let message = format!("`{}` has no function {place}", node.name);
            self.error(
                Code::PARAMETER,
                message,
                written.span,
                ("beyond the last bus", "use a bus that the board has"),
            );
            return None;
        }
        let room = next.entry(node.name.as_str()).or_insert(bus.window.start);
        let bars = self.bars(device, bus, room);
        let number = bus.line(place.device, spec.pin as usize);
        let of_node = |number| node.interrupts.iter().copied().find(|irq| irq.number == number);
        let name = format!("{}/{place}", node.name);
        Some(Function { name, page, bars, interrupt: number.and_then(of_node) })
    }

    /// Memory for the BARs of a function, from `next` on.
    fn bars(
        &mut self,
        device: &Named<Device>,
        bus: &Pci,
        next: &mut u64,
    ) -> BTreeMap<u8, PhysicalRange> {
        let mut bars = BTreeMap::new();
        for bar in &device.value.bars.entries {
            let bytes = bar.value.value.0;
            let Some(number) = bar.name.parse().ok().filter(|number| *number < BARS) else {
                self.no_bar(device, bar.span, "they have the numbers 0 to 5");
                continue;
            };
            if !bytes.is_power_of_two() || bytes < PAGE {
                self.no_bar(device, bar.value.span, "not a power of two from 4K on");
                continue;
            }
            let start = next.next_multiple_of(bytes);
            let range = PhysicalRange::new(start, start.saturating_add(bytes));
            if !bus.window.contains(range) {
                self.no_bar(device, bar.value.span, "the bus has no room for it");
                continue;
            }
            *next = range.end;
            bars.insert(number, range);
        }
        bars
    }

    fn no_bar(&mut self, device: &Named<Device>, span: Span, label: &str) {
        let message = format!("`{}` cannot have this base address register", device.name);
        let help = "leave it out, or let it be a power of two from 4K on that the bus has room for";
        self.error(Code::PARAMETER, message, span, (label, help));
    }
}
