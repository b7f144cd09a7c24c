//! The reader of our own format of layouts, with the checks and the packer behind it.

use std::path::{Path, PathBuf};

use capdl::board::Board;
use capdl::code::Code;
use capdl::front::{self, Input};
use capdl::{check, pack};
use packed::Image;

use super::Target;

/// The target.
pub(super) const TARGET: Target = Target {
    name: "layout",
    run,
    words: &[
        b"layout = 1\nboard = \"qemu-virt-aarch64\"\n",
        b"[component.a]\n",
        b"image = \"program.elf\"\n",
        b"sched = { budget_us = 1000, period_us = 10000 }\n",
        b"[memory.m]\nsize = \"64K\"\n",
        b"[device]\n",
        b"[untyped]\n",
        b"[[channel]]\n",
        b"call = { from = \"a\", to = \"b\" }\n",
        b"signal = { from = \"a\", to = \"b\" }\n",
        b"[objects]\n",
        b"count = 3\n",
        b"restart = { on = [\"fault\"], max = 5 }\n",
        b"fault_handler = \"a\"\n",
        b"prio = 255\n",
        b"reserve = { hole = \"4K\" }\n",
        b"size = \"1T\"\n",
        b"[]",
        b"{}",
        b"0xffffffffffffffff",
        b"-1",
    ],
};

/// Where the program is that layouts of the corpus name.
fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../capdl-loader/tests/fixtures")
}

fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let file = PathBuf::from("fuzz.layout.toml");
    let input = Input { file, search: vec![programs()], ..Input::default() };
    let mut loaded = front::load_text(&input, text);
    std::hint::black_box(loaded.report.render(&loaded.sources));
    // What follows does without files that are not there.
    loaded.report.retain(|found| found.code != Code::FILE);
    if loaded.report.has_errors() {
        return;
    }
    let board = Board::find(&loaded.model.target.board, []).ok().flatten();
    let report = check::check(&loaded.model, board.as_ref());
    std::hint::black_box(report.render(&loaded.sources));
    // What the packer takes, the loader takes.
    let options = pack::Options { has_names: true, ..pack::Options::default() };
    if !report.has_errors()
        && let Ok(packed) = pack::pack(&loaded.model, &loaded.sources, &options)
    {
        assert!(Image::new(&packed.bytes).is_ok(), "the image is damaged");
    }
}
