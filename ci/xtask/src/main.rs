//! Builds, runs and tests Tessera: the two commands of the README and their helpers.
//!
//! The tool depends on nothing but the standard library and `tessera-program`, which reads ELF
//! files, puts modules into programs, and needs no more either. So it builds wherever cargo does,
//! before anything has been set up. One idea per file:
//!
//! | file | idea |
//! |---|---|
//! | `cli` | the command line, as data |
//! | `setup`, `toolchain` | what a machine must have, and how to get it |
//! | `artefacts`, `image` | from crates to a bootable flat image |
//! | `symbols`, `demangle` | names of functions, one of those files |
//! | `qemu`, `console`, `run` | a machine, its console, why it stopped |
//! | `device_tree` | reading and changing flattened device trees |
//! | `faults` | a component of a running system is spoiled again and again |
//! | `mutants` | checks taken out of the kernel, one at a time |
//! | `fuzz` | arbitrary bytes for everything that reads from outside |
//! | `bench` | what the kernel does under load, in instructions |
//! | `layouts` | the tool for layouts, and systems built of them |
//! | `constants` | what programs are told of their layout when they are built |
//! | `linux` | programs and archives for the Linux personality |
//! | `peer` | Debian's kernel on the same machine, for comparisons |
//! | `test` | everything that CI checks, as named steps |
//! | `tidy` | rules about the source text and the dependency graph |
//! | `coverage`, `panic_sites` | figures about the kernel |

mod artefacts;
mod bench;
mod cli;
mod console;
mod constants;
mod coverage;
mod demangle;
mod device_tree;
mod devices;
mod faults;
mod fuzz;
mod image;
mod json;
mod layouts;
mod linux;
mod mutants;
mod panic_sites;
mod peer;
mod process;
mod qemu;
mod run;
mod script;
mod setup;
mod symbols;
mod test;
mod tidy;
mod toolchain;
mod workspace;

use std::process::ExitCode;

use cli::Verb;
use process::Fallible;
use setup::Purpose;
use workspace::Workspace;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let result = cli::parse(&words).and_then(perform);
    result.unwrap_or_else(|problem| {
        eprintln!("xtask: {problem}");
        ExitCode::from(2)
    })
}

/// Does what the command line asks for.
fn perform(verb: Verb) -> Fallible<ExitCode> {
    let workspace = Workspace::locate()?;
    match verb {
        Verb::Help => print!("{}", cli::HELP),
        Verb::Setup => drop(setup::ensure(Purpose::Test)?),
        Verb::Build => artefacts::build_everything(&workspace, &setup::ensure(Purpose::Build)?)?,
        Verb::Run(options) => {
            return run::run(&workspace, &setup::ensure(Purpose::Run)?, &options);
        }
        Verb::Debug(options) => {
            return run::debug(&workspace, &setup::ensure(Purpose::Run)?, &options);
        }
        Verb::Test(options) => return test::run(&workspace, &options),
        Verb::Bench(options) => {
            return bench::run(&workspace, &setup::ensure(Purpose::Bench)?, &options);
        }
        Verb::Fuzz(options) => return fuzz::run(&workspace, &options),
        Verb::Mutants(options) => return mutants::run(&workspace, &options),
        Verb::Layout(words) => {
            return layouts::run(&workspace, &setup::ensure(Purpose::Build)?, &words);
        }
        Verb::Faults(options) => {
            return faults::run(&workspace, &setup::ensure(Purpose::Run)?, &options);
        }
        Verb::Linux(options) => {
            return linux::run(&workspace, &setup::ensure(Purpose::Run)?, &options);
        }
        Verb::Tidy => return tidy::run(&workspace),
        Verb::Coverage => {
            let toolchain = setup::ensure(Purpose::Test)?;
            print!("{}", coverage::measure(&workspace, &toolchain)?);
        }
        Verb::PanicSites { update } => {
            return panic_sites::run(&workspace, &setup::ensure(Purpose::Test)?, update);
        }
    }
    Ok(ExitCode::SUCCESS)
}
