//! Links the kernel's image by the platform's linker script.

use std::env;
use std::path::Path;

fn main() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform/src/aarch64/kernel.ld");
    println!("cargo:rerun-if-changed={}", script.display());
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "none") {
        println!("cargo:rustc-link-arg-bins=-T{}", script.display());
        // The parts of the image are mapped by pages of 4 KiB, whatever the linker's default is.
        println!("cargo:rustc-link-arg-bins=-zmax-page-size=4096");
    }
}
