//! Text output: `print!` and `println!`.
//!
//! Before [`open`] has found the UART, and when there is none, bytes go to the kernel's console,
//! which debug images have. Lines of threads that print at the same time may mix.

use core::fmt;

use crate::bootstrap::{AllocationError, System};
use crate::debug;
use crate::device_tree::{self, DeviceTree};
use crate::window::{MemoryKind, Window, WindowCell};

/// The registers of the UART, once it is open.
static UART: WindowCell = WindowCell::new();

/// Data register (PL011 TRM 3.3.1).
const DATA: u64 = 0x00;
/// Flag register (PL011 TRM 3.3.3).
const FLAGS: u64 = 0x18;
/// Flag: the transmit FIFO is full.
const TRANSMIT_FULL: u32 = 1 << 5;

/// Finds the UART in the device tree and takes it for output from now on. Firmware or the
/// kernel has set it up.
///
/// # Errors
/// - `NoDevice(0)`: no device tree, or none of its UARTs is known.
/// - Why its page could not be mapped. Output then still goes to the kernel's console.
pub fn open(system: &mut System) -> Result<(), AllocationError> {
    let tree = device_tree::blob().and_then(DeviceTree::new);
    let address = tree.and_then(|tree| tree.console()).ok_or(AllocationError::NoDevice(0))?;
    let page = system.devices.page(&mut system.allocator, address)?;
    UART.set(Window::map(&mut system.allocator, page, MemoryKind::Device)?);
    Ok(())
}

/// Prints one byte.
fn put(byte: u8) {
    let Some(uart) = UART.window() else { return debug::put_char(byte) };
    while uart.read_register(FLAGS) & TRANSMIT_FULL != 0 {
        core::hint::spin_loop();
    }
    uart.write_register(DATA, u32::from(byte));
}

/// The console as a writer.
pub(crate) struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                put(b'\r');
            }
            put(byte);
        }
        Ok(())
    }
}

/// Prints formatted text; [`print!`](crate::print) and [`println!`](crate::println) end here.
pub fn print(arguments: fmt::Arguments<'_>) {
    // The console itself never fails; a `Display` that does has printed what it could.
    let _ = fmt::Write::write_fmt(&mut Console, arguments);
}

/// Prints text on the console.
#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => { $crate::console::print(::core::format_args!($($argument)*)) };
}

/// Prints a line on the console.
#[macro_export]
macro_rules! println {
    () => { $crate::print!("\n") };
    ($($argument:tt)*) => {
        $crate::console::print(::core::format_args!(
            "{}\n",
            ::core::format_args!($($argument)*)
        ))
    };
}
