//! What a layout claims and what holds is proven in files that can be checked again.

use std::path::{Path, PathBuf};

use capdl::verb::build::{self, BuildArgs};
use capdl::verb::check::{self, CheckArgs, RunArgs};
use capdl::verb::diff::{self, DiffArgs};
use capdl::verb::image::{self, VerifyArgs};
use capdl::verb::verify_certificate::{self, VerifyCertificateArgs};
use capdl::verb::{InputArgs, Outcome};

/// Components of the test's system, and what is claimed of them.
const CLAIMS: &str = r#"
[[assert]]
isolated = [["a"], ["b"]]
[[assert]]
only = { may_write = "page", are = ["a"] }
[[assert]]
never_holds = { who = "*", cap = ["irq_control", "domain"] }
"#;

/// Some components, and more of a layout.
fn text(components: &[(&str, &str)], more: &str) -> String {
    let head = "layout = 1\nboard = 'qemu-virt-aarch64'\nregion.page = { size = '4K' }\n";
    let one = |(name, more): &(&str, &str)| {
        let time = "sched = { budget_us = 1000, period_us = 10000 }";
        let program = "image = 'program.elf'\nprio = 9\nstack = '16K'";
        format!("[component.{name}]\n{program}\n{time}\n{more}\n")
    };
    components.iter().fold(head.to_owned(), |text, component| text + &one(component)) + more
}

fn input(name: &str, text: &str) -> InputArgs {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("certificates-{name}.layout.toml"));
    std::fs::write(&file, text).expect("the folder for tests");
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    InputArgs { file, overlays: Vec::new(), search: vec![programs], board: None }
}

fn verify(input: &InputArgs, certificate: &Path) -> Outcome {
    let (input, certificate) = (input.clone(), certificate.to_owned());
    verify_certificate::run(&VerifyCertificateArgs { input, certificate })
}

/// Checks a layout; its certificates, by the numbers of its assertions.
fn certified(name: &str, input: &InputArgs, outcome: Outcome) -> [PathBuf; 3] {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("certificates-{name}"));
    let checked = CheckArgs { input: input.clone(), root_task: None };
    let args = RunArgs { checked, certificates: Some(folder.clone()) };
    assert_eq!(check::run(&args), outcome);
    [1, 2, 3].map(|number| folder.join(format!("assertion-{number}.certificate")))
}

const APART: &[(&str, &str)] = &[("a", "map = { page = 'rw' }"), ("b", "")];

#[test]
fn what_holds_is_proven_for_as_long_as_it_does() {
    let good = input("good", &text(APART, CLAIMS));
    let files = certified("good", &good, Outcome::Done);
    files.iter().for_each(|file| assert_eq!(verify(&good, file), Outcome::Done));
    let verdicts = |name: &str, text: &str| {
        let changed = input(name, text);
        files.each_ref().map(|file| verify(&changed, file) == Outcome::Done)
    };
    // They see one page.
    let shared = [APART[0], ("b", "map = { page = 'rw' }")];
    assert_eq!(verdicts("shared", &text(&shared, CLAIMS)), [false, false, true]);
    // A third one, of which those certificates say nothing that are about everybody.
    let third = [APART[0], APART[1], ("c", "")];
    assert_eq!(verdicts("third", &text(&third, CLAIMS)), [true, false, false]);
    // It reads what `a` writes: `a` and `b` are still isolated, but by another proof.
    let reader = [APART[0], APART[1], ("c", "map = { page = 'r' }")];
    assert_eq!(verdicts("reader", &text(&reader, CLAIMS)), [false; 3]);
    // What is proven is no longer claimed.
    assert_eq!(verdicts("silent", &text(APART, "")), [false; 3]);
    let weaker = CLAIMS.replace("are = [\"a\"]", "are = [\"a\", \"b\"]");
    assert_eq!(verdicts("weaker", &text(APART, &weaker)), [true, false, true]);
}

#[test]
fn a_certificate_that_was_changed_is_refused() {
    let good = input("tampered", &text(APART, CLAIMS));
    for file in certified("tampered", &good, Outcome::Done) {
        let whole = std::fs::read_to_string(&file).expect("it was written");
        let lies = [
            whole.replace("closed ", "trusted "),
            without(&whole, "closed "),
            without(&whole, "from "),
            without(&whole, "to "),
            whole.replace("[b]", "[nobody]").replace("never holds", "ever holds"),
            whole.lines().take(2).map(|line| format!("{line}\n")).collect(),
            String::new(),
        ];
        for (number, lie) in lies.iter().filter(|lie| **lie != whole).enumerate() {
            std::fs::write(&file, lie).expect("the folder for tests");
            assert_eq!(verify(&good, &file), Outcome::Refused, "{number} of {}", file.display());
        }
    }
}

#[test]
fn what_does_not_hold_has_no_certificate() {
    let good = input("fails", &text(APART, CLAIMS));
    let [isolated, only, never] = certified("fails", &good, Outcome::Done);
    let shared = [APART[0], ("b", "map = { page = 'rw' }")];
    let bad = input("fails", &text(&shared, CLAIMS));
    certified("fails", &bad, Outcome::Refused);
    assert!(!isolated.exists() && !only.exists() && never.exists());
    // Nothing is proven of a system whose programs are not known.
    let unknown = text(APART, CLAIMS).replace("program.elf", "none.elf");
    certified("unknown", &input("unknown", &unknown), Outcome::Refused);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("certificates-unknown");
    assert!(!folder.exists());
}

/// A text without the lines that begin with a word.
fn without(text: &str, word: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with(word));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn proofs_travel_in_the_image_and_are_checked_there() {
    let layout = input("image", &text(APART, CLAIMS));
    let image = Path::new(env!("CARGO_TARGET_TMPDIR")).join("certificates.image");
    let build = |no_names, certificates| {
        build::run(&BuildArgs {
            checked: CheckArgs { input: layout.clone(), root_task: None },
            output: image.clone(),
            no_names,
            certificates,
            counter_frequency: None,
            sign: None,
            trust: None,
            strict: None,
        })
    };
    assert_eq!(build(true, false), Outcome::Done);
    assert_eq!(verify(&layout, &image), Outcome::Failed, "there are none in it");
    let without = std::fs::read(&image).expect("an image");
    assert_eq!(build(true, true), Outcome::Done);
    let bytes = std::fs::read(&image).expect("an image");
    let proofs = packed::Image::new(&bytes).expect("whole").debug.proofs().count();
    assert_eq!(proofs, 3);
    assert!(bytes.len() > without.len());
    assert_eq!(verify(&layout, &image), Outcome::Done);
    let file = image.clone();
    assert_eq!(image::run_verify(&VerifyArgs { file, key: None }), Outcome::Done);
    let difference = |other: &InputArgs| {
        let (input, other) = (layout.clone(), other.file.clone());
        diff::run(&DiffArgs { input, other, root_task: None, gate: false, json: false })
    };
    // The image with names, as `diff` makes it of a layout.
    let named = InputArgs { file: image.clone(), ..InputArgs::default() };
    assert_eq!(build(false, true), Outcome::Done);
    assert_eq!(difference(&named), Outcome::Done);
    // Another layout, of which the same was claimed.
    let open = &[("a", "map = { page = 'rw' }"), ("b", "map = { page = 'rw' }")];
    let other = input("opened", &text(open, ""));
    assert_eq!(verify(&other, &image), Outcome::Refused);
    // A bit of a proof is a bit of the image.
    let mut damaged = bytes;
    *damaged.last_mut().expect("bytes") ^= 1;
    std::fs::write(&image, damaged).expect("written");
    assert_eq!(verify(&layout, &image), Outcome::Failed);
}
