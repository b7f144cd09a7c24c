//! Packing: images are small, deterministic, and say what the model says.

mod support;

use capdl::Sources;
use capdl::pack::{Options, Packed, pack};
use packed::Image;
use packed::record::How;
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
