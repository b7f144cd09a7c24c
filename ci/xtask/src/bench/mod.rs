//! The verb `bench`: what the kernel takes for what programs ask of it, in instructions.
//!
//! A root task, `ci/bench`, gives the kernel work between marks; a plugin of QEMU,
//! `ci/plugin/count.c`, counts instructions between them. QEMU runs one instruction per
//! nanosecond of its own time (`-icount`), so that the counts are the same everywhere and always.
//!
//! | file | idea |
//! |---|---|
//! | `emulator` | the plugins, and QEMU with them |
//! | `counts` | what the plugin counts in one window, and the lines it writes |
//! | `operations` | what a system does all the time: names, and what is expected of each |
//! | `measured` | one run of the operations |
//! | `operation_report` | the operations as a table and as JSON |
//! | `picture` | the operations as bars against the peer's |
//! | `library` | what rings and locks take, and its record |
//! | `recorded` | the counts of the last commit, which may not rise |
//! | `document` | the figures in the documentation |
//! | `listing` | what the kernel executes and touches in an operation |
//! | `origins` | where instructions come from |
//! | `scenarios` | one run of hostile work |
//! | `scenario_report` | the scenarios as a table and as JSON |
//! | `growth` | the same operations among few and among many |
//! | `limits` | how long a stretch may be |
//! | `meter` | a boot with a plugin that tells apart who executes |
//! | `split` | who executed how many instructions in a window |
//! | `figure` | windows become medians, by works |
//! | `linux` | what Linux programs ask of their kernel, beside Linux |
//! | `drivers` | what drivers cost, beside those of another kernel |
//! | `layouts` | how long the layout tool takes |
//! | `wall` | how long boots and operations take by the clock |
//! | `why_slow` | which fast paths were taken, and why not |
//! | `table` | tables in Markdown |

mod counts;
mod document;
mod drivers;
mod emulator;
mod figure;
mod growth;
mod layouts;
mod library;
mod limits;
mod linux;
mod listing;
mod measured;
mod meter;
mod operation_report;
mod operations;
mod origins;
mod picture;
mod recorded;
mod scenario_report;
mod scenarios;
mod split;
mod table;
mod wall;
mod why_slow;

use std::process::ExitCode;

use crate::artefacts::{self, Image, Program};
use crate::cli::BenchOptions;
use crate::process::Fallible;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;

pub(crate) use counts::Metric;
pub(crate) use emulator::{Bench, COMPILER, Work};
pub(crate) use growth::Growth;
pub(crate) use library::Library;
pub(crate) use limits::{Limits, Verdict};
pub(crate) use measured::Measurement;
pub(crate) use recorded::{Comparison, Recorded};
pub(crate) use scenarios::Figures;

/// Builds everything, measures, prints tables, and writes what is wanted besides.
pub(crate) fn run(
    workspace: &Workspace,
    toolchain: &Toolchain,
    options: &BenchOptions,
) -> Fallible<ExitCode> {
    match options.prefix.as_deref() {
        Some(layouts::NAME) => return layouts::run(workspace, toolchain),
        Some(drivers::NAME) => return drivers::run(workspace, toolchain),
        Some(linux::NAME) => return linux::run(workspace, toolchain, options),
        _ => {}
    }
    let image = if options.why_slow { Image::Benchmark } else { Image::Release };
    let kernel = artefacts::build_kernel(workspace, toolchain, image)?;
    let program = artefacts::build_program(workspace, toolchain, Program::Bench)?;
    let bench = Bench::new(workspace, "bench", kernel, program)?;
    if options.why_slow {
        print!(
            "{}",
            why_slow::text(&bench.paths()?, options.prefix.as_deref().unwrap_or_default())
        );
        return Ok(ExitCode::SUCCESS);
    }
    let before = Recorded::load(workspace).ok();
    let mut measurement = bench.operations()?;
    let library = bench.library(toolchain.release())?;
    if options.record {
        artefacts::write(&library::file(workspace), library.record().as_bytes())?;
        let text = Recorded::of(&measurement, toolchain.release()).text();
        artefacts::write(&recorded::file(workspace), text.as_bytes())?;
        document::write(workspace, &bench, &measurement)?;
    }
    let prefix = options.prefix.as_deref().unwrap_or_default();
    measurement.keep(prefix);
    if measurement.operations.is_empty() {
        return Err("no operation has a name that begins so".into());
    }
    print!("{}", operation_report::text(&measurement));
    print!("{}", before.map_or(String::new(), |before| before.changes(&measurement)));
    if let Some((file, first)) = options.listing.as_ref().zip(measurement.operations.first()) {
        let text = bench.listing(first.operation.name, &workspace.root)?;
        artefacts::write(file, text.as_bytes())?;
    }
    if let Some(file) = &options.svg {
        artefacts::write(file, picture::svg(&measurement).as_bytes())?;
    }
    let timed = bench.times()?;
    print!("\n{}", operation_report::durations(&timed, prefix));
    let mut json = operation_report::json(&measurement);
    json += &format!(",\n  {}", operation_report::durations_json(&timed));
    if options.prefix.is_none() {
        print!("\n{}", library.text());
        json += &format!(",\n  \"load\": {}", load(&bench)?);
    }
    if let Some(file) = &options.json {
        artefacts::write(file, format!("{{\n  {json}\n}}\n").as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the scenarios, prints their table, and answers it as JSON.
fn load(bench: &Bench) -> Fallible<String> {
    let mut figures = bench.scenarios(Work::Scenarios)?;
    figures.take_delays(&bench.scenarios(Work::Watched)?);
    let boots = wall::boots(bench)?;
    print!("\n{}", scenario_report::text(&figures, &boots));
    let growth = Growth::all(&bench.scenarios(Work::Scale)?)?;
    print!("\n{}", growth::text(&growth));
    Ok(scenario_report::json(&figures, &boots))
}
