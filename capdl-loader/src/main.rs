//! The tool `capdl`.

use std::process::ExitCode;

use capdl::verb::{Tool, run};
use clap::Parser;

fn main() -> ExitCode {
    ExitCode::from(run(&Tool::parse()).status())
}
