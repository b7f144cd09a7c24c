//! The verb `bench`: what the kernel does under hostile load, in instructions.
//!
//! A root task, `ci/bench`, gives the kernel work between marks; a plugin of QEMU,
//! `ci/plugin/stretch.c`, counts instructions between them. QEMU runs one instruction per
//! nanosecond of its own time (`-icount`), so that the counts are the same everywhere and always.
//!
//! | file | idea |
//! |---|---|
//! | `emulator` | the plugin, and QEMU with it |
//! | `figures` | what the console and the plugin said, as one table |
//! | `report` | the table as text and as JSON |
//! | `limits` | how long a stretch may be |
//! | `wall` | how long a boot takes for who waits |

mod emulator;
mod figures;
mod limits;
mod report;
mod wall;

use std::path::Path;
use std::process::ExitCode;

use crate::artefacts::{self, Image, Program};
use crate::process::Fallible;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;

pub(crate) use emulator::{Bench, COMPILER, Presence};
pub(crate) use figures::Figures;
pub(crate) use limits::{Limits, Verdict};

/// Builds everything, measures, prints the table, and writes it as JSON if that is wanted.
pub(crate) fn run(
    workspace: &Workspace,
    toolchain: &Toolchain,
    json: Option<&Path>,
) -> Fallible<ExitCode> {
    let kernel = artefacts::build_kernel(workspace, toolchain, Image::Release)?.image;
    let program = artefacts::build_program(workspace, toolchain, Program::Bench)?;
    let bench = Bench::new(workspace, kernel, program)?;
    let mut figures = bench.measure(Presence::Alone)?;
    figures.take_delays(&bench.measure(Presence::Watched)?);
    let boots = wall::boots(&bench)?;
    print!("{}", report::text(&figures, &boots));
    if let Some(file) = json {
        artefacts::write(file, report::json(&figures, &boots).as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}
