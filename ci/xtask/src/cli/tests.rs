//! Tests of the command line.

use std::time::Duration;

use super::*;
use crate::artefacts::Image;
use crate::qemu::{Gic, Mebibytes};

fn parsed(line: &str) -> Fallible<Verb> {
    parse(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
}

fn run_of(line: &str) -> RunOptions {
    match parsed(line) {
        Ok(Verb::Run(options)) => options,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn nothing_or_help_anywhere_asks_for_help() {
    for line in ["", "help", "--help", "run --help", "test -h", "run --cpus --help"] {
        assert_eq!(parsed(line), Ok(Verb::Help), "{line}");
    }
}

#[test]
fn run_has_the_defaults_of_the_reference_machine() {
    let options = run_of("run");
    assert_eq!(options, RunOptions::default());
    assert_eq!(options.machine.cores, 1);
    assert_eq!(options.machine.memory, Mebibytes(1024));
    assert_eq!(options.machine.cpu, "cortex-a53");
    assert_eq!(options.machine.gic, Gic::V2);
    assert_eq!(options.image, Image::Debug);
}

#[test]
fn run_takes_every_option() {
    let options = run_of(
        "run --root-task a.elf --cpus 4 --memory 8G --cpu max --gic 3 --el2 --timeout 1.5 \
         --release --append one --append two --until done --module layout=a=b --module x=y",
    );
    assert_eq!(options.root_task, Some("a.elf".into()));
    assert_eq!(options.machine.cores, 4);
    assert_eq!(options.machine.memory, Mebibytes(8192));
    assert_eq!(options.machine.cpu, "max");
    assert_eq!(options.machine.gic, Gic::V3);
    assert!(options.machine.el2);
    assert_eq!(options.machine.append, ["one", "two"]);
    assert_eq!(options.timeout, Some(Duration::from_millis(1500)));
    assert_eq!(options.until.as_deref(), Some("done"));
    assert_eq!(options.image, Image::Release);
    let modules = [("layout", "a=b"), ("x", "y")];
    assert_eq!(options.modules, modules.map(|(name, file)| (name.into(), file.into())));
}

#[test]
fn fuzz_passes_its_words_on() {
    let words = ["board", "--seed", "7"].map(String::from).into();
    assert_eq!(parsed("fuzz board --seed=7"), Ok(Verb::Fuzz(FuzzOptions { words })));
}

#[test]
fn mutants_are_chosen() {
    let options = crate::mutants::Options { planted: true, ..Default::default() };
    assert_eq!(parsed("mutants --planted"), Ok(Verb::Mutants(options)));
    let filter = Some("irq.rs".to_string());
    let options = crate::mutants::Options { list: true, filter, ..Default::default() };
    assert_eq!(parsed("mutants --list --filter irq.rs"), Ok(Verb::Mutants(options)));
    assert!(parsed("mutants all").is_err());
}

#[test]
fn values_may_follow_an_equals_sign() {
    let options = run_of("run --cpus=2 --append=a=b --memory=64");
    assert_eq!(options.machine.cores, 2);
    assert_eq!(options.machine.append, ["a=b"]);
    assert_eq!(options.machine.memory, Mebibytes(64));
}

#[test]
fn bad_words_are_refused_with_the_word() {
    for (line, part) in [
        ("fly", "fly"),
        ("run --cpus 9", "9"),
        ("run --cpus", "--cpus"),
        ("run --memory 0", "0"),
        ("run --memory 99999999999999999999G", "--memory"),
        ("run --gic 4", "4"),
        ("run --timeout -1", "-1"),
        ("run --module layout", "layout"),
        ("run extra", "extra"),
        ("build extra", "extra"),
        ("test one two", "two"),
        ("test --what", "--what"),
    ] {
        let problem = parsed(line).expect_err(line);
        assert!(problem.contains(part), "{line}: {problem}");
    }
}

#[test]
fn test_takes_a_filter_and_a_list() {
    assert_eq!(parsed("test"), Ok(Verb::Test(TestOptions::default())));
    let expected = TestOptions { filter: Some("boot".into()), list: true };
    assert_eq!(parsed("test boot --list"), Ok(Verb::Test(expected)));
}

#[test]
fn panic_sites_may_update_its_list() {
    assert_eq!(parsed("panic-sites"), Ok(Verb::PanicSites { update: false }));
    assert_eq!(parsed("panic-sites --update"), Ok(Verb::PanicSites { update: true }));
}

#[test]
fn help_names_every_verb() {
    let verbs = [
        "run",
        "debug",
        "test",
        "bench",
        "build",
        "linux",
        "setup",
        "tidy",
        "coverage",
        "panic-sites",
    ];
    for verb in verbs {
        assert!(HELP.lines().any(|line| line.starts_with(&format!("  {verb} "))), "{verb}");
    }
}

#[test]
fn linux_takes_a_command_line() {
    let words: Vec<String> = ["linux", "--", "ls", "--help", "|", "wc -l"].map(String::from).into();
    let command = "ls --help | wc -l".into();
    assert_eq!(parse(&words), Ok(Verb::Linux(LinuxOptions { command, ..LinuxOptions::default() })));
    assert!(parsed("linux ls").is_err() && parsed("linux --").is_err());
}

#[test]
fn bench_takes_a_prefix_and_files() {
    assert_eq!(parsed("bench"), Ok(Verb::Bench(BenchOptions::default())));
    let expected = BenchOptions {
        prefix: Some("call".into()),
        of_linux: None,
        json: Some("a.json".into()),
        svg: Some("a.svg".into()),
        listing: Some("a.txt".into()),
        why_slow: true,
        record: true,
    };
    let line = "bench call --json a.json --svg a.svg --listing a.txt --why-slow --record";
    assert_eq!(parsed(line), Ok(Verb::Bench(expected)));
    let expected = BenchOptions {
        prefix: Some("linux".into()),
        of_linux: Some("pipe".into()),
        ..BenchOptions::default()
    };
    assert_eq!(parsed("bench linux pipe"), Ok(Verb::Bench(expected)));
    for bad in ["bench --json", "bench --svg", "bench a b", "bench linux a b", "bench --what"] {
        assert!(parsed(bad).is_err(), "{bad}");
    }
}
