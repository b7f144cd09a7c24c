//! Functions of PCI in layouts: what their drivers see, and what is refused.

use std::path::PathBuf;

use abi::directory::{Directory, Kind as Entry};
use capdl::front::{Input, Loaded, load};
use layout::memory::{Position, Source};
use layout::object::Kind;

/// A layout with these devices, all driven by one component.
fn read(name: &str, devices: &str, driven: &str) -> Loaded {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("functions-{name}.layout.toml"));
    let text = format!(
        "layout = 1\nboard = 'qemu-virt-aarch64'\n[device]\n{devices}\n\
         [component.driver]\nimage = 'x'\nprio = 1\n\
         sched = {{ budget_us = 1, period_us = 2 }}\ndevice = [{driven}]\n"
    );
    std::fs::write(&file, text).expect("the folder for tests");
    let mut loaded = load(&Input { file, ..Input::default() });
    loaded.report.retain(|found| found.code != capdl::code::Code::FILE);
    loaded
}

/// What the driver's directory says of these: value and extent.
fn directory(loaded: &Loaded, entries: &[(Entry, &str)]) -> Vec<(u64, u64)> {
    let content = loaded.model.contents.iter().find(|content| content.name == "driver/directory");
    let bytes = content.and_then(|content| content.bytes.as_deref()).expect("a directory");
    let directory = Directory::new(bytes).expect("a good one");
    let found = entries.iter().map(|(kind, name)| directory.find(*kind, name).expect(name));
    found.map(|entry| (entry.value, entry.extent)).collect()
}

/// The physical addresses of all frames of devices.
fn pages(loaded: &Loaded) -> Vec<u64> {
    let frames = loaded.model.objects.iter().filter_map(|object| match &object.kind {
        Kind::Frame(frame) => match frame.position {
            Position::At(address) => Some(address),
            _ => None,
        },
        _ => None,
    });
    let mut pages: Vec<u64> = frames.collect();
    pages.sort_unstable();
    pages
}

#[test]
fn a_driver_gets_the_page_and_the_registers_of_its_function() {
    let node = "node = 'pcie@10000000'";
    let devices = format!(
        "blk = {{ {node}, function = '00:01.0', bars = {{ 4 = '16K' }} }}\n\
         net = {{ {node}, function = '00:02.0', bars = {{ 1 = '4K', 4 = '16K' }} }}"
    );
    let loaded = read("both", &devices, "'blk', 'net'");
    assert!(!loaded.report.has_errors(), "{}", loaded.report.render(&loaded.sources));
    let config = 0x40_1000_0000_u64;
    let mut expected = vec![config + 0x8000, config + 0x1_0000];
    // By names, then by numbers: 16K, 4K, and 16K at a multiple of it.
    expected.extend((0x1000_0000..0x1000_5000).step_by(0x1000));
    expected.extend((0x1000_8000..0x1000_c000).step_by(0x1000));
    expected.sort_unstable();
    assert_eq!(pages(&loaded), expected);
    let physical = [
        (Entry::Physical, "blk.bar4"),
        (Entry::Physical, "net.bar1"),
        (Entry::Physical, "net.bar4"),
    ];
    let values: Vec<u64> = directory(&loaded, &physical).iter().map(|entry| entry.0).collect();
    assert_eq!(values, [0x1000_0000, 0x1000_4000, 0x1000_8000]);
    let seen = [(Entry::Device, "net"), (Entry::Device, "net.bar1"), (Entry::Device, "net.bar4")];
    let bytes: Vec<u64> = directory(&loaded, &seen).iter().map(|entry| entry.1).collect();
    assert_eq!(bytes, [0x1000, 0x1000, 0x4000]);
    let irqs = loaded.model.objects.iter().filter_map(|object| match &object.kind {
        Kind::Irq(irq) => Some((object.name.as_str(), irq.number)),
        _ => None,
    });
    let mut irqs: Vec<_> = irqs.collect();
    irqs.sort_unstable();
    let expected = [("driver/interrupt/blk", Some(36)), ("driver/interrupt/net", Some(37))];
    assert_eq!(irqs, expected, "pin A of devices 1 and 2");
}

#[test]
fn what_cannot_be_a_function_is_told() {
    let node = "node = 'pcie@10000000'";
    for (name, device, expected) in [
        ("text", format!("{node}, function = '2'"), "is no function of PCI"),
        ("bus", "node = 'pl011@9000000', function = '00:02.0'".into(), "is no PCI bus"),
        ("number", format!("{node}, function = '00:02.0', bars = {{ 6 = '4K' }}"), "0 to 5"),
        ("size", format!("{node}, function = '00:02.0', bars = {{ 1 = '12K' }}"), "power of two"),
        ("room", format!("{node}, function = '00:02.0', bars = {{ 1 = '2G' }}"), "no room"),
        ("pin", format!("{node}, function = '00:02.0', pin = 'E'"), "E"),
    ] {
        let loaded = read(name, &format!("dev = {{ {device} }}"), "'dev'");
        let told = loaded.report.render(&loaded.sources);
        assert!(loaded.report.has_errors() && told.contains(expected), "{name}: {told}");
    }
}

#[test]
fn the_address_of_a_register_is_no_secret_of_the_loader() {
    let device = "dev = { node = 'pcie@10000000', function = '00:1f.7', bars = { 0 = '4K' } }";
    let loaded = read("filled", device, "'dev'");
    let fills = loaded.model.objects.iter().filter_map(|object| match &object.kind {
        Kind::Frame(frame) => Some(&frame.fills),
        _ => None,
    });
    let all_known = fills.flatten().all(|fill| matches!(fill.source, Source::File { .. }));
    assert!(all_known, "the tool has decided it");
}
