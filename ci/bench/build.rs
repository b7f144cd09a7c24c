//! Links the program with the library's linker script.

fn main() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../libsys/user.ld");
    println!("cargo:rustc-link-arg-bins=-T{script}");
    println!("cargo:rerun-if-changed={script}");
}
