//! The initial task of a Tessera system: loads the system of the layout that travels in its image.
//! Without one, it says what the machine has.
#![no_std]
#![no_main]

use core::fmt;
use core::time::Duration;
use libsys::bootstrap::System;
use libsys::device_tree::{self, DeviceTree};

use libsys::time::Counter;
use libsys::{BootInfo, console, modules, println};
use packed::Image;
use root_task::Inventory;
use root_task::loader::supervisor::exported_counter;
use root_task::loader::{Loader, Stop, supervisor};
use root_task::trust::{self, Origin};

#[libsys::main]
fn main(boot: &'static BootInfo) {
    match modules::find("layout") {
        Some(layout) => run(boot, layout),
        None => take_stock(boot),
    }
}

/// Makes the system of a layout, and stays with it.
fn run(boot: &'static BootInfo, layout: &'static [u8]) {
    let image = match Image::new(layout) {
        Ok(image) => image,
        Err(damage) => return refuse(boot, format_args!("the image is damaged: {damage}")),
    };
    let origin = match trust::origin(&image, modules::find(trust::MODULE)) {
        Ok(origin) => origin,
        Err(mistrust) => return refuse(boot, format_args!("{mistrust}")),
    };
    match make(boot, image) {
        Ok(loader) => {
            if origin != Origin::Unsigned {
                println!("layout: {origin}");
            }
            println!("root-task: ready");
            supervisor::supervise(loader)
        }
        Err(stop) => refuse(boot, format_args!("{}", stop.of(&image))),
    }
}

/// Makes the system, verifies it and lets it run. If the counter is exported, says how long that
/// took.
fn make(boot: &'static BootInfo, image: Image<'static>) -> Result<Loader, Stop> {
    let counter = exported_counter();
    let now = || counter.map_or(Duration::ZERO, Counter::now);
    let started = now();
    let mut loader = Loader::build(boot, image)?;
    let built = now();
    loader.verify()?;
    let verified = now();
    let header = image.header;
    println!("layout: {} objects, hash {}", header.objects, Hex(&image.root_hash));
    let resumed = now();
    loader.let_run()?;
    if counter.is_some() {
        let (made, proven) = (built - started, verified - built);
        let released = now() - resumed;
        println!("layout: made in {made:?}, verified in {proven:?}, released in {released:?}");
    }
    Ok(loader)
}

/// Says why there is no system. Unless the console is open already, nothing was made, and all that
/// the kernel gave is still there to open it.
fn refuse(boot: &'static BootInfo, reason: fmt::Arguments<'_>) {
    if !console::is_open() {
        let _ = console::open(&mut System::new(boot));
    }
    println!("root-task: stopped: {reason}");
}

/// Says what the machine has.
fn take_stock(boot: &'static BootInfo) {
    let mut system = System::new(boot);
    let console = console::open(&mut system);
    let blob = device_tree::blob();
    println!("{}", Inventory { boot, blob, tree: blob.and_then(DeviceTree::new) });
    if let Err(reason) = console {
        println!("console: the kernel's, because there is no other: {reason}");
    }
    println!("root-task: ready");
}

/// Bytes in hexadecimal.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
