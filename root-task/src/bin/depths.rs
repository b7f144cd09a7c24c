//! An initial task that verifies the system that it made at each depth, and says how long that
//! takes. The kernel has to export the counter.
#![no_std]
#![no_main]

use core::time::Duration;
use libsys::{BootInfo, modules, println};
use packed::Image;
use root_task::loader::supervisor::exported_counter;
use root_task::loader::{Depth, Loader, Stop};

#[libsys::main]
fn main(boot: &'static BootInfo) {
    let Some(image) = modules::find("layout").and_then(|bytes| Image::new(bytes).ok()) else {
        return println!("depths: stopped: no system came along");
    };
    match measured(boot, image) {
        Ok([usual, strict]) => println!("depths: usual in {usual:?}, strict in {strict:?}"),
        Err(stop) => println!("depths: stopped: {}", stop.of(&image)),
    }
}

fn measured(boot: &'static BootInfo, image: Image<'static>) -> Result<[Duration; 2], Stop> {
    let mut loader = Loader::build(boot, image)?;
    let counter = exported_counter().ok_or(Stop::OtherMachine("it exports no counter"))?;
    let mut times = [Duration::ZERO; 2];
    for (time, depth) in times.iter_mut().zip([Depth::Usual, Depth::Strict]) {
        let start = counter.now();
        loader.verify(depth)?;
        *time = counter.now() - start;
    }
    Ok(times)
}
