//! Lines on a console, each of which is out before the next begins.

use std::fs::File;
use std::io::{self, Write};

use crate::machine::terminal;
use work::text::{LINE, WORK};

/// The UART.
const DEVICE: &str = "/dev/ttyAMA0";

/// Writes them.
pub(crate) fn measure() -> io::Result<()> {
    let mut console = File::options().write(true).open(DEVICE)?;
    println!("{WORK}");
    WORK.measure(|| {
        for _ in 0..WORK.requests {
            console.write_all(LINE)?;
            terminal::drain(&console)?;
        }
        Ok(())
    })
}
