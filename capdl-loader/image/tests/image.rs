//! Images as a whole: what is accepted, what is refused, where objects come to lie.

use abi::bootinfo::UntypedDescriptor;
use abi::{ObjectType, Rights};
use packed::image::{Header, put};
use packed::objects::{ObjectRun, Position};
use packed::placing::{Placed, place_all};
use packed::record::{Fill, How, Slot, Source};
use packed::{Cell, Image, Origin, System};
use plan::{Planner, Refusal, Step};
use proptest::prelude::*;

/// A run of objects, behind those before.
fn run(runs: &mut Vec<ObjectRun>, object: ObjectType, size: u8, count: u32, position: Position) {
    let first = runs.last().map_or(Cell(0), |last| last.first.plus(last.count));
    runs.push(ObjectRun { object, size, first, count, position, inside: None });
}

/// Two device frames, a contiguous pair, memory with an endpoint in it, a CNode, pages.
fn system() -> System {
    let mut runs = Vec::new();
    run(&mut runs, ObjectType::SmallPage, 0, 2, Position::At(0x900_3000));
    let member = |offset| Position::InGroup { group: 1, offset };
    run(&mut runs, ObjectType::SmallPage, 0, 1, member(0));
    run(&mut runs, ObjectType::SmallPage, 0, 1, member(0x3000));
    run(&mut runs, ObjectType::Untyped, 14, 1, Position::Anywhere);
    run(&mut runs, ObjectType::SmallPage, 0, 9, Position::Anywhere);
    run(&mut runs, ObjectType::CNode, 4, 1, Position::Anywhere);
    run(&mut runs, ObjectType::Endpoint, 0, 3, Position::Anywhere);
    runs.last_mut().expect("a run").inside = Some(Cell(4));
    let slot = |slot, origin| Slot {
        node: Cell(14),
        slot,
        how: How::Copied,
        origin: Origin::Cell(origin),
        rights: Rights::ALL,
        data: u64::from(slot),
    };
    let fill = |frame, offset| Fill {
        frame,
        bits: 12,
        at: 16,
        length: 100,
        source: Source::Content,
        offset,
        is_code: true,
        is_uncached: false,
    };
    System {
        objects: runs,
        fills: vec![fill(Cell(5), 0), fill(Cell(7), 28)],
        slots: vec![slot(1, Cell(15)), slot(2, Cell(16)), slot(9, Cell(3))],
        ..System::default()
    }
}

fn header() -> Header {
    Header { is_strict: false, objects: 18, cells: 18, cores: 1, domains: 1 }
}

fn packed(system: &System) -> Vec<u8> {
    put::image(&header(), system, &[7; 128], &Default::default()).expect("small")
}

/// The reason why a changed system is refused.
fn refusal(change: impl FnOnce(&mut System)) -> String {
    let mut system = system();
    change(&mut system);
    Image::new(&packed(&system)).expect_err("damage").to_string()
}

#[test]
fn what_was_written_is_read() {
    let system = system();
    let bytes = packed(&system);
    let image = Image::new(&bytes).expect("a good image");
    assert_eq!((image.header, image.contents.len()), (header(), 128));
    assert!(image.layout.objects.iter().eq(system.objects));
    assert!(image.layout.slots.rows().eq(system.slots));
    assert!(image.layout.fills.rows().eq(system.fills));
}

#[test]
fn references_must_name_what_they_should() {
    assert!(refusal(|system| system.slots[1].slot = 16).contains("slot 1"));
    assert!(refusal(|system| system.slots[1].slot = 1).contains("not ascending"));
    assert!(refusal(|system| system.slots[0].node = Cell(3)).contains("slot 0"));
    assert!(refusal(|system| system.slots[0].origin = Origin::Cell(Cell(18))).contains("slot 0"));
    assert!(refusal(|system| system.slots[2].origin = Origin::IrqControl).contains("slot 2"));
    assert!(refusal(|system| system.fills[1].offset = 29).contains("fill 1"));
    assert!(refusal(|system| system.fills[1].at = 4000).contains("fill 1"));
    assert!(refusal(|system| system.fills[0].frame = Cell(15)).contains("fill 0"));
    assert!(refusal(|system| system.objects[6].inside = Some(Cell(5))).contains("no memory"));
    assert!(refusal(|system| system.objects[3].size = 48).contains("object run 3"));
}

#[test]
fn bytes_behind_the_end_are_refused() {
    let mut bytes = packed(&system());
    for is_signed in [false, true] {
        if is_signed {
            put::sign(&mut bytes, |_| [3; 64]);
        }
        assert!(Image::new(&bytes).is_ok());
        for more in [0, 1] {
            let longer = [&bytes[..], &[more]].concat();
            let damage = Image::new(&longer).expect_err("a byte that nobody hashed");
            assert_eq!(damage.reason, "bytes behind its end");
        }
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let good = packed(&system());
    for bit in 0..8 * good.len() {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        // The header's own fields are vouched for by the root hash only.
        match Image::new(&bytes) {
            Ok(image) => {
                assert!(bit / 8 < 24 && image.root_hash != Image::new(&good).unwrap().root_hash)
            }
            Err(_) => assert!(bit / 8 < good.len()),
        }
    }
    for length in 0..good.len() {
        assert!(Image::new(&good[..length]).is_err());
    }
}

/// Where each object comes to lie, in memory of 1 MiB and a device of 64 KiB.
fn places(system: &System, ram_bits: u8) -> Result<Vec<u64>, (Cell, Refusal)> {
    let bytes = packed(system);
    let image = Image::new(&bytes).expect("a good image");
    let piece = |address, size_bits, is_device| UntypedDescriptor {
        address,
        size_bits,
        is_device,
        ..UntypedDescriptor::default()
    };
    let memory = [piece(0x900_0000, 16, 1), piece(0x4000_0000, ram_bits, 0)];
    let mut places = vec![0; image.header.objects as usize];
    let placed = place_all(image.layout.objects, &mut Planner::new(&memory), &mut |placed| {
        let Placed::Make { step, first } = placed else { return };
        let Step::Make { run, address, .. } = step else { panic!("objects are made") };
        for index in 0..run.count {
            places[(u64::from(first.0) + index) as usize] = address + (index << run.bits());
        }
    });
    placed.map(|()| places).map_err(|misplaced| (misplaced.object, misplaced.refusal))
}

#[test]
fn objects_lie_where_the_image_says() {
    let places = places(&system(), 20).expect("room");
    assert_eq!(places[..2], [0x900_3000, 0x900_4000]);
    assert_eq!(places[3], places[2] + 0x3000);
    let memory = places[4];
    assert!(memory.is_multiple_of(1 << 14));
    assert_eq!(places[15..], [memory, memory + 16, memory + 32]);
    let mut pages: Vec<u64> = places[2..15].to_vec();
    pages.sort_unstable();
    pages.dedup();
    assert_eq!(pages.len(), 13, "no two at one address: {places:x?}");
}

#[test]
fn the_object_without_a_place_is_named() {
    let full = places(&system(), 14).expect_err("too little memory");
    assert!(matches!(full, (Cell(4..), Refusal::Full { .. })), "{full:?}");
    let mut far = system();
    far.objects[0].position = Position::At(0x800_0000);
    assert_eq!(places(&far, 20), Err((Cell(0), Refusal::Nowhere { address: 0x800_0000 })));
}

proptest! {
    #[test]
    fn any_system_is_read_or_refused(mut part: Vec<u8>, keep in 0_usize..200, debug: Vec<u8>) {
        let good = packed(&system());
        let mut bytes = good[packed::image::HEADER..good.len() - 128].to_vec();
        bytes.truncate(keep);
        bytes.append(&mut part);
        let sealed = put::sealed(&header(), [&bytes, &[7; 128], &debug]).expect("small");
        if let Ok(image) = Image::new(&sealed) {
            let _ = image.layout.slots.rows().count();
            let _ = (image.debug.object(Cell(3)), image.debug.name(Cell(3)), image.debug.slot(1));
        }
    }
}
