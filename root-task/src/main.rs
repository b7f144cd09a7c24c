//! The initial task of a Tessera system: for now it says what the system has.
#![no_std]
#![no_main]

use libsys::bootstrap::System;
use libsys::device_tree::{self, DeviceTree};
use libsys::{BootInfo, console, println};
use root_task::Inventory;

#[libsys::main]
fn main(boot: &'static BootInfo) {
    let mut system = System::new(boot);
    let console = console::open(&mut system);
    let blob = device_tree::blob();
    print_inventory(&Inventory { boot, blob, tree: blob.and_then(DeviceTree::new) });
    if let Err(reason) = console {
        println!("console: the kernel's, because there is no other: {reason}");
    }
    println!("root-task: ready");
}

fn print_inventory(inventory: &Inventory<'_>) {
    println!("{inventory}");
}
