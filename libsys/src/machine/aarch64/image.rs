//! What the image says about itself: the names of its functions.
//!
//! Invariant N1: the last segment of an image begins with a header whose third word is the number
//! of bytes that are mapped there, readable and never written: the sixteen of [`EMPTY`], or what
//! the build tool has put in their place.

/// A table without names, for images that the build tool has not completed.
#[used]
#[unsafe(link_section = ".symbols")]
static EMPTY: [u32; 4] = [crate::symbols::MAGIC, 0, crate::symbols::HEADER as u32, 0];

unsafe extern "C" {
    /// Where that segment begins, from the linker script. The compiler does not know that it is
    /// [`EMPTY`], whose content is not that of the table any more.
    static symbols_start: [u32; 4];
}

/// The table of symbols: its bytes.
pub(crate) fn symbols() -> &'static [u8] {
    let start = &raw const symbols_start;
    // SAFETY: N1.
    unsafe { core::slice::from_raw_parts(start.cast(), (*start)[2] as usize) }
}
