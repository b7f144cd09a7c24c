//! Verbs refuse what they should, before they write anything.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use capdl::board::{Board, Loader};
use capdl::check::{check, check_with_loader};
use capdl::code::Code;
use capdl::front::{Input, load};
use capdl::verb::build::{self, BuildArgs};
use capdl::verb::check::{CheckArgs, checked};
use capdl::verb::diff::{self, DiffArgs};
use capdl::verb::image::{self, DumpArgs, VerifyArgs};
use capdl::verb::key::{self, KeyArgs};
use capdl::verb::{InputArgs, Outcome};
use signing::PublicKey;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn check_args(name: &str, root_task: Option<&str>) -> CheckArgs {
    let input = InputArgs { file: fixture(name), ..InputArgs::default() };
    CheckArgs { input, root_task: root_task.map(fixture) }
}

/// A program that says that it reads images of a version; nothing else is in it.
fn loader(version: u16) -> PathBuf {
    let mut bytes = std::fs::read(fixture("program.elf")).expect("a program");
    let mark = [&packed::image::MARK[..], b"LYT1", &version.to_le_bytes()].concat();
    bytes.extend(&mark);
    // Sizes of the only segment, in the file and in memory: the mark is in it.
    for size in [64 + 32, 64 + 40] {
        let field: &mut [u8; 8] = bytes[size..].first_chunk_mut().expect("a program header");
        *field = (u64::from_le_bytes(*field) + mark.len() as u64).to_le_bytes();
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("loader-{version}.elf"));
    std::fs::write(&file, bytes).expect("written");
    file
}

fn build_args(checked: CheckArgs, output: PathBuf) -> BuildArgs {
    BuildArgs {
        checked,
        output,
        no_names: false,
        counter_frequency: None,
        sign: None,
        trust: None,
        strict: None,
        certificates: false,
    }
}

fn build_to(name: &str, output: &Path) -> Outcome {
    let _ = std::fs::remove_file(output);
    build::run(&build_args(check_args(name, None), output.to_path_buf()))
}

#[test]
fn a_system_that_fails_a_check_is_not_built() {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verbs.image");
    // It can be read and packed; only a check refuses it.
    assert_eq!(build_to("T303-utilisation.layout.toml", &output), Outcome::Refused);
    assert!(!output.exists());
    // Warnings refuse nothing.
    assert_eq!(build_to("C501-restart.layout.toml", &output), Outcome::Done);
    assert!(packed::Image::new(&std::fs::read(output).expect("it was written")).is_ok());
}

#[test]
fn a_root_task_that_cannot_be_used_is_told() {
    let version = packed::image::VERSION;
    let other = format!("it reads images of version {}, this tool writes {version}", version + 1);
    for (file, why) in [
        (loader(version), None),
        (loader(version + 1), Some(other.as_str())),
        (fixture("program.elf"), Some("it is no loader of layouts")),
        (fixture("nowhere.elf"), Some("No such file")),
        (fixture("C505-no-bytes.cdl"), Some("cannot be used")),
    ] {
        let args = check_args("C501-restart.layout.toml", None);
        let loaded = checked(&CheckArgs { root_task: Some(file), ..args });
        let text = loaded.report.render(&loaded.sources);
        assert_eq!(loaded.report.has_errors(), why.is_some(), "{text}");
        assert!(text.contains(why.unwrap_or_default()), "{text}");
        assert!(why.is_none() || text.contains("help: "), "{text}");
    }
}

#[test]
fn verbs_that_place_objects_ask_how_large_the_loader_is() {
    let layout = "C501-restart.layout.toml";
    let good = loader(packed::image::VERSION).display().to_string();
    let bytes = std::fs::read(&good).expect("readable");
    // The size in memory of its only segment: 64 MiB more.
    let size = 64 + 40;
    let more = bytes[size..].first_chunk().map(|field| u64::from_le_bytes(*field) + (64 << 20));
    let mut bytes = bytes;
    bytes[size..size + 8].copy_from_slice(&more.expect("a program header").to_le_bytes());
    let large = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large-loader.elf");
    std::fs::write(&large, bytes).expect("written");
    let large = large.display().to_string();
    for (words, depends) in [
        (&["report", layout][..], true),
        (&["draw", layout, "--view", "physical"], true),
        (&["diff", layout, layout], false),
    ] {
        let by = |file: &str| run(&[words, &["--root-task", file]].concat());
        let ((status, small), (other, big)) = (by(&good), by(&large));
        assert_eq!((status, other), (Some(0), Some(0)), "{words:?}");
        assert_eq!(small != big, depends, "{words:?}: {small}");
        let refused = by("program.elf");
        assert_eq!(refused, (Some(1), String::new()), "{words:?}: it is no loader");
    }
}

#[test]
fn the_loader_takes_memory_of_the_board() {
    let file = fixture("C501-restart.layout.toml");
    let model = load(&Input { file, ..Input::default() }).model;
    let board = Board::find("qemu-virt-aarch64", []).expect("readable").expect("known");
    let memory: u64 = board.memory.iter().map(|range| range.len()).sum();
    assert!(!check(&model, Some(&board)).has_errors());
    let large = Loader { extent: 0x20_0000..0x20_0000 + memory, file_bytes: memory };
    let report = check_with_loader(&model, Some(&board), &large);
    assert!(report.iter().any(|found| found.code == Code::OUT_OF_MEMORY));
}

/// Runs the tool with words; the reader of one of its outputs has gone away.
fn run_unread(words: &[&str], reads: [Stdio; 2]) -> Option<i32> {
    let [out, err] = reads;
    let mut command = Command::new(env!("CARGO_BIN_EXE_capdl"));
    let mut tool = command.args(words).stdout(out).stderr(err).spawn().expect("it runs");
    // Whoever reads stops at once.
    drop((tool.stdout.take(), tool.stderr.take()));
    tool.wait().expect("it ends").code()
}

#[test]
fn readers_may_stop_early() {
    let layout = fixture("C501-restart.layout.toml").display().to_string();
    let bad = fixture("T303-utilisation.layout.toml").display().to_string();
    for (words, status) in [
        (&["schema"][..], 0),
        (&["codes"], 0),
        (&["explain", "T305"], 0),
        (&["report", &layout], 0),
        (&["draw", &layout], 0),
        (&["check", &bad], 1),
        (&["query", "nowhere.layout.toml", "who can write x"], 2),
    ] {
        let unread = || [Stdio::piped(), Stdio::piped()];
        assert_eq!(run_unread(words, unread()), Some(status), "{words:?}");
    }
}

/// One system, packed in two folders whose paths have other lengths.
#[test]
fn an_image_does_not_depend_on_where_it_is_made() {
    let image = |folder: &str| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        for file in ["C501-restart.layout.toml", "program.elf"] {
            std::fs::copy(fixture(file), folder.join(file)).expect("a copy");
        }
        let output = folder.join("system.image");
        let file = folder.join("C501-restart.layout.toml");
        let input = InputArgs { file, ..InputArgs::default() };
        let checked = CheckArgs { input, root_task: None };
        let args = build_args(checked, output);
        assert_eq!(build::run(&args), Outcome::Done);
        std::fs::read(&args.output).expect("it was written")
    };
    let short = image("a");
    assert_eq!(short, image("a/much/longer/path/than/the/other"));
    assert_eq!(short, image("a"), "built again");
}

#[test]
fn a_root_task_without_a_place_for_modules_takes_no_system() {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("root-task.elf");
    let _ = std::fs::remove_file(&output);
    let args = check_args("C501-restart.layout.toml", None);
    let checked = CheckArgs { root_task: Some(loader(packed::image::VERSION)), ..args };
    let args = build_args(checked, output);
    assert_eq!(build::run(&args), Outcome::Refused);
    assert!(!args.output.exists());
}

#[test]
fn images_are_signed_with_keys_that_the_tool_made() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("keys");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let pair = KeyArgs { output: folder.join("mine") };
    assert_eq!(key::run(&pair), Outcome::Done);
    let secret = std::fs::read(&pair.output).expect("it was written");
    assert_eq!(key::run(&pair), Outcome::Failed, "a key is never lost");
    assert_eq!(std::fs::read(&pair.output).expect("still there"), secret);

    let output = folder.join("system.lyt");
    let args = build_args(check_args("C501-restart.layout.toml", None), output.clone());
    let signed = BuildArgs { sign: Some(pair.output.clone()), ..args.clone() };
    assert_eq!(build::run(&signed), Outcome::Done);
    let bytes = std::fs::read(&output).expect("it was written");
    let image = packed::Image::new(&bytes).expect("a good image");
    let public = std::fs::read(pair.public()).expect("it was written");
    let public = PublicKey::from_file(&public).expect("a public key");
    assert!(public.has_signed(&image.root_hash, image.signature.expect("signed")));

    // The wrong half of the pair is refused in both places.
    std::fs::remove_file(&output).expect("removed");
    let mixed_up = BuildArgs { sign: Some(pair.public()), ..args.clone() };
    assert_eq!(build::run(&mixed_up), Outcome::Refused);
    let checked = check_args("C501-restart.layout.toml", None);
    let checked = CheckArgs { root_task: Some(loader(packed::image::VERSION)), ..checked };
    let mixed_up = BuildArgs { checked, trust: Some(pair.output.clone()), ..args };
    assert_eq!(build::run(&mixed_up), Outcome::Refused);
    assert!(!output.exists());
}

#[test]
fn images_and_layouts_are_compared_fact_by_fact() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("facts");
    std::fs::create_dir_all(&folder).expect("a folder");
    let (file, output) = (fixture("C501-restart.layout.toml"), folder.join("system.lyt"));
    assert_eq!(build_to("C501-restart.layout.toml", &output), Outcome::Done);
    let diff = |file: &Path, other: &Path| {
        let search = vec![fixture("")];
        let input = InputArgs { file: file.into(), search, ..InputArgs::default() };
        diff::run(&DiffArgs {
            input,
            other: other.into(),
            root_task: None,
            gate: false,
            json: false,
        })
    };
    assert_eq!(diff(&file, &output), Outcome::Done, "the image is of the layout");
    assert_eq!(diff(&output, &output), Outcome::Done);
    // Another priority is another fact.
    let text = std::fs::read_to_string(&file).expect("readable");
    let changed = folder.join("changed.layout.toml");
    std::fs::write(&changed, text.replace("prio = 100", "prio = 101")).expect("written");
    assert_eq!(diff(&changed, &output), Outcome::Refused);
    assert_eq!(diff(&output, &changed), Outcome::Refused);

    let verify = |file: PathBuf| image::run_verify(&VerifyArgs { file, key: None });
    assert_eq!(verify(output.clone()), Outcome::Done);
    assert_eq!(image::run_dump(&DumpArgs { file: output.clone() }), Outcome::Done);
    let mut bytes = std::fs::read(&output).expect("readable");
    *bytes.last_mut().expect("some") ^= 1;
    std::fs::write(&output, bytes).expect("written");
    assert_eq!(verify(output.clone()), Outcome::Refused);
    assert_eq!(diff(&file, &output), Outcome::Failed);
    assert_eq!(verify(fixture("program.elf")), Outcome::Failed);
}

#[test]
fn facts_have_the_names_of_the_layout() {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("named.lyt");
    assert_eq!(build_to("C501-restart.layout.toml", &output), Outcome::Done);
    let bytes = std::fs::read(&output).expect("it was written");
    let facts = capdl::dump::facts(&packed::Image::new(&bytes).expect("a good image"));
    assert!(facts.contains("`a/thread`: priority 100 of 100, domain 0"), "{facts:#?}");
    assert!(facts.contains("`a/thread`: runs from the start"), "{facts:#?}");
    assert!(facts.iter().any(|fact| fact.starts_with("`a`: restarts on fault true")), "{facts:#?}");
    assert!(facts.iter().all(|fact| !fact.contains("cell ")), "{facts:#?}");
}

#[test]
fn a_system_of_another_format_is_checked_against_the_board_that_is_named() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("huge.cdl");
    let text = "arch aarch64\nobjects { big[900] = frame (2M) }\ncaps { }\n";
    std::fs::write(&file, text).expect("the folder for tests");
    let said = |board: Option<&str>| {
        let board = board.map(str::to_owned);
        let input = InputArgs { file: file.clone(), board, ..InputArgs::default() };
        checked(&CheckArgs { input, root_task: None }).report
    };
    let is_told = |board| said(board).iter().any(|found| found.code == Code::OUT_OF_MEMORY);
    assert!(!is_told(None) && is_told(Some("qemu-virt-aarch64")));
    assert!(said(Some("nowhere")).iter().any(|found| found.code == Code::DANGLING));
}

/// Runs the tool in the folder of fixtures: its status and what it answered.
fn run(words: &[&str]) -> (Option<i32>, String) {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_capdl"));
    let output = tool.args(words).current_dir(fixture("")).output().expect("it runs");
    (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
}

#[test]
fn no_verb_goes_on_without_a_text_of_the_system() {
    let layout = "C501-restart.layout.toml";
    let verbs: [&[&str]; 6] = [
        &["check", layout],
        &["query", layout, "who can write a"],
        &["report", layout],
        &["draw", layout],
        &["diff", layout, layout],
        &["constants", layout, "--component", "a"],
    ];
    for words in verbs {
        assert_eq!(run(words).0, Some(0), "{words:?}");
        let overlaid = [words, &["--overlay", "nowhere.toml"]].concat();
        let (status, answer) = run(&overlaid);
        assert!(status > Some(0), "{overlaid:?} {answer}");
        // The tool's own source is of no format of layouts.
        let unknown: Vec<&str> =
            words.iter().map(|word| if *word == layout { "../verbs.rs" } else { word }).collect();
        let (status, answer) = run(&unknown);
        assert!(status > Some(0), "{unknown:?} {answer}");
    }
    let gate = ["diff", layout, "../verbs.rs", "--gate"];
    assert!(run(&gate).0 > Some(0), "{gate:?}");
}

#[test]
fn programs_may_be_missing_when_a_system_is_looked_at() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unbuilt.layout.toml");
    let text = std::fs::read_to_string(fixture("C501-restart.layout.toml")).expect("readable");
    std::fs::write(&file, text.replace("program.elf", "unbuilt.elf")).expect("written");
    let file = file.display().to_string();
    for words in [&["report", &file][..], &["query", &file, "who can write a"]] {
        assert_eq!(run(words).0, Some(0), "{words:?}");
    }
}

#[test]
fn constants_without_a_name_are_described() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("spare.layout.toml");
    let text = std::fs::read_to_string(fixture("C501-restart.layout.toml")).expect("readable");
    let spare = "[component.a]\nspare_slots = 4\nasid_pool = true\n";
    std::fs::write(&file, text.replace("[component.a]\n", spare)).expect("written");
    let file = file.display().to_string();
    let (status, text) = run(&["constants", &file, "--component", "a", "--search", "."]);
    assert_eq!(status, Some(0));
    assert!(text.contains("/// The only one.\n    pub const IT: u64"), "{text}");
    assert!(!text.contains("/// ``"), "{text}");
}

#[test]
fn free_memory_is_reported_in_pieces() {
    let (status, text) = run(&["report", "C501-restart.layout.toml"]);
    assert_eq!(status, Some(0));
    let (_, free) = text.split_once("\nfree memory\n").expect("the board is known");
    let unit = |word: &str| match word {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        other => panic!("no unit: {other}"),
    };
    let bytes = free.lines().map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [size, word, "x", count] = words[..] else { panic!("{line}") };
        let [size, count] = [size, count].map(|number| number.parse::<u64>().expect("a number"));
        assert!(count > 0, "{line}");
        size * unit(word) * count
    });
    let bytes: u64 = bytes.sum();
    let board = Board::find("qemu-virt-aarch64", []).expect("readable").expect("known");
    let memory: u64 = board.memory.iter().map(|range| range.len()).sum();
    // The kernel, the loader and a small system take less than a quarter.
    assert!((memory / 4 * 3..memory).contains(&bytes), "{bytes} of {memory} bytes are free");
}
