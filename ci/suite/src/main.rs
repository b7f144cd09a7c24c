//! The program around the tests.
#![no_std]
#![no_main]

use libsys::BootInfo;
use tessera_suite::{framework, tests};

libsys::entry!(main);

fn main(boot: &'static BootInfo) -> ! {
    framework::run(boot, tests::MODULES)
}
