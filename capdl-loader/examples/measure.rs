//! How long the tool takes, and how large its images are, for generated systems of several sizes.
//!
//! Times are wall-clock times of this machine: medians of several runs, and the fastest and the
//! slowest of them. They are printed, never judged. With a folder as argument, the images are
//! left there, each named by its number of objects and what is filled: `1000-programs.layout`,
//! `1000-half.layout`.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use capdl::authority::System;
use capdl::board::Board;
use capdl::draw::diagram::Diagram;
use capdl::draw::{authority, boxes, channels, crowd, memory};
use capdl::front::{Input, Loaded};
use capdl::generate::{self, Filled};
use capdl::pack::{Options, Packed, pack};
use capdl::question::{answer, parse};
use capdl::{Sources, check, export, front};
use layout::Model;
use layout::span::FileId;

/// Sizes, the runs of each, and the milliseconds that reading and checking should take at most.
const SIZES: [(usize, usize, Option<u64>); 4] =
    [(100, 21, None), (1_000, 21, None), (10_000, 11, Some(100)), (100_000, 5, Some(800))];
/// Milliseconds that a picture, a question and the check of a proof should take at most.
const DRAW_AIM: Option<u64> = Some(500);
const QUERY_AIM: Option<u64> = Some(100);
const PROOF_AIM: Option<u64> = Some(10);
/// A board with room for all of them.
const BOARD: &str = "qemu-virt-aarch64-4g";
/// Where the program of layouts in our own format is, from this crate.
const PROGRAMS: &str = "tests/fixtures";
/// Asked of each.
const QUESTION: &str = "path c0 to c1";

/// A kind of picture: its name, and how a system becomes one.
type View = (&'static str, fn(&System<'_>) -> Diagram);

/// The pictures that show what components do with each other.
const VIEWS: [View; 3] = [
    ("channels", channels::diagram),
    ("memory", memory::diagram),
    ("authority", authority::diagram),
];

fn main() {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    println!("{:>8}  {:<16} {:>10} {:>22}  aim", "objects", "step", "median", "fastest to slowest");
    for (objects, runs, aim) in SIZES {
        let model = generate::system(objects);
        let table = Table { objects, runs };
        reading(&table, &model, aim);
        expanding(&table, aim);
        pictures(&table, &model);
        questions(&table, &model);
        packing(&table, &model);
        if let Some(folder) = &folder {
            leave_images(folder, objects);
        }
    }
}

/// The rows of one size.
struct Table {
    objects: usize,
    runs: usize,
}

impl Table {
    /// Does it several times, and prints how long that took.
    fn row<T>(&self, step: &str, aim: Option<u64>, work: impl Fn() -> T) {
        let run = |_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        };
        let mut sorted: Vec<Duration> = (0..self.runs).map(run).collect();
        sorted.sort();
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
        let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return };
        let median = milliseconds(sorted[sorted.len() / 2]);
        let spread = format!("{:.2} to {:.2} ms", milliseconds(*first), milliseconds(*last));
        let aim = aim.map_or(String::new(), |aim| format!("< {aim} ms"));
        println!("{:>8}  {step:<16} {median:>7.2} ms {spread:>22}  {aim}", self.objects);
    }
}

fn reading(table: &Table, model: &Model, aim: Option<u64>) {
    let (text, _) = export::cdl::write(model);
    let board = Board::find(BOARD, []).ok().flatten();
    let read = || front::cdl::read("generated", &text, FileId(0)).0;
    table.row("read .cdl", None, read);
    table.row("check", None, || check::check(model, board.as_ref()));
    table.row("read and check", aim, || check::check(&read(), board.as_ref()));
    table.row("write .cdl", None, || export::cdl::write(model));
}

/// The same from a text in our own format, of as many components as come to these objects.
fn expanding(table: &Table, aim: Option<u64>) {
    let expand = |text: &str| -> Loaded {
        let search = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(PROGRAMS)];
        let file = PathBuf::from("generated.layout.toml");
        front::load_text(&Input { file, search, ..Input::default() }, text.to_owned())
    };
    let objects = |components| expand(&generate::text(components)).model.objects.len();
    // What each adds: the supervisor's are there once.
    let (few, more) = (objects(2), objects(12));
    let each = (more - few) / 10;
    let text = generate::text(2 + table.objects.saturating_sub(few).div_ceil(each));
    let loaded = expand(&text);
    let errors = loaded.report.render(&loaded.sources);
    assert!(!loaded.report.has_errors(), "{errors}");
    assert!(loaded.model.objects.len() >= table.objects, "{each} objects each");
    let board = Board::find(&loaded.model.target.board, []).ok().flatten();
    table.row("expand .toml", None, || expand(&text));
    table.row("expand and check", aim, || check::check(&expand(&text).model, board.as_ref()));
}

fn pictures(table: &Table, model: &Model) {
    for (name, diagram) in VIEWS {
        let draw = || boxes::svg(&crowd::thinned(diagram(&System::new(model))));
        table.row(&format!("draw {name}"), DRAW_AIM, draw);
    }
}

fn questions(table: &Table, model: &Model) {
    let ask = || {
        let system = System::new(model);
        let asked = parse(QUESTION, &system).ok()?;
        answer(&system, &asked).ok()
    };
    assert!(ask().is_some(), "`{QUESTION}` has an answer");
    table.row("answer", QUERY_AIM, ask);
    let system = System::new(model);
    let frame = system.points.object(generate::OBJECTS as u32 - 1);
    let proof = system.who(vec![frame], &Default::default()).others;
    let proof = proof.expect("a proof that nobody else has the page");
    table.row("check a proof", PROOF_AIM, || proof.check(&system));
}

fn packing(table: &Table, model: &Model) {
    let packed = || packed(model);
    table.row("pack", None, packed);
    let options = Options { has_names: true, ..Options::default() };
    let image = pack(model, &Sources::default(), &options).expect("a good system");
    let (objects, aim) = (table.objects, "< 12 bytes");
    for (what, bytes) in
        [("packed", image.structure()), ("packed, named", image.structure() + image.names)]
    {
        let each = bytes as f64 / f64::from(image.objects);
        println!("{objects:>8}  {what:<16} {each:>7.2} bytes each {:>16}  {aim}", "");
    }
}

fn packed(model: &Model) -> Packed {
    pack(model, &Sources::default(), &Options::default()).expect("a good system")
}

fn leave_images(folder: &Path, objects: usize) {
    for (name, filled) in [("programs", Filled::Programs), ("half", Filled::Half)] {
        let image = packed(&generate::filled(objects, filled));
        let path = folder.join(format!("{objects}-{name}.layout"));
        std::fs::write(path, &image.bytes).expect("a folder for images");
    }
}
