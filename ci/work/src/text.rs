//! Lines on a console.

use crate::Work;

/// A line that fits into one call of a terminal's service.
pub const LINE: &[u8; 80] =
    b"0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 - -\n";

/// Each request is a line, and waits until it is out.
pub const WORK: Work = Work::new(20, "line of 80 bytes on the console", 64, LINE.len() as u32);

/// A call that prints nothing: what calls cost.
pub const CALL: Work = Work::new(21, "call of the console that prints nothing", 64, 0);
