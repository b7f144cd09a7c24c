//! Packed systems: what is not whole is refused before anything is made of it.

use abi::bootinfo::UntypedDescriptor;
use packed::Image;
use packed::cell::Cell;
use packed::image::{HEADER, Header, put};
use packed::placing::{Placed, place_all};
use plan::Planner;

use super::Target;

/// The target.
pub(super) const TARGET: Target = Target {
    name: "image",
    run,
    words: &[b"LYT1", b"\x00\x01", b"\x80\x80\x04", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"],
};

fn run(bytes: &[u8]) {
    read(bytes);
    // Hashes keep mutations from going deeper; with right ones the rows themselves are read.
    if let Some(image) = sealed(bytes) {
        read(&image);
    }
}

/// An image with the header and the parts of this one, whose lengths and hashes are right.
fn sealed(bytes: &[u8]) -> Option<Vec<u8>> {
    let (head, mut rest) = bytes.split_at_checked(HEADER)?;
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let header = Header {
        is_strict: head[6] & 1 != 0,
        objects: word(12),
        cells: word(16),
        cores: word(20) as u16,
        domains: (word(20) >> 16) as u16,
    };
    let mut parts = [rest; 3];
    for (length, part) in [24, 60, 96].map(word).into_iter().zip(&mut parts) {
        (*part, rest) = rest.split_at((length as usize).min(rest.len()));
    }
    put::sealed(&header, parts).ok()
}

/// How many names and lines are looked up: each search begins at the start.
const LOOKED_UP: u32 = 16;

/// Reads all of an image that is accepted.
fn read(bytes: &[u8]) {
    let Ok(image) = Image::new(bytes) else { return };
    macro_rules! walk {
        ($($stream:ident)*) => {
            // What was checked can be read again, and there is as much of it as was said.
            $(assert_eq!(image.layout.$stream.rows().count() as u64, image.layout.$stream.len());)*
        };
    }
    walk!(memory pools spaces copies interrupts core_signals fills tables pages times threads);
    walk!(slots derived turns resumes dropped);
    walk!(recipes renewed answered told supervisor heartbeats passive quiesce);
    let objects = image.layout.objects;
    assert!(image.layout.fills.rows().all(|fill| objects.of(fill.frame).is_some()));
    for number in 0..LOOKED_UP {
        let debug = &image.debug;
        std::hint::black_box((debug.object(Cell(number)), debug.name(Cell(number))));
        std::hint::black_box((debug.slot(number.into()), debug.component(number)));
    }
    // Without memory nothing finds a place, and the planner says so.
    let _ = place_all(objects, &mut Planner::new(&[]), &mut |_| ());
    place(&image);
}

/// The memory of a small board: devices, and RAM in pieces.
const BOARD: [(u64, u8, bool); 6] = [
    (0x0900_0000, 24, true),
    (0x4020_0000, 12, false),
    (0x4040_0000, 22, false),
    (0x4080_0000, 23, false),
    (0x4100_0000, 24, false),
    (0x8000_0000, 30, false),
];
/// Slots of a large root CNode: the loader refuses systems with more cells.
const SLOTS: u32 = 1 << 18;
/// Pieces of memory that one address can need: two for each bit of it.
const PIECES: usize = 96;

/// Objects are placed in a board's memory, as the loader does it. What an image claims must not
/// make the planner remember more than the image has bytes for.
fn place(image: &Image<'_>) {
    if image.header.cells > SLOTS {
        return;
    }
    let memory = BOARD.map(|(address, size_bits, is_device)| UntypedDescriptor {
        address,
        size_bits,
        is_device: is_device.into(),
        ..UntypedDescriptor::default()
    });
    let mut planner = Planner::new(&memory);
    let mut made = 0;
    let placed = place_all(image.layout.objects, &mut planner, &mut |placed| {
        if let Placed::Make { step, .. } = placed {
            made += step.retype().1.count;
        }
    });
    let runs = image.layout.objects.iter().count();
    assert!(planner.source_count() <= memory.len() + runs * PIECES, "too much is remembered");
    let all = u64::from(image.layout.objects.total());
    assert!(made <= all && (placed.is_err() || made == all), "{made} of {all} were made");
}
