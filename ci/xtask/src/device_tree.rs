//! Reads, changes and writes flattened device trees, to boot on machines that lack something.
//!
//! The format is that of the Devicetree Specification 0.4, chapter 5.

use crate::process::Fallible;

const MAGIC: u32 = 0xd00d_feed;
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NO_OPERATION: u32 = 4;
const END: u32 = 9;

/// Length of the header.
const HEADER_SIZE: usize = 40;
/// The list of reserved memory that we write: only its end.
const RESERVATIONS_SIZE: usize = 16;
/// The version that we write, and the oldest whose readers can read it.
const VERSIONS: [u32; 2] = [17, 16];

/// A node with everything below it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Node {
    /// Its name with unit address; empty for the root.
    pub(crate) name: String,
    /// Names and values, in order.
    pub(crate) properties: Vec<(String, Vec<u8>)>,
    /// The nodes below.
    pub(crate) children: Vec<Node>,
}

impl Node {
    /// Whether one of the words of the node's `compatible` property is `word`.
    pub(crate) fn is_compatible(&self, word: &str) -> bool {
        let value = self.properties.iter().find(|(name, _)| name == "compatible");
        value.is_some_and(|(_, value)| value.split(|b| *b == 0).any(|w| w == word.as_bytes()))
    }

    /// Removes all nodes below this one that the function chooses; returns how many.
    pub(crate) fn remove(&mut self, chosen: &dyn Fn(&Self) -> bool) -> usize {
        let before = self.children.len();
        self.children.retain(|child| !chosen(child));
        let removed = before - self.children.len();
        removed + self.children.iter_mut().map(|child| child.remove(chosen)).sum::<usize>()
    }
}

/// Reads the tree in a blob.
pub(crate) fn parse(blob: &[u8]) -> Fallible<Node> {
    if word(blob, 0)? != MAGIC {
        return Err("this is no device tree".into());
    }
    let structure = tail(blob, word(blob, 8)?)?;
    let strings = tail(blob, word(blob, 12)?)?;
    let mut reader = Reader { structure, strings, at: 0 };
    let mut open: Vec<Node> = Vec::new();
    loop {
        match reader.next_word()? {
            BEGIN_NODE => {
                let name = reader.name()?;
                open.push(Node { name, ..Node::default() });
            }
            END_NODE => {
                let node = open.pop().ok_or("a device tree node ends twice")?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok(node),
                }
            }
            PROPERTY => {
                let property = reader.property()?;
                let node = open.last_mut().ok_or("a device tree property has no node")?;
                node.properties.push(property);
            }
            NO_OPERATION => {}
            other => return Err(format!("unknown token {other} in a device tree")),
        }
    }
}

/// Writes a tree as a blob.
pub(crate) fn emit(root: &Node) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.node(root);
    writer.word(END);
    let structure_offset = HEADER_SIZE + RESERVATIONS_SIZE;
    let strings_offset = structure_offset + writer.structure.len();
    let total = strings_offset + writer.strings.len();
    let [version, compatible] = VERSIONS;
    let fields = [
        MAGIC,
        size(total),
        size(structure_offset),
        size(strings_offset),
        size(HEADER_SIZE),
        version,
        compatible,
        0, // the core that boots
        size(writer.strings.len()),
        size(writer.structure.len()),
    ];
    let mut blob: Vec<u8> = fields.iter().flat_map(|field| field.to_be_bytes()).collect();
    blob.resize(structure_offset, 0);
    blob.append(&mut writer.structure);
    blob.append(&mut writer.strings);
    blob
}

/// Device trees are far below 4 GiB.
fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn word(bytes: &[u8], at: usize) -> Fallible<u32> {
    let field = bytes.get(at..at + 4).and_then(|field| field.try_into().ok());
    field.map(u32::from_be_bytes).ok_or_else(|| "the device tree is cut".into())
}

fn tail(bytes: &[u8], from: u32) -> Fallible<&[u8]> {
    let from = usize::try_from(from).ok();
    from.and_then(|from| bytes.get(from..)).ok_or_else(|| "the device tree is cut".into())
}

/// The text up to the next zero.
fn text(bytes: &[u8]) -> Fallible<&str> {
    let length = bytes.iter().position(|byte| *byte == 0).ok_or("the device tree is cut")?;
    std::str::from_utf8(&bytes[..length]).map_err(|_| "a device tree name is not UTF-8".into())
}

struct Reader<'a> {
    structure: &'a [u8],
    strings: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn next_word(&mut self) -> Fallible<u32> {
        let value = word(self.structure, self.at)?;
        self.at += 4;
        Ok(value)
    }

    fn name(&mut self) -> Fallible<String> {
        let name = text(self.structure.get(self.at..).unwrap_or_default())?;
        self.at = (self.at + name.len() + 1).next_multiple_of(4);
        Ok(name.into())
    }

    fn property(&mut self) -> Fallible<(String, Vec<u8>)> {
        let length = usize::try_from(self.next_word()?).unwrap_or(usize::MAX);
        let name = text(tail(self.strings, self.next_word()?)?)?;
        let end = self.at.checked_add(length).ok_or("the device tree is cut")?;
        let value = self.structure.get(self.at..end).ok_or("the device tree is cut")?;
        self.at = end.next_multiple_of(4);
        Ok((name.into(), value.into()))
    }
}

#[derive(Default)]
struct Writer {
    structure: Vec<u8>,
    strings: Vec<u8>,
}

impl Writer {
    fn word(&mut self, value: u32) {
        self.structure.extend_from_slice(&value.to_be_bytes());
    }

    fn padded(&mut self, bytes: &[u8]) {
        self.structure.extend_from_slice(bytes);
        self.structure.resize(self.structure.len().next_multiple_of(4), 0);
    }

    fn node(&mut self, node: &Node) {
        self.word(BEGIN_NODE);
        self.padded(format!("{}\0", node.name).as_bytes());
        for (name, value) in &node.properties {
            self.word(PROPERTY);
            self.word(size(value.len()));
            let offset = self.string(name);
            self.word(size(offset));
            self.padded(value);
        }
        for child in &node.children {
            self.node(child);
        }
        self.word(END_NODE);
    }

    /// The offset of a name among the strings, which hold each once.
    fn string(&mut self, name: &str) -> usize {
        let wanted = format!("{name}\0").into_bytes();
        let known = self.strings.windows(wanted.len()).position(|part| part == wanted);
        known.unwrap_or_else(|| {
            self.strings.extend_from_slice(&wanted);
            self.strings.len() - wanted.len()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, compatible: &[u8], children: Vec<Node>) -> Node {
        let properties =
            vec![("compatible".into(), compatible.to_vec()), ("reg".into(), vec![1, 2, 3])];
        Node { name: name.into(), properties, children }
    }

    fn sample() -> Node {
        let frame = node("v2m@8020000", b"arm,gic-v2m-frame\0", Vec::new());
        let gic = node("intc@8000000", b"other\0arm,cortex-a15-gic\0", vec![frame]);
        let uart = node("pl011@9000000", b"arm,pl011\0arm,primecell\0", Vec::new());
        node("", b"linux,dummy-virt\0", vec![gic, uart])
    }

    #[test]
    fn a_written_tree_reads_back() {
        let blob = emit(&sample());
        assert_eq!(parse(&blob), Ok(sample()));
        assert_eq!(blob.len(), usize::try_from(word(&blob, 4).unwrap()).unwrap());
    }

    #[test]
    fn names_of_properties_are_stored_once() {
        let blob = emit(&sample());
        let count = blob.windows(11).filter(|part| *part == b"compatible\0").count();
        assert_eq!(count, 1);
    }

    #[test]
    fn nodes_can_be_removed_at_any_depth() {
        let mut tree = sample();
        assert_eq!(tree.remove(&|node| node.is_compatible("arm,gic-v2m-frame")), 1);
        assert!(tree.children[0].children.is_empty());
        assert_eq!(tree.remove(&|node| node.is_compatible("arm,cortex-a15-gic")), 1);
        assert_eq!(tree.children.len(), 1);
        assert_eq!(tree.remove(&|node| node.is_compatible("arm,cortex-a15")), 0);
    }

    #[test]
    fn damaged_blobs_give_reasons() {
        let blob = emit(&sample());
        assert!(parse(b"").is_err());
        assert!(parse(&[0; 64]).is_err());
        for length in 0..blob.len() - 12 {
            // The last string may be cut without harm to its users before it.
            let _ = parse(&blob[..length]);
        }
        assert!(parse(&blob[..HEADER_SIZE + RESERVATIONS_SIZE + 20]).is_err());
        let mut wild = blob;
        wild[HEADER_SIZE + RESERVATIONS_SIZE] = 0xff;
        assert!(parse(&wild).is_err());
    }
}
