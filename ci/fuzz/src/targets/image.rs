//! Packed systems: what is not whole is refused before anything is made of it.

use packed::Image;
use packed::image::{HEADER, Header, put};
use packed::placing::place_all;
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
    let Some((head, parts)) = bytes.split_at_checked(HEADER) else { return };
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let header = Header {
        is_strict: false,
        objects: word(12),
        cells: word(16),
        cores: word(20) as u16,
        domains: (word(20) >> 16) as u16,
    };
    let contents = parts.len().min(word(60) as usize);
    let (system, contents) = parts.split_at(parts.len() - contents);
    if let Ok(sealed) = put::sealed(&header, [system, contents, &[]]) {
        read(&sealed);
    }
}

/// Reads all of an image that is accepted.
fn read(bytes: &[u8]) {
    let Ok(image) = Image::new(bytes) else { return };
    let layout = image.layout;
    assert_eq!(layout.slots.rows().count() as u64, layout.slots.len());
    assert_eq!(layout.threads.rows().count() as u64, layout.threads.len());
    assert!(layout.fills.rows().all(|fill| layout.objects.of(fill.frame).is_some()));
    // Without memory nothing finds a place, and the planner says so.
    let _ = place_all(layout.objects, &mut Planner::new(&[]), &mut |_| ());
}
