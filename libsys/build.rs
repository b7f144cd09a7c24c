//! Links programs again when their layout changes: cargo does not look into link arguments.

fn main() {
    println!("cargo:rerun-if-changed=user.ld");
}
