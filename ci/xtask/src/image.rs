//! Turns the kernel's ELF file into the flat image that boot loaders and QEMU's `-kernel` take.
//!
//! The image begins with the arm64 boot header, which the kernel's own entry code contains; see
//! the Linux document "Booting AArch64 Linux", section 4.

use crate::process::Fallible;
use program::elf::{Elf, Segment};

/// Where the header has its magic number.
const MAGIC_OFFSET: usize = 56;
/// "ARM" and 0x64, which tells a loader that the header is there.
const MAGIC: &[u8] = b"ARM\x64";
/// Where the header says how much memory the image takes.
const SIZE_OFFSET: usize = 16;
/// No kernel of ours is larger; a wild address must not make a file of gigabytes.
const LARGEST: u64 = 64 << 20;

/// The bytes of all segments at their distances from the lowest physical address.
pub(crate) fn flatten(file: &[u8]) -> Fallible<Vec<u8>> {
    let segments = Elf::new(file)?.segments()?;
    let occupied = || segments.iter().filter(|segment| segment.memory_size > 0);
    let start = occupied().map(|segment| segment.physical).min();
    let start = start.ok_or("the kernel has nothing to load")?;
    let mut image = Vec::new();
    for segment in occupied() {
        place(&mut image, segment, segment.physical - start)?;
    }
    let end = occupied().map(|segment| segment.physical.saturating_add(segment.memory_size)).max();
    check_header(&image, end.unwrap_or(start) - start)?;
    Ok(image)
}

fn place(image: &mut Vec<u8>, segment: &Segment, offset: u64) -> Fallible<()> {
    let end = offset.saturating_add(segment.bytes.len() as u64);
    if end > LARGEST {
        return Err(format!("the kernel has a segment at {:#x}, out of reach", segment.physical));
    }
    let (offset, end) = (to_index(offset)?, to_index(end)?);
    if image.len() < end {
        image.resize(end, 0);
    }
    image[offset..end].copy_from_slice(segment.bytes);
    Ok(())
}

fn to_index(offset: u64) -> Fallible<usize> {
    usize::try_from(offset).map_err(|_| format!("{offset:#x} is out of reach"))
}

/// A loader reserves as much memory as the header says, so it has to cover the zeroed part too.
fn check_header(image: &[u8], needed: u64) -> Fallible<()> {
    if image.get(MAGIC_OFFSET..MAGIC_OFFSET + MAGIC.len()) != Some(MAGIC) {
        return Err("the kernel does not begin with an arm64 boot header".into());
    }
    let size = image.get(SIZE_OFFSET..SIZE_OFFSET + 8).and_then(|size| size.try_into().ok());
    let size = size.map_or(0, u64::from_le_bytes);
    if size < needed {
        return Err(format!(
            "the boot header claims {size:#x} bytes, the kernel needs {needed:#x}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use program::samples::with_segments;

    fn header(size: u64) -> Vec<u8> {
        let mut header = vec![0xaa; 64];
        header[SIZE_OFFSET..SIZE_OFFSET + 8].copy_from_slice(&size.to_le_bytes());
        header[MAGIC_OFFSET..MAGIC_OFFSET + 4].copy_from_slice(MAGIC);
        header
    }

    #[test]
    fn segments_lie_at_their_distances_and_gaps_are_zero() {
        let first = header(0x2000);
        let file = with_segments(&[(0x4000_0080, b"tail", 4), (0x4000_0000, &first, 64)]);
        let image = flatten(&file).expect("a good kernel");
        assert_eq!(image.len(), 0x84);
        assert_eq!(&image[..64], first);
        assert!(image[64..0x80].iter().all(|byte| *byte == 0));
        assert_eq!(&image[0x80..], b"tail");
    }

    #[test]
    fn zeroed_memory_is_not_in_the_image_but_in_the_header() {
        let first = header(0x1000);
        let file = with_segments(&[(0x4000_0000, &first, 0x1000)]);
        assert_eq!(flatten(&file).expect("it fits").len(), 64);
        let file = with_segments(&[(0x4000_0000, &first, 0x1001)]);
        assert!(flatten(&file).expect_err("too small").contains("0x1000"));
    }

    #[test]
    fn without_a_header_or_segments_there_is_no_image() {
        assert!(flatten(&with_segments(&[])).is_err());
        assert!(flatten(&with_segments(&[(0, &[0; 64], 64)])).is_err());
        assert!(flatten(&with_segments(&[(0, b"short", 5)])).is_err());
    }

    #[test]
    fn a_wild_address_is_refused() {
        let first = header(u64::MAX);
        let file = with_segments(&[(0, &first, 64), (1 << 40, b"x", 1)]);
        assert!(flatten(&file).expect_err("far away").contains("out of reach"));
    }
}
