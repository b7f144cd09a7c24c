//! What components find by name at run time, as bytes.

use abi::directory::{ENTRY_BYTES, HEADER_BYTES, Kind, MAGIC};

/// An entry of a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) value: u64,
    pub(super) extent: u64,
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
        let line =
            |kind, name: &str, value, extent| Line { kind, name: name.into(), value, extent };
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
}
