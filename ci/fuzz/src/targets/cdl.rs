//! The reader of upstream capDL, and the writer of what it has read.

use capdl::{Sources, export, front};
use layout::span::FileId;

use super::Target;

/// The target.
pub(super) const TARGET: Target = Target {
    name: "cdl",
    run,
    words: &[
        b"arch aarch64",
        b" objects { ",
        b" caps { ",
        b" irq maps { ",
        b" cdt { ",
        b" domains { schedule: [(0, 1)] ",
        b" } ",
        b" = ",
        b"/* ",
        b" */",
        b"-- ",
        b"[..]",
        b"[5..1]",
        b"[1000]",
        b" ut { ",
        b"a/b/c = tcb",
        b"frame (4k, fill: [{0 1 CDL_FrameFill_FileData \"a\" 0}])",
        b"cnode (4 bits)",
        b"<a> (masked: R) - child_of a",
        b"0xffffffffffffffff",
    ],
};

fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut sources = Sources::default();
    let file = sources.add("fuzz.cdl", text.clone().into_owned()).unwrap_or(FileId(0));
    let (model, report) = front::cdl::read("fuzz", &text, file);
    std::hint::black_box(report.render(&sources));
    if report.has_errors() {
        return;
    }
    // What can be written is read again without a complaint.
    let (text, lost) = export::cdl::write(&model);
    if !lost.has_errors() {
        let (again, report) = front::cdl::read("fuzz", &text, file);
        assert!(!report.has_errors(), "{text}");
        assert_eq!(again.objects.len(), model.objects.len());
    }
}
