//! What components find by name at run time, as bytes.

use std::ops::Range;

use abi::directory::{ENTRY_BYTES, HEADER_BYTES, Kind, MAGIC};
use layout::memory::{ADDRESS_BYTES, ContentId, Fill, Source};
use layout::object::ObjectId;
use layout::span::Span;

/// Where the value of an entry is, from its first byte on.
const VALUE: usize = 16;

/// An entry of a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) value: u64,
    pub(super) extent: u64,
    /// The frame whose physical address the loader puts in as the value.
    pub(super) address_of: Option<ObjectId>,
}

impl Line {
    /// An entry whose value is known.
    pub(super) const fn new(kind: Kind, name: String, value: u64, extent: u64) -> Self {
        Self { kind, name, value, extent, address_of: None }
    }

    /// An entry whose value is where a frame will lie.
    pub(super) const fn physical(name: String, frame: ObjectId, extent: u64) -> Self {
        Self { kind: Kind::Physical, name, value: 0, extent, address_of: Some(frame) }
    }
}

/// What fills these bytes of a directory: its content, but for the addresses that only the loader
/// knows. None of those lies in two pages, for all values stand at multiples of their size.
pub(super) fn fills(
    lines: &[Line],
    content: ContentId,
    range: Range<u64>,
    span: Span,
) -> Vec<Fill> {
    let place = |(index, line): (usize, &Line)| {
        Some(((HEADER_BYTES + index * ENTRY_BYTES + VALUE) as u64, line.address_of?))
    };
    let places = lines.iter().enumerate().filter_map(place);
    let mut fills = Vec::new();
    let mut next = range.start;
    let file = |from: u64, to: u64| {
        let source = Source::File { content, offset: from };
        (from < to).then(|| Fill { at: from - range.start, length: to - from, source, span })
    };
    for (place, frame) in places.filter(|(place, _)| range.contains(place)) {
        fills.extend(file(next, place));
        let (at, length) = (place - range.start, ADDRESS_BYTES);
        fills.push(Fill { at, length, source: Source::Address { frame }, span });
        next = place + length;
    }
    fills.extend(file(next, range.end));
    fills
}

/// The directory of these entries; `None`: it would have 4 GiB or more.
pub(super) fn encode(lines: &[Line]) -> Option<Vec<u8>> {
    let names = HEADER_BYTES + lines.len() * ENTRY_BYTES;
    let length = names + lines.iter().map(|line| line.name.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(MAGIC);
    bytes.extend(u32::try_from(length).ok()?.to_le_bytes());
    bytes.extend(u32::try_from(lines.len()).ok()?.to_le_bytes());
    let mut at = names;
    for line in lines {
        bytes.extend((line.kind as u32).to_le_bytes());
        bytes.extend(u32::try_from(line.name.len()).ok()?.to_le_bytes());
        for word in [at as u64, line.value, line.extent] {
            bytes.extend(word.to_le_bytes());
        }
        at += line.name.len();
    }
    for line in lines {
        bytes.extend(line.name.as_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::directory::Directory;

    #[test]
    fn what_is_encoded_is_found() {
        let line = |kind, name: &str, value, extent| Line::new(kind, name.into(), value, extent);
        let lines = [
            line(Kind::Endpoint, "blk", 3, 0),
            line(Kind::Region, "ünique", 0x2000_0000, 0x1000),
            line(Kind::Bell, "", 4, 0),
        ];
        let bytes = encode(&lines).expect("small");
        let directory = Directory::new(&bytes).expect("a directory");
        for line in &lines {
            let found = directory.find(line.kind, &line.name).expect("there");
            assert_eq!((found.value, found.extent), (line.value, line.extent));
        }
        assert_eq!(directory.entries().count(), lines.len());
    }

    #[test]
    fn addresses_are_left_to_the_loader() {
        let known = |name: &str| Line::new(Kind::Region, name.into(), 0x1000, 0x1000);
        let frame = ObjectId(7);
        let lines = [known("a"), Line::physical("a".into(), frame, 0x1000), known("b")];
        let bytes = encode(&lines).expect("small");
        let length = bytes.len() as u64;
        let found = fills(&lines, ContentId(0), 0..length, Span::NOWHERE);
        let at = HEADER_BYTES as u64 + 32 + 16;
        assert_eq!(bytes[at as usize..][..8], [0; 8]);
        let parts: Vec<_> = found.iter().map(|fill| (fill.at, fill.length)).collect();
        assert_eq!(parts, [(0, at), (at, 8), (at + 8, length - at - 8)]);
        assert_eq!(found[1].source, Source::Address { frame });
        // In pages, each has its own part.
        let second = fills(&lines, ContentId(0), at..length, Span::NOWHERE);
        assert_eq!((second[0].at, second.len()), (0, 2));
    }
}
