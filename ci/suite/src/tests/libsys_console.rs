//! libsys: text on its way to the server of a console.

use crate::framework::prelude::*;
use core::fmt::Write;
use libsys::server::{Buffer, Bytes, Handler, Outgoing, Reception, Request, serve};
use libsys::service::terminal::{CHUNK, Counts, Input, Refusal, Settings, interface};
use libsys::{console, log, println};

/// The tests.
pub const TESTS: &[Test] =
    &[test!(text_reaches_the_server), test!(printing_leaves_the_message_alone)];

/// Appends what it is given to the words of the board, from the second on; the first counts.
struct Console;

impl interface::Server for Console {
    fn print(&mut self, _: Badge, text: Bytes<CHUNK>) -> Result<(), Refusal> {
        let board = Board::shared();
        for byte in text.iter() {
            let count = board.add(0, 1);
            let index = 1 + (count / 8) as usize;
            board.set(index, board.get(index) | u64::from(*byte) << (8 * (count % 8)));
        }
        Ok(())
    }

    fn read(&mut self, _: Badge, _: bool) -> Result<Input, Refusal> {
        Err(Refusal::Unsupported)
    }

    fn settings(&mut self, _: Badge) -> Result<Settings, Refusal> {
        Err(Refusal::Unsupported)
    }

    fn configure(&mut self, _: Badge, _: Settings) -> Result<(), Refusal> {
        Err(Refusal::Unsupported)
    }

    fn counts(&mut self, _: Badge) -> Result<Counts, Refusal> {
        Err(Refusal::Unsupported)
    }

    fn set_raw(&mut self, _: Badge, _: bool) -> Result<(), Refusal> {
        Err(Refusal::Unsupported)
    }
}

impl Handler for Console {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        interface::Server::perform(self, request, buffer)
    }
}

/// What the server has been given, as text.
fn printed(world: &World) -> heapless::String<512> {
    let board = world.board();
    let count = usize::try_from(board.get(0)).unwrap_or(0);
    let bytes = (1..).flat_map(|index| board.get(index).to_le_bytes());
    let mut text = heapless::String::new();
    for byte in bytes.take(count) {
        // What does not fit is missing in the comparison.
        let _ = text.write_char(char::from(byte));
    }
    text
}

/// Does something that prints, with a server in a thread of its own.
fn with_server(world: &mut World, print: impl FnOnce()) -> Outcome {
    let (endpoint, reply) = (world.create::<Endpoint>()?, world.create()?);
    let reception = Reception::new(endpoint);
    world.spawn(100, move || serve(&reception, reply, &mut Console))?;
    console::connect(endpoint);
    print();
    console::connect(Cap::NULL);
    PASSED
}

/// Text longer than a message, and what the `log` facade makes of a record.
fn text_reaches_the_server(world: &mut World) -> Outcome {
    let long = core::str::from_utf8(&[b'x'; 200]).unwrap_or_default();
    with_server(world, || {
        println!("one {} {long}", 2);
        log::warn!("three");
        log::debug!("not wanted");
    })?;
    let mut expected = heapless::String::<512>::new();
    let end = "WARN  tessera_suite::tests::libsys_console: three";
    check!(writeln!(expected, "one 2 {long}\n{end}").is_ok());
    check_eq!(printed(world), expected);
    PASSED
}

/// Words and capabilities that a thread has in its buffer outlive what it prints.
fn printing_leaves_the_message_alone(world: &mut World) -> Outcome {
    let mut changed = None;
    with_server(world, || {
        (4..40).for_each(|index| ipc_buffer::set_word(index, 1000 + index as u64));
        (0..3).for_each(|index| ipc_buffer::set_cap(index, 2000 + index as u64));
        println!("{:>60}{:>60}", 1, 2);
        changed = (4..40).find(|index| ipc_buffer::word(*index) != 1000 + *index as u64);
        let caps = (0..3).find(|index| ipc_buffer::badge(*index) != 2000 + *index as u64);
        changed = changed.or(caps);
    })?;
    check_eq!(changed, None);
    check_eq!(printed(world).len(), 121);
    PASSED
}
