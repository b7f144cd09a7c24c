//! Every check finds what it is for: each has a bad system under `tests/fixtures`, and the whole
//! message that is expected. `BLESS=1 cargo test` writes the messages anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use capdl::board::Board;
use capdl::check::check;
use capdl::code::Code;
use capdl::front::{self, Input, Loaded};
use capdl::pack::{Options, pack};
use capdl::{Report, Severity, Sources, export};

/// Codes without a bad system, and why.
const WITHOUT: &[(&str, &str)] = &[
    ("M205", "the reader lays out what lies together; `corruptions` damages a model in code"),
    ("M210", "the reader gives every part of an address space a place of its own"),
];

/// The first line of a capDL file may name a board: that format cannot.
const BOARD: &str = "-- board: ";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// All bad systems.
fn all_fixtures() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("the folder");
    let files = entries.map(|entry| entry.expect("an entry").path());
    let is_system = |file: &PathBuf| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".cdl") || name.ends_with(".layout.toml")
    };
    let mut files: Vec<PathBuf> = files.filter(is_system).collect();
    files.sort();
    files
}

/// Those that this test reads: bad texts (L) have a test of their own.
fn fixtures() -> Vec<PathBuf> {
    let mut files = all_fixtures();
    files.retain(|file| file.file_name().is_none_or(|name| name.as_encoded_bytes()[0] != b'L'));
    files
}

/// A file's name without what says its format.
fn stem(name: &str) -> &str {
    name.strip_suffix(".cdl").or_else(|| name.strip_suffix(".layout.toml")).unwrap_or(name)
}

fn load(file: &Path, name: &str) -> Loaded {
    let text = std::fs::read_to_string(file).expect("a readable file");
    if !name.ends_with(".cdl") {
        return front::load(&Input { file: file.to_owned(), ..Input::default() });
    }
    let board = text.lines().next().and_then(|line| line.strip_prefix(BOARD)).map(str::to_owned);
    let mut sources = Sources::default();
    let id = sources.add(name, text.clone()).expect("small");
    let (mut model, report) = front::cdl::read(name, &text, id);
    model.target.board = board.unwrap_or_default();
    Loaded { sources, model, report }
}

/// What the checks say of a file.
fn said(file: &Path) -> (BTreeSet<Code>, String) {
    let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
    let mut loaded = load(file, name);
    if loaded.is_checkable() {
        let board = Board::find(&loaded.model.target.board, []).expect("a good file");
        loaded.report.extend(check(&loaded.model, board.as_ref()));
    }
    loaded.report.extend(behind_checks(name, &loaded));
    let codes = loaded.report.iter().map(|found| found.code).collect();
    let folder = format!("{}/", folder().display());
    (codes, loaded.report.render(&loaded.sources).replace(&folder, ""))
}

/// What those say of a file who get what passed the checks, if its name asks for one of them.
fn behind_checks(name: &str, loaded: &Loaded) -> Report {
    match name.split('-').next().and_then(Code::parse) {
        Some(Code::NOT_CARRIED) => export::cdl::write(&loaded.model).1,
        Some(Code::NOT_PACKED) => {
            let packed = pack(&loaded.model, &loaded.sources, &Options::default());
            let mut report = Report::default();
            packed.expect_err(name).into_iter().for_each(|wrong| report.push(wrong));
            report
        }
        _ => Report::default(),
    }
}

#[test]
fn every_bad_system_is_told_as_expected() {
    let mut different = Vec::new();
    for file in fixtures() {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let (codes, text) = said(&file);
        let code = name.split(['-', '.']).next().and_then(Code::parse).expect("a code");
        assert!(codes.contains(&code), "{name}: {code} is not found\n{text}");
        let expected = folder().join(format!("{}.expected", stem(&name)));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&expected, &text).expect("a writable file");
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != text {
            different.push(format!("{name}:\n{text}"));
        }
    }
    assert!(different.is_empty(), "not as expected:\n{}", different.join("\n"));
}

#[test]
fn what_is_wrong_besides_a_missing_program_is_told() {
    let name = "T301-without-program.layout.toml";
    let (codes, text) = said(&folder().join(name));
    let expected = [Code::FILE, Code::BUDGET_PERIOD, Code::DOWNHILL_CALL];
    assert_eq!(codes, BTreeSet::from(expected), "{text}");
}

#[test]
fn every_error_of_a_bad_system_has_a_place_and_a_remedy() {
    for file in fixtures() {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let loaded = load(&file, &name);
        let board = Board::find(&loaded.model.target.board, []).expect("a good file");
        let report = check(&loaded.model, board.as_ref());
        for found in report.iter().filter(|found| found.severity == Severity::Error) {
            assert!(found.help.is_some(), "{name}: {}", found.message);
            assert!(!found.labels.is_empty(), "{name}: {}", found.message);
        }
    }
}

#[test]
fn every_code_has_a_bad_system() {
    let files = all_fixtures();
    let names = files.iter().filter_map(|file| file.file_name()?.to_str());
    let has: BTreeSet<Code> =
        names.filter_map(|name| Code::parse(name.split(['-', '.']).next()?)).collect();
    for (code, title) in Code::ALL {
        let excused = WITHOUT.iter().any(|(without, _)| *without == code.to_string());
        assert!(
            has.contains(code) != excused,
            "{code} ({title}) needs a bad system, or a reason why there is none"
        );
    }
}
