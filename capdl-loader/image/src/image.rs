//! The image as a whole: its header, its parts, their hashes.
//!
//! All numbers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 0..4 | [`MAGIC`] |
//! | 4..6 | [`VERSION`] |
//! | 6..8 | flags: 1: only for the memory that it was planned for; 2: signed |
//! | 8..12 | bytes of the image without its signature |
//! | 12..16 | objects |
//! | 16..20 | cells |
//! | 20..22 | cores of the kernel |
//! | 22..24 | domains of the kernel |
//! | 24..132 | of system, contents and debug: length, SHA-256 |
//!
//! The parts follow in this order, each at a multiple of 8 bytes, with zeros between. The root hash
//! is the SHA-256 of the first 132 bytes, so it vouches for everything; a signature (Ed25519, 64
//! bytes, at the end) is one of the root hash.

use sha2::{Digest, Sha256};

use crate::check;
use crate::damage::Damage;
use crate::debug::Debug;
use crate::layout::Layout;

/// The first bytes of an image.
pub const MAGIC: [u8; 4] = *b"LYT1";
/// The version of the format.
pub const VERSION: u16 = 2;
/// What says in the file of a program that it reads images: this, then [`MAGIC`] and the version
/// that it reads, in the order of an image.
pub const MARK: &[u8; 16] = b"loads layouts as";
/// The mark, with how an image begins that this reads.
static READS: [u8; MARK.len() + KIND] = {
    let mut reads = [0; MARK.len() + KIND];
    let (mark, kind) = reads.split_at_mut(MARK.len());
    mark.copy_from_slice(MARK);
    kind.copy_from_slice(&first_bytes(VERSION));
    reads
};
/// Bytes of magic and version.
const KIND: usize = 6;
/// Bytes of the header.
pub const HEADER: usize = 132;
/// Bytes of a signature.
pub const SIGNATURE: usize = 64;

const STRICT: u16 = 1;
const SIGNED: u16 = 2;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// What the image says about itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Header {
    /// Whether it is only for the memory that it was planned for.
    pub is_strict: bool,
    /// Objects.
    pub objects: u32,
    /// Cells, with those of the objects.
    pub cells: u32,
    /// Cores that the kernel uses.
    pub cores: u16,
    /// Domains that the kernel has.
    pub domains: u16,
}

/// An image whose hashes are right, all of whose rows can be read, and whose references name what
/// they should: a proof that what follows from it can be asked of the kernel.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// What it says about itself.
    pub header: Header,
    /// What there is to do.
    pub layout: Layout<'a>,
    /// Bytes for fills.
    pub contents: &'a [u8],
    /// Names.
    pub debug: Debug<'a>,
    /// The hash of everything.
    pub root_hash: Hash,
    /// The signature of that, which nobody has checked.
    pub signature: Option<&'a [u8; SIGNATURE]>,
}

impl<'a> Image<'a> {
    /// Checks all of an image.
    ///
    /// # Errors
    /// The first damage.
    #[inline(never)]
    pub fn new(bytes: &'a [u8]) -> Result<Self, Damage> {
        let parts = Parts::new(bytes)?;
        parts.compare_hashes()?;
        let header = parts.header;
        let layout = Layout::new(parts.contents[0], header.objects)?;
        let debug = Debug::new(parts.contents[2])?;
        check::check(&header, &layout, parts.contents[1].len())?;
        let (root_hash, signature) = (hash(parts.head), parts.signature);
        Ok(Self { header, layout, contents: parts.contents[1], debug, root_hash, signature })
    }
}

/// The parts of an image, before anything is known about them.
struct Parts<'a> {
    head: &'a [u8; HEADER],
    header: Header,
    contents: [&'a [u8]; 3],
    signature: Option<&'a [u8; SIGNATURE]>,
}

impl<'a> Parts<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, Damage> {
        let damage = |reason| Damage::of("header", reason);
        let head: &[u8; HEADER] = bytes.first_chunk().ok_or(damage("too short"))?;
        // Whoever reads images has the mark in its file: no compiler may know what is in it.
        let reads = &core::hint::black_box(&READS)[MARK.len()..];
        if head[..KIND] != *reads {
            return Err(damage("not of this format and version"));
        }
        let flags = word16(head, 6);
        if flags & !(STRICT | SIGNED) != 0 {
            return Err(damage("an unknown flag"));
        }
        let length = word32(head, 8) as usize;
        let (image, behind) = bytes.split_at_checked(length).ok_or(damage("too short"))?;
        let (signature, rest) = match flags & SIGNED {
            0 => (None, behind),
            _ => {
                let (own, rest) = behind.split_first_chunk().ok_or(damage("no signature"))?;
                (Some(own), rest)
            }
        };
        // Nobody has hashed, or signed, what is there.
        if !rest.is_empty() {
            return Err(damage("bytes behind its end"));
        }
        let contents = cut(image, head).ok_or(damage("parts of other lengths"))?;
        let header = Header {
            is_strict: flags & STRICT != 0,
            objects: word32(head, 12),
            cells: word32(head, 16),
            cores: word16(head, 20),
            domains: word16(head, 22),
        };
        Ok(Self { head, header, contents, signature })
    }

    fn compare_hashes(&self) -> Result<(), Damage> {
        for (index, (part, name)) in
            self.contents.iter().zip(["system", "contents", "debug"]).enumerate()
        {
            if hash(part) != self.head[part_at(index) + 4..][..32] {
                return Err(Damage::of(name, "another hash"));
            }
        }
        Ok(())
    }
}

/// The bytes of the three parts. Zeros before a part let it begin at a word.
fn cut<'a>(image: &'a [u8], head: &[u8; HEADER]) -> Option<[&'a [u8]; 3]> {
    let mut rest = image.get(HEADER..)?;
    let mut parts = [rest; 3];
    for (index, part) in parts.iter_mut().enumerate() {
        let (gap, behind) = rest.split_at_checked(gap(image.len() - rest.len()))?;
        if gap.iter().any(|byte| *byte != 0) {
            return None;
        }
        let length = word32(head, part_at(index)) as usize;
        (*part, rest) = behind.split_at_checked(length)?;
    }
    rest.is_empty().then_some(parts)
}

/// Bytes from an offset to the next word: pages are copied and compared by words.
const fn gap(offset: usize) -> usize {
    offset.next_multiple_of(8) - offset
}

/// Where the header speaks of a part.
const fn part_at(index: usize) -> usize {
    24 + 36 * index
}

fn word16(head: &[u8; HEADER], at: usize) -> u16 {
    u16::from_le_bytes([head[at], head[at + 1]])
}

fn word32(head: &[u8; HEADER], at: usize) -> u32 {
    u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]])
}

/// How images of a version begin.
const fn first_bytes(version: u16) -> [u8; KIND] {
    let ([a, b, c, d], [low, high]) = (MAGIC, version.to_le_bytes());
    [a, b, c, d, low, high]
}

/// The version of the images that a program reads, by its bytes; `None`: it reads none.
///
/// ```
/// use packed::image::{VERSION, version_read_by};
///
/// assert_eq!(version_read_by(b"any bytes"), None);
/// let program = [b"code", &b"loads layouts as"[..], b"LYT1", &VERSION.to_le_bytes()].concat();
/// assert_eq!(version_read_by(&program), Some(VERSION));
/// ```
#[must_use]
pub fn version_read_by(program: &[u8]) -> Option<u16> {
    let known = MARK.len() + MAGIC.len();
    let found = program
        .windows(known + 2)
        .find(|window| window.starts_with(MARK) && window[MARK.len()..].starts_with(&MAGIC))?;
    Some(u16::from_le_bytes([found[known], found[known + 1]]))
}

/// SHA-256.
fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Writing, for the tool.
pub mod put {
    use alloc::vec::Vec;

    use super::{
        HEADER, Hash, Header, MAGIC, SIGNATURE, SIGNED, STRICT, VERSION, gap, hash, part_at,
    };
    use crate::debug::put::Names;
    use crate::layout::System;

    /// The image of a system.
    ///
    /// # Errors
    /// It would have more than 4 GiB.
    pub fn image(
        header: &Header,
        system: &System,
        contents: &[u8],
        names: &Names,
    ) -> Result<Vec<u8>, &'static str> {
        sealed(header, [&system.to_bytes(), contents, &names.to_bytes()])
    }

    /// The image with these parts.
    ///
    /// # Errors
    /// It would have more than 4 GiB.
    pub fn sealed(header: &Header, parts: [&[u8]; 3]) -> Result<Vec<u8>, &'static str> {
        let end = |offset: usize, part: &&[u8]| offset + gap(offset) + part.len();
        let length = parts.iter().fold(HEADER, end);
        let length = u32::try_from(length).map_err(|_| "the image would be larger than 4 GiB")?;
        let mut bytes = Vec::with_capacity(length as usize + SIGNATURE);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((if header.is_strict { STRICT } else { 0 }).to_le_bytes());
        for word in [length, header.objects, header.cells] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(header.cores.to_le_bytes());
        bytes.extend(header.domains.to_le_bytes());
        for part in parts {
            // Shorter than the image, whose length fits.
            bytes.extend((part.len() as u32).to_le_bytes());
            bytes.extend(hash(part));
        }
        debug_assert_eq!(bytes.len(), part_at(3));
        for part in parts {
            bytes.resize(bytes.len() + gap(bytes.len()), 0);
            bytes.extend(part);
        }
        Ok(bytes)
    }

    /// Bytes of names in an image.
    #[must_use]
    pub fn names_length(names: &Names) -> usize {
        names.to_bytes().len()
    }

    /// Signs an image: `sign` gets what is to be signed, its root hash. Bytes that are too few for
    /// an image stay as they are.
    pub fn sign(image: &mut Vec<u8>, sign: impl FnOnce(&Hash) -> [u8; SIGNATURE]) {
        let Some(head) = image.first_chunk_mut::<HEADER>() else { return };
        head[6] |= SIGNED as u8;
        let signature = sign(&hash(head));
        image.extend(signature);
    }
}
