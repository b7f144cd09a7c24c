//! Asks for names, and waits for them in the driver of the terminal.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::service::terminal::Terminal;
use libsys::{print, println};
use systems::typed::Line;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let terminal = Terminal::new(component.endpoint("console")?);
    let mut line = Line::new();
    loop {
        print!("{}: name? ", component.name());
        while !line.is_complete() {
            match terminal.read() {
                Ok(input) => line.typed(&terminal, &input.bytes),
                Err(error) => {
                    println!("{}: {error}", component.name());
                    return Ok(());
                }
            }
        }
        println!("{}: hello, {}", component.name(), line.take());
    }
}
