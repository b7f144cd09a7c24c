//! Terminals.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use super::checked;

/// Waits until everything that was written is out.
pub(crate) fn drain(terminal: &File) -> io::Result<()> {
    // SAFETY: the call changes no memory of ours.
    checked(unsafe { libc::tcdrain(terminal.as_raw_fd()) }.into()).map(drop)
}
