//! Questions about authority and data flow, asked of a small system.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use capdl::authority::System;
use capdl::front::{self, Input, Loaded};
use capdl::question::{answer, parse, show};

use super::Target;

/// The target.
pub(super) const TARGET: Target = Target {
    name: "question",
    run,
    words: &[
        b"who can ",
        b"read ",
        b"write ",
        b"call ",
        b"signal ",
        b"who holds irq_control",
        b"path clock to watcher",
        b" -> ",
        b"what if ",
        b" is compromised",
        b"component ",
        b"region rtc",
        b"object ",
        b" trusting ",
        b" trusting_dma ",
        b",",
        b"\"",
        b"?",
        b"\xc3\xa4",
    ],
};

/// The system: a driver, its device, a client.
static ASKED: LazyLock<Loaded> = LazyLock::new(|| {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../capdl-loader/tests/fixtures");
    let file = PathBuf::from("asked.layout.toml");
    let input = Input { file, search: vec![programs], ..Input::default() };
    front::load_text(&input, include_str!("../../corpus/layout/driver.layout.toml").into())
});

fn run(bytes: &[u8]) {
    let question = String::from_utf8_lossy(bytes);
    assert!(!ASKED.report.has_errors(), "{}", ASKED.report.render(&ASKED.sources));
    let system = System::new(&ASKED.model);
    let asked = match parse(&question, &system) {
        Ok(asked) => asked,
        Err(mistake) => {
            std::hint::black_box(mistake.render(&question));
            return;
        }
    };
    let answer = answer(&system, &asked).expect("proofs pass their checks");
    std::hint::black_box(show::text(&answer, &system, &ASKED.sources));
    std::hint::black_box(show::json(&question, &answer, &system, &ASKED.sources));
}
