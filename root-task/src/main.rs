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
use root_task::loader::{Depth, Loader, Stop, supervisor};
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
    let mut watch = Stopwatch::new();
    let image = match Image::new(layout) {
        Ok(image) => image,
        Err(damage) => return refuse(boot, format_args!("the image is damaged: {damage}")),
    };
    let origin = match trust::origin(&image, modules::find(trust::MODULE)) {
        Ok(origin) => origin,
        Err(mistrust) => return refuse(boot, format_args!("{mistrust}")),
    };
    match make(boot, image, &mut watch) {
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
fn make(
    boot: &'static BootInfo,
    image: Image<'static>,
    watch: &mut Stopwatch,
) -> Result<Loader, Stop> {
    let checked = watch.lap();
    let mut loader = Loader::build(boot, image)?;
    let made = watch.lap();
    loader.verify(Depth::of(&image.header))?;
    let verified = watch.lap();
    let header = image.header;
    println!("layout: {} objects, hash {}", header.objects, Hex(&image.root_hash));
    watch.lap();
    loader.let_run()?;
    let released = watch.lap();
    if watch.counter.is_some() {
        println!(
            "layout: checked in {checked:?}, made in {made:?}, verified in {verified:?}, \
             released in {released:?}"
        );
    }
    Ok(loader)
}

/// Tells how long things take, if the counter is exported.
struct Stopwatch {
    counter: Option<Counter>,
    last: Duration,
}

impl Stopwatch {
    fn new() -> Self {
        let mut watch = Self { counter: exported_counter(), last: Duration::ZERO };
        watch.lap();
        watch
    }

    /// The time since the last call.
    fn lap(&mut self) -> Duration {
        let now = self.counter.map_or(Duration::ZERO, Counter::now);
        now - core::mem::replace(&mut self.last, now)
    }
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
