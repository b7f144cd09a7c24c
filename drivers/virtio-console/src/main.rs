//! The driver of a virtio console.
#![no_std]
#![no_main]

use libsys::layout::{Component, Kind};
use libsys::println;
use terminal::ServeError;
use virtio_console::Console;

#[libsys::main]
fn main(component: Component) -> Result<(), ServeError> {
    let device = component.entries().find(|entry| entry.kind == Kind::Device);
    let name = device.map_or("console", |entry| entry.name);
    let interrupt = component.interrupt(name)?;
    let transport =
        virtio::provide_pool(&component).and_then(|()| virtio::device(&component, name));
    match transport.map(Console::new) {
        Ok(Ok(console)) => terminal::serve(&component, console, interrupt),
        Ok(Err(error)) => {
            println!("{}: {error}", component.name());
            Ok(())
        }
        Err(error) => {
            println!("{}: {error}", component.name());
            Ok(())
        }
    }
}
