//! Packing: images are small, deterministic, and say what the model says.

mod support;

use std::path::Path;

use capdl::Sources;
use capdl::board::{Board, Loader};
use capdl::code::Code;
use capdl::front::{Input, load};
use capdl::pack::{Options, Packed, pack};
use capdl::placement::Placement;
use layout::Model;
use packed::placing::{Placed, place_all};
use packed::record::{How, Source as Origin};
use packed::{Cell, Image};
use plan::Planner;
use support::{PER_PROCESS, processes};

fn packed(count: usize) -> Packed {
    pack(&processes(count), &Sources::default(), &Options::default()).expect("a good model")
}

#[test]
fn objects_take_less_than_twelve_bytes() {
    for processes in [2, 20, 200, 2000] {
        let packed = packed(processes);
        let objects = processes * PER_PROCESS;
        let each = packed.structure() as f64 / objects as f64;
        println!("{objects:>7} objects: {each:.1} bytes each");
        assert!(each < 12.0, "{objects} objects: {each:.1} bytes each");
        Image::new(&packed.bytes).expect("a good image");
    }
}

#[test]
fn two_images_of_one_model_are_equal() {
    assert_eq!(packed(30).bytes, packed(30).bytes);
}

#[test]
fn equal_pages_are_there_once() {
    let packed = packed(10);
    assert_eq!(packed.contents, 8, "one program");
    let image = Image::new(&packed.bytes).expect("a good image");
    assert_eq!(image.layout.fills.rows().count(), 10);
    assert!(image.layout.fills.rows().all(|fill| fill.is_code && fill.offset == 0));
}

#[test]
fn pages_of_a_process_are_one_run_each_kind() {
    let packed = packed(3);
    let image = Image::new(&packed.bytes).expect("a good image");
    let counts: Vec<u32> = image.layout.pages.rows().map(|run| run.count).collect();
    assert_eq!(counts, [1, 40, 1, 40, 1, 40]);
    let slots: Vec<u32> = image.layout.slots.rows().map(|slot| slot.slot).collect();
    assert_eq!(slots, [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
    assert!(image.layout.slots.rows().all(|slot| slot.how == How::Copied));
}

/// The example.
fn example() -> Model {
    model_of("tests/linuxbox.layout.toml")
}

/// The model of a layout, with files that are not there taken as empty.
fn model_of(file: &str) -> Model {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut loaded = load(&Input { file, ..Input::default() });
    loaded.report.retain(|found| found.code != Code::FILE);
    assert!(!loaded.report.has_errors(), "{}", loaded.report.render(&loaded.sources));
    for content in &mut loaded.model.contents {
        content.bytes.get_or_insert_default();
    }
    loaded.model
}

#[test]
fn what_is_reported_is_where_the_loader_puts_it() {
    let board = Board::find("qemu-virt-aarch64", []).expect("readable").expect("known");
    for model in [example(), processes(30), capdl::generate::system(500)] {
        let forecast = board.forecast(&model.target, &Loader::guess(&model)).expect("it boots");
        let reported = Placement::of(&model, &forecast.untyped);
        assert_eq!(reported.refused, []);
        let options = Options { has_names: true, ..Options::default() };
        let packed = pack(&model, &Sources::default(), &options).expect("a good model");
        let image = Image::new(&packed.bytes).expect("a good image");
        let mut compared = 0;
        let mut say = |placed| {
            let Placed::Make { step, first } = placed else { return };
            let (_, run, address) = step.retype();
            for index in 0..run.count {
                let cell = Cell(first.0 + index as u32);
                let name = image.debug.name(cell).expect("a name");
                let Some(object) = model.objects.iter().position(|object| object.name == name)
                else {
                    assert_eq!(name, "of the loader");
                    continue;
                };
                let expected = Some(address + (index << run.bits()));
                assert_eq!(reported.addresses[object], expected, "{name}");
                compared += 1;
            }
        };
        let mut planner = Planner::new(&forecast.untyped);
        place_all(image.layout.objects, &mut planner, &mut say).expect("room");
        assert_eq!(compared, reported.addresses.iter().flatten().count());
        assert_eq!(planner.free_by_size(), reported.planner.free_by_size());
    }
}

#[test]
fn a_driver_finds_where_its_device_reaches_the_memory_of_clients() {
    let model = model_of("systems/disk/disk.layout.toml");
    let options = Options { has_names: true, ..Options::default() };
    let packed = pack(&model, &Sources::default(), &options).expect("a good model");
    // Regions lie in pieces of their own, and each is seen twice.
    let image = Image::new(&packed.bytes).expect("a good image");
    let addresses = image.layout.fills.rows().filter(|fill| fill.source == Origin::Address);
    let name = |cell| image.debug.name(cell).expect("a name");
    let found: Vec<_> = addresses
        .map(|fill| (name(fill.frame), name(Cell(u32::try_from(fill.offset).expect("a cell")))))
        .collect();
    let directory = "blk/memory/directory/0";
    // The disk does not reach what is shared with `right`.
    let expected = ["left>blk/0", "pool/0"];
    assert_eq!(
        found,
        expected.map(|region| (directory.to_owned(), region.to_owned())),
        "and no client finds any"
    );
}
