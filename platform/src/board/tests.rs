//! Tests of the board, with trees made by `vm-fdt`.

use std::string::{String, ToString};
use std::vec::Vec;

use proptest::prelude::{any, prop, proptest};
use vm_fdt::{FdtReserveEntry, FdtWriter};

use super::options::parse_line;
use super::{Board, BoardError, Conduit, InterruptController, Options, Tree};
use crate::address::PhysicalRange;
use crate::contract::Exports;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A description of a board in the manner of QEMU's `virt`, for tests to change.
struct Sketch {
    memory: Vec<(u64, u64)>,
    memreserve: Vec<(u64, u64)>,
    reserved: Vec<(u64, u64)>,
    cores: Vec<(u64, &'static str)>,
    gic: Option<u32>,
    psci: Option<&'static str>,
    uarts: Vec<u64>,
    stdout: Option<&'static str>,
    alias: Option<&'static str>,
    bootargs: Option<&'static str>,
    initrd: Option<(Vec<u8>, Vec<u8>)>,
}

impl Default for Sketch {
    fn default() -> Self {
        Self {
            memory: [(GIB, 128 * MIB)].into(),
            memreserve: Vec::new(),
            reserved: Vec::new(),
            cores: [(0, "okay")].into(),
            gic: Some(3),
            psci: Some("hvc"),
            uarts: [0x0900_0000].into(),
            stdout: None,
            alias: None,
            bootargs: None,
            initrd: None,
        }
    }
}

impl Sketch {
    /// The flattened tree.
    fn blob(&self) -> Vec<u8> {
        self.try_blob().expect("the sketch is a tree")
    }

    fn try_blob(&self) -> Result<Vec<u8>, vm_fdt::Error> {
        let reserve = self
            .memreserve
            .iter()
            .map(|(start, length)| FdtReserveEntry::new(*start, *length).expect("an area"));
        let mut fdt = FdtWriter::new_with_mem_reserv(&reserve.collect::<Vec<_>>())?;
        let root = fdt.begin_node("")?;
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 2)?;
        self.write_chosen(&mut fdt)?;
        for (start, length) in &self.memory {
            let node = fdt.begin_node(&std::format!("memory@{start:x}"))?;
            fdt.property_string("device_type", "memory")?;
            fdt.property_array_u64("reg", &[*start, *length])?;
            fdt.end_node(node)?;
        }
        self.write_reserved(&mut fdt)?;
        self.write_cores(&mut fdt)?;
        self.write_devices(&mut fdt)?;
        fdt.end_node(root)?;
        fdt.finish()
    }

    fn write_chosen(&self, fdt: &mut FdtWriter) -> Result<(), vm_fdt::Error> {
        let chosen = fdt.begin_node("chosen")?;
        if let Some(path) = self.stdout {
            fdt.property_string("stdout-path", path)?;
        }
        if let Some(line) = self.bootargs {
            fdt.property_string("bootargs", line)?;
        }
        if let Some((start, end)) = &self.initrd {
            fdt.property("linux,initrd-start", start)?;
            fdt.property("linux,initrd-end", end)?;
        }
        fdt.end_node(chosen)?;
        let aliases = fdt.begin_node("aliases")?;
        if let Some(path) = self.alias {
            fdt.property_string("serial0", path)?;
        }
        fdt.end_node(aliases)
    }

    fn write_reserved(&self, fdt: &mut FdtWriter) -> Result<(), vm_fdt::Error> {
        let parent = fdt.begin_node("reserved-memory")?;
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 2)?;
        for (start, length) in &self.reserved {
            let node = fdt.begin_node(&std::format!("firmware@{start:x}"))?;
            fdt.property_array_u64("reg", &[*start, *length])?;
            fdt.end_node(node)?;
        }
        let node = fdt.begin_node("not-yet-placed")?;
        fdt.property_u64("size", MIB)?;
        fdt.end_node(node)?;
        fdt.end_node(parent)
    }

    fn write_cores(&self, fdt: &mut FdtWriter) -> Result<(), vm_fdt::Error> {
        let cpus = fdt.begin_node("cpus")?;
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 0)?;
        for (affinity, status) in &self.cores {
            let node = fdt.begin_node(&std::format!("cpu@{affinity:x}"))?;
            fdt.property_u64("reg", *affinity)?;
            fdt.property_string("status", status)?;
            fdt.end_node(node)?;
        }
        fdt.end_node(cpus)
    }

    fn write_devices(&self, fdt: &mut FdtWriter) -> Result<(), vm_fdt::Error> {
        if let Some(version) = self.gic {
            let node = fdt.begin_node("intc@8000000")?;
            if version == 3 {
                fdt.property_string("compatible", "arm,gic-v3")?;
                fdt.property_u32("#redistributor-regions", 2)?;
                let regions = [0x0800_0000, 0x1_0000, 0x080a_0000, 0xf6_0000, 1 << 38, 1 << 26];
                fdt.property_array_u64("reg", &regions)?;
            } else {
                fdt.property_string("compatible", "arm,cortex-a15-gic")?;
                let ranges = [0x0800_0000, 0x1_0000, 0x0801_0000, 0x1_0000];
                fdt.property_array_u64("reg", &ranges)?;
            }
            fdt.end_node(node)?;
        }
        for base in &self.uarts {
            let node = fdt.begin_node(&std::format!("pl011@{base:x}"))?;
            let names = ["arm,pl011".to_string(), "arm,primecell".to_string()];
            fdt.property_string_list("compatible", names.into())?;
            fdt.property_array_u64("reg", &[*base, 0x1000])?;
            fdt.end_node(node)?;
        }
        if let Some(method) = self.psci {
            let node = fdt.begin_node("psci")?;
            let names = ["arm,psci-1.0".to_string(), "arm,psci-0.2".to_string()];
            fdt.property_string_list("compatible", names.into())?;
            fdt.property_string("method", method)?;
            fdt.end_node(node)?;
        }
        Ok(())
    }

    fn board(&self) -> Board {
        Board::parse(&self.blob()).expect("a board")
    }

    /// The message of the error.
    fn complaint(&self) -> String {
        Board::parse(&self.blob()).expect_err("a bad board").to_string()
    }
}

fn range(start: u64, length: u64) -> PhysicalRange {
    PhysicalRange::new(start, start + length)
}

#[test]
fn a_board_in_the_manner_of_qemu_is_read() {
    let board = Sketch::default().board();
    assert_eq!(board.memory, [range(GIB, 128 * MIB)]);
    assert!(board.reserved.is_empty());
    assert_eq!(board.cores, [0]);
    let InterruptController::V3 { distributor, redistributors } = &board.interrupt_controller
    else {
        panic!("not version 3");
    };
    assert_eq!(*distributor, range(0x0800_0000, 0x1_0000));
    assert_eq!(*redistributors, [range(0x080a_0000, 0xf6_0000), range(1 << 38, 1 << 26)]);
    assert_eq!(board.interrupt_controller.ranges().count(), 3);
    assert_eq!(board.uart, Some(range(0x0900_0000, 0x1000)));
    assert_eq!(board.psci, Some(Conduit::Hvc));
    assert_eq!(board.initrd, None);
    assert_eq!(board.options, Options::default());
    assert_eq!(board.options.root_cnode_bits, 13);
}

#[test]
fn a_blob_may_be_longer_than_its_tree() {
    let mut blob = Sketch::default().blob();
    blob.extend([0xff; 100]);
    assert!(Board::parse(&blob).is_ok());
    assert_eq!(super::tree_length(&blob), Some(u32::try_from(blob.len() - 100).unwrap()));
    assert_eq!(super::tree_length(&[0; 8]), None);
}

#[test]
fn version_2_has_a_cpu_interface() {
    let board = Sketch { gic: Some(2), ..Sketch::default() }.board();
    let expected = InterruptController::V2 {
        distributor: range(0x0800_0000, 0x1_0000),
        cpu_interface: range(0x0801_0000, 0x1_0000),
    };
    assert_eq!(board.interrupt_controller, expected);
}

#[test]
fn memory_is_sorted_merged_and_rounded_inwards() {
    let memory = [(3 * GIB + 1, GIB - 1), (GIB, MIB), (GIB + MIB, MIB - 1), (9 * GIB, 100)];
    let board = Sketch { memory: memory.into(), ..Sketch::default() }.board();
    let expected = [range(GIB, 2 * MIB - 4096), PhysicalRange::new(3 * GIB + 4096, 4 * GIB)];
    assert_eq!(board.memory, expected);
}

#[test]
fn overlapping_memory_is_counted_once() {
    let memory = [(GIB, 4 * MIB), (GIB + 8 * MIB, MIB), (GIB + 2 * MIB, 7 * MIB)];
    let board = Sketch { memory: memory.into(), ..Sketch::default() }.board();
    assert_eq!(board.memory, [range(GIB, 9 * MIB)]);
}

#[test]
fn reservations_are_rounded_outwards() {
    let board = Sketch {
        memreserve: [(GIB + 5, 10)].into(),
        reserved: [(GIB + MIB, MIB + 1)].into(),
        ..Sketch::default()
    }
    .board();
    assert_eq!(board.reserved, [range(GIB, 4096), range(GIB + MIB, MIB + 4096)]);
}

#[test]
fn surplus_and_unusable_cores_are_left_out() {
    let cores = (0..12).map(|core| (core, if core == 2 { "disabled" } else { "okay" }));
    let board = Sketch { cores: cores.collect(), ..Sketch::default() }.board();
    assert_eq!(board.cores, [0, 1, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn the_boot_core_becomes_the_first() {
    let cores = [(0, "okay"), (1, "okay"), (0x100, "okay"), (0x101, "okay")];
    let sketch = Sketch { cores: cores.into(), ..Sketch::default() };
    let mut board = sketch.board();
    board.order_cores(0x100);
    assert_eq!(board.cores, [0x100, 0, 1, 0x101]);
    let mut board = Sketch { bootargs: Some("tessera.cores=2"), ..sketch }.board();
    board.order_cores(0x101);
    assert_eq!(board.cores, [0x101, 0]);
}

#[test]
fn a_boot_core_beyond_the_limit_replaces_the_last() {
    let cores = (0..12).map(|core| (core, "okay"));
    let mut board = Sketch { cores: cores.collect(), ..Sketch::default() }.board();
    board.order_cores(11);
    assert_eq!(board.cores, [11, 0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn standard_output_chooses_the_uart() {
    let uart = |stdout, alias| {
        let uarts = [0x0900_0000, 0x0904_0000].into();
        Sketch { uarts, stdout, alias, ..Sketch::default() }.board().uart.unwrap().start
    };
    assert_eq!(uart(None, None), 0x0900_0000);
    assert_eq!(uart(Some("/pl011@9040000"), None), 0x0904_0000);
    assert_eq!(uart(Some("/pl011@9040000:115200n8"), None), 0x0904_0000);
    assert_eq!(uart(Some("serial0"), Some("/pl011@9040000")), 0x0904_0000);
    assert_eq!(uart(Some("serial0"), None), 0x0900_0000);
    assert_eq!(uart(Some("/psci"), None), 0x0900_0000);
    let board = Sketch { uarts: Vec::new(), ..Sketch::default() }.board();
    assert_eq!(board.uart, None);
}

#[test]
fn the_console_and_firmware_of_a_bad_board_are_found() {
    let blob = Sketch { gic: None, psci: Some("smc"), ..Sketch::default() }.blob();
    assert!(Board::parse(&blob).is_err());
    let tree = Tree::read(&blob).unwrap();
    assert_eq!(tree.uart(), Some(range(0x0900_0000, 0x1000)));
    assert_eq!(tree.psci(), Some(Conduit::Smc));
    assert!(Tree::read(&blob[1..]).is_err());
}

#[test]
fn the_ramdisk_has_32_or_64_bit_addresses() {
    let initrd = |start: &[u8], end: &[u8]| {
        let initrd = Some((start.into(), end.into()));
        Board::parse(&Sketch { initrd, ..Sketch::default() }.blob()).map(|board| board.initrd)
    };
    let short = initrd(&[0x48, 0, 0, 0], &[0x48, 0, 1, 1]);
    assert_eq!(short, Ok(Some(range(0x4800_0000, 0x101))));
    let long = initrd(&[0, 0, 0, 1, 0, 0, 0, 0], &[0, 0, 0, 1, 0, 0, 0, 9]);
    assert_eq!(long, Ok(Some(range(1 << 32, 9))));
    let bad = Err(BoardError::Malformed { what: "linux,initrd-end", node: "/chosen" });
    assert_eq!(initrd(&[0x48, 0, 0, 0], &[0x47, 0, 0, 0]), bad);
    assert_eq!(initrd(&[0x48, 0, 0, 0], &[0x49, 0, 0]), bad);
    let bad = Err(BoardError::Malformed { what: "linux,initrd-start", node: "/chosen" });
    assert_eq!(initrd(&[], &[0x49, 0, 0, 0]), bad);
}

#[test]
fn the_command_line_is_read() {
    let line = "quiet tessera.export=vcounter,ptimer,pmu tessera.cores=3 \
                tessera.domains=2 tessera.smc tessera.verbose tessera.root_cnode_bits=20 \
                console=ttyAMA0 other.tessera=1";
    let exports = Exports {
        virtual_counter: true,
        physical_timer: true,
        performance_monitor: true,
        ..Exports::default()
    };
    assert_eq!(
        parse_line(line),
        Ok(Options {
            exports,
            cores: 3,
            root_cnode_bits: 20,
            domains: 2,
            smc: true,
            verbose: true
        })
    );
    let all = parse_line("tessera.export=pcounter,vtimer").unwrap().exports;
    assert!(all.physical_counter && all.virtual_timer && !all.virtual_counter);
    assert_eq!(parse_line(""), Ok(Options::default()));
}

#[test]
fn a_bad_option_is_named() {
    let complaint = |line| parse_line(line).expect_err(line).to_string();
    assert_eq!(
        complaint("x tessera.coers=2"),
        "the command line has an unknown option: tessera.coers=2"
    );
    for line in [
        "tessera.cores=0",
        "tessera.cores=9",
        "tessera.cores",
        "tessera.cores=-1",
        "tessera.domains=17",
        "tessera.verbose=1",
        "tessera.root_cnode_bits=7",
        "tessera.root_cnode_bits=21",
        "tessera.root_cnode_bits=99999999999999999999",
        "tessera.export=",
        "tessera.export=vcounter,,pmu",
        "tessera.export=everything",
    ] {
        let short: String = line.chars().take(40).collect();
        assert_eq!(complaint(line), std::format!("the command line has a bad value: {short}"));
    }
}

#[test]
fn what_is_missing_is_named() {
    let none = Sketch { memory: Vec::new(), ..Sketch::default() };
    assert_eq!(none.complaint(), "the device tree lacks RAM in /memory");
    let none = Sketch { gic: None, ..Sketch::default() };
    assert_eq!(none.complaint(), "the device tree lacks a GICv2 or GICv3 in /");
    let none = Sketch { cores: Vec::new(), ..Sketch::default() };
    assert_eq!(none.complaint(), "the device tree lacks a usable cpu in /cpus");
    let odd = Sketch { psci: Some("call"), ..Sketch::default() };
    assert_eq!(odd.complaint(), "the device tree has a malformed method in /psci");
    let memory = (0..17).map(|each| (each * GIB, MIB)).collect();
    let many = Sketch { memory, ..Sketch::default() };
    assert_eq!(many.complaint(), "the device tree has too many nodes in /memory");
    let reserved = (0..33).map(|each| (each * MIB, 1)).collect();
    let many = Sketch { reserved, ..Sketch::default() };
    assert_eq!(many.complaint(), "the device tree has too many areas in /reserved-memory");
    let wraps = Sketch { memory: [(GIB, u64::MAX)].into(), ..Sketch::default() };
    assert_eq!(wraps.complaint(), "the device tree has a malformed reg in /memory");
    let board = Sketch { psci: None, ..Sketch::default() }.board();
    assert_eq!(board.psci, None);
}

#[test]
fn bytes_that_are_no_tree_are_refused() {
    for blob in [&[][..], &[0; 3], &[0; 64], &[0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 8]] {
        let complaint = Board::parse(blob).expect_err("no tree").to_string();
        assert!(complaint.starts_with("the device tree"), "{complaint}");
    }
}

#[test]
fn the_window_loses_its_first_page_and_what_lies_beyond() {
    let memory = [(GIB, GIB), (60 * GIB, 10 * GIB), (100 * GIB, GIB)];
    let mut board = Sketch { memory: memory.into(), ..Sketch::default() }.board();
    assert_eq!(board.window_start(), GIB);
    // The window ends a page before names do.
    let end = 65 * GIB - 4096;
    assert_eq!(board.fit_window(), 6 * GIB + 4096);
    let expected = [PhysicalRange::new(GIB + 4096, 2 * GIB), PhysicalRange::new(60 * GIB, end)];
    assert_eq!(board.memory, expected);
    let hidden = [range(GIB, 4096), range(end, 5 * GIB + 4096), range(100 * GIB, GIB)];
    assert_eq!(board.hidden, hidden);

    let mut board = Sketch { memory: [(GIB + MIB, MIB)].into(), ..Sketch::default() }.board();
    assert_eq!((board.window_start(), board.fit_window()), (GIB, 0));
    assert_eq!(board.memory, [range(GIB + MIB, MIB)]);
    assert!(board.hidden.is_empty());
}

#[test]
fn of_a_version_2_controller_two_pages_are_kept() {
    let kept = |version| {
        let board = Sketch { gic: Some(version), ..Sketch::default() }.board();
        board.interrupt_controller.kept().collect::<Vec<_>>()
    };
    assert_eq!(kept(2), [range(0x0800_0000, 0x1000), range(0x0801_0000, 0x1000)]);
    let version_3 =
        [range(0x0800_0000, 0x1_0000), range(0x080a_0000, 0xf6_0000), range(1 << 38, 1 << 26)];
    assert_eq!(kept(3), version_3);
}

proptest! {
    #[test]
    fn mutated_trees_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut blob = Sketch {
            memreserve: [(GIB, MIB)].into(),
            reserved: [(2 * GIB, MIB)].into(),
            stdout: Some("serial0:115200"),
            alias: Some("/pl011@9000000"),
            bootargs: Some("tessera.cores=2 tessera.export=pmu"),
            initrd: Some(([0x48, 0, 0, 0].into(), [0x49, 0, 0, 0].into())),
            ..Sketch::default()
        }
        .blob();
        for (place, value) in changes {
            *place.get_mut(&mut blob) = value;
        }
        if cut {
            blob.truncate(length.index(blob.len()));
        }
        exercise(&blob);
    }

    #[test]
    fn mutated_words_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0u32..64), 1..6),
    ) {
        // Small numbers in whole words: tokens, lengths, offsets and cell counts.
        let mut blob = Sketch::default().blob();
        for (place, value) in changes {
            let word = place.index(blob.len() / 4 - 2) + 2;
            blob[4 * word..4 * word + 4].copy_from_slice(&value.to_be_bytes());
        }
        exercise(&blob);
    }

    #[test]
    fn arbitrary_bytes_never_panic(mut blob in prop::collection::vec(any::<u8>(), 0..200)) {
        exercise(&blob);
        let length = u32::try_from(blob.len()).unwrap();
        if blob.len() >= 8 {
            blob[..4].copy_from_slice(&0xd00d_feed_u32.to_be_bytes());
            blob[4..8].copy_from_slice(&length.to_be_bytes());
            exercise(&blob);
        }
    }

    #[test]
    fn arbitrary_command_lines_never_panic(line in "(tessera\\.)?[a-z_.=,0-9 ]{0,60}") {
        let _ = parse_line(&line);
    }
}

/// Everything that boot does with a blob.
fn exercise(blob: &[u8]) {
    if let Ok(tree) = Tree::read(blob) {
        let _ = (tree.uart(), tree.psci());
    }
    let _ = super::tree_length(blob);
    if let Ok(mut board) = Board::parse(blob) {
        board.order_cores(1);
        board.fit_window();
        let ascending = board.memory.windows(2).all(|pair| pair[0].end < pair[1].start);
        assert!(ascending && board.memory.iter().all(|range| !range.is_empty()));
    } else if let Err(error) = Board::parse(blob) {
        assert!(!error.to_string().contains('\n'));
    }
}
