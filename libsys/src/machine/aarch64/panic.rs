//! The panic handler.

use core::panic::PanicInfo;

use super::{Frames, count_panic, symbols};
use crate::console::Console;
use crate::exit::{Ending, exit};
use crate::{panic, println};

#[panic_handler]
fn handle(info: &PanicInfo<'_>) -> ! {
    match count_panic() {
        // The console takes everything.
        0 => drop(panic::report(&mut Console, info, &mut Frames::here(), symbols())),
        1 => println!("panicked again while reporting the first panic"),
        _ => {}
    }
    exit(Ending::Panicked)
}
