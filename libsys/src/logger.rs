//! The `log` facade's way to the console.
//!
//! Every program has it from the start, with the level `Info`; `log::set_max_level` changes that.
//!
//! ```no_run
//! use libsys::log;
//!
//! log::warn!("{} blocks are damaged", 3);
//! ```

use log::{LevelFilter, Log, Metadata, Record};

use crate::println;

/// Prints `LEVEL target: message`.
struct Console;

impl Log for Console {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            println!("{:<5} {}: {}", record.level(), record.target(), record.args());
        }
    }

    fn flush(&self) {}
}

/// Takes the messages of this program. A program that has a logger already keeps it.
pub(crate) fn install() {
    if log::set_logger(&Console).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}
