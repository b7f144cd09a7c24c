//! The driver as a component of a layout.
#![no_std]
#![no_main]

use libsys::layout::{Component, Kind};
use libsys::println;
use libsys::service::terminal::Settings;
use pl011::Uart;
use terminal::ServeError;

/// Hertz of the UART of QEMU's `virt` board.
const CLOCK: u32 = 24_000_000;

#[libsys::main]
fn main(component: Component) -> Result<(), ServeError> {
    let device = component.entries().find(|entry| entry.kind == Kind::Device);
    let name = device.map_or("uart", |entry| entry.name);
    let (registers, interrupt) = (component.device(name)?, component.interrupt(name)?);
    let clock = number(&component, "clock").unwrap_or(CLOCK);
    let baud = number(&component, "baud").unwrap_or(Settings::USUAL.baud);
    match Uart::start(registers, clock, Settings { baud, ..Settings::USUAL }) {
        Ok(uart) => terminal::serve(&component, uart, interrupt),
        Err(refusal) => {
            println!("{}: {baud} baud from {clock} Hz: {refusal:?}", component.name());
            Ok(())
        }
    }
}

/// The number in a word `KEY=NUMBER`.
fn number(component: &Component, key: &str) -> Option<u32> {
    let mut words = component.arguments().filter_map(|word| word.split_once('='));
    words.find(|(word, _)| *word == key)?.1.parse().ok()
}
