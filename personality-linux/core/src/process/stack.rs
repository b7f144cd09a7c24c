//! What a program finds on its stack: words, environment, auxiliary vector.

use alloc::vec::Vec;

use crate::abi::errno::{E2BIG, Errno};
use crate::abi::flags::{
    AT_BASE, AT_CLKTCK, AT_EGID, AT_ENTRY, AT_EUID, AT_EXECFN, AT_GID, AT_HWCAP, AT_NULL,
    AT_PAGESZ, AT_PHDR, AT_PHENT, AT_PHNUM, AT_RANDOM, AT_SECURE, AT_UID,
};
use crate::machine::PAGE;

/// Bytes that words and environment may take.
pub(crate) const LIMIT: usize = 256 << 10;
/// Floating point and SIMD.
const CAPABILITIES: u64 = 3;

/// What the auxiliary vector says about where things are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Places {
    /// Program headers: address, number, bytes of each.
    pub(crate) headers: (u64, u64, u64),
    /// Where the interpreter is; 0 without one.
    pub(crate) base: u64,
    pub(crate) entry: u64,
}

/// The bytes up to `end`, and the stack pointer, which is where they begin.
///
/// # Errors
/// `E2BIG`.
pub(crate) fn build(
    end: u64,
    path: &[u8],
    arguments: &[Vec<u8>],
    environment: &[Vec<u8>],
    places: &Places,
    random: [u8; 16],
) -> Result<(u64, Vec<u8>), Errno> {
    let texts = || arguments.iter().chain(environment);
    let text_bytes: usize = texts().map(|text| text.len() + 1).sum();
    let text_bytes = text_bytes + path.len() + 1 + random.len();
    if text_bytes > LIMIT {
        return Err(E2BIG);
    }
    let text_start = (end - text_bytes as u64) & !0xf;
    let mut content = Vec::new();
    let mut pointers = Vec::new();
    let random_at = text_start;
    content.extend(random);
    for text in texts() {
        pointers.push(text_start + content.len() as u64);
        content.extend(text);
        content.push(0);
    }
    let path_at = text_start + content.len() as u64;
    content.extend(path);
    content.push(0);

    let (argument_pointers, environment_pointers) = pointers.split_at(arguments.len());
    let mut words = alloc::vec![arguments.len() as u64];
    words.extend(argument_pointers);
    words.push(0);
    words.extend(environment_pointers);
    words.push(0);
    words.extend(auxiliary(places, random_at, path_at).into_iter().flatten());
    let start = (text_start - 8 * words.len() as u64) & !0xf;
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.resize((text_start - start) as usize, 0);
    bytes.extend(content);
    Ok((start, bytes))
}

fn auxiliary(places: &Places, random: u64, path: u64) -> [[u64; 2]; 16] {
    let (headers, count, size) = places.headers;
    [
        [AT_PHDR, headers],
        [AT_PHENT, size],
        [AT_PHNUM, count],
        [AT_PAGESZ, PAGE],
        [AT_BASE, places.base],
        [AT_ENTRY, places.entry],
        [AT_UID, 0],
        [AT_EUID, 0],
        [AT_GID, 0],
        [AT_EGID, 0],
        [AT_HWCAP, CAPABILITIES],
        [AT_CLKTCK, 100],
        [AT_SECURE, 0],
        [AT_RANDOM, random],
        [AT_EXECFN, path],
        [AT_NULL, 0],
    ]
}
