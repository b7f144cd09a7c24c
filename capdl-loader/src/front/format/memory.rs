//! Devices, regions, untyped memory, interrupts.

use layout::span::Spanned;

use super::super::declare::{tables, words};
use super::super::forms::{Keyed, Name, Size};

tables! {
    /// A device.
    pub struct Device {
        /// Its node of the device tree, as the board's file names it.
        node: Name,
        /// Whether its driver gets its interrupts.
        interrupts: bool = true,
        /// If the node is a PCI bus: which function on it, as `bus:device.function`. Its driver
        /// gets the page of its configuration.
        function: Option<Name>,
        /// The pin with which a function interrupts.
        pin: Pin = Pin::A,
        /// Memory for the registers of a function: bytes, a power of two from 4K on, by the number
        /// of the base address register.
        bars: Keyed<Spanned<Size>>,
    }

    /// Memory that several components may see.
    pub struct Region {
        /// Its bytes, in whole pages.
        size: Spanned<Size>,
        /// The pages that it is made of; else the largest that fit.
        page: Option<PageSize>,
        /// Whether it is one piece of physical memory.
        contiguous: bool = false,
        /// Where it lies in physical memory, if that matters.
        address: Option<Spanned<u64>>,
        /// Whether the processor's caches hold it.
        cached: bool = true,
        /// Devices that reach it without the processor.
        dma_by: Vec<Name>,
        /// A file that is in it at first.
        file: Option<Name>,
    }

    /// Memory for a component to make objects of.
    pub struct Untyped {
        /// Its bytes, a power of two.
        size: Spanned<Size>,
        /// Where it lies in physical memory, if that matters.
        address: Option<u64>,
    }

    /// An interrupt that belongs to no device.
    pub struct Interrupt {
        /// The interrupt controller's number (INTID).
        intid: Spanned<u64>,
        /// When it counts as raised.
        trigger: Trigger = Trigger::Level,
    }
}

words! {
    /// The size of a page.
    pub enum PageSize {
        /// 4 KiB.
        Small = "4K",
        /// 2 MiB.
        Large = "2M",
        /// 1 GiB.
        Huge = "1G",
    }

    /// With what a function of PCI interrupts.
    pub enum Pin {
        /// INTA.
        A = "A",
        /// INTB.
        B = "B",
        /// INTC.
        C = "C",
        /// INTD.
        D = "D",
    }

    /// When an interrupt counts as raised.
    pub enum Trigger {
        /// As long as the line is high.
        Level = "level",
        /// When the line rises.
        Edge = "edge",
    }
}
