//! The reader of rust-sel4's specification.

use capdl::{Sources, export, front};
use layout::span::FileId;

use super::Target;

/// The target.
pub(super) const TARGET: Target = Target {
    name: "json",
    run,
    words: &[
        b"{\"objects\": [",
        b"{\"name\": \"a\", \"object\": \"Endpoint\"},",
        b"{\"Untyped\": {\"size_bits\": 12, \"paddr\": null}}",
        b"[0, {\"Tcb\": {\"object\": 0}}],",
        b"\"slots\": [",
        b"\"extra\": {",
        b"\"irqs\": [[1, 0]]",
        b"\"untyped_covers\": [{\"parent\": 0, \"children\": {\"start\": 0, \"end\": 9}}]",
        b"null",
        b"18446744073709551615",
        b"\\u0000",
        b"\\ud800\\udc00",
        b"[[",
        b"}}",
    ],
};

fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut sources = Sources::default();
    let file = sources.add("fuzz.json", text.clone().into_owned()).unwrap_or(FileId(0));
    let (model, report) = front::json::read("fuzz", &text, file);
    std::hint::black_box(report.render(&sources));
    if !report.has_errors() {
        std::hint::black_box(export::cdl::write(&model));
    }
}
