//! What the image carries besides the program: its modules.
//!
//! Invariant N1: the last segment of an image begins with a header whose third word is the number
//! of bytes that are mapped there, readable and never written: the sixteen of [`EMPTY`], or what
//! the build tool has put in their place.

use crate::modules::{HEADER, MAGIC};

/// No modules, for images that the build tool has not completed.
#[used]
#[unsafe(link_section = ".modules")]
static EMPTY: [u32; 4] = [MAGIC, 0, HEADER as u32, 0];

unsafe extern "C" {
    /// Where that segment begins, from the linker script. The compiler does not know that it is
    /// [`EMPTY`], whose content is not that of the segment any more.
    static modules_start: [u32; 4];
}

/// The bytes of the modules.
pub(crate) fn modules() -> &'static [u8] {
    let start = &raw const modules_start;
    // SAFETY: N1.
    unsafe { core::slice::from_raw_parts(start.cast(), (*start)[2] as usize) }
}
