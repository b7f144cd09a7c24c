//! Certificates of what a small system does not let through.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use capdl::authority::System;
use capdl::front::{self, Input, Loaded};
use capdl::question::record;

use super::Target;

/// The target.
pub(super) const TARGET: Target = Target {
    name: "certificate",
    run,
    words: &[
        b"capdl certificate 1\n",
        b"question who can write clock\n",
        b"assertion ",
        b"claim ",
        b"relation flow\n",
        b"relation authority\n",
        b"from ",
        b"to ",
        b"trusted ",
        b"closed ",
        b"object clock/thread\n",
        b"behind watcher/cspace\n",
        b"device rtc\n",
        b"dma rtc\n",
        b"machine ",
        b"\n",
        b"\xc3\xa4",
    ],
};

/// The system: a driver, its device, a client.
static PROVEN: LazyLock<Loaded> = LazyLock::new(|| {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../capdl-loader/tests/fixtures");
    let file = PathBuf::from("proven.layout.toml");
    let input = Input { file, search: vec![programs], ..Input::default() };
    front::load_text(&input, include_str!("../../corpus/layout/driver.layout.toml").into())
});

fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let system = System::new(&PROVEN.model);
    let records = match record::read(&text, &system) {
        Ok(records) => records,
        Err(mistake) => {
            assert!(mistake.line <= text.lines().count().max(2), "{mistake:?}");
            return;
        }
    };
    std::hint::black_box(records.expect_asked(&system).is_ok());
    for record in &records.all {
        std::hint::black_box(record.meaning(&system));
        std::hint::black_box(record.certificate.check(&system).is_ok());
    }
}
