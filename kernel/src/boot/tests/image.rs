//! Tests of the image reader.

extern crate std;
use std::string::ToString;
use std::vec::Vec;

use proptest::prelude::*;

use super::super::tests::elf::Elf;
use super::*;

#[test]
fn segments_are_found_in_order() {
    let mut elf = Elf::new(0x40_0010);
    elf.load(0x60_0000, b"data", 0x2000, false);
    elf.load(0x40_0000, &[0xd5; 0x123], 0x123, true);
    let file = elf.file();
    let image = Image::parse(&file).expect("a good file");
    assert_eq!(image.entry, 0x40_0010);
    assert_eq!(image.extent(), 0x40_0000..0x60_2000);
    let [text, data] = image.segments() else { panic!("two segments") };
    assert!(text.executable && !data.executable);
    assert_eq!(text.memory, 0x40_0000..0x40_0123);
    assert_eq!(&file[data.file.clone()], b"data");
    assert_eq!(data.memory, 0x60_0000..0x60_2000);
}

#[test]
fn a_position_independent_program_is_loaded_where_it_is_linked() {
    let mut elf = Elf::new(0);
    elf.load(0, &[0; 64], 64, true);
    elf.kind = ET_DYN;
    assert_eq!(Image::parse(&elf.file()).expect("a good file").extent(), 0..64);
}

/// A good file after a change.
fn refusal(change: impl FnOnce(&mut Elf)) -> ImageError {
    let mut elf = Elf::new(0x1000);
    elf.load(0x1000, &[0; 16], 32, true);
    change(&mut elf);
    Image::parse(&elf.file()).expect_err("a bad file")
}

#[test]
fn every_refusal_has_its_reason() {
    let top = abi::USER_END;
    assert_eq!(refusal(|elf| elf.machine = 62), ImageError::WrongMachine(62));
    assert_eq!(refusal(|elf| elf.kind = 1), ImageError::NotExecutable(1));
    assert_eq!(refusal(|elf| elf.class = 1), ImageError::Not64Bit);
    assert_eq!(refusal(|elf| elf.endianness = 2), ImageError::NotLittleEndian);
    assert_eq!(refusal(|elf| elf.class = 7), ImageError::NotElf);
    assert_eq!(refusal(|elf| elf.truncate = Some(63)), ImageError::NotElf);
    assert_eq!(refusal(|elf| elf.truncate = Some(80)), ImageError::NotElf);
    assert_eq!(refusal(|elf| elf.interpreter()), ImageError::NeedsInterpreter);
    assert_eq!(refusal(|elf| elf.segments.clear()), ImageError::NothingToLoad);
    let outside = ImageError::EntryOutside { address: 0x1020 };
    assert_eq!(refusal(|elf| elf.entry = 0x1020), outside);
    let large = |elf: &mut Elf| elf.load(0x5000, &[0; 16], 15, false);
    assert_eq!(refusal(large), ImageError::BadSegment { address: 0x5000 });
    let cut = |elf: &mut Elf| elf.truncate = Some(elf.file().len() - 1);
    assert_eq!(refusal(cut), ImageError::BadSegment { address: 0x1000 });
    let overlapping = |elf: &mut Elf| elf.load(0x101f, &[], 1, false);
    assert_eq!(refusal(overlapping), ImageError::Overlap { address: 0x101f });
    let inside = |elf: &mut Elf| elf.load(0xfff, &[], 0x100, false);
    assert_eq!(refusal(inside), ImageError::Overlap { address: 0xfff });
    let kernel = |elf: &mut Elf| elf.load(0xffff_0000_0000_0000, &[], 0x1000, false);
    let outside = ImageError::OutsideUserSpace { address: 0xffff_0000_0000_0000 };
    assert_eq!(refusal(kernel), outside);
    let over = |elf: &mut Elf| elf.load(top - 0x1000, &[], 0x1001, false);
    assert_eq!(refusal(over), ImageError::OutsideUserSpace { address: top - 0x1000 });
    let wrapping = |elf: &mut Elf| elf.load(u64::MAX, &[], u64::MAX, false);
    assert_eq!(refusal(wrapping), ImageError::OutsideUserSpace { address: u64::MAX });
    let many = |elf: &mut Elf| (2..40).for_each(|i| elf.load(i << 12, &[], 1, false));
    assert_eq!(refusal(many), ImageError::TooManySegments);
}

#[test]
fn a_reason_is_one_line() {
    let reason = refusal(|elf| elf.machine = 62).to_string();
    assert_eq!(reason, "it is for ELF machine 62, not for aarch64 (183)");
}

/// What [`Image`] promises of every file.
fn check(file: &[u8]) {
    let Ok(image) = Image::parse(file) else { return };
    let mut end = 0;
    for segment in image.segments() {
        assert!(end <= segment.memory.start && segment.memory.start < segment.memory.end);
        end = segment.memory.end;
        let bytes = file.get(segment.file.clone()).expect("inside of the file").len() as u64;
        assert!(bytes <= segment.memory.end - segment.memory.start);
    }
    assert!(end <= abi::USER_END && image.extent().contains(&image.entry));
}

proptest! {
    #[test]
    fn any_bytes_are_safe(file: Vec<u8>) {
        check(&file);
    }

    #[test]
    fn any_change_of_a_good_file_is_safe(
        changes in proptest::collection::vec((0usize..0x200, any::<u8>()), 1..8),
        length in 0usize..0x400,
    ) {
        let mut elf = Elf::new(0x40_0000);
        elf.load(0x40_0000, &[1; 0x80], 0x2000, true);
        elf.load(0x50_0000, &[2; 0x40], 0x40, false);
        let mut file = elf.file();
        for (place, value) in changes {
            if let Some(byte) = file.get_mut(place) {
                *byte = value;
            }
        }
        file.truncate(length);
        check(&file);
    }
}
