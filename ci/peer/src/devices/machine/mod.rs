//! Calls of the system that the standard library does not have.
//!
//! What they mean is told by the manual pages of Linux, section 2, under the names of the calls.
#![allow(unsafe_code)]

pub(crate) mod buffer;
pub(crate) mod network;
pub(crate) mod requests;
pub(crate) mod system;
pub(crate) mod terminal;

use std::io;

/// The answer of a call, or why it failed.
fn checked(answer: libc::c_long) -> io::Result<usize> {
    usize::try_from(answer).map_err(|_| io::Error::last_os_error())
}
