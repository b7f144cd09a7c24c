//! Prints what it hears, and waits for that where it could wait for other signals, too.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::println;
use libsys::service::terminal::Terminal;
use systems::typed::Line;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let (terminal, bell) = (Terminal::new(component.endpoint("console")?), component.bell()?);
    let mut line = Line::new();
    loop {
        match terminal.poll() {
            // The driver rings from now on, or whoever has started it again.
            Ok(input) if input.is_empty() => drop(bell.wait()),
            Ok(input) => line.typed(&terminal, &input.bytes),
            Err(error) => {
                println!("{}: {error}", component.name());
                return Ok(());
            }
        }
        if line.is_complete() {
            println!("{}: heard {}", component.name(), line.take());
        }
    }
}
