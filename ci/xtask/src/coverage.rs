//! Measures how many lines of the portable kernel the host tests run.
//!
//! Uses the compiler's own instrumentation and the `llvm-tools` component, nothing else. Lines of
//! tests do not count: they would always be covered and flatter the figure.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::json;
use crate::process::{self, Fallible};
use crate::tidy::{Source, Tree};
use crate::toolchain::{Toolchain, cargo};
use crate::workspace::{KERNEL, Workspace};

/// The least share of lines that host tests have to run, in per cent.
pub(crate) const FLOOR_PERCENT: f64 = 95.0;

/// Sources of the portable kernel; its `main.rs` only runs on the target, and what plays it beside
/// its model is no part of it.
const COVERED: &str = "kernel/src/";
const NOT_COVERED: [&str; 2] = ["kernel/src/main.rs", "kernel/src/simulation"];

/// Lines that ran, and all lines with code.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Share {
    ran: usize,
    all: usize,
}

impl Share {
    /// In per cent; nothing at all is no coverage.
    fn percent(self) -> f64 {
        if self.all == 0 { 0.0 } else { 100.0 * self.ran as f64 / self.all as f64 }
    }
}

/// The figures of every file.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Coverage {
    files: BTreeMap<String, Share>,
}

impl Coverage {
    /// The figure of all files together, in per cent.
    pub(crate) fn percent(&self) -> f64 {
        self.total().percent()
    }

    fn total(&self) -> Share {
        let add = |sum: Share, share: &Share| Share {
            ran: sum.ran + share.ran,
            all: sum.all + share.all,
        };
        self.files.values().fold(Share::default(), add)
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = ("total".to_string(), self.total());
        let files = self.files.iter().map(|(name, share)| (name.clone(), *share));
        for (name, share) in files.chain([total]) {
            writeln!(f, "{:6.2} % {:>6} of {:>6}  {name}", share.percent(), share.ran, share.all)?;
        }
        Ok(())
    }
}

/// Builds and runs the kernel's host tests with counters, and reads the counters.
pub(crate) fn measure(workspace: &Workspace, toolchain: &Toolchain) -> Fallible<Coverage> {
    let folder = workspace.output_folder("coverage")?;
    let profiles = folder.join("profiles");
    // Old profiles belong to old code.
    let _ = std::fs::remove_dir_all(&profiles);
    let programs = build(workspace, &folder)?;
    if programs.is_empty() {
        return Err(format!("{KERNEL} has no host tests"));
    }
    for program in &programs {
        let mut command = Command::new(program);
        // Tests find their files as under `cargo test`.
        command.current_dir(workspace.root.join("kernel"));
        command.env("LLVM_PROFILE_FILE", profiles.join("%p-%m.profraw"));
        process::answer(&mut command)?;
    }
    let merged = merge(toolchain, &profiles, &folder)?;
    let report = export(toolchain, &merged, &programs)?;
    let test_modules = test_modules(&Tree::read(&workspace.root)?);
    Ok(read(&report, &workspace.root, &test_modules))
}

/// Builds the test programs with counters, apart from the ordinary ones.
fn build(workspace: &Workspace, folder: &Path) -> Fallible<Vec<PathBuf>> {
    let instrumented = Workspace { root: workspace.root.clone(), target: folder.to_path_buf() };
    let mut command = cargo(&instrumented, "test");
    command.args(["--package", KERNEL, "--lib", "--tests", "--no-run", "--message-format=json"]);
    command.env("RUSTFLAGS", "-C instrument-coverage");
    // Build scripts and macros are instrumented as well; their profiles are of no interest.
    command.env("LLVM_PROFILE_FILE", folder.join("build-%p.profraw"));
    let messages = process::answer(&mut command)?;
    let programs = messages.lines().filter_map(|line| {
        let message = json::parse(line).ok()?;
        let is_test = message.member("profile")?.member("test") == Some(&json::Value::Truth(true));
        message.text("executable").filter(|_| is_test).map(PathBuf::from)
    });
    Ok(programs.collect())
}

fn merge(toolchain: &Toolchain, profiles: &Path, folder: &Path) -> Fallible<PathBuf> {
    let merged = folder.join("merged.profdata");
    let entries =
        profiles.read_dir().map_err(|error| format!("no profile was written: {error}"))?;
    let mut command = Command::new(toolchain.llvm_tool("llvm-profdata"));
    command.args(["merge", "-sparse", "-o"]).arg(&merged);
    command.args(entries.flatten().map(|entry| entry.path()));
    process::answer(&mut command)?;
    Ok(merged)
}

fn export(toolchain: &Toolchain, merged: &Path, programs: &[PathBuf]) -> Fallible<String> {
    let mut command = Command::new(toolchain.llvm_tool("llvm-cov"));
    command.args(["export", "--format=lcov", "--skip-functions", "--instr-profile"]).arg(merged);
    let mut programs = programs.iter();
    command.args(programs.next());
    for program in programs {
        command.arg("--object").arg(program);
    }
    process::answer(&mut command)
}

/// Reads a report in the format of lcov, of our own files only.
fn read(report: &str, root: &Path, test_modules: &[String]) -> Coverage {
    let mut coverage = Coverage::default();
    let mut file: Option<(String, Vec<bool>)> = None;
    for line in report.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            file = covered_name(Path::new(path), root, test_modules).map(|name| {
                let text = std::fs::read_to_string(path).unwrap_or_default();
                (name, Source::new(&text).test_only())
            });
        }
        let Some((name, test_only)) = &file else { continue };
        if let Some((number, count)) = line.strip_prefix("DA:").and_then(|l| l.split_once(','))
            && let Ok(number) = number.parse::<usize>()
            && test_only.get(number.saturating_sub(1)) != Some(&true)
        {
            let share = coverage.files.entry(name.clone()).or_default();
            share.all += 1;
            share.ran += usize::from(count != "0");
        }
    }
    coverage
}

/// The name of a file that counts, relative to the root.
fn covered_name(path: &Path, root: &Path, test_modules: &[String]) -> Option<String> {
    let name = path.strip_prefix(root).ok()?.to_string_lossy().into_owned();
    let is_test = test_modules.iter().any(|module| is_of_module(&name, module));
    let counts = name.starts_with(COVERED)
        && !NOT_COVERED.iter().any(|other| name.starts_with(other))
        && !is_test;
    counts.then_some(name)
}

/// Whether a file belongs to a module, named by its path without ending.
fn is_of_module(file: &str, module: &str) -> bool {
    file.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// The modules in files of their own that only tests have.
fn test_modules(tree: &Tree) -> Vec<String> {
    let rust = tree.rust().filter(|(file, _)| file.path.starts_with(COVERED));
    let modules = rust.flat_map(|(file, source)| {
        let own = file.path.strip_suffix(".rs").unwrap_or_default();
        let is_root = ["/lib", "/main", "/mod"].iter().any(|name| own.ends_with(name));
        let folder = if is_root { own.rsplit_once('/').map_or("", |(f, _)| f) } else { own };
        let names = source.test_modules().into_iter();
        names.map(|name| format!("{folder}/{name}")).collect::<Vec<_>>()
    });
    modules.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_the_portable_kernel_count() {
        let report = "SF:/r/kernel/src/cap.rs\nDA:1,5\nDA:2,0\nDA:3,1\nend_of_record\n\
                      SF:/r/kernel/src/main.rs\nDA:1,0\nend_of_record\n\
                      SF:/r/kernel/src/cap/tests.rs\nDA:1,1\nend_of_record\n\
                      SF:/r/libsys/src/lib.rs\nDA:1,0\nend_of_record\n";
        let coverage = read(report, Path::new("/r"), &["kernel/src/cap/tests".into()]);
        let expected = BTreeMap::from([("kernel/src/cap.rs".into(), Share { ran: 2, all: 3 })]);
        assert_eq!(coverage.files, expected);
        assert!((coverage.percent() - 66.67).abs() < 0.01);
    }

    #[test]
    fn lines_of_tests_do_not_count() {
        let root = std::env::temp_dir().join(format!("xtask-coverage-{}", std::process::id()));
        let folder = root.join("kernel/src");
        std::fs::create_dir_all(&folder).expect("create");
        let file = folder.join("cap.rs");
        std::fs::write(&file, "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n").unwrap();
        let report = format!("SF:{}\nDA:1,0\nDA:4,9\n", file.display());
        assert_eq!(read(&report, &root, &[]).total(), Share { ran: 0, all: 1 });
        std::fs::remove_dir_all(root).expect("remove");
    }

    #[test]
    fn modules_of_tests_are_found_through_their_parents() {
        let tree = Tree::of(&[
            ("kernel/src/lib.rs", "mod cap;\n#[cfg(test)]\npub(crate) mod testing;\n"),
            ("kernel/src/cap.rs", "#[cfg(test)]\nmod random;\n"),
            ("kernel/src/boot/mod.rs", "#[cfg(test)]\nmod tests;\n"),
            ("libsys/src/lib.rs", "#[cfg(test)]\nmod tests;\n"),
        ]);
        let modules = test_modules(&tree);
        let expected = ["kernel/src/testing", "kernel/src/cap/random", "kernel/src/boot/tests"];
        assert_eq!(modules, expected);
        assert!(is_of_module("kernel/src/boot/tests/layout.rs", &modules[2]));
        assert!(!is_of_module("kernel/src/testing_ground.rs", &modules[0]));
    }

    #[test]
    fn no_lines_are_no_coverage() {
        assert!(Coverage::default().percent().abs() < f64::EPSILON);
    }
}
