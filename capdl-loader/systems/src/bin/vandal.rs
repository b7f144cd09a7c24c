//! Breaks the driver of the terminal when it is told to.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::object::UserContext;
use libsys::println;
use libsys::service::terminal::Terminal;
use systems::typed::Line;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let terminal = Terminal::new(component.endpoint("console")?);
    let driver = component.thread("console")?;
    let mut line = Line::new();
    while !line.is_complete() {
        match terminal.read() {
            Ok(input) => line.typed(&terminal, &input.bytes),
            Err(error) => {
                println!("{}: {error}", component.name());
                return Ok(());
            }
        }
    }
    println!("{}: {}", component.name(), line.take());
    // Nothing is mapped at address 0.
    let _ = driver.write_registers(true, &UserContext::default());
    Ok(())
}
