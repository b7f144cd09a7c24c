//! The flattened device tree, read where it lies (Devicetree Specification 0.4, chapter 5).
//!
//! An initial task asks it one or two questions: so nothing is checked that was not asked for, and
//! what is damaged is not there. Whatever the bytes, a walk ends where they do.

use core::ffi::CStr;

const MAGIC: u32 = 0xd00d_feed;
/// Offsets of fields of the header.
const STRUCTURE: usize = 8;
const STRINGS: usize = 12;
/// Tokens of the structure.
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOP: u32 = 4;
/// Words of an address and of a size, if a node does not say (§2.3.5).
const CELLS: (usize, usize) = (2, 1);

/// The root of a tree.
pub(super) fn root(blob: &[u8]) -> Option<Node<'_>> {
    if word(blob, 0)? != MAGIC {
        return None;
    }
    let part = |field| blob.get(usize::try_from(word(blob, field)?).ok()?..);
    let mut tokens = Tokens { rest: part(STRUCTURE)?, strings: part(STRINGS)? };
    match tokens.next()? {
        Token::Begin { name } => Some(Node { name, inner: tokens, cells: CELLS }),
        _ => None,
    }
}

/// The big-endian word at an offset.
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

/// What the structure consists of.
enum Token<'a> {
    Begin { name: &'a [u8] },
    Property { name: &'a [u8], value: &'a [u8] },
    End,
}

/// What is left of the structure.
#[derive(Clone, Copy)]
struct Tokens<'a> {
    rest: &'a [u8],
    strings: &'a [u8],
}

impl<'a> Tokens<'a> {
    /// Takes so many bytes, and what fills them up to a word.
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest.get(length.next_multiple_of(4) - length..)?;
        Some(taken)
    }

    /// Takes a name with the zeros behind it, a word at a time.
    fn take_name(&mut self) -> Option<&'a [u8]> {
        let mut rest = self.rest;
        loop {
            let (word, behind) = rest.split_first_chunk()?;
            let word = u32::from_le_bytes(*word);
            // The lowest of these bits is of the first byte that is 0.
            let zeros = word.wrapping_sub(0x0101_0101) & !word & 0x8080_8080;
            if zeros != 0 {
                let length = self.rest.len() - rest.len() + zeros.trailing_zeros() as usize / 8;
                let name = self.rest.get(..length)?;
                self.rest = behind;
                return Some(name);
            }
            rest = behind;
        }
    }

    #[inline]
    fn take_word(&mut self) -> Option<u32> {
        let (word, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u32::from_be_bytes(*word))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            return match self.take_word()? {
                BEGIN_NODE => self.take_name().map(|name| Token::Begin { name }),
                PROPERTY => {
                    let length = usize::try_from(self.take_word()?).ok()?;
                    let name = usize::try_from(self.take_word()?).ok()?;
                    let name = self.strings.get(name..)?;
                    Some(Token::Property { name, value: self.take(length)? })
                }
                END_NODE => Some(Token::End),
                NOP => continue,
                _ => None,
            };
        }
    }
}

/// A node.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    /// With its unit address.
    name: &'a [u8],
    /// What follows its name.
    inner: Tokens<'a>,
    /// Words of an address and of a size in its `reg`.
    cells: (usize, usize),
}

impl<'a> Node<'a> {
    /// Whether its name is this one, with its unit address or without it.
    pub(super) fn is_named(&self, name: &str) -> bool {
        let rest = self.name.strip_prefix(name.as_bytes());
        rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'@')))
    }

    /// The value of a property. Properties come before the nodes below (§5.4.2).
    pub(super) fn property(&self, wanted: &str) -> Option<&'a [u8]> {
        let mut tokens = self.inner;
        while let Some(Token::Property { name, value }) = tokens.next() {
            let rest = name.strip_prefix(wanted.as_bytes());
            if rest.is_some_and(|rest| rest.first() == Some(&0)) {
                return Some(value);
            }
        }
        None
    }

    /// The value of a property that is text, or the first of several texts.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        CStr::from_bytes_until_nul(self.property(name)?).ok()?.to_str().ok()
    }

    /// Whether it is compatible with a device.
    pub(super) fn is_compatible(&self, device: &str) -> bool {
        let mut texts = self.property("compatible").unwrap_or_default().split(|byte| *byte == 0);
        texts.any(|text| text == device.as_bytes())
    }

    /// Whether it describes a thing that may be used (§2.3.4).
    pub(super) fn is_usable(&self) -> bool {
        let status = self.property("status");
        status.is_none_or(|status| matches!(status, b"okay\0" | b"ok\0"))
    }

    /// The nodes directly below.
    pub(super) fn children(&self) -> impl Iterator<Item = Self> + use<'a> {
        let cells = self.cells_below();
        let mut tokens = self.inner;
        core::iter::from_fn(move || {
            loop {
                match tokens.next()? {
                    Token::Begin { name } => {
                        let child = Self { name, inner: tokens, cells };
                        skip(&mut tokens);
                        return Some(child);
                    }
                    Token::Property { .. } => (),
                    Token::End => return None,
                }
            }
        })
    }

    /// The node at the end of a path, each part of which may be without its unit address.
    pub(super) fn at(self, path: &str) -> Option<Self> {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        parts.try_fold(self, |node, part| node.children().find(|child| child.is_named(part)))
    }

    /// The ranges of its `reg`: address and size.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (u64, u64)> + use<'a> {
        let (address, size) = self.cells;
        let bytes = self.property("reg").unwrap_or_default();
        let entries = bytes.chunks_exact((4 * (address + size)).max(1));
        entries.filter_map(move |entry| {
            let (address, size) = entry.split_at_checked(4 * address)?;
            Some((number(address)?, number(size)?))
        })
    }

    /// Words of an address and of a size in the nodes below.
    fn cells_below(&self) -> (usize, usize) {
        let words = |name, default| {
            let value = self.property(name).and_then(|value| word(value, 0));
            // More words than a number of 64 bits has are of buses that nobody asks for.
            value.map_or(default, |words| usize::try_from(words).unwrap_or(default).min(4))
        };
        (words("#address-cells", CELLS.0), words("#size-cells", CELLS.1))
    }
}

/// Passes what is below a node whose name was read last, and its end.
fn skip(tokens: &mut Tokens<'_>) {
    let mut depth = 1_usize;
    while depth > 0 {
        match tokens.next() {
            Some(Token::Begin { .. }) => depth += 1,
            Some(Token::Property { .. }) => (),
            Some(Token::End) => depth -= 1,
            None => return,
        }
    }
}

/// A big-endian number of whole words, if 64 bits hold it.
fn number(bytes: &[u8]) -> Option<u64> {
    bytes.chunks_exact(4).try_fold(0_u64, |number, word| {
        let word = word.first_chunk().map(|word| u32::from_be_bytes(*word))?;
        (number >> 32 == 0).then_some(number << 32 | u64::from(word))
    })
}
