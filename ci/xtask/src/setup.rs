//! Set-up: finds out what is missing, says what it will do, and does it.
//!
//! A second run finds everything in place and prints nothing.

use std::process::Command;

use crate::bench;
use crate::process::{self, Fallible};
use crate::qemu;
use crate::toolchain::{Target, Toolchain};

/// What the machine has to be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Compile for the targets.
    Build,
    /// Also run QEMU.
    Run,
    /// Also count instructions in it.
    Bench,
    /// Also run every check.
    Test,
}

/// Something that can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Target(Target),
    Qemu,
    Compiler,
    Rustfmt,
    Clippy,
    LlvmTools,
}

impl Need {
    /// What a verb needs.
    fn of(purpose: Purpose) -> Vec<Self> {
        let mut needs: Vec<Self> = Target::ALL.map(Self::Target).to_vec();
        if purpose != Purpose::Build {
            needs.push(Self::Qemu);
        }
        if matches!(purpose, Purpose::Bench | Purpose::Test) {
            needs.push(Self::Compiler);
        }
        if purpose == Purpose::Test {
            needs.extend([Self::Rustfmt, Self::Clippy, Self::LlvmTools]);
        }
        needs
    }

    fn is_met(self, toolchain: &Toolchain) -> bool {
        match self {
            Self::Target(target) => toolchain.route(target).is_some(),
            Self::Qemu => process::is_installed(qemu::PROGRAM),
            Self::Compiler => process::is_installed(bench::COMPILER),
            Self::Rustfmt => toolchain.has_component_program("cargo-fmt"),
            Self::Clippy => toolchain.has_component_program("cargo-clippy"),
            Self::LlvmTools => {
                let tools = ["llvm-cov", "llvm-profdata"];
                tools.iter().all(|tool| toolchain.llvm_tool(tool).is_file())
            }
        }
    }

    fn name(self) -> String {
        match self {
            Self::Target(target) => format!("the Rust target {}", target.triple()),
            Self::Qemu => format!("QEMU for aarch64 ({})", qemu::PROGRAM),
            Self::Compiler => format!("a C compiler ({}), for QEMU's plugin", bench::COMPILER),
            Self::Rustfmt => "the Rust component rustfmt".into(),
            Self::Clippy => "the Rust component clippy".into(),
            Self::LlvmTools => "the Rust component llvm-tools".into(),
        }
    }

    /// Commands to try in turn until the need is met.
    fn remedies(self) -> Vec<Remedy> {
        match self {
            Self::Target(target) => vec![
                Remedy::rustup(&["target", "add", target.triple()]),
                Remedy::rustup(&["component", "add", "rust-src"]),
            ],
            Self::Qemu => {
                let install = ["install", "-y", "--no-install-recommends", "qemu-system-arm"];
                vec![Remedy::apt(&[&["update"], &install])]
            }
            Self::Compiler => {
                let install = ["install", "-y", "--no-install-recommends", "gcc", "libc6-dev"];
                vec![Remedy::apt(&[&["update"], &install])]
            }
            Self::Rustfmt => vec![Remedy::rustup(&["component", "add", "rustfmt"])],
            Self::Clippy => vec![Remedy::rustup(&["component", "add", "clippy"])],
            Self::LlvmTools => vec![Remedy::rustup(&["component", "add", "llvm-tools"])],
        }
    }
}

/// Programs to start one after the other.
struct Remedy {
    program: &'static str,
    calls: Vec<Vec<String>>,
}

impl Remedy {
    fn rustup(words: &[&str]) -> Self {
        Self { program: "rustup", calls: vec![words.iter().map(|word| (*word).into()).collect()] }
    }

    fn apt(calls: &[&[&str]]) -> Self {
        let owned = |words: &&[&str]| words.iter().map(|word| (*word).into()).collect();
        Self { program: "apt-get", calls: calls.iter().map(owned).collect() }
    }

    fn is_possible(&self) -> bool {
        process::is_installed(self.program)
    }

    /// The commands, with what makes us root in front where root is needed.
    fn commands(&self, as_root: &[&str]) -> Vec<Command> {
        let prefix: &[&str] = if self.program == "apt-get" { as_root } else { &[] };
        let command = |words: &Vec<String>| {
            let mut all = prefix.iter().copied().chain([self.program]);
            let mut command = Command::new(all.next().unwrap_or(self.program));
            command.args(all).args(words);
            if self.program == "apt-get" {
                command.env("DEBIAN_FRONTEND", "noninteractive");
            }
            command
        };
        self.calls.iter().map(command).collect()
    }

    fn lines(&self, as_root: &[&str]) -> String {
        let lines: Vec<_> = self.commands(as_root).iter().map(process::line).collect();
        lines.join(" && ")
    }
}

/// Makes sure that everything for the purpose is there, installing what is not.
pub(crate) fn ensure(purpose: Purpose) -> Fallible<Toolchain> {
    let toolchain = Toolchain::discover()?;
    let missing = unmet(purpose, &toolchain);
    if missing.is_empty() {
        return Ok(toolchain);
    }
    let as_root = as_root();
    announce(&missing, as_root);
    for need in &missing {
        provide(*need, &toolchain, as_root);
    }
    let missing = unmet(purpose, &toolchain);
    if missing.is_empty() {
        eprintln!("set-up: done");
        return Ok(toolchain);
    }
    Err(instructions(&missing))
}

fn unmet(purpose: Purpose, toolchain: &Toolchain) -> Vec<Need> {
    Need::of(purpose).into_iter().filter(|need| !need.is_met(toolchain)).collect()
}

/// Words that run a command as root: none if we are, or if nothing is known to work.
fn as_root() -> &'static [&'static str] {
    let id = process::answer(Command::new("id").arg("-u"));
    if id.as_deref() == Ok("0") || !process::is_installed("sudo") { &[] } else { &["sudo", "-n"] }
}

fn announce(missing: &[Need], as_root: &[&str]) {
    eprintln!("set-up: this machine lacks");
    for need in missing {
        eprintln!("  {}", need.name());
    }
    eprintln!("set-up: it will run, each only while it is needed");
    let remedies = missing.iter().flat_map(|need| need.remedies());
    let possible = remedies.filter(Remedy::is_possible).map(|remedy| remedy.lines(as_root));
    let mut lines: Vec<String> = Vec::new();
    for line in possible {
        if !lines.contains(&line) {
            eprintln!("  {line}");
            lines.push(line);
        }
    }
}

/// Tries the remedies of one need; whether they helped is checked afterwards.
fn provide(need: Need, toolchain: &Toolchain, as_root: &[&str]) {
    for remedy in need.remedies().iter().filter(|remedy| remedy.is_possible()) {
        if need.is_met(toolchain) {
            return;
        }
        for mut command in remedy.commands(as_root) {
            eprintln!("set-up: {}", process::line(&command));
            if let Err(problem) = process::visibly(&mut command) {
                eprintln!("set-up: {problem}");
            }
        }
    }
}

/// What the developer has to do where we could not.
fn instructions(missing: &[Need]) -> String {
    let mut text = String::from("set-up could not provide everything. Please install\n");
    for need in missing {
        let ways: Vec<_> = need.remedies().iter().map(|remedy| remedy.lines(&[])).collect();
        text += &format!("  {}\n      for example: {}\n", need.name(), ways.join("   or: "));
    }
    text + "(rustup comes from https://rustup.rs; other systems than Debian and Ubuntu have QEMU \
            under names such as qemu-system-aarch64 or qemu)"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_needs_more() {
        let counts = [Purpose::Build, Purpose::Run, Purpose::Bench, Purpose::Test]
            .map(|p| Need::of(p).len());
        assert_eq!(counts, [2, 3, 4, 7]);
    }

    #[test]
    fn only_apt_is_run_as_root() {
        let root = ["sudo", "-n"];
        let lines = |need: Need| need.remedies()[0].lines(&root);
        assert_eq!(lines(Need::Clippy), "rustup component add clippy");
        assert_eq!(
            lines(Need::Qemu),
            "sudo -n apt-get update && \
             sudo -n apt-get install -y --no-install-recommends qemu-system-arm"
        );
    }

    #[test]
    fn a_target_may_be_prebuilt_or_built_from_source() {
        let remedies = Need::Target(Target::User).remedies();
        let lines: Vec<_> = remedies.iter().map(|remedy| remedy.lines(&[])).collect();
        assert_eq!(
            lines,
            ["rustup target add aarch64-unknown-none", "rustup component add rust-src"]
        );
    }

    #[test]
    fn instructions_name_what_is_missing_and_a_way_to_get_it() {
        let text = instructions(&[Need::Qemu]);
        assert!(text.contains(qemu::PROGRAM) && text.contains("qemu-system-arm"), "{text}");
    }

    #[test]
    fn nothing_upgrades_the_toolchain() {
        let needs = Need::of(Purpose::Test);
        let remedies = needs.iter().flat_map(|need| need.remedies());
        for remedy in remedies.filter(|remedy| remedy.program == "rustup") {
            let words = &remedy.calls[0];
            assert!(matches!(words[0].as_str(), "target" | "component") && words[1] == "add");
        }
    }
}
