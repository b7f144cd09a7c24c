//! Layouts become files of another tool, as far as that has words for them.

use std::path::{Path, PathBuf};

use capdl::board::Board;
use capdl::check::check;
use capdl::front::{Input, Loaded, load};
use capdl::verb::export::{self, ExportArgs, Target};
use capdl::verb::{InputArgs, Outcome};

/// Two components that print, fail and signal; one may call the other, whose answers grant.
const LAYOUT: &str = r#"
layout = 1
name = "exported"
board = "qemu-virt-aarch64"
kernel = { cores = 1 }

[region]
shared = { size = "8K" }

[component.a]
image = "program.elf"
prio = 100
stack = "16K"
sched = { budget_us = 1000, period_us = 10000 }
map = { shared = "rw" }

[component.b]
image = "program.elf"
prio = 110
stack = "16K"
sched = { budget_us = 1000, period_us = 10000 }
map = { shared = "r" }
answers_grant = true

[[channel]]
signal = { from = "a", to = "b", name = "news" }
[[channel]]
call = { from = "a", to = "b" }

[[assert]]
never_holds = { who = "*", cap = "irq_control" }
"#;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("export").join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn arguments(name: &str, text: &str) -> ExportArgs {
    let folder = folder(name);
    let file = folder.join("exported.layout.toml");
    std::fs::write(&file, text).expect("written");
    let output = folder.join("exported.cdl");
    let _ = std::fs::remove_file(&output);
    let input = InputArgs { file, search: vec![fixtures()], ..InputArgs::default() };
    let files = Some(folder.join("files"));
    ExportArgs { input, to: Target::Cdl, output: Some(output), files, lossy: false }
}

/// What was exported, read again with the files that were written beside.
fn again(args: &ExportArgs) -> Loaded {
    load(&Input {
        file: args.output.clone().expect("a file"),
        search: args.files.clone().into_iter().collect(),
        board: Some("qemu-virt-aarch64".into()),
        ..Input::default()
    })
}

#[test]
fn a_layout_without_rules_of_ours_is_exported_whole() {
    let args = arguments("whole", LAYOUT);
    assert_eq!(export::run(&args), Outcome::Done);
    let before = load(&Input::from(args.input.clone()));
    let after = again(&args);
    let text = after.report.render(&after.sources);
    assert!(!text.contains("L008"), "all files are there: {text}");
    assert!(!after.report.has_errors(), "{text}");
    assert_eq!(after.model.objects.len(), before.model.objects.len());
    let capabilities = |loaded: &Loaded| {
        let objects = loaded.model.objects.iter();
        objects.map(|object| object.kind.slots().len()).sum::<usize>()
    };
    assert_eq!(capabilities(&after), capabilities(&before));
    let bytes = |loaded: &Loaded| {
        let all = loaded.model.contents.iter().map(|file| file.bytes.clone());
        all.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(bytes(&after), bytes(&before));
    let board = Board::find("qemu-virt-aarch64", []).expect("readable");
    let found = check(&after.model, board.as_ref());
    assert!(!found.has_errors(), "{}", found.render(&after.sources));
}

#[test]
fn what_the_loader_would_do_is_refused_by_its_place() {
    for (name, from, to) in [
        ("answers", "answers_grant = true\n", ""),
        ("restart", "prio = 100\n", "prio = 100\nrestart = { on = [\"fault\"] }\n"),
        (
            "passive",
            "sched = { budget_us = 1000, period_us = 10000 }\nmap = { shared = \"r\" }",
            "passive = true\nmap = { shared = \"r\" }",
        ),
    ] {
        assert!(LAYOUT.contains(from), "{name}");
        let args = arguments(name, &LAYOUT.replacen(from, to, 1));
        assert_eq!(export::run(&args), Outcome::Refused, "{name}");
        let nothing = args.output.as_ref().is_some_and(|output| !output.exists());
        assert!(nothing, "{name} is written");
        assert_eq!(export::run(&ExportArgs { lossy: true, ..args }), Outcome::Done, "{name}");
    }
}
