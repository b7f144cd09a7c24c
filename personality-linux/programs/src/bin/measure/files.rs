//! Descriptors and their content.

use std::io;

use crate::machine::{self, Descriptor};
use crate::windows::{self, of};

/// A file whose content is in memory.
pub(crate) const FILE: &str = "/measured";
/// Bytes of it.
pub(crate) const BYTES: usize = 64 << 10;

pub(crate) fn measure() -> io::Result<()> {
    let mut byte = [0];
    let zero = || Descriptor::open(c"/dev/zero");
    windows::measure(of(10, "read 1 byte", 200, 1), zero, |zero| zero.read(&mut byte))?;
    let null = || Descriptor::open(c"/dev/null");
    windows::measure(of(11, "write 1 byte", 200, 1), null, |null| null.write(&[1]))?;

    std::fs::write(FILE, vec![7; BYTES])?;
    let nothing = || Ok(());
    windows::measure(of(12, "open and close", 50, 0), nothing, |()| {
        Descriptor::open(c"/measured").map(drop)
    })?;
    windows::measure(of(13, "stat", 50, 0), nothing, |()| machine::status(c"/measured"))?;
    let file = || Descriptor::open(c"/measured");
    windows::measure(of(14, "fstat", 50, 0), file, |file| file.status())?;
    let mut content = vec![0; BYTES];
    let all = BYTES as u32;
    windows::measure(of(15, "read 64 KiB", 10, all), file, |file| file.read_at(&mut content, 0))
}
