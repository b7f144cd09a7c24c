//! Does what programs ask of Linux all the time, in windows that a plugin of QEMU counts: the same
//! file runs on the personality and on Linux itself, as the first process.
//!
//! | module | what |
//! |---|---|
//! | `machine` | calls without anything of the standard library around them |
//! | `windows` | something is done again and again between marks |
//! | `calls` | calls that take no notice of anybody |
//! | `files` | descriptors and their content |
//! | `memory` | pages |
//! | `processes` | processes, and what two say to each other |

mod calls;
mod files;
mod machine;
mod memory;
mod processes;
mod windows;

use std::io;
use std::process::ExitCode;

/// What a program that is only there to be started is told.
const LEAVE: &str = "leave";

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(LEAVE) {
        return ExitCode::SUCCESS;
    }
    let result = machine::provide_devices().and_then(|()| all());
    match result {
        Ok(()) => println!("measure: done"),
        Err(problem) => println!("measure: {problem}"),
    }
    if std::env::args().any(|word| word == "stay") {
        // The first process of Linux must not end; who counts has seen the line above.
        std::thread::sleep(std::time::Duration::from_secs(3600));
    }
    ExitCode::SUCCESS
}

fn all() -> io::Result<()> {
    calls::measure()?;
    files::measure()?;
    memory::measure()?;
    processes::measure()
}
