//! The panic handler.

use core::panic::PanicInfo;

use super::{Frames, count_panic};
use crate::console::Console;
use crate::exit::{Ending, exit};
use crate::{modules, panic, println};

#[panic_handler]
fn handle(info: &PanicInfo<'_>) -> ! {
    match count_panic() {
        0 => {
            let symbols = modules::find(panic::SYMBOLS).unwrap_or_default();
            // The console takes everything.
            let _ = panic::report(&mut Console::default(), info, &mut Frames::here(), symbols);
        }
        1 => println!("panicked again while reporting the first panic"),
        _ => {}
    }
    exit(Ending::Panicked)
}
