//! The kernel image.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
#[allow(unsafe_code)]
mod image {
    platform::entry!(
        boot = kernel::entry::boot,
        secondary = kernel::entry::secondary,
        system_call = kernel::entry::system_call,
        exception = kernel::entry::exception,
        trap = kernel::entry::trap,
    );
}

/// On the host the kernel is a library only.
#[cfg(not(target_os = "none"))]
fn main() {}
