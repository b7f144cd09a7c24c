//! The system as a whole.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::null;

use super::checked;

/// Mounts a file system that needs no device, at a place that is made if missing.
pub(crate) fn mount(kind: &CStr, place: &CStr) -> io::Result<()> {
    std::fs::create_dir_all(place.to_string_lossy().as_ref())?;
    // SAFETY: the texts end with a zero, and outlive the call, which changes no memory of ours.
    let answer = unsafe { libc::mount(kind.as_ptr(), place.as_ptr(), kind.as_ptr(), 0, null()) };
    checked(answer.into()).map(drop)
}

/// Makes a file part of the kernel.
pub(crate) fn load_module(module: &File) -> io::Result<()> {
    let words = c"";
    // SAFETY: the text ends with a zero; the call changes no memory of ours.
    let answer =
        unsafe { libc::syscall(libc::SYS_finit_module, module.as_raw_fd(), words.as_ptr(), 0) };
    checked(answer).map(drop)
}

/// Ends everything.
pub(crate) fn power_off() {
    // SAFETY: the call changes no memory; nothing of ours is left to be done.
    unsafe { libc::reboot(libc::RB_POWER_OFF) };
}
