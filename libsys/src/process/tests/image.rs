//! Good files, files with one fault each, and any bytes.

use super::*;
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

/// A program header: flags, offset in the file, address, bytes in the file and in memory.
pub(crate) type Header = (u32, u64, u64, u64, u64);

pub(crate) const CODE: Header = (5, 0x1000, 0x20_0000, 0x10, 0x10);
pub(crate) const DATA: Header = (6, 0x1010, 0x20_1010, 0x08, 0x2000);

/// A file with these loadable segments that starts at the first.
pub(crate) fn file(headers: &[Header]) -> Vec<u8> {
    let mut file = vec![0; 0x1100];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"\x7fELF\x02\x01\x01");
    put(16, &2_u16.to_le_bytes());
    put(18, &183_u16.to_le_bytes());
    put(20, &1_u32.to_le_bytes());
    put(24, &headers.first().map_or(0, |first| first.2).to_le_bytes());
    put(32, &64_u64.to_le_bytes());
    put(52, &64_u16.to_le_bytes());
    put(54, &56_u16.to_le_bytes());
    put(56, &u16::try_from(headers.len()).expect("few").to_le_bytes());
    for (index, (flags, offset, address, in_file, in_memory)) in headers.iter().enumerate() {
        let at = 64 + 56 * index;
        put(at, &1_u32.to_le_bytes());
        put(at + 4, &flags.to_le_bytes());
        for (field, value) in [(8, offset), (16, address), (32, in_file), (40, in_memory)] {
            put(at + field, &value.to_le_bytes());
        }
        put(at + 48, &0x1000_u64.to_le_bytes());
    }
    file
}

fn error_of(headers: &[Header]) -> Option<ImageError> {
    Image::parse(&file(headers)).err()
}

/// What is wrong with a good file after this change.
fn changed(at: usize, bytes: &[u8]) -> Option<ImageError> {
    let mut file = file(&[CODE, DATA]);
    file[at..at + bytes.len()].copy_from_slice(bytes);
    Image::parse(&file).err()
}

#[test]
fn a_good_file_gives_its_segments_in_order() {
    let file = file(&[CODE, (4, 0x40, 0x10_0040, 4, 4), DATA]);
    let image = Image::parse(&file).expect("a good file");
    let places: Vec<_> = image.segments().iter().map(|part| part.memory.clone()).collect();
    assert_eq!(places, [0x10_0040..0x10_0044, 0x20_0000..0x20_0010, 0x20_1010..0x20_3010]);
    let accesses: Vec<_> = image.segments().iter().map(|part| part.access).collect();
    assert_eq!(accesses, [Access::Read, Access::Execute, Access::Write]);
    assert_eq!(image.segments()[2].content.len(), 8);
    assert_eq!(image.segments()[2].pages(), 0x20_1000..0x20_4000);
    assert_eq!(image.entry(), 0x20_0000);
}

#[test]
fn files_of_another_kind_are_refused() {
    assert_eq!(Image::parse(b"").err(), Some(ImageError::NotElf));
    assert_eq!(Image::parse(&file(&[CODE])[..63]).err(), Some(ImageError::NotElf));
    assert_eq!(changed(0, b"\0"), Some(ImageError::NotElf));
    assert_eq!(changed(4, &[1]), Some(ImageError::Not64Bit));
    assert_eq!(changed(5, &[2]), Some(ImageError::NotLittleEndian));
    assert_eq!(changed(16, &[3]), Some(ImageError::NotExecutable(3)));
    assert_eq!(changed(18, &[62]), Some(ImageError::WrongMachine(62)));
    assert_eq!(changed(54, &[32]), Some(ImageError::NotElf), "size of the entries");
    assert_eq!(changed(32, &[0xff; 8]), Some(ImageError::NotElf), "place of the entries");
    assert_eq!(changed(64, &[3]), Some(ImageError::NeedsInterpreter));
    assert_eq!(error_of(&[]), Some(ImageError::NothingToLoad));
    assert_eq!(error_of(&[(5, 0, 0x20_0000, 0, 0)]), Some(ImageError::NothingToLoad));
}

#[test]
fn bad_segments_are_refused_with_their_address() {
    let second = |segment: Header| error_of(&[CODE, segment]);
    let at = 0x30_0000;
    assert_eq!(second((6, 0x1000, at, 16, 15)), Some(ImageError::BadSegment(at)));
    assert_eq!(second((6, 0x1000, at, 0x101, 0x101)), Some(ImageError::BadSegment(at)));
    assert_eq!(second((6, u64::MAX, at, 16, 16)), Some(ImageError::BadSegment(at)));
    assert_eq!(second((6, 0x1010, at, 16, 16)), Some(ImageError::Unaligned(at)));
    assert_eq!(second((7, 0x1000, at, 16, 16)), Some(ImageError::WritableCode(at)));
    assert_eq!(second((6, 0, 0, 16, 16)), Some(ImageError::Outside(0)));
    let top = abi::USER_END - 0x1000;
    assert_eq!(second((6, 0x1000, top, 0, 0x1000)), None);
    assert_eq!(second((6, 0x1000, top, 0, 0x1001)), Some(ImageError::Outside(top)));
    assert_eq!(second((6, 0x1000, top, 0, u64::MAX)), Some(ImageError::Outside(top)));
}

#[test]
fn segments_share_no_page() {
    let second = |address, bytes| error_of(&[CODE, (6, 0x20, address, 0, bytes)]);
    assert_eq!(second(0x20_0020, 1), Some(ImageError::Overlap(0x20_0020)));
    assert_eq!(second(0x1f_f020, 0xfe0), None);
    assert_eq!(second(0x1f_f020, 0xfe1), Some(ImageError::Overlap(0x1f_f020)));
    let many: Vec<Header> = (0..17).map(|n| (5, 0, 0x20_0000 + 0x1000 * n, 0, 1)).collect();
    assert_eq!(error_of(&many[..16]), None);
    assert_eq!(error_of(&many), Some(ImageError::TooManySegments));
}

#[test]
fn the_entry_point_is_an_instruction() {
    let entry = |address: u64| changed(24, &address.to_le_bytes());
    assert_eq!(entry(0x20_000c), None);
    for wrong in [0x20_000e, 0x20_0010, 0x20_1010, 0] {
        assert_eq!(entry(wrong), Some(ImageError::EntryOutside(wrong)));
    }
}

proptest! {
    #[test]
    fn damaged_files_are_images_or_errors(
        damage in proptest::collection::vec((0_usize..176, any::<u8>()), 0..8),
        length in 0_usize..0x1100,
    ) {
        let mut file = file(&[CODE, DATA]);
        for (at, value) in damage {
            file[at] = value;
        }
        if length < 0x100 {
            file.truncate(length);
        }
        if let Ok(image) = Image::parse(&file) {
            let segments = image.segments();
            let apart = |pair: &[Segment]| pair[0].pages().end <= pair[1].pages().start;
            prop_assert!(segments.windows(2).all(apart));
            let fits = |part: &Segment| {
                let bytes = part.memory.end - part.memory.start;
                part.memory.start >= ADDRESSES.start
                    && part.memory.end <= ADDRESSES.end
                    && part.content.len() as u64 <= bytes
            };
            prop_assert!(segments.iter().all(fits));
        }
    }
}
