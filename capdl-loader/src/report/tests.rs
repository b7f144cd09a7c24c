//! Figures of a small system.

use layout::Rights;

use super::usage::Usage;
use super::{ranges, show};
use crate::authority::System;
use crate::testing::Builder;

fn system() -> Builder {
    let mut system = Builder::default();
    let (app, driver) = (system.component("app"), system.component("driver"));
    let pins = system.device("pins", 0x0903_0000, false);
    let ring = system.memory("ring", &[]);
    system.share(driver, pins, Rights::READ_WRITE);
    system.share(driver, ring, Rights::READ_WRITE);
    system.share(app, ring, Rights::READ);
    system.call(app, driver);
    system
}

/// Where objects lie that must lie somewhere.
fn addresses(model: &layout::Model) -> Vec<Option<u64>> {
    ranges::fixed(model)
}

#[test]
fn components_and_regions_are_counted() {
    let model = system().model;
    let system = System::new(&model);
    let usage = Usage::of(&system, &addresses(&model));
    let app = &usage.components[0];
    assert_eq!((app.name.as_str(), app.frames, app.frame_bytes, app.tables), ("app", 1, 4096, 4));
    assert_eq!((app.objects, app.slots), (3, (1, 64)), "CNode, time, thread");
    assert_eq!((app.times[0].budget, app.times[0].period), (1000, 10_000));
    let shared = usage.components.last().expect("the endpoint is nobody's");
    assert_eq!((shared.name.as_str(), shared.objects), ("(shared)", 1));
    let (pins, ring) = (&usage.regions[0], &usage.regions[1]);
    assert_eq!((pins.address, pins.node.as_deref()), (Some(0x0903_0000), Some("pins")));
    let seen: Vec<(u32, u64, String)> =
        ring.seen.iter().map(|m| (m.party.0, m.address, m.letters())).collect();
    let base = (1 << 39) + (1 << 30) + (1 << 21);
    let expected = [(0, base + 0x2000, "r--".to_string()), (1, base + 0x3000, "rw-".to_string())];
    assert_eq!(seen, expected);
}

#[test]
fn text_and_json_name_what_is_large() {
    let model = system().model;
    let system = System::new(&model);
    let usage = Usage::of(&system, &addresses(&model));
    let text = show::text(&usage, &system.parties, None);
    assert!(text.contains("free memory: the board is not known"), "{text}");
    assert!(text.contains("driver"), "{text}");
    let mut free = [0; 48];
    free[20] = 3;
    let text = show::text(&usage, &system.parties, Some(&free));
    assert!(text.contains("1 MiB x 3"), "{text}");
    let json = show::json(&usage, &system.parties, Some(&free)).to_string();
    assert!(json.contains(r#""free": [{"size_bits": 20, "count": 3}]"#), "{json}");
}

#[test]
fn pieces_of_one_use_are_one_range() {
    let mut builder = system();
    builder.device("uart", 0x0900_0000, false);
    builder.device("uart", 0x0900_1000, false);
    let system = System::new(&builder.model);
    let ranges = ranges::ranges(&system, &addresses(&builder.model));
    let found: Vec<(u64, u64, &str)> =
        ranges.iter().map(|range| (range.start, range.end, range.name.as_str())).collect();
    let expected = [(0x0900_0000, 0x0900_2000, "uart"), (0x0903_0000, 0x0903_1000, "pins")];
    assert_eq!(found, expected);
}
