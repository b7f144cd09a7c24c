//! Text output: `print!` and `println!`.
//!
//! Text goes to the server of [`console`](interface) that the program was [connected](connect)
//! to. Without a server, the initial task prints on the UART that [`open`] has found, else on the
//! kernel's console, which debug images have; other programs print nothing. Lines of threads that
//! print at the same time may mix.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::bootstrap::{AllocationError, System};
use crate::cap::{Badge, Cap};
use crate::device_tree::{self, DeviceTree};
use crate::object::{Endpoint, Reply};
use crate::server::{Bytes, Request, ThreadBuffer};
use crate::syscall::{Received, send_prepared};
use crate::window::{MemoryKind, Window, WindowCell};
use crate::{debug, ipc_buffer, machine};

/// The registers of the UART, once it is open.
static UART: WindowCell = WindowCell::new();

/// Data register (PL011 TRM 3.3.1).
const DATA: u64 = 0x00;
/// Flag register (PL011 TRM 3.3.3).
const FLAGS: u64 = 0x18;
/// Flag: the transmit FIFO is full.
const TRANSMIT_FULL: u32 = 1 << 5;

/// Bytes of text that one message has.
pub const CHUNK: usize = 96;

/// The server that prints; 0: none.
static SERVER: AtomicU64 = AtomicU64::new(0);

crate::interface! {
    /// What a console can do for its clients.
    pub mod interface {
        type Error = u64;

        /// Prints text: UTF-8, perhaps cut inside of a character, with bare line feeds.
        Print = 0xc0: fn print(text: Bytes<CHUNK>) -> ();
    }
}

/// Lets this program print through a server of [`interface`] from now on: each piece of text is a
/// call, and waits for its answer. [`Cap::NULL`]: as before. A server of the console is itself
/// not connected; it prints with [`print_here`].
pub fn connect(server: Cap<Endpoint>) {
    SERVER.store(server.pointer(), Ordering::Relaxed);
}

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

/// Takes this UART for output from now on, if its registers are a whole page.
pub fn attach(uart: Window) {
    if uart.end() - uart.address() == 1 << abi::PAGE_BITS {
        UART.set(uart);
    }
}

/// Whether output goes to a UART.
#[must_use]
pub fn is_open() -> bool {
    UART.window().is_some()
}

/// Prints what a client of this console asks for with a message, and answers it.
pub fn serve(message: Received, reply: Cap<Reply>) {
    let request = Request { client: Badge(message.badge), message, slot: 0 };
    let answer = interface::Server::perform(&mut Printer, &request, &mut ThreadBuffer);
    send_prepared(reply.pointer(), answer.info, answer.words);
}

/// Prints for clients.
struct Printer;

impl interface::Server for Printer {
    fn print(&mut self, _: Badge, text: Bytes<CHUNK>) -> Result<(), u64> {
        print_here(&text);
        Ok(())
    }
}

/// Prints bytes on the UART or the kernel's console, whatever the program is connected to.
pub fn print_here(bytes: &[u8]) {
    for byte in bytes {
        if *byte == b'\n' {
            put(b'\r');
        }
        put(*byte);
    }
}

/// Prints bytes through a server. What it refuses is lost: there is nobody to tell.
fn print_there(server: Cap<Endpoint>, bytes: &[u8]) {
    let client = interface::Client::new(server);
    for chunk in bytes.chunks(CHUNK) {
        let text = Bytes::new(chunk).unwrap_or_default();
        // Whoever prints may be in the middle of a message.
        let _ = ipc_buffer::preserved(|| client.print(text));
    }
}

/// Prints one byte.
fn put(byte: u8) {
    let Some(uart) = UART.window() else {
        // In images without a console that call is a fault.
        return if machine::is_initial() {
            debug::put_char(byte)
        };
    };
    while uart.read_register(FLAGS) & TRANSMIT_FULL != 0 {
        core::hint::spin_loop();
    }
    uart.write_register(DATA, u32::from(byte));
}

/// The console as a writer.
pub(crate) struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match SERVER.load(Ordering::Relaxed) {
            0 => print_here(text.as_bytes()),
            server => print_there(Cap::at(server), text.as_bytes()),
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
///
/// ```no_run
/// libsys::print!("{} of ", 3);
/// libsys::print!("{}\n", 4);
/// ```
#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => { $crate::console::print(::core::format_args!($($argument)*)) };
}

/// Prints a line on the console.
///
/// ```no_run
/// libsys::println!("{} of {}", 3, 4);
/// libsys::println!();
/// ```
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
