//! Text output: `print!` and `println!`.
//!
//! Text goes to the [terminal] that the program was [connected](connect) to. Without one, the
//! initial task prints on the UART that [`open`] has found, else on the kernel's console, which
//! debug images have; other programs print nothing. Lines of threads that print at the same time
//! may mix.
//!
//! [terminal]: crate::service::terminal

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use heapless::Vec;

use crate::bootstrap::{AllocationError, System};
use crate::cap::{Badge, Cap};
use crate::device_tree::{self, DeviceTree};
use crate::object::{Endpoint, Reply};
use crate::server::{Buffer, Bytes, Outgoing, Request, ThreadBuffer};
use crate::service::terminal::{CHUNK, Counts, Input, Refusal, Settings, Terminal, interface};
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

/// The server that prints; 0: none.
static SERVER: AtomicU64 = AtomicU64::new(0);

/// Lets this program print through this [terminal](crate::service::terminal) from now on: what one
/// macro prints goes there in one call if it is short, and the program waits until it is out.
/// [`Cap::NULL`]: as before. A server of the console is itself not connected; it prints with
/// [`print_here`].
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
    let answer = perform(&request, &mut ThreadBuffer);
    send_prepared(reply.pointer(), answer.info, answer.words);
}

/// The same for servers that answer themselves. This console can only print.
pub fn perform<B: Buffer>(request: &Request, buffer: &mut B) -> Outgoing {
    interface::Server::perform(&mut Printer, request, buffer)
}

/// Prints for clients.
struct Printer;

impl interface::Server for Printer {
    fn print(&mut self, _: Badge, text: Bytes<CHUNK>) -> Result<(), Refusal> {
        print_here(&text);
        Ok(())
    }

    fn read(&mut self, _: Badge, _waits: bool) -> Result<Input, Refusal> {
        Err(Refusal::Unsupported)
    }

    fn settings(&mut self, _: Badge) -> Result<Settings, Refusal> {
        Err(Refusal::Unsupported)
    }

    fn configure(&mut self, _: Badge, _settings: Settings) -> Result<(), Refusal> {
        Err(Refusal::Unsupported)
    }

    fn counts(&mut self, _: Badge) -> Result<Counts, Refusal> {
        Err(Refusal::Unsupported)
    }

    fn set_raw(&mut self, _: Badge, _raw: bool) -> Result<(), Refusal> {
        Err(Refusal::Unsupported)
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

/// The console as a writer: pieces of text are sent together.
#[derive(Default)]
pub(crate) struct Console {
    unsent: Vec<u8, CHUNK>,
}

impl Console {
    /// Sends what has been collected. What the server refuses is lost: there is nobody to tell.
    fn flush(&mut self) {
        if self.unsent.is_empty() {
            return;
        }
        print_bytes(&self.unsent);
        self.unsent.clear();
    }
}

/// Prints bytes that need not be text, where [`print!`](crate::print) prints.
pub fn print_bytes(bytes: &[u8]) {
    match SERVER.load(Ordering::Relaxed) {
        0 => print_here(bytes),
        server => {
            let terminal = Terminal::new(Cap::at(server));
            // Whoever prints may be in the middle of a message.
            let _ = ipc_buffer::preserved(|| terminal.write_all(bytes));
        }
    }
}

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            if self.unsent.is_full() {
                self.flush();
            }
            let room = CHUNK - self.unsent.len();
            let (part, behind) = rest.split_at(rest.len().min(room));
            // There is room.
            let _ = self.unsent.extend_from_slice(part);
            rest = behind;
        }
        // A line that is complete is seen, whatever happens to the next.
        if text.ends_with('\n') {
            self.flush();
        }
        Ok(())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Prints formatted text; [`print!`](crate::print) and [`println!`](crate::println) end here.
pub fn print(arguments: fmt::Arguments<'_>) {
    // The console itself never fails; a `Display` that does has printed what it could.
    let _ = fmt::Write::write_fmt(&mut Console::default(), arguments);
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
