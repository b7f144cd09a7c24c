//! Steps that need no target: format, lints, documentation, host tests, rules, coverage, Miri.

use std::process::Command;

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use crate::artefacts::Image;
use crate::constants;
use crate::coverage;
use crate::process::{self, Fallible};
use crate::tidy;
use crate::toolchain::{Route, Target, cargo};
use crate::workspace::{
    BENCH, COST, DMA, EXAMPLES, HOST_CRATES, KERNEL, LIBSYS, LINUX_PROGRAMS, PAGER_EXAMPLES, PEER,
    PERSONALITY_LINUX, PL011, PL031, PLATFORM, ROOT_TASK, SUITE, SYSTEMS, TERMINAL, VIRTIO,
    VIRTIO_BLK, VIRTIO_CONSOLE, VIRTIO_NET, VIRTIO_RNG, WORK,
};

/// All of them.
pub(super) fn steps() -> Vec<Step> {
    let mut steps = vec![Step::alone("format", format)];
    steps.extend(tidy::RULES.map(|rule| {
        Step::alone(format!("tidy {}", rule.name), move |context| {
            match tidy::findings(context.workspace, rule) {
                Ok(findings) => Outcome::of_findings(&findings),
                Err(problem) => Outcome::failed("could not check", &problem),
            }
        })
    }));
    steps.extend(lints());
    steps.extend(documentation());
    steps.extend(HOST_CRATES.map(|package| {
        Step::alone(format!("host tests {package}"), move |context| host_tests(context, package))
    }));
    steps.push(Step::alone("coverage", coverage));
    steps.push(Step::alone("miri", miri));
    steps
}

fn format(context: &Context) -> Outcome {
    let mut command = Command::new("cargo");
    command.current_dir(&context.workspace.root).args(["fmt", "--all", "--check"]);
    of_command(&mut command)
}

/// Lints for the development machine, and for each target with each set of features.
fn lints() -> Vec<Step> {
    let mut steps = vec![Step::alone("lint host", |context: &Context| {
        let mut command = cargo(context.workspace, "clippy");
        command.arg("--keep-going").args(packages(&HOST_CRATES));
        command.args(["--lib", "--tests"]);
        command.args(["--bin", "xtask", "--bin", "fuzz", "--bin", "invocations"]);
        of_command(command.args(["--", "-D", "warnings"]))
    })];
    steps.extend(Image::ALL.map(|image| {
        Step::alone(format!("lint kernel {}", image.name()), move |context: &Context| {
            let mut command =
                context.toolchain.cargo_for(context.workspace, "clippy", Target::Kernel);
            command.args(packages(&[KERNEL, PLATFORM]));
            if let Some(feature) = image.feature() {
                command.arg("--features").arg(format!("{KERNEL}/{feature}"));
            }
            of_command(command.args(["--", "-D", "warnings"]))
        })
    }));
    let programs = [
        LIBSYS,
        ROOT_TASK,
        PAGER_EXAMPLES,
        SUITE,
        EXAMPLES,
        SYSTEMS,
        COST,
        BENCH,
        DMA,
        VIRTIO,
        VIRTIO_BLK,
        PERSONALITY_LINUX,
        TERMINAL,
        PL011,
        PL031,
        VIRTIO_NET,
        VIRTIO_RNG,
        VIRTIO_CONSOLE,
        WORK,
    ];
    steps.extend(programs.map(|package| {
        Step::alone(format!("lint {package}"), move |context| lint_program(context, package))
    }));
    steps.extend([PEER, LINUX_PROGRAMS].map(|package| {
        Step::alone(format!("lint {package}"), move |context: &Context| {
            let (toolchain, target) = (&context.toolchain, Target::Linux);
            if toolchain.route(target) != Some(Route::Prebuilt) {
                return Outcome::skipped(format!("{} is not installed", target.triple()));
            }
            let mut command = toolchain.cargo_for(context.workspace, "clippy", target);
            of_command(command.args(packages(&[package])).args(["--", "-D", "warnings"]))
        })
    }));
    steps
}

/// Lints a package for the target, those programs too that are built with constants.
fn lint_program(context: &Context, package: &'static str) -> Outcome {
    if package == SYSTEMS
        && let Err(why) = constants::components().try_for_each(|it| context.constants(it))
    {
        return Outcome::failed("there are no constants", &why);
    }
    let mut command = context.toolchain.cargo_for(context.workspace, "clippy", Target::User);
    command.args(packages(&[package]));
    constants::hand_over(context.workspace, package, &mut command);
    of_command(command.args(["--", "-D", "warnings"]))
}

/// Rustdoc without warnings, private items included: they are the book of the kernel.
fn documentation() -> Vec<Step> {
    const OPTIONS: [&str; 2] = ["--no-deps", "--document-private-items"];
    let host = Step::alone("documentation host", |context: &Context| {
        let mut command = cargo(context.workspace, "doc");
        command.args(OPTIONS).args(packages(&HOST_CRATES));
        of_command(command.env("RUSTDOCFLAGS", "-D warnings"))
    });
    // What exists on the target only is documented there.
    let of_target = |name: &str, target: Target, crates: &'static [&'static str]| {
        Step::alone(format!("documentation {name}"), move |context: &Context| {
            let mut command = context.toolchain.cargo_for(context.workspace, "doc", target);
            command.args(OPTIONS).args(packages(crates));
            of_command(command.env("RUSTDOCFLAGS", "-D warnings"))
        })
    };
    vec![
        host,
        of_target("kernel", Target::Kernel, &[KERNEL, PLATFORM]),
        of_target("user programs", Target::User, &[LIBSYS, WORK, SUITE, BENCH, PERSONALITY_LINUX]),
    ]
}

fn host_tests(context: &Context, package: &str) -> Outcome {
    let mut command = cargo(context.workspace, "test");
    command.args(["--no-fail-fast", "--package", package]);
    of_tests(&mut command)
}

fn coverage(context: &Context) -> Outcome {
    match coverage::measure(context.workspace, &context.toolchain) {
        Ok(coverage) => {
            let floor = coverage::FLOOR_PERCENT;
            let percent = coverage.percent();
            let remark = format!("{percent:.2} % of the kernel's lines, at least {floor} %");
            if percent >= floor {
                Outcome::passed(remark)
            } else {
                Outcome::failed(remark, &coverage.to_string())
            }
        }
        Err(problem) => Outcome::failed("could not measure", &problem),
    }
}

/// Host tests of the kernel that are quick enough for Miri begin with `miri_`.
fn miri(context: &Context) -> Outcome {
    if let Err(why) = provide_miri() {
        return Outcome::skipped(why);
    }
    let mut command = Command::new("rustup");
    command.current_dir(&context.workspace.root).args(["run", "nightly", "cargo", "miri", "test"]);
    command.args(["--package", KERNEL, "--lib", "--target-dir"]);
    command.arg(context.workspace.target.join("miri")).arg("miri_");
    // Tests that read a file or the clock need the real ones.
    command.env("MIRIFLAGS", "-Zmiri-disable-isolation -Zmiri-strict-provenance");
    of_tests(&mut command)
}

/// Uses a nightly toolchain if the developer has one; never installs a toolchain.
fn provide_miri() -> Fallible<()> {
    if !process::is_installed("rustup") {
        return Err("there is no rustup".into());
    }
    let toolchains = process::answer(Command::new("rustup").args(["toolchain", "list"]))?;
    if !toolchains.lines().any(|line| line.starts_with("nightly-")) {
        return Err("no nightly toolchain is installed".into());
    }
    let listed = ["component", "list", "--installed", "--toolchain", "nightly"];
    let components = process::answer(Command::new("rustup").args(listed))?;
    let has = |name: &str| components.lines().any(|line| line.starts_with(name));
    if has("miri") && has("rust-src") {
        return Ok(());
    }
    let add = ["component", "add", "--toolchain", "nightly", "miri", "rust-src"];
    process::answer(Command::new("rustup").args(add))
        .map(drop)
        .map_err(|_| "the nightly toolchain offers no miri".into())
}

/// One test: the command succeeds.
fn of_command(command: &mut Command) -> Outcome {
    match process::captured(command) {
        Ok(finished) if finished.status.success() => Outcome::passed("clean"),
        Ok(finished) => {
            let details = format!("{}\n{}", finished.text(), process::line(command));
            Outcome::failed(finished.status.to_string(), &details)
        }
        Err(problem) => Outcome::failed("could not run", &problem),
    }
}

/// As many tests as cargo counts; what does not compile counts as one failure.
fn of_tests(command: &mut Command) -> Outcome {
    // A failed assertion says enough; backtraces would hide it.
    let finished = match process::captured(command.env("RUST_BACKTRACE", "0")) {
        Ok(finished) => finished,
        Err(problem) => return Outcome::failed("could not run", &problem),
    };
    let (passed, counted) = count(&finished.output);
    let failed = if finished.status.success() { counted } else { counted.max(1) };
    // Cargo's own messages come first: the reasons stand in the output of the tests.
    let details = format!("{}{}", finished.errors, finished.output);
    let remark = format!("{passed} passed, {failed} failed");
    if passed + failed == 0 {
        return Outcome::failed("there is no such test", &details);
    }
    Outcome::of_counts(passed, failed, remark, &details)
}

/// Adds up the lines `test result: ok. 3 passed; 0 failed; …`.
fn count(output: &str) -> (usize, usize) {
    let results = output.lines().filter_map(|line| line.strip_prefix("test result: "));
    let number = |text: &str, unit: &str| {
        let before = text.split(unit).next()?.trim_end();
        before.rsplit(' ').next()?.parse::<usize>().ok()
    };
    results.fold((0, 0), |(passed, failed), line| {
        let more = number(line, "passed;").unwrap_or(0);
        (passed + more, failed + number(line, "failed;").unwrap_or(0))
    })
}

fn packages(names: &[&'static str]) -> Vec<&'static str> {
    names.iter().flat_map(|name| ["--package", name]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_programs_add_up() {
        let output = "running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
            test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(count(output), (13, 2));
        assert_eq!(count("error: could not compile"), (0, 0));
    }

    #[test]
    fn tests_that_do_not_start_are_one_failure() {
        let outcome = of_tests(Command::new("sh").args(["-c", "exit 101"]));
        assert_eq!((outcome.passed, outcome.failed), (0, 1));
        let outcome = of_tests(Command::new("sh").args(["-c", "exit 0"]));
        assert_eq!((outcome.passed, outcome.failed), (0, 1), "no test at all is no success");
        let script = "echo 'test result: FAILED. 4 passed; 2 failed; 0 ignored'; exit 101";
        let outcome = of_tests(Command::new("sh").args(["-c", script]));
        assert_eq!((outcome.passed, outcome.failed), (4, 2));
    }

    #[test]
    fn a_command_passes_or_fails_with_its_output() {
        assert_eq!(of_command(&mut Command::new("true")).passed, 1);
        let outcome = of_command(Command::new("sh").args(["-c", "echo why; exit 1"]));
        assert_eq!(outcome.failed, 1);
        assert!(outcome.details.starts_with("why\n\nsh -c"), "{}", outcome.details);
    }
}
