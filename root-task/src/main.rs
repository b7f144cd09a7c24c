//! The initial task of a Tessera system.
#![no_std]
#![no_main]
use libsys::{BootInfo, bootstrap::System, println};
libsys::entry!(main);
fn main(boot: &'static BootInfo) -> ! {
    let mut system = System::new(boot);
    let _ = libsys::console::open(&mut system);
    println!("root-task: ready");
    libsys::stop()
}
