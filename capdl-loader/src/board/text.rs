//! A board as a text in TOML, and back.

use std::fmt::{self, Write};

use layout::object::Trigger;
use platform::address::PhysicalRange;
use toml::de::{DeTable, DeValue};

use super::{Board, Boot, Interrupt, Node, Pci};

/// Why a text is no board.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BoardError(pub String);

impl fmt::Display for BoardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BoardError {}

/// The version of the format.
const VERSION: u64 = 1;

impl Board {
    /// Reads the text of a board.
    ///
    /// # Errors
    /// It says what is missing or wrong.
    pub fn parse(text: &str) -> Result<Self, BoardError> {
        let tree = DeTable::parse(text).map_err(|error| BoardError(error.to_string()))?;
        let table = Table(tree.get_ref(), "the board");
        if table.number("board")? != VERSION {
            return Err(BoardError(format!("this tool reads `board = {VERSION}`")));
        }
        Ok(Self {
            name: table.text("name")?,
            cores: table.number("cores")?,
            address_bits: table.number("address_bits")?,
            memory: table.ranges("memory")?,
            reserved: table.ranges("reserved")?,
            kept: table.ranges("kept")?,
            kept_interrupts: table.list("kept_interrupts", number)?,
            boot: boot(&table.table("boot")?)?,
            nodes: table.list("node", |value, name| node(&Table(as_table(value, name)?, name)))?,
        })
    }

    /// The text of a board.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "# Made by `capdl board`.")?;
        writeln!(out, "board = {VERSION}\nname = {:?}\ncores = {}", self.name, self.cores)?;
        writeln!(out, "address_bits = {}", self.address_bits)?;
        writeln!(out, "# Ranges are [first byte, bytes].")?;
        for (name, ranges) in
            [("memory", &self.memory), ("reserved", &self.reserved), ("kept", &self.kept)]
        {
            writeln!(out, "{name} = {}", written(ranges))?;
        }
        writeln!(out, "kept_interrupts = {:?}\n", self.kept_interrupts)?;
        let Boot { kernel, ramdisk, device_tree_alignment, device_tree_bytes } = self.boot;
        writeln!(out, "[boot]\nkernel = [{:#x}, {:#x}]", kernel.start, kernel.len())?;
        writeln!(out, "ramdisk = {ramdisk:#x}")?;
        writeln!(out, "device_tree_alignment = {device_tree_alignment:#x}")?;
        writeln!(out, "device_tree_bytes = {device_tree_bytes:#x}")?;
        for node in &self.nodes {
            writeln!(out, "\n[[node]]\nname = {:?}", node.name)?;
            writeln!(out, "compatible = {:?}", node.compatible)?;
            writeln!(out, "registers = {}", written(&node.registers))?;
            if !node.windows.is_empty() {
                writeln!(out, "windows = {}", written(&node.windows))?;
            }
            if let Some(Pci { window, lines }) = &node.pci {
                writeln!(out, "pci_window = [{:#x}, {:#x}]", window.start, window.len())?;
                writeln!(out, "pci_lines = {lines:?}")?;
            }
            let interrupts = node.interrupts.iter().map(interrupt_text);
            writeln!(out, "interrupts = [{}]", interrupts.collect::<Vec<_>>().join(", "))?;
            writeln!(out, "dma = {}", node.has_dma)?;
        }
        Ok(())
    }
}

fn written(ranges: &[PhysicalRange]) -> String {
    let range = |range: &PhysicalRange| format!("[{:#x}, {:#x}]", range.start, range.len());
    format!("[{}]", ranges.iter().map(range).collect::<Vec<_>>().join(", "))
}

fn interrupt_text(interrupt: &Interrupt) -> String {
    let trigger = match interrupt.trigger {
        Trigger::Level => "level",
        Trigger::Edge => "edge",
    };
    format!("{{ number = {}, trigger = {trigger:?} }}", interrupt.number)
}

fn boot(table: &Table<'_>) -> Result<Boot, BoardError> {
    Ok(Boot {
        kernel: table.value("kernel").and_then(|value| range(value, "kernel"))?,
        ramdisk: table.number("ramdisk")?,
        device_tree_alignment: table.number("device_tree_alignment")?,
        device_tree_bytes: table.number("device_tree_bytes")?,
    })
}

fn node(table: &Table<'_>) -> Result<Node, BoardError> {
    Ok(Node {
        name: table.text("name")?,
        compatible: table.list("compatible", text)?,
        registers: table.ranges("registers")?,
        windows: match table.value("windows") {
            Ok(_) => table.ranges("windows")?,
            Err(_) => Vec::new(),
        },
        pci: table.value("pci_window").is_ok().then(|| pci(table)).transpose()?,
        interrupts: table.list("interrupts", |value, name| {
            let table = Table(as_table(value, name)?, name);
            let trigger = match table.text("trigger")?.as_str() {
                "level" => Trigger::Level,
                "edge" => Trigger::Edge,
                other => return Err(BoardError(format!("there is no trigger `{other}`"))),
            };
            Ok(Interrupt { number: table.number("number")?, trigger })
        })?,
        has_dma: table.value("dma")?.as_bool().ok_or_else(|| wrong("dma", "true or false"))?,
    })
}

fn pci(table: &Table<'_>) -> Result<Pci, BoardError> {
    let pins = |value: &DeValue<'_>, name: &str| {
        let pins = value.as_array().ok_or_else(|| wrong(name, "lists of four interrupts"))?;
        let pins: Result<Vec<u64>, _> =
            pins.iter().map(|pin| number(pin.get_ref(), name)).collect();
        pins?.try_into().map_err(|_| wrong(name, "lists of four interrupts"))
    };
    Ok(Pci {
        window: table.value("pci_window").and_then(|value| range(value, "pci_window"))?,
        lines: table.list("pci_lines", pins)?,
    })
}

/// A table, and what it is called in messages.
struct Table<'a>(&'a DeTable<'a>, &'a str);

impl<'a> Table<'a> {
    fn value(&self, name: &str) -> Result<&'a DeValue<'a>, BoardError> {
        let value = self.0.iter().find(|(key, _)| key.get_ref() == name);
        let missing = || BoardError(format!("{} has no `{name}`", self.1));
        value.map(|(_, value)| value.get_ref()).ok_or_else(missing)
    }

    fn table(&self, name: &'a str) -> Result<Self, BoardError> {
        Ok(Self(as_table(self.value(name)?, name)?, name))
    }

    fn number(&self, name: &str) -> Result<u64, BoardError> {
        number(self.value(name)?, name)
    }

    fn text(&self, name: &str) -> Result<String, BoardError> {
        text(self.value(name)?, name)
    }

    fn list<T>(
        &self,
        name: &'a str,
        item: impl Fn(&'a DeValue<'a>, &'a str) -> Result<T, BoardError>,
    ) -> Result<Vec<T>, BoardError> {
        let list = self.value(name)?.as_array().ok_or_else(|| wrong(name, "a list"))?;
        list.iter().map(|value| item(value.get_ref(), name)).collect()
    }

    fn ranges(&self, name: &'a str) -> Result<Vec<PhysicalRange>, BoardError> {
        self.list(name, range)
    }
}

fn wrong(name: &str, expected: &str) -> BoardError {
    BoardError(format!("`{name}` is not {expected}"))
}

fn as_table<'a>(value: &'a DeValue<'a>, name: &str) -> Result<&'a DeTable<'a>, BoardError> {
    value.as_table().ok_or_else(|| wrong(name, "a table"))
}

fn text(value: &DeValue<'_>, name: &str) -> Result<String, BoardError> {
    value.as_str().map(str::to_owned).ok_or_else(|| wrong(name, "a text"))
}

fn number(value: &DeValue<'_>, name: &str) -> Result<u64, BoardError> {
    let digits = value.as_integer().ok_or_else(|| wrong(name, "a number"))?;
    u64::from_str_radix(digits.as_str(), digits.radix()).map_err(|_| wrong(name, "a number"))
}

fn range(value: &DeValue<'_>, name: &str) -> Result<PhysicalRange, BoardError> {
    let both = value.as_array().filter(|both| both.len() == 2);
    let both = both.ok_or_else(|| wrong(name, "a first byte and a number of bytes"))?;
    let mut numbers = both.iter().map(|item| number(item.get_ref(), name));
    match (numbers.next(), numbers.next()) {
        (Some(start), Some(bytes)) => {
            let start = start?;
            let end = start.checked_add(bytes?).ok_or_else(|| wrong(name, "below 2^64"))?;
            Ok(PhysicalRange::new(start, end))
        }
        _ => Err(wrong(name, "a range")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let reason = |text: &str| Board::parse(text).expect_err("no board").to_string();
        assert_eq!(reason("board = 2"), "this tool reads `board = 1`");
        assert_eq!(reason("board = 1"), "the board has no `name`");
        assert_eq!(reason("board = 1\nname = 2"), "`name` is not a text");
        assert!(reason("board = ").contains("line 1"));
        let board = Board::find("qemu-virt-aarch64", []).expect("good").expect("known");
        let text = board.to_text().replacen("level", "loud", 1);
        assert_eq!(reason(&text), "there is no trigger `loud`");
        let text = board.to_text().replacen("[0x40001000, 0x3ffff000]", "[1]", 1);
        assert_eq!(reason(&text), "`memory` is not a first byte and a number of bytes");
    }
}
